#!/usr/bin/env python3
"""
AVmixup (Lee et al., CVPR 2020): cross-entropy of w * x + (1 - w) * v, with the vertex v = clip(x + gamma * (x' - x), 0, 1)
and the labels w * phi(y, lambda1) + (1 - w) * phi(y, lambda2), phi(y, t) = t * y + (1 - t) * (1 - y) / (K - 1). The
attack's passes do not move the statistics. Two vectors: L-inf and L2.

The authors' code (Saehyung-Lee/cifar10_challenge) is of TensorFlow 1: its label function alone is plain arithmetic, and is
called where AUTHORS has its pgd_attack.py as avmixup/pgd_attack.py.
"""
import types

import torch

from common import CLASSES, COUNT, ascend, authors_functions, cross_entropy, l2_ball, one_hot, rounded, say_difference, uniform, write

STEPS, GAMMA, LAMBDA1, LAMBDA2 = 2, 2.5, 0.9, 0.2


def phi(y, t):
    return t * y + (1 - t) * (1 - y) / (CLASSES - 1)


for name, norm, epsilon, size, noise in (
    ("avmixup", "linf", 8 / 255, 2 / 255, uniform),
    ("avmixup-l2", "l2", 0.5, 0.2, l2_ball),
):

    def step(network, sgd, images, labels, drawn, index):
        y, weight = one_hot(labels), drawn["weight"]
        x = ascend(
            network,
            images,
            drawn["start"],
            epsilon=epsilon,
            step=size,
            steps=STEPS,
            norm=norm,
            loss=lambda logits: cross_entropy(logits, y),
        )
        vertex = (images + GAMMA * (x - images)).clamp(0, 1)
        w = weight.reshape(-1, 1, 1, 1)
        targets = weight[:, None] * phi(y, LAMBDA1) + (1 - weight[:, None]) * phi(y, LAMBDA2)
        loss = cross_entropy(network(w * images + (1 - w) * vertex), targets)
        sgd.step(loss)
        return loss

    write(
        name,
        {
            "name": "avmixup",
            "norm": norm,
            "epsilon": epsilon,
            "stepSize": size,
            "steps": STEPS,
            "gamma": GAMMA,
            "lambda1": LAMBDA1,
            "lambda2": LAMBDA2,
        },
        step,
        draws=lambda generator, *_: {
            "start": noise(generator, epsilon),
            "weight": rounded(torch.rand(COUNT, generator=generator)),
        },
    )

authors = authors_functions("avmixup/pgd_attack.py", "_label_smoothing")
if authors:
    attack = types.SimpleNamespace(model=types.SimpleNamespace(num_classes=CLASSES))
    y = one_hot(torch.arange(COUNT) % CLASSES)
    for t in (1.0, 0.9, 0.1):
        say_difference(f"phi(y, {t})", phi(y, t), authors[0](attack, y, t))
