#!/usr/bin/env python3
"""PGD-AT (Madry et al., ICLR 2018): cross-entropy of PGD examples; the attack's passes do not move the statistics."""
from common import ascend, cross_entropy, one_hot, uniform, write

EPSILON, STEP, STEPS = 8 / 255, 2 / 255, 3


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
    loss = cross_entropy(network(x), targets)
    sgd.step(loss)
    return loss


write(
    "pgd-at",
    {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS},
    step,
    draws=lambda generator, *_: {"start": uniform(generator, EPSILON)},
)
