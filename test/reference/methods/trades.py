#!/usr/bin/env python3
"""
TRADES (Zhang et al., ICML 2019): CE(f(x), y) + beta * KL(f(x) || f(x')), where x' raises the KL divergence with f(x) constant
and BatchNorm's moving statistics. The network passes x, x' and, for the second term, x again, as the authors' code does.

trades-train.json is the attack of Wang et al. (ICML 2023, DM-Improves-AT): in train mode, without moving the statistics, from
anywhere in the ball, beside smoothed labels. Their code passes x once.
"""
import torch
import torch.nn.functional as F

from authors import compare
from common import CLASSES, ascend, cross_entropy, frozen_statistics, normal, one_hot, uniform, write

STEPS, BETA, DEVIATION, SMOOTHING = 3, 6, 0.02, 0.1
LINF = {"norm": "linf", "epsilon": 8 / 255, "step": 2 / 255}
L2 = {"norm": "l2", "epsilon": 0.5, "step": 2 * 0.5 / STEPS}


def kl(p, logits):
    """Mean over the batch of KL(p || softmax of logits)."""
    return (p * (p.log() - F.log_softmax(logits, -1))).sum(-1).mean()


def attacked(network, images, start, budget, mode="eval"):
    network.train(mode == "train")
    with torch.no_grad(), frozen_statistics(network):
        p = F.softmax(network(images), -1)
    network.train()
    return ascend(network, images, start, **budget, steps=STEPS, loss=lambda logits: kl(p, logits), mode=mode)


def loss_of(network, images, targets, start, budget, mode="eval", again=True):
    """targets: [N, K]; again: x is passed once more for the second term."""
    x = attacked(network, images, start, budget, mode)
    answer = network(images)
    logits = network(x)
    return cross_entropy(answer, targets) + BETA * kl(F.softmax(network(images) if again else answer, -1), logits)


def smoothed(labels):
    return (1 - SMOOTHING) * one_hot(labels) + SMOOTHING / CLASSES


def method(budget, **more):
    """What an experiment says of it."""
    step = {"stepSize": budget["step"]} if budget["norm"] == "linf" else {}
    return {"name": "trades", "norm": budget["norm"], "epsilon": budget["epsilon"], **step, "steps": STEPS, "beta": BETA, **more}


if __name__ == "__main__":
    for name, budget in (("trades", LINF), ("trades-l2", L2)):

        def step(network, sgd, images, labels, drawn, index):
            loss = loss_of(network, images, one_hot(labels), drawn["start"], budget)
            sgd.step(loss)
            return loss

        write(name, method(budget), step, draws=lambda generator, *_: {"start": normal(generator, DEVIATION)})
        start = normal(torch.Generator().manual_seed(7), DEVIATION)
        compare(
            "TRADES",
            "trades",
            "trades_loss",
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
                distance="l_inf" if budget["norm"] == "linf" else "l_2",
            ),
            start / 0.001,
            1,
        )

    def step_in_train_mode(network, sgd, images, labels, drawn, index):
        loss = loss_of(network, images, smoothed(labels), drawn["start"], LINF, "train")
        sgd.step(loss)
        return loss

    write(
        "trades-train",
        method(LINF, startNoise="uniform", attackBatchNorm="train"),
        step_in_train_mode,
        draws=lambda generator, *_: {"start": uniform(generator, LINF["epsilon"])},
        options={"labelSmoothing": SMOOTHING},
    )
    start = uniform(torch.Generator().manual_seed(7), LINF["epsilon"])
    compare(
        "DM-Improves-AT",
        "gowal21uncovering.utils.trades",
        "trades_loss",
        lambda network, images, labels: loss_of(network, images, smoothed(labels), start, LINF, "train", again=False),
        lambda function, network, images, labels: function(
            network,
            images,
            labels,
            torch.optim.SGD(network.parameters(), lr=0.1),
            step_size=LINF["step"],
            epsilon=LINF["epsilon"],
            perturb_steps=STEPS,
            beta=BETA,
            label_smoothing=SMOOTHING,
        )[0],
        start,
        1,
    )
