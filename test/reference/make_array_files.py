#!/usr/bin/env python3
"""Small files of the formats that data sets come in, as SciPy and NumPy write them.

    python3 test/reference/make_array_files.py   # writes arrays/ beside itself

Every pixel follows from its place, so that a test knows each without reading the file another way; see `pixel` below.
"""
import pathlib

import numpy as np
from scipy.io import savemat

HERE = pathlib.Path(__file__).parent / "arrays"


def pixel(n, row, column, channel):
    return (37 * n + 5 * row + 3 * column + 101 * channel) % 256


def images(count, side, channels, first=0):
    """[count, side, side, channels], bytes; the first image is number `first`."""
    return np.fromfunction(
        lambda n, row, column, channel: pixel(n + first, row, column, channel), (count, side, side, channels)
    ).astype(np.uint8)


def svhn(name, count, label_type, **how):
    """As SVHN's: X [32, 32, 3, N], y [N, 1] with 10 for the digit 0. What else is in the file is passed over."""
    y = (np.arange(count) % 10 + 1).reshape(-1, 1).astype(label_type)
    savemat(HERE / name, {"about": "made by a test", "X": images(count, 32, 3).transpose(1, 2, 3, 0), "y": y}, **how)


def medmnist(name, counts, channels):
    """As MedMNIST's: labels [N, 1]; images of the splits count on."""
    members, first = {}, 0
    for split, count in counts.items():
        part = images(count, 28, channels, first)
        members[f"{split}_images"] = part[..., 0] if channels == 1 else part
        members[f"{split}_labels"] = ((np.arange(count) + first) % 3).reshape(-1, 1).astype(np.uint8)
        first += count
    np.savez_compressed(HERE / name, **members)


def main():
    HERE.mkdir(exist_ok=True)
    svhn("train_32x32.mat", 16, np.uint8, do_compression=True)
    svhn("test_32x32.mat", 8, np.float64)
    medmnist("grey.npz", {"train": 16, "val": 4, "test": 8}, 1)
    medmnist("colour.npz", {"train": 6, "val": 3, "test": 4}, 3)
    labels = (np.arange(20) % 3).astype(np.int64)
    np.savez(HERE / "keras.npz", x_train=images(12, 8, 3), y_train=labels[:12], x_test=images(8, 8, 3, 12), y_test=labels[12:])
    first = (images(20, 8, 3).transpose(0, 3, 1, 2) / 255).astype(np.float32)
    np.savez_compressed(HERE / "channels-first.npz", images=first, labels=labels.astype(np.int32))
    np.savez(HERE / "generated.npz", image=images(20, 8, 3, 100), label=labels)


if __name__ == "__main__":
    main()
