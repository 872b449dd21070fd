#!/usr/bin/env python3
"""
TRADES with adversarial weight perturbation, in double precision; the network passes x, x' and x. AUTHORS: a folder with
awp/trades_AWP/utils_awp.py of csdongxian/AWP.
"""
import copy

import torch
import torch.nn.functional as F

from awp import perturbation, perturbed_step
from common import ascend, authors_module, cross_entropy, normal, one_hot, say_difference, write

EPSILON, STEP, STEPS, BETA, GAMMA, DEVIATION = 8 / 255, 2 / 255, 2, 6, 0.005, 0.02
authors = authors_module("awp/trades_AWP/utils_awp.py")


def kl(p, logits):
    return (p * (p.log() - F.log_softmax(logits, -1))).sum(-1).mean()


def step(network, sgd, images, labels, drawn, index):
    network.eval()
    with torch.no_grad():
        p = F.softmax(network(images), -1)
    network.train()
    budget = {"epsilon": EPSILON, "step": STEP, "steps": STEPS}
    x = ascend(network, images, drawn["start"], **budget, loss=lambda logits: kl(p, logits), mode="eval")

    def loss_of(net):
        natural = cross_entropy(net(images), one_hot(labels))
        logits = net(x)
        return natural + BETA * kl(F.softmax(net(images), -1), logits)

    if authors:
        proxy, other = copy.deepcopy(network), copy.deepcopy(network)
        adversary = authors.TradesAWP(other, proxy, torch.optim.SGD(proxy.parameters(), lr=0.1), GAMMA)
        theirs, ours = adversary.calc_awp(x, images, labels, BETA), perturbation(network, loss_of)
        say_difference("d", *(torch.cat([moves[name].flatten() for name in ours]) for moves in (ours, theirs)))
    return perturbed_step(network, sgd, loss_of, GAMMA)


write(
    "awp-trades",
    {"name": "trades", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS, "beta": BETA},
    step,
    options={"awp": {"gamma": GAMMA}},
    draws=lambda generator, *_: {"start": normal(generator, DEVIATION)},
)
