#!/usr/bin/env python3
"""The 15 corruptions of CIFAR-10-C with NumPy, SciPy, Pillow and scikit-image: pictures and statistics to compare with.

    python3 make_corruptions.py [--frost FOLDER]

writes, beside itself,
- pictures.npy: uint8 [15, 5, 32, 32, 3], one picture under each corruption and severity, CIFAR-10-C's constants
- odd.npy: the same of a picture of 27 x 38 pixels at severities 2 and 5
- large.json: means over blocks of pictures of 64 and 224 pixels, with the constants of Tiny ImageNet-C and ImageNet-C
- spread.json: mean and standard deviation of what each corruption adds to 200 pictures, with NumPy's own random numbers

Pictures are made of whole numbers, and random numbers of the first three by the generator of Park and Miller with factor
48271, so that another program can have the same. FOLDER has the five photographs of frost that the authors choose among
(github.com/hendrycks/robustness, ImageNet-C/create_c/frost1.png ... frost5.jpg); only spread.json needs them.
"""
import argparse
import io
import json
import math
import pathlib

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage import color, filters, util

HERE = pathlib.Path(__file__).parent
SEVERITIES = 5


# --- pictures and random numbers that another program can make as well ---


def picture(n, height, width):
    y, x, c = np.ogrid[:height, :width, :3]

    def wave(t, period):
        return abs(t % (2 * period) - period) * 255 // period

    value = (
        wave(3 * x + 2 * y + 37 * n + 20 * c, 19 + n % 11) * 3
        + wave(2 * y + 5 * n + 40 * c + (width - x), 13 + n % 5) * 2
        + (x * 73 + y * 151 + n * 283 + c * 619) % 97
    ) // 6
    return np.minimum(255, value * (3 + n % 6) * 5 // 32).astype(np.uint8)


class ParkMiller:
    """Numbers in the order in which they are asked for; arrays row by row."""

    def __init__(self, seed):
        self.state = seed

    def one(self):
        self.state = self.state * 48271 % 2147483647
        return (self.state - 1) / 2147483646

    def many(self, shape, draw):
        return np.array([draw() for _ in range(math.prod(shape))]).reshape(shape)

    def uniform(self, low, high, shape):
        return low + (high - low) * self.many(shape, self.one)

    def normal(self, mean, deviation, shape):
        def draw():
            u, v = self.one(), self.one()
            return math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)

        return mean + deviation * self.many(shape, draw)

    def whole(self, low, high):
        return low + math.floor(self.one() * (high - low))

    def poisson(self, means):
        def draw(mean):
            u = self.one()
            count, share = 0, math.exp(-mean)
            total = share
            while total < u and count < 10000:
                count += 1
                share *= mean / count
                total += share
            return count

        return np.array([draw(mean) for mean in means.ravel()]).reshape(means.shape)


class NumPy:
    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)

    def uniform(self, low, high, shape):
        return self.generator.uniform(low, high, shape)

    def normal(self, mean, deviation, shape):
        return self.generator.normal(mean, deviation, shape)

    def whole(self, low, high):
        return int(self.generator.integers(low, high))

    def poisson(self, means):
        return self.generator.poisson(means)


# --- what several corruptions need ---


def cut(units):
    return (np.clip(units, 0, 1) * 255).astype(np.uint8)


def smooth(x, sigma):
    return filters.gaussian(x, sigma=sigma, channel_axis=-1)


def zoomed(x, factor):
    def part(size):
        kept = math.ceil(size / factor)
        start = (size - kept) // 2
        return slice(start, start + kept)

    large = ndimage.zoom(x[part(x.shape[0]), part(x.shape[1])], (factor, factor, 1), order=1)
    top, left = (large.shape[0] - x.shape[0]) // 2, (large.shape[1] - x.shape[1]) // 2
    return large[top : top + x.shape[0], left : left + x.shape[1]]


