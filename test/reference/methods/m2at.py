#!/usr/bin/env python3
"""
M2AT (Adachi et al., VISAPP 2023): cross-entropy of lambda * x1 + (1 - lambda) * x2, where x1 = x + M * delta and
x2 = x + (1 - M) * delta, and the labels are smoothed by the share that each keeps (a choice of this project).
"""
import torch

from common import CLASSES, COUNT, SIZE, ascend, cross_entropy, one_hot, rounded, uniform, write

EPSILON, STEP, STEPS, MINIMUM = 8 / 255, 2 / 255, 2, 0.3


def draws(generator, images, labels):
    mask = torch.zeros(COUNT, 1, SIZE, SIZE)
    for n in range(COUNT):
        mask[n, :, n : n + 3, 1 : 2 + n] = 1
    return {
        "start": uniform(generator, EPSILON),
        "mask": mask,
        "lambda": rounded(torch.rand(COUNT, generator=generator)),
    }


def step(network, sgd, images, labels, drawn, index):
    y, mask = one_hot(labels), drawn["mask"]
    weight = drawn["lambda"]
    x = ascend(
        network,
        images,
        drawn["start"],
        epsilon=EPSILON,
        step=STEP,
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, y),
    )
    x1 = mask * x + (1 - mask) * images
    x2 = (1 - mask) * x + mask * images
    mixed = weight.reshape(-1, 1, 1, 1) * x1 + (1 - weight.reshape(-1, 1, 1, 1)) * x2
    share = mask.mean((1, 2, 3))
    t = weight * (1 - (1 - MINIMUM) * share) + (1 - weight) * (1 - (1 - MINIMUM) * (1 - share))
    targets = t[:, None] * y + (1 - t[:, None]) * (1 - y) / (CLASSES - 1)
    loss = cross_entropy(network(mixed), targets)
    sgd.step(loss)
    return loss


write(
    "m2at",
    {
        "name": "m2at",
        "epsilon": EPSILON,
        "stepSize": STEP,
        "steps": STEPS,
        "labels": {"policy": "smooth", "minimum": MINIMUM},
    },
    step,
    draws=draws,
)
