#!/usr/bin/env python3
"""
PGD-AT and TRADES whose epsilon and step grow over the whole training of two steps: half of them in the first, all in the second.
The start of TRADES, normal noise, is the same in both.
"""
import trades
from common import ascend, cross_entropy, normal, one_hot, uniform, write

EPSILON, STEP, STEPS = 8 / 255, 2 / 255, 3


def budget(index):
    share = (index + 1) / 2
    return {"epsilon": share * EPSILON, "step": share * STEP}


def pgd_step(network, sgd, images, labels, drawn, index):
    targets = one_hot(labels)
    x = ascend(
        network,
        images,
        drawn["start"],
        **budget(index),
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, targets),
    )
    loss = cross_entropy(network(x), targets)
    sgd.step(loss)
    return loss


def trades_step(network, sgd, images, labels, drawn, index):
    loss = trades.loss_of(network, images, one_hot(labels), drawn["start"], budget(index))
    sgd.step(loss)
    return loss


PGD_AT = {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS}
for name, method, step, (noise, size) in (
    # Half of the ball is a start of both.
    ("epsilon-warmup", PGD_AT, pgd_step, (uniform, EPSILON / 2)),
    ("epsilon-warmup-trades", trades.method(trades.LINF), trades_step, (normal, trades.DEVIATION)),
):
    write(name, method, step, options={"epsilonWarmup": 1}, draws=lambda generator, *_: {"start": noise(generator, size)})
