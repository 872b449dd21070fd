#!/usr/bin/env python3
"""PGD-AT with PyTorch's `label_smoothing`: the attack follows the true class, the training step smoothed labels."""
import torch.nn.functional as F

from common import ascend, cross_entropy, one_hot, uniform, write

EPSILON, STEP, STEPS, SMOOTHING = 8 / 255, 2 / 255, 2, 0.2


def step(network, sgd, images, labels, drawn, index):
    targets = one_hot(labels)
    x = ascend(
        network,
        images,
        drawn["start"],
        epsilon=EPSILON,
        step=STEP,
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, targets),
    )
    loss = F.cross_entropy(network(x), labels, label_smoothing=SMOOTHING)
    sgd.step(loss)
    return loss


write(
    "label-smoothing",
    {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS},
    step,
    draws=lambda generator, *_: {"start": uniform(generator, EPSILON)},
    options={"labelSmoothing": SMOOTHING},
)
