#!/usr/bin/env python3
"""
TRADES (Zhang et al., ICML 2019): CE(f(x), y) + beta * KL(f(x) || f(x')), where x' raises the KL divergence with f(x) constant
and BatchNorm's moving statistics. The network passes x, x' and, for the second term, x again, as the authors' code does.
"""
import torch
import torch.nn.functional as F

from authors import compare
from common import ascend, cross_entropy, normal, one_hot, write

STEPS, BETA, DEVIATION = 3, 6, 0.02
LINF = {"norm": "linf", "epsilon": 8 / 255, "step": 2 / 255}
L2 = {"norm": "l2", "epsilon": 0.5, "step": 2 * 0.5 / STEPS}


def kl(p, logits):
    """Mean over the batch of KL(p || softmax of logits)."""
    return (p * (p.log() - F.log_softmax(logits, -1))).sum(-1).mean()


def attacked(network, images, start, budget):
    network.eval()
    with torch.no_grad():
        p = F.softmax(network(images), -1)
    network.train()
    return ascend(network, images, start, **budget, steps=STEPS, loss=lambda logits: kl(p, logits), mode="eval")


def loss_of(network, images, labels, start, budget):
    x = attacked(network, images, start, budget)
    natural = cross_entropy(network(images), one_hot(labels))
    logits = network(x)
    return natural + BETA * kl(F.softmax(network(images), -1), logits)


if __name__ == "__main__":
    for name, budget, seed in (("trades", LINF, 1), ("trades-l2", L2, 1)):
        norm = budget["norm"]

        def step(network, sgd, images, labels, drawn, index):
            loss = loss_of(network, images, labels, drawn["start"], budget)
            sgd.step(loss)
            return loss

        write(
            name,
            {
                "name": "trades",
                "norm": norm,
                "epsilon": budget["epsilon"],
                **({"stepSize": budget["step"]} if norm == "linf" else {}),
                "steps": STEPS,
                "beta": BETA,
            },
            step,
            draws=lambda generator, *_: {"start": normal(generator, DEVIATION)},
            seed=seed,
        )
        start = normal(torch.Generator().manual_seed(7), DEVIATION)
        compare(
            "TRADES",
            "trades",
            "trades_loss",
            lambda network, images, labels: loss_of(network, images, labels, start, budget),
            lambda function, network, images, labels: function(
                network,
                images,
                labels,
                torch.optim.SGD(network.parameters(), lr=0.1),
                step_size=budget["step"],
                epsilon=budget["epsilon"],
                perturb_steps=STEPS,
                beta=BETA,
                distance="l_inf" if norm == "linf" else "l_2",
            ),
            start / 0.001,
            seed,
        )
