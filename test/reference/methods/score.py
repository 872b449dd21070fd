#!/usr/bin/env python3
"""
SCORE (Pang et al., ICML 2022): squared error of the probabilities and beta times their squared distance from those on x',
which raises it with the statistics of the batch. The network passes x, then x'.
"""
import torch
import torch.nn.functional as F

from authors import compare
from common import CLASSES, ascend, frozen_statistics, one_hot, uniform, write

EPSILON, STEP, STEPS, BETA = 8 / 255, 2 / 255, 3, 4


def squared(p, q):
    return ((p - q) ** 2).sum(-1).mean()


def loss_of(network, images, labels, start):
    with torch.no_grad(), frozen_statistics(network):
        p = F.softmax(network(images), -1)
    x = ascend(
        network,
        images,
        start,
        epsilon=EPSILON,
        step=STEP,
        steps=STEPS,
        loss=lambda logits: squared(F.softmax(logits, -1), p),
    )
    p = F.softmax(network(images), -1)
    return squared(p, one_hot(labels)) + BETA * squared(F.softmax(network(x), -1), p)


def step(network, sgd, images, labels, drawn, index):
    loss = loss_of(network, images, labels, drawn["start"])
    sgd.step(loss)
    return loss


write(
    "score",
    {"name": "score", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS, "beta": BETA},
    step,
    draws=lambda generator, *_: {"start": uniform(generator, EPSILON)},
)
start = uniform(torch.Generator().manual_seed(7), EPSILON)
compare(
    "SCORE",
    "gowal21uncovering.utils.trades",
    "trades_loss_LSE",
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
        label_smoothing=0,
        num_classes=CLASSES,
    )[0],
    start,
    1,
)