def along(x, radius, sigma, degrees):
    """ImageMagick's motion blur, through a PNG: half a normal distribution at whole pixels of a line, with the border repeated."""
    height, width = x.shape[:2]
    count = 2 * radius + 1
    places = np.arange(count)
    weights = np.exp(-(places**2) / (2 * sigma**2))
    weights /= weights.sum()
    angle = math.radians(degrees)
    total = np.zeros(x.shape)
    for place, weight in enumerate(weights):
        rows = np.clip(np.arange(height) + math.ceil(place * math.sin(angle) - 0.5), 0, height - 1)
        columns = np.clip(np.arange(width) + math.ceil(place * math.cos(angle) - 0.5), 0, width - 1)
        total += weight * x[rows][:, columns].astype(float)
    # 16 bits, rounded, then 8, cut off: the same bytes as ImageMagick 6.9.11.
    return (np.floor(total * 257 + 0.5) // 257).astype(np.uint8)


def cloud(shape, decay, draws):
    """Diamond-square on a torus, by whole arrays."""
    size = 1 << max(1, math.ceil(math.log2(max(shape))))
    heights = np.zeros((size, size))
    step, wobble = size, 100.0
    while step >= 2:
        half = step // 2
        corner, centre = (slice(None, None, step),) * 2, (slice(half, None, step),) * 2

        def around(total):
            return total / 4 + wobble * draws.uniform(-wobble, wobble, total.shape)

        corners = heights[corner]
        pairs = corners + np.roll(corners, -1, 0)
        heights[centre] = around(pairs + np.roll(pairs, -1, 1))
        corners, centres = heights[corner].copy(), heights[centre].copy()
        sides = corners + np.roll(corners, -1, 1) + centres + np.roll(centres, 1, 0)
        heights[corner[0], centre[1]] = around(sides)
        sides = corners + np.roll(corners, -1, 0) + centres + np.roll(centres, 1, 1)
        heights[centre[0], corner[1]] = around(sides)
        step, wobble = half, wobble / decay
    heights -= heights.min()
    return (heights / heights.max())[: shape[0], : shape[1]]


# --- the corruptions: picture, constants, random numbers ---


def gaussian_noise(image, c, draws):
    return cut(image / 255 + draws.normal(0, c, image.shape))


def shot_noise(image, c, draws):
    return cut(draws.poisson(image / 255 * c) / c)


def impulse_noise(image, c, draws):
    if isinstance(draws, NumPy):
        return cut(util.random_noise(image / 255, mode="s&p", amount=c, rng=draws.generator))
    drawn = draws.uniform(0, 1, (*image.shape, 2))
    return cut(np.where(drawn[..., 0] <= c, drawn[..., 1] <= 0.5, image / 255))


def defocus_blur(image, c, draws):
    radius, smoothing = c
    reach = max(8, radius)
    distances = np.arange(-reach, reach + 1)
    disk = (distances[:, None] ** 2 + distances**2 <= radius**2).astype(float)
    disk /= disk.sum()
    ends = np.arange(-1, 2) if radius <= 8 else np.arange(-2, 3)
    kernel = np.exp(-(ends**2) / (2 * smoothing**2))
    kernel /= kernel.sum()
    disk = ndimage.convolve(disk, np.outer(kernel, kernel), mode="mirror")
    return cut(np.stack([ndimage.correlate(image[..., k] / 255, disk, mode="mirror") for k in range(3)], axis=-1))


def glass_blur(image, c, draws):
    sigma, reach, times = c
    x = (smooth(image / 255, sigma) * 255).astype(np.uint8)
    height, width = x.shape[:2]
    for _ in range(times):
        for row in range(height - reach, reach, -1):
            for column in range(width - reach, reach, -1):
                right, down = draws.whole(-reach, reach), draws.whole(-reach, reach)
                # What the authors' swap of two views of one array comes to.
                x[row, column] = x[row + down, column + right]
    return cut(smooth(x / 255, sigma))


def motion_blur(image, c, draws):
    return along(image, *c, draws.uniform(-45, 45, ()))


def zoom_blur(image, c, draws):
    x = (image / 255).astype(np.float32)
    factors = np.arange(1, *c)
    total = sum(zoomed(x, factor) for factor in factors)
    return cut((x + total) / (len(factors) + 1))


def snow(image, c, draws):
    mean, deviation, size, least, radius, sigma, kept = c
    layer = zoomed(draws.normal(mean, deviation, (*image.shape[:2], 1)), size)
    layer[layer < least] = 0
    flakes = along(cut(layer[..., 0]), radius, sigma, draws.uniform(-135, -45, ())) / 255
    x = image.astype(np.float32) / 255
    grey = x @ np.array([0.299, 0.587, 0.114], np.float32)
    pale = np.maximum(x, (grey * 1.5 + 0.5)[..., None])
    return cut(kept * x + (1 - kept) * pale + flakes[..., None] + np.rot90(flakes, 2)[..., None])


ICE = [
    ((79, 149, 165), 16, 12, 1.5),
    ((198, 203, 212), 18, 9, 1.5),
    ((198, 203, 212), 18, 9, 1.5),
    ((144, 159, 171), 26, 10, 1.4),
    ((104, 115, 127), 34, 16, 1.4),
]


def frost(image, c, draws, photographs=None):
    which = draws.whole(0, 5)
    if photographs:
        ice = photographs[which]
        top, left = (draws.whole(0, have - want) for have, want in zip(ice.shape, image.shape[:2]))
        ice = ice[top : top + image.shape[0], left : left + image.shape[1]]
    else:
        colour, spread, shift, decay = ICE[which]
        moved = draws.normal(0, shift, ())
        veins = -abs(cloud(image.shape[:2], decay, draws) - 0.5)
        veins = (veins - veins.mean()) / veins.std() * spread
        ice = np.floor(np.clip(np.array(colour) + moved + veins[..., None], 0, 255) + 0.5)
    return np.clip(c[0] * image + c[1] * ice, 0, 255).astype(np.uint8)


def fog(image, c, draws):
    x = image / 255
    most = x.max()
    x = x + c[0] * cloud(image.shape[:2], c[1], draws)[..., None]
    return cut(x * most / (most + c[0]))


def brightness(image, c, draws):
    hsv = color.rgb2hsv(image / 255)
    hsv[..., 2] = np.clip(hsv[..., 2] + c, 0, 1)
    return cut(color.hsv2rgb(hsv))


def contrast(image, c, draws):
    x = image / 255
    means = x.mean(axis=(0, 1))
    return cut((x - means) * c + means)


def elastic_transform(image, c, draws):
    strength, smoothness, affine = c
    height, width = image.shape[:2]
    x = image / 255
    middle, reach = np.array([width // 2, height // 2]), min(height, width) // 3
    points = middle + reach * np.array([[1, 1], [1, -1], [-1, -1]])
    moved = points + draws.uniform(-affine, affine, points.shape)
    # Places of the result to places of the picture: (x, y, 1) times the matrix.
    matrix = np.linalg.solve(np.column_stack([moved, np.ones(3)]), points)
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    from_x, from_y = np.moveaxis(np.stack([columns, rows, np.ones_like(rows)], -1) @ matrix, -1, 0)

    def sampled(values, at_y, at_x, mode):
        return np.stack(
            [ndimage.map_coordinates(values[..., k], [at_y, at_x], order=1, mode=mode) for k in range(3)], -1
        )

    def field():
        noise = draws.uniform(-1, 1, (height, width))
        return filters.gaussian(noise, smoothness, mode="reflect", truncate=3) * strength

    turned = sampled(x, from_y, from_x, "mirror")
    right, down = field(), field()
    return cut(sampled(turned, rows + down, columns + right, "reflect"))


def pixelate(image, c, draws):
    height, width = image.shape[:2]
    small = Image.fromarray(image).resize((int(width * c), int(height * c)), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.BOX))


def jpeg_compression(image, c, draws):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=c)
    return np.asarray(Image.open(file))


def elastic_constants(size, rows):
    return [tuple(size * share for share in row) for row in rows]


CIFAR_ELASTIC = [(0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)]
TINY_ELASTIC = [(0, 0, 0.08), (0.05, 0.3, 0.06), (0.1, 0.08, 0.06), (0.1, 0.03, 0.03), (0.16, 0.03, 0.02)]
LARGE_ELASTIC = [(2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02)]
FINE = [(1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01)]
SOFT = [(0.1, 0.2, 1, 0.6, 8, 3), (0.1, 0.2, 1, 0.5, 10, 4), (0.15, 0.3, 1.75, 0.55, 10, 4)]
SOFT += [(0.25, 0.3, 2.25, 0.6, 12, 6), (0.3, 0.3, 1.25, 0.65, 14, 12)]


def kept(rows, shares):
    return [(*row, share) for row, share in zip(rows, shares)]


# Constants of CIFAR-10-C, Tiny ImageNet-C and ImageNet-C: make_cifar_c.py, make_tinyimagenet_c.py, make_imagenet_c.py.
CONSTANTS = {
    gaussian_noise: ([0.04, 0.06, 0.08, 0.09, 0.1], [0.04, 0.08, 0.12, 0.15, 0.18], [0.08, 0.12, 0.18, 0.26, 0.38]),
    shot_noise: ([500, 250, 100, 75, 50], [250, 100, 50, 30, 15], [60, 25, 12, 5, 3]),
    impulse_noise: ([0.01, 0.02, 0.03, 0.05, 0.07], [0.01, 0.02, 0.05, 0.08, 0.14], [0.03, 0.06, 0.09, 0.17, 0.27]),
    defocus_blur: (
        [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)],
        [(0.5, 0.6), (1, 0.1), (1.5, 0.1), (2.5, 0.01), (3, 0.1)],
        [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)],
    ),
    glass_blur: (
        [(0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)],
        [(0.1, 1, 1), (0.5, 1, 1), (0.6, 1, 2), (0.7, 2, 1), (0.9, 2, 2)],
        [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)],
    ),
    motion_blur: (
        [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)],
        [(10, 1), (10, 1.5), (10, 2), (10, 2.5), (12, 3)],
        [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)],
    ),
    zoom_blur: (FINE, FINE, [(1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)]),
    snow: (
        kept(SOFT, [0.95, 0.9, 0.9, 0.85, 0.8]),
        kept(SOFT, [0.8, 0.8, 0.7, 0.65, 0.6]),
        [
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ],
    ),
    frost: (
        [(1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)],
        [(1, 0.3), (0.9, 0.4), (0.8, 0.45), (0.75, 0.5), (0.7, 0.55)],
        [(1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)],
    ),
    fog: (
        [(0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)],
        [(0.4, 3), (0.7, 3), (1, 2.5), (1.5, 2), (2, 1.75)],
        [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)],
    ),
    brightness: ([0.05, 0.1, 0.15, 0.2, 0.3], [0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5]),
    contrast: ([0.75, 0.5, 0.4, 0.3, 0.15], [0.4, 0.3, 0.2, 0.1, 0.05], [0.4, 0.3, 0.2, 0.1, 0.05]),
    elastic_transform: (
        elastic_constants(32, CIFAR_ELASTIC),
        elastic_constants(64, TINY_ELASTIC),
        elastic_constants(244, LARGE_ELASTIC),
    ),
    pixelate: ([0.95, 0.9, 0.85, 0.75, 0.65], [0.9, 0.8, 0.7, 0.6, 0.5], [0.6, 0.5, 0.4, 0.3, 0.25]),
    jpeg_compression: ([80, 65, 58, 50, 40], [65, 58, 50, 40, 25], [25, 18, 15, 10, 7]),
}


