#!/usr/bin/env python3
"""
FGSM-RS (Wong et al., ICLR 2020): cross-entropy of examples of one step from a random start. In L2 as in the code of Rice et
al., ICML 2020. The step's pass does not move the statistics, which is a choice of this project.
"""
import copy

import torch

from common import (
    ascend,
    authors_module,
    cross_entropy,
    given_noise,
    l2_ball,
    lengths,
    one_hot,
    say_difference,
    uniform,
    write,
)


def fgsm_rs(norm, epsilon, size, theirs):
    def step(network, sgd, images, labels, drawn, index):
        targets = one_hot(labels)
        x = ascend(
            network,
            images,
            drawn["start"],
            epsilon=epsilon,
            step=size,
            steps=1,
            loss=lambda logits: cross_entropy(logits, targets),
            norm=norm,
        )
        theirs(copy.deepcopy(network), images, labels, drawn["start"], x)
        loss = cross_entropy(network(x), targets)
        sgd.step(loss)
        return loss

    return step


def restated(network, images, labels, start, x):
    """The restatement of the rule in the code of N-FGSM (de Jorge et al., NeurIPS 2022)."""
    module = authors_module("N-FGSM/utils/attack_utils.py")
    if module:
        attack = module.AttackUtils(0.0, 1.0, torch.ones(3, 1, 1))
        with given_noise(uniform=start.unbind(1)):
            delta = attack.attack_fgsm(network, images, labels, torch.full((3, 1, 1), EPSILON), STEP)
        say_difference("attack_fgsm", x, (images + delta).detach())


def rice(network, images, labels, start, x):
    module = authors_module("robust_overfitting/train_cifar.py")
    if module:
        module.normalize = lambda images: images
        with given_noise(uniform=[lengths(start) / L2_EPSILON], normal=[start]):
            delta = module.attack_pgd(network, images, labels, L2_EPSILON, L2_STEP, 1, 1, "l_2")
        say_difference("attack_pgd with one step in L2", x, images + delta)


EPSILON, STEP = 8 / 255, 10 / 255
L2_EPSILON, L2_STEP = 0.5, 0.625
write(
    "fgsm-rs",
    {"name": "fgsm-rs", "epsilon": EPSILON, "stepSize": STEP},
    fgsm_rs("linf", EPSILON, STEP, restated),
    draws=lambda generator, *_: {"start": uniform(generator, EPSILON)},
)
write(
    "fgsm-rs-l2",
    {"name": "fgsm-rs", "norm": "l2", "epsilon": L2_EPSILON, "stepSize": L2_STEP},
    fgsm_rs("l2", L2_EPSILON, L2_STEP, rice),
    draws=lambda generator, *_: {"start": l2_ball(generator, L2_EPSILON)},
)
