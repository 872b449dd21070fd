#!/usr/bin/env python3
"""Reads a folder of pictures as PyTorch's users do. Prints one line of JSON.

    python3 bench/data_peer.py FOLDER WORKERS BATCH BATCHES
"""
import json
import sys
import time

import torch
from torchvision import __version__, datasets, transforms


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
    first, done = 4, 0
    for n, (pixels, _) in enumerate(loader):
        if n == first:
            began = time.perf_counter()
        elif n > first:
            done += len(pixels)
        if n == first + batches:
            break
    rate = done / (time.perf_counter() - began)
    print(json.dumps({"name": f"torchvision {__version__}", "rate": rate, "opened": opened}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