def corrupted(corruption, scale, severity, image, draws):
    return corruption(image, CONSTANTS[corruption][scale][severity - 1], draws)


def block_means(image, blocks):
    size = image.shape[0] // blocks
    cells = image.astype(float).reshape(blocks, size, blocks, size, 3)
    return [round(value, 3) for value in cells.mean(axis=(1, 3)).ravel()]


def spread(corruption, severity, photographs, count=200):
    draws = NumPy(1000 * severity + list(CONSTANTS).index(corruption))
    changes = []
    for n in range(count):
        image = picture(n, 32, 32)
        constant = CONSTANTS[corruption][0][severity - 1]
        more = {"photographs": photographs} if corruption is frost else {}
        changes.append(corruption(image, constant, draws, **more).astype(float) - image)
    changes = np.stack(changes)
    return {"mean": round(changes.mean(), 4), "deviation": round(changes.std(), 4)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--frost", type=pathlib.Path)
    folder = parser.parse_args().frost
    every = [(corruption, severity) for corruption in CONSTANTS for severity in range(1, SEVERITIES + 1)]

    shown = [corrupted(one, 0, severity, picture(7, 32, 32), ParkMiller(n + 1)) for n, (one, severity) in enumerate(every)]
    np.save(HERE / "pictures.npy", np.stack(shown).reshape(len(CONSTANTS), SEVERITIES, 32, 32, 3))
    odd = [
        [corrupted(one, 0, severity, picture(3, 27, 38), ParkMiller(500 + severity)) for severity in (2, 5)]
        for one in CONSTANTS
    ]
    np.save(HERE / "odd.npy", np.stack([np.stack(pair) for pair in odd]))
    large = {
        one.__name__: [
            {
                "scale": scale,
                "severity": severity,
                "means": block_means(corrupted(one, place, severity, picture(5, size, size), ParkMiller(900 + severity)), 4),
            }
            for place, scale, size in ((1, "tiny", 64), (2, "imagenet", 224))
            for severity in ((1, 2, 3, 4, 5) if scale == "tiny" else (1, 3, 5))
        ]
        for one in CONSTANTS
    }
    (HERE / "large.json").write_text(json.dumps(large) + "\n")

    if folder is None:
        return
    files = [folder / f"frost{n}.{'png' if n < 4 else 'jpg'}" for n in range(1, 6)]
    # OpenCV's resizing by 0.2 reads every fifth pixel: the middle of each new one is the middle of an old one.
    photographs = [np.asarray(Image.open(file).convert("RGB"))[2::5, 2::5] for file in files]
    values = {
        one.__name__: [spread(one, severity, photographs) for severity in range(1, SEVERITIES + 1)] for one in CONSTANTS
    }
    (HERE / "spread.json").write_text(json.dumps(values, indent=1) + "\n")


main()
