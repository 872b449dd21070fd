#!/usr/bin/env python3
"""
MART (Wang et al., ICLR 2020): boosted cross-entropy of PGD examples and beta * KL, weighted by 1 - p_y. The attack sees
BatchNorm's moving statistics; the network passes x, then x'.
"""
import torch
import torch.nn.functional as F

from authors import compare
from common import ascend, cross_entropy, normal, one_hot, write

EPSILON, STEP, STEPS, BETA, DEVIATION = 8 / 255, 2 / 255, 3, 5, 0.02


def loss_of(network, images, labels, start):
    y = one_hot(labels)
    x = ascend(
        network,
        images,
        start,
        epsilon=EPSILON,
        step=STEP,
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, y),
        mode="eval",
    )
    p = F.softmax(network(images), -1)
    logits = network(x)
    q = F.softmax(logits, -1)
    wrong = q.masked_fill(y > 0, -1).amax(-1)
    boosted = cross_entropy(logits, y) - (1.0001 - wrong + 1e-12).log().mean()
    kl = (p * (p.log() - (q + 1e-12).log())).sum(-1)
    return boosted + BETA * (kl * (1.0000001 - (p * y).sum(-1))).mean()


def step(network, sgd, images, labels, drawn, index):
    loss = loss_of(network, images, labels, drawn["start"])
    sgd.step(loss)
    return loss


write(
    "mart",
    {"name": "mart", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS, "beta": BETA},
    step,
    draws=lambda generator, *_: {"start": normal(generator, DEVIATION)},
)
start = normal(torch.Generator().manual_seed(7), DEVIATION)
compare(
    "MART",
    "mart",
    "mart_loss",
    lambda network, images, labels: loss_of(network, images, labels, start),
    lambda function, network, images, labels: function(
        network,
        images,
        labels,
        torch.optim.SGD(network.parameters(), lr=0.1),
        step_size=STEP,
        epsilon=EPSILON,
        perturb_steps=STEPS,
        beta=BETA,
    ),
    start / 0.001,
    1,
)
