#!/usr/bin/env python3
"""
Options that change the clean images before a method sees them: PGD-AT, whose attack and loss compare with the classes that
the changed images show, and TRADES with mixup and SCORE with CutMix, whose attacks and second terms know the network's answers
only.

option-mixup (Zhang et al., ICLR 2018): lambda * x + (1 - lambda) * partner, and the same of the classes. cutmix (Yun et al.,
ICCV 2019): a box of the partner in each image, classes by area; the second batch has no box. cutout (DeVries and Taylor, arXiv
1708.04552): a square of the mean colour, which is 0 after the normalisation; the classes stay.

The authors' functions (clovaai/CutMix-PyTorch, train.py; uoguelph-mlrg/Cutout, util/cutout.py) are called where AUTHORS has
cutmix/train.py and cutout/cutout.py. Those of mixup are called in mixup.py.
"""
import types

import numpy as np
import torch

import score
import trades
from common import (
    COUNT,
    NORMALIZATION,
    SIZE,
    ascend,
    authors_functions,
    authors_module,
    cross_entropy,
    make_images,
    normal,
    one_hot,
    rounded,
    say_difference,
    uniform,
    write,
)

EPSILON, STEP, STEPS, SQUARE = 8 / 255, 2 / 255, 2, 5
SEEDS = {"option-mixup": 1, "option-mixup-trades": 1, "cutmix": 2, "cutmix-score": 2, "cutout": 2}
MEAN, STD = (torch.tensor(NORMALIZATION[key]).reshape(3, 1, 1) for key in ("mean", "std"))


def around(centre, length):
    """Both ends, clipped; half of the length is rounded down on both sides."""
    return max(0, centre - length // 2), min(SIZE, centre + length // 2)


def box_of(weight, row, column):
    """Top, left, bottom and right."""
    length = int(SIZE * np.sqrt(1 - weight))
    (top, bottom), (left, right) = around(row, length), around(column, length)
    return top, left, bottom, right


def mixup(images, classes, drawn):
    weight, partner = drawn["mixupLambda"], drawn["mixupPartner"]
    w = weight.reshape(-1, 1, 1, 1)
    mixed = w * images + (1 - w) * images[partner]
    return rounded(mixed), weight[:, None] * classes + (1 - weight[:, None]) * classes[partner]


def cutmix(images, classes, drawn):
    (top, left, bottom, right), partner = drawn["cutmixBox"][0].tolist(), drawn["cutmixPartner"]
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[partner][:, :, top:bottom, left:right]
    weight = 1 - (bottom - top) * (right - left) / SIZE**2
    return mixed, weight * classes + (1 - weight) * classes[partner]


def cutout(images, classes, drawn):
    filled = images.clone()
    for n, (row, column) in enumerate(drawn["cutoutCentre"].tolist()):
        (top, bottom), (left, right) = around(row, SQUARE), around(column, SQUARE)
        filled[n, :, top:bottom, left:right] = MEAN
    return rounded(filled), classes


def mixup_draws(generator, index):
    return {
        "mixupLambda": rounded(torch.rand(COUNT, generator=generator)),
        "mixupPartner": torch.randperm(COUNT, generator=generator),
    }


def cutmix_draws(generator, index):
    box = torch.tensor(box_of(0.3, 6, 3) if index == 0 else (0, 0, 0, 0))
    return {"cutmixBox": box.repeat(COUNT, 1), "cutmixPartner": torch.randperm(COUNT, generator=generator)}


def cutout_draws(generator, index):
    return {"cutoutCentre": torch.randint(SIZE, (COUNT, 2), generator=generator)}


def pgd_loss(network, images, classes, start):
    x = ascend(
        network,
        images,
        start,
        epsilon=EPSILON,
        step=STEP,
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, classes),
    )
    return cross_entropy(network(x), classes)


MIXUP = (mixup, mixup_draws, {"mixup": {"alpha": 1, "lambdaPer": "image"}})
CUTMIX = (cutmix, cutmix_draws, {"cutmix": {"alpha": 1, "probability": 0.5}})
CUTOUT = (cutout, cutout_draws, {"cutout": {"size": SQUARE}})
PGD_AT = ({"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS}, pgd_loss, (uniform, EPSILON))
TRADES = (trades.method(trades.LINF), lambda *batch: trades.loss_of(*batch, trades.LINF), (normal, trades.DEVIATION))
SCORE = (score.method(trades.LINF), lambda *batch: score.loss_of(*batch, trades.LINF), (uniform, EPSILON))

for name, (change, own_draws, options), (method, loss_of, (noise, size)) in (
    ("option-mixup", MIXUP, PGD_AT),
    ("option-mixup-trades", MIXUP, TRADES),
    ("cutmix", CUTMIX, PGD_AT),
    ("cutmix-score", CUTMIX, SCORE),
    ("cutout", CUTOUT, PGD_AT),
):
    indices = iter(range(2))

    def step(network, sgd, images, labels, drawn, index):
        changed, classes = change(images, one_hot(labels), drawn)
        loss = loss_of(network, changed, classes, drawn["start"])
        sgd.step(loss)
        return loss

    write(
        name,
        method,
        step,
        draws=lambda generator, *_: {
            "start": noise(generator, size),
            **own_draws(generator, next(indices)),
        },
        options=options,
        seed=SEEDS[name],
    )

images, labels = make_images(3)
given = [3, 7, 1, 0, 6, 2, 5, 5, 4, 1, 0, 7]

authors = authors_functions(
    "cutmix/train.py",
    "rand_bbox",
    np=types.SimpleNamespace(
        sqrt=np.sqrt, clip=np.clip, int=int, random=types.SimpleNamespace(randint=lambda _: given[numbers.pop(0)])
    ),
)
if authors:
    for weight in (0.05, 0.3, 0.6, 0.9):
        numbers = [0, 1]
        say_difference(
            f"box with lambda {weight}",
            torch.tensor(box_of(weight, *given[:2])),
            torch.tensor(authors[0](images.shape, weight)),
        )

module = authors_module("cutout/cutout.py")
if module:
    numbers = iter(given)
    module.np.random.randint = lambda _: next(numbers)
    operation = module.Cutout(n_holes=1, length=SQUARE)
    theirs = torch.stack([operation((image - MEAN) / STD) for image in images])
    ours, _ = cutout(images, None, {"cutoutCentre": torch.tensor(given).reshape(COUNT, 2)})
    say_difference("normalised image with a square", (ours - MEAN) / STD, theirs)
