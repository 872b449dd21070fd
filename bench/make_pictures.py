#!/usr/bin/env python3
"""JPEGs to time reading with: images of CIFAR-10, enlarged to about 400 x 300 pixels, with noise, in ten folders.

    python3 bench/make_pictures.py CIFAR_FOLDER FOLDER [COUNT] [DIFFERENT]

COUNT (3000) files, of which DIFFERENT (3000) are different; the others are more names of the same files.
"""
import os
import pathlib
import sys

import numpy as np
from PIL import Image


def main(source, folder, count=3000, different=3000):
    count, different = int(count), min(int(different), int(count))
    records = np.fromfile(pathlib.Path(source) / "data_batch_1.bin", np.uint8).reshape(-1, 3073)
    random = np.random.default_rng(0)
    made = []
    for n in range(count):
        record = records[n % different % len(records)]
        place = pathlib.Path(folder) / f"class-{record[0]}"
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{n:06}.jpg"
        if n >= different:
            os.link(made[n % different], path)
            continue
        image = Image.fromarray(record[1:].reshape(3, 32, 32).transpose(1, 2, 0))
        width, height = int(random.integers(360, 441)), int(random.integers(270, 331))
        large = np.asarray(image.resize((width, height), Image.BICUBIC), np.int16)
        noisy = large + random.integers(-12, 13, large.shape, dtype=np.int16)
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path, quality=90)
        made.append(path)
    print(f"{count} pictures, {sum(path.stat().st_size for path in made) / max(1, len(made)) / 1000:.0f} kB each")


if __name__ == "__main__":
    main(*sys.argv[1:])
