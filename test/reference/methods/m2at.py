#!/usr/bin/env python3
"""
M2AT (Adachi et al., VISAPP 2023): cross-entropy of lambda * x1 + (1 - lambda) * x2, where x1 = x + M * delta and
x2 = x + (1 - M) * delta, and the labels are smoothed by the share that each keeps (a choice of this project).
"""
import torch

from common import CLASSES, COUNT, SIZE, ascend, cross_entropy, l2_ball, one_hot, rounded, uniform, write

STEPS, MINIMUM = 2, 0.3
# Norm, epsilon, step and start of each vector.
VECTORS = {"m2at": ("linf", 8 / 255, 2 / 255, uniform), "m2at-l2": ("l2", 0.5, 0.3, l2_ball)}


def draws(generator, name):
    _, epsilon, _, noise = VECTORS[name]
    mask = torch.zeros(COUNT, 1, SIZE, SIZE)
    for n in range(COUNT):
        mask[n, :, n : n + 3, 1 : 2 + n] = 1
    return {
        "start": noise(generator, epsilon),
        "mask": mask,
        "lambda": rounded(torch.rand(COUNT, generator=generator)),
    }


def step(network, sgd, images, labels, drawn, name):
    norm, epsilon, size, _ = VECTORS[name]
    y, mask = one_hot(labels), drawn["mask"]
    weight = drawn["lambda"]
    x = ascend(
        network,
        images,
        drawn["start"],
        epsilon=epsilon,
        step=size,
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, y),
        norm=norm,
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


for name, (norm, epsilon, size, _) in VECTORS.items():
    write(
        name,
        {
            "name": "m2at",
            "norm": norm,
            "epsilon": epsilon,
            "stepSize": size,
            "steps": STEPS,
            "labels": {"policy": "smooth", "minimum": MINIMUM},
        },
        lambda *batch, name=name: step(*batch[:-1], name),
        draws=lambda generator, *_, name=name: draws(generator, name),
    )
