#!/usr/bin/env python3
"""Reference vectors for the attacks that need forward passes only.

    python3 test/reference/make_black_box.py   # needs numpy and torch; writes black_box.json beside itself

Square and SimBA are written here a second time, from the papers and AutoAttack's rules, one image after another and
with numpy's arrays (channels first). They draw from the same streams of random numbers as the library, in the same
order, so that whole runs can be compared image by image. Transformed images are torch's own (affine_grid, grid_sample).
Images are stored as NHWC.
"""
import hashlib
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
H, W, C = 7, 5, 3
HIDDEN, CLASSES = 6, 4


class Random:
    """sfc32, keyed by SHA-256."""

    def __init__(self, seed, purpose, *counters):
        key = json.dumps([seed, purpose, *counters], separators=(",", ":"))
        digest = hashlib.sha256(key.encode()).digest()
        self.state = [int.from_bytes(digest[4 * i : 4 * i + 4], "little") for i in range(4)]

    def next(self):
        a, b, c, counter = self.state
        t = (a + b + counter) & 0xFFFFFFFF
        self.state = [
            b ^ (b >> 9),
            (c + (c << 3)) & 0xFFFFFFFF,
            (((c << 21) | (c >> 11)) + t) & 0xFFFFFFFF,
            (counter + 1) & 0xFFFFFFFF,
        ]
        return t

    def uniform(self):
        high, low = self.next() >> 5, self.next() >> 6
        return (high * 67108864 + low) / 9007199254740992

    def int(self, n):
        limit = 2**32 - 2**32 % n
        while (value := self.next()) >= limit:
            pass
        return value % n

    def permutation(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.int(i + 1)
            order[i], order[j] = order[j], order[i]
        return order

    def sign(self):
        return -1.0 if self.uniform() < 0.5 else 1.0


def f32(array):
    return np.asarray(array, dtype=np.float64).astype(np.float32).astype(np.float64)


# The network: logits = second @ tanh(first @ image + bias), in double precision ---------------------------------

generator = np.random.default_rng(5)
first = f32(generator.normal(size=(HIDDEN, H * W * C)) * 0.25)
bias = f32(generator.normal(size=HIDDEN) * 0.5)
second = f32(generator.normal(size=(CLASSES, HIDDEN)))
images = f32(np.clip(generator.uniform(-0.1, 1.1, size=(6, C, H, W)), 0, 1))


def logits(image):
    pixels = image.transpose(1, 2, 0).reshape(-1)
    return second @ np.tanh(first @ pixels + bias)


def margin(z, y):
    return z[y] - np.delete(z, y).max()


def log_probability(z, y):
    return float(F.log_softmax(torch.from_numpy(z), dim=0)[y])


labels = [int(logits(image).argmax()) for image in images]


# Square -----------------------------------------------------------------------------------------------------------


def share_at(i, initial):
    share = initial
    for end in (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000):
        if i > end:
            share /= 2
    return share


def descend(candidates, y, iterations, loss):
    """Random search: keeps what lowers the loss; ends with the first misclassified candidate."""
    best = candidates.start()
    z = logits(best)
    lowest = loss(z, y)
    for i in range(iterations):
        if margin(z, y) < 0:
            break
        x = candidates.next(best, i)
        z = logits(x)
        if loss(z, y) < lowest or margin(z, y) < 0:
            best, lowest = x, loss(z, y)
            candidates.accepted()
    return best


class SquareLinf:
    def __init__(self, clean, random, eps, initial):
        self.clean, self.random, self.eps, self.initial = clean, random, eps, initial

    def start(self):
        stripes = np.array([[self.random.sign() for _ in range(C)] for _ in range(W)])
        return f32(np.clip(self.clean + self.eps * stripes.T[:, None, :], 0, 1))

    def next(self, best, i):
        s = max(int(math.floor(math.sqrt(share_at(i, self.initial) * H * W) + 0.5)), 1)
        s = min(s, H, W)
        top, left = self.random.int(H - s + 1), self.random.int(W - s + 1)
        for _ in range(10):
            x = best.copy()
            for c in range(C):
                window = (c, slice(top, top + s), slice(left, left + s))
                x[window] = f32(np.clip(self.clean[window] + self.eps * self.random.sign(), 0, 1))
            if not np.array_equal(x, best):
                break
        return x

    def accepted(self):
        pass


def length(delta, norm):
    return np.abs(delta).sum() if norm == "l1" else np.sqrt((delta**2).sum())


def rectangles(rows, columns, norm):
    delta = np.zeros((rows, columns))
    corner = [rows // 2, columns // 2]
    for n in range(max(rows // 2 + 1, columns // 2 + 1)):
        delta[
            max(corner[0], 0) : min(corner[0] + 2 * n + 1, rows),
            max(corner[1], 0) : min(corner[1] + 2 * n + 1, columns),
        ] += 1.0 / (n + 1) ** (4 if norm == "l1" else 2)
        corner = [corner[0] - 1, corner[1] - 1]
    return delta / length(delta, norm) if delta.size else delta


def bump(s, random, norm):
    delta = np.concatenate([rectangles(s // 2, s, norm), -rectangles(s - s // 2, s, norm)])
    delta /= length(delta, norm)
    return delta.T if random.uniform() > 0.5 else delta


class SquareL2(SquareLinf):
    norm = "l2"

    def within(self, delta):
        return f32(np.clip(self.clean + self.eps * delta / (np.sqrt((delta**2).sum()) + 1e-12), 0, 1))

    def start(self):
        s = max(1, min(H, W) // 5)
        delta = np.zeros((C, H, W))
        for row in range(H // s):
            for column in range(W // s):
                shape = bump(s, self.random, self.norm)
                top = (H - H // s * s) // 2 + row * s
                left = (W - W // s * s) // 2 + column * s
                for c in range(C):
                    delta[c, top : top + s, left : left + s] = self.random.sign() * shape
        return self.within(delta)

    def next(self, best, i):
        delta = best.astype(np.float64) - self.clean
        s = max(int(math.floor(math.sqrt(share_at(i, self.initial) * H * W) + 0.5)), 3)
        s = min(s + 1 - s % 2, min(H, W))
        places = [(self.random.int(H - s + 1), self.random.int(W - s + 1)) for _ in range(2)]
        (t1, l1), (t2, l2) = places
        w1 = np.s_[:, t1 : t1 + s, l1 : l1 + s]
        w2 = np.s_[:, t2 : t2 + s, l2 : l2 + s]
        mask = np.zeros((C, H, W))
        mask[w1] = mask[w2] = 1
        shape = bump(s, self.random, self.norm)
        signs = np.array([self.random.sign() for _ in range(C)])[:, None, None]
        length = lambda planes: self.lengths(planes).reshape(-1, 1, 1)
        new = signs * shape + delta[w1] / (1e-12 + length(delta[w1]))
        new /= 1e-12 + length(new)
        new *= self.target(delta, length(delta * mask))
        delta[w2] = 0
        delta[w1] = new
        return self.within(delta)

    def lengths(self, planes):
        return np.sqrt((planes**2).sum(axis=(1, 2)))

    def target(self, delta, windows):
        return np.sqrt(max(self.eps**2 - (delta**2).sum(), 0) / C + windows**2)


class SquareL1(SquareL2):
    norm = "l1"

    def within(self, delta):
        """The projection on the ball and the box: what all values lose is found by sorting where the sum bends."""
        sizes = np.abs(delta)
        room = np.where(delta > 0, 1 - self.clean.astype(np.float64), self.clean)
        left = lambda amount: np.minimum(np.maximum(sizes - amount, 0), room)
        budget = self.eps * (1 - 1e-6)
        if left(0).sum() > budget:
            bends = np.unique(np.concatenate([[0], sizes.ravel(), np.maximum(sizes - room, 0).ravel()]))
            sums = np.array([left(bend).sum() for bend in bends])
            k = int(np.argmax(sums <= budget))
            share = (sums[k - 1] - budget) / (sums[k - 1] - sums[k])
            sizes = left(bends[k - 1] + share * (bends[k] - bends[k - 1]))
        else:
            sizes = left(0)
        return f32(self.clean + np.sign(delta) * sizes)

    def lengths(self, planes):
        return np.abs(planes).sum(axis=(1, 2))

    def target(self, delta, windows):
        return (max(self.eps - np.abs(delta).sum(), 0) / C + windows) * C


# SimBA ------------------------------------------------------------------------------------------------------------


def pixel_directions(random):
    while True:
        for index in random.permutation(H * W * C):
            direction = np.zeros((H, W, C))
            direction.reshape(-1)[index] = 1
            yield direction.transpose(2, 0, 1)


def dct_matrix(n):
    k, x = np.arange(n)[:, None], np.arange(n)[None, :]
    matrix = np.cos(np.pi * (x + 0.5) * k / n) * np.sqrt(2 / n)
    matrix[0] /= np.sqrt(2)
    assert np.allclose(matrix @ matrix.T, np.eye(n))
    return matrix


def dct_directions(random, share):
    rows, columns = max(1, math.floor(H * share + 0.5)), max(1, math.floor(W * share + 0.5))
    vertical, horizontal = dct_matrix(H), dct_matrix(W)
    ring = 0
    while True:
        found = [
            (u, v, c)
            for u in range(min(H, (ring + 1) * rows))
            for v in range(min(W, (ring + 1) * columns))
            for c in range(C)
            if u >= ring * rows or v >= ring * columns
        ]
        for index in reversed(random.permutation(len(found)) if found else []):
            u, v, c = found[index]
            direction = np.zeros((C, H, W))
            direction[c] = np.outer(vertical[u], horizontal[v])
            yield direction
        ring = (ring + 1) % max(math.ceil(H / rows), math.ceil(W / columns))


class Simba:
    def __init__(self, clean, norm, eps, step, directions):
        self.clean, self.norm, self.eps, self.step, self.directions = clean, norm, eps, step, directions
        self.delta = np.zeros_like(clean)
        self.todo = []

    def start(self):
        return self.clean

    def next(self, best, i):
        if not self.todo:
            direction = next(self.directions)
            self.todo = [-self.step * direction, self.step * direction]
        moved = f32(self.delta + self.todo.pop(0))
        if self.norm == "linf":
            moved = f32(np.clip(moved, -self.eps, self.eps))
        elif (length := np.sqrt((moved**2).sum())) > self.eps:
            moved = f32(moved * (self.eps / length))
        self.moved = moved
        return f32(np.clip(self.clean + moved, 0, 1))

    def accepted(self):
        self.delta, self.todo = self.moved, []


# Runs -------------------------------------------------------------------------------------------------------------


def streams(seed):
    """The stream of each image: what an attack makes of the stream that it is given."""
    own = Random(seed, "reference").int(2**32)
    return [Random(own, "image", n) for n in range(len(images))]


def square(norm, eps, queries, seed):
    kind = {"linf": SquareLinf, "l2": SquareL2, "l1": SquareL1}[norm]
    return [
        descend(kind(image, random, eps, 0.8), y, queries, margin)
        for image, y, random in zip(images, labels, streams(seed))
    ]


def simba(norm, basis, eps, step, queries, seed):
    return [
        descend(
            Simba(
                image,
                norm,
                eps,
                step,
                pixel_directions(random) if basis == "pixel" else dct_directions(random, 0.25),
            ),
            y,
            queries - 1,
            log_probability,
        )
        for image, y, random in zip(images, labels, streams(seed))
    ]


def transformed(rotation, right, down):
    """Row and column of the pixel that each pixel comes from, in torch's coordinates: -1 and 1 are the outer centres."""
    angle = math.radians(rotation)
    my, mx = (H - 1) / 2, (W - 1) / 2
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    units = np.array([mx, my])
    matrix = turn * units[None, :] / units[:, None]
    shift = -(turn @ np.array([right, down])) / units
    theta = torch.from_numpy(np.concatenate([matrix, shift[:, None]], axis=1))[None].repeat(len(images), 1, 1)
    grid = F.affine_grid(theta, [len(images), C, H, W], align_corners=True)
    found = F.grid_sample(
        torch.from_numpy(images), grid, mode="bilinear", padding_mode="zeros", align_corners=True
    )
    return found.numpy()


def stored(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(f"{v:.9g}") for v in array.reshape(-1)]}


def nhwc(array):
    return stored(np.asarray(array).transpose(0, 2, 3, 1))


def runs():
    squares = [("linf", 0.05), ("linf", 0.12), ("l2", 0.45), ("l2", 0.9), ("l1", 2), ("l1", 5)]
    for seed, (norm, eps) in enumerate(squares):
        queries = 300
        yield {"name": "square", "norm": norm, "epsilon": eps, "queries": queries}, seed, square(norm, eps, queries, seed)
    for seed, (norm, basis, eps, step) in enumerate(
        [("l2", "pixel", 0.5, 0.1), ("l2", "dct", 0.5, 0.1), ("linf", "pixel", 0.08, 0.05), ("linf", "dct", 0.08, 0.1)]
    ):
        parameters = {
            "name": "simba",
            "norm": norm,
            "basis": basis,
            "epsilon": eps,
            "stepSize": step,
            "lowFrequencies": 0.25,
            "queries": 400,
        }
        yield parameters, seed, simba(norm, basis, eps, step, 400, seed)


if __name__ == "__main__":
    # A quarter turn is torch's own, counter-clockwise.
    H, W, kept = 5, 5, images
    images = images[:, :, :5, :]
    assert np.allclose(transformed(90, 0, 0), torch.rot90(torch.from_numpy(images), 1, [2, 3]).numpy())
    H, W, images = 7, 5, kept
    cases = []
    for parameters, seed, found in runs():
        fooled = [int(logits(x).argmax()) != y for x, y in zip(found, labels)]
        print(parameters["name"], parameters["norm"], parameters["epsilon"], fooled)
        cases.append({"seed": seed, "parameters": parameters, "adversarial": nhwc(found)})
    turns = [(0, 0, 0), (30, 0, 0), (-17.5, 1.5, -1), (90, 0, 0), (5, -3, 2), (0, 0.25, 0)]
    value = {
        "network": {"first": stored(first), "bias": stored(bias), "second": stored(second)},
        "images": nhwc(images),
        "labels": labels,
        "cases": cases,
        "transformed": [
            {"rotation": r, "right": x, "down": y, "images": nhwc(transformed(r, x, y))} for r, x, y in turns
        ],
    }
    (HERE / "black_box.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")
