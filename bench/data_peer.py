#!/usr/bin/env python3
"""Reads a folder of pictures as PyTorch's users do. Prints one line of JSON.

    python3 bench/data_peer.py FOLDER WORKERS BATCH BATCHES
"""
import json
import resource
import sys
import time

import torch
from torchvision import __version__, datasets, transforms


def cpu():
    """Seconds of this process and of the workers that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main(folder, workers, batch, batches):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    change = transforms.Compose(
        [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
    )
    began = time.perf_counter()
    images = datasets.ImageFolder(folder, change)
    opened = time.perf_counter() - began
    loader = torch.utils.data.DataLoader(images, batch, shuffle=True, num_workers=workers, drop_last=True)
    # The first ones are those of workers that start.
    first, done, all_images = 4, 0, 0
    batches_left = iter(loader)
    started = cpu()
    for n in range(first + batches + 1):
        pixels, _ = next(batches_left)
        all_images += len(pixels)
        if n == first:
            began = time.perf_counter()
        elif n > first:
            done += len(pixels)
    rate = done / (time.perf_counter() - began)
    # Workers are counted when they have ended. They have read some batches ahead, two each.
    del batches_left
    all_images += 2 * workers * batch
    print(
        json.dumps(
            {
                "name": f"torchvision {__version__}",
                "rate": rate,
                "cpu": 1000 * (cpu() - started) / all_images,
                "opened": opened,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
