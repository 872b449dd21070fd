#!/usr/bin/env python3
"""
SCORE (Pang et al., ICML 2022): squared error of the probabilities and beta times their squared distance from those on x',
which raises it with the statistics of the batch. The network passes x, then x'. The authors' attack in L2 starts at normal
noise: the comparison with it does, too.
"""
import torch
import torch.nn.functional as F

from authors import compare
from common import CLASSES, ascend, frozen_statistics, l2_ball, normal, one_hot, uniform, write
from trades import L2, LINF, STEPS

BETA = 4


def squared(p, q):
    return ((p - q) ** 2).sum(-1).mean()


def loss_of(network, images, targets, start, budget):
    with torch.no_grad(), frozen_statistics(network):
        p = F.softmax(network(images), -1)
    x = ascend(network, images, start, **budget, steps=STEPS, loss=lambda logits: squared(F.softmax(logits, -1), p))
    p = F.softmax(network(images), -1)
    return squared(p, targets) + BETA * squared(F.softmax(network(x), -1), p)


def method(budget):
    """What an experiment says of it."""
    linf = {"epsilon": budget["epsilon"], "stepSize": budget["step"]}
    return {
        "name": "score",
        **(linf if budget is LINF else {"norm": "l2", "epsilon": budget["epsilon"]}),
        "steps": STEPS,
        "beta": BETA,
    }


if __name__ == "__main__":
    for name, budget, ball, noise, drawn_size in (
        ("score", LINF, uniform, uniform, 1),
        ("score-l2", L2, l2_ball, lambda generator, _: normal(generator, 0.02), 0.001),
    ):

        def step(network, sgd, images, labels, drawn, index):
            loss = loss_of(network, images, one_hot(labels), drawn["start"], budget)
            sgd.step(loss)
            return loss

        write(name, method(budget), step, draws=lambda generator, *_: {"start": ball(generator, budget["epsilon"])})
        start = noise(torch.Generator().manual_seed(7), budget["epsilon"])
        compare(
            "SCORE",
            "gowal21uncovering.utils.trades",
            "trades_loss_LSE",
            lambda network, images, labels: loss_of(network, images, one_hot(labels), start, budget),
            lambda function, network, images, labels: function(
                network,
                images,
                labels,
                torch.optim.SGD(network.parameters(), lr=0.1),
                step_size=budget["step"],
                epsilon=budget["epsilon"],
                perturb_steps=STEPS,
                beta=BETA,
                attack=f"{budget['norm']}-pgd",
                label_smoothing=0,
                num_classes=CLASSES,
            )[0],
            start / drawn_size,
            1,
        )
