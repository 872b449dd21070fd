#!/usr/bin/env python3
"""
MART (Wang et al., ICLR 2020): boosted cross-entropy of PGD examples and beta * KL, weighted by 1 - p_y. The attack sees
BatchNorm's moving statistics; the network passes x, then x'. In L2 there is no attack in the authors' code.
"""
import torch
import torch.nn.functional as F

from authors import compare
from common import ascend, cross_entropy, normal, one_hot, write
from trades import L2, LINF, STEPS

BETA, DEVIATION = 5, 0.02


def loss_of(network, images, labels, start, budget):
    y = one_hot(labels)
    x = ascend(
        network,
        images,
        start,
        **budget,
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


for name, budget in (("mart", LINF), ("mart-l2", L2)):
    linf = budget is LINF

    def step(network, sgd, images, labels, drawn, index):
        loss = loss_of(network, images, labels, drawn["start"], budget)
        sgd.step(loss)
        return loss

    write(
        name,
        {
            "name": "mart",
            **({} if linf else {"norm": "l2"}),
            "epsilon": budget["epsilon"],
            **({"stepSize": budget["step"]} if linf else {}),
            "steps": STEPS,
            "beta": BETA,
        },
        step,
        draws=lambda generator, *_: {"start": normal(generator, DEVIATION)},
    )

start = normal(torch.Generator().manual_seed(7), DEVIATION)
compare(
    "MART",
    "mart",
    "mart_loss",
    lambda network, images, labels: loss_of(network, images, labels, start, LINF),
    lambda function, network, images, labels: function(
        network,
        images,
        labels,
        torch.optim.SGD(network.parameters(), lr=0.1),
        step_size=LINF["step"],
        epsilon=LINF["epsilon"],
        perturb_steps=STEPS,
        beta=BETA,
    ),
    start / 0.001,
    1,
)
