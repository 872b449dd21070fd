#!/usr/bin/env python3
"""PGD-AT whose epsilon and step grow over the whole training of two steps: half of them in the first, all in the second."""
from common import ascend, cross_entropy, one_hot, uniform, write

EPSILON, STEP, STEPS = 8 / 255, 2 / 255, 3


def share(index):
    return (index + 1) / 2


def step(network, sgd, images, labels, drawn, index):
    targets = one_hot(labels)
    x = ascend(
        network,
        images,
        drawn["start"],
        epsilon=share(index) * EPSILON,
        step=share(index) * STEP,
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, targets),
    )
    loss = cross_entropy(network(x), targets)
    sgd.step(loss)
    return loss


write(
    "epsilon-warmup",
    {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS},
    step,
    options={"epsilonWarmup": 1},
    # Half of the ball is a start of both.
    draws=lambda generator, *_: {"start": uniform(generator, EPSILON / 2)},
)
