#!/usr/bin/env python3
"""
N-FGSM (de Jorge et al., NeurIPS 2022): cross-entropy of examples of one step from noise of twice the budget, clipped to [0, 1]
and not to the ball. The step's pass does not move the statistics, which is a choice of this project.
"""
import copy

import torch

from common import (
    assert_clear,
    authors_module,
    cross_entropy,
    frozen_statistics,
    given_noise,
    one_hot,
    say_difference,
    uniform,
    write,
)

LEVELS, NOISE = 8, 2
EPSILON = LEVELS / 255


def step(network, sgd, images, labels, drawn, index):
    targets = one_hot(labels)
    noisy = (images + drawn["start"]).clamp(0, 1).requires_grad_()
    with frozen_statistics(network):
        (gradient,) = torch.autograd.grad(cross_entropy(network(noisy), targets), noisy)
    assert_clear(gradient)
    x = (noisy.detach() + EPSILON * gradient.sign()).clamp(0, 1)
    module = authors_module("N-FGSM/utils/attack_utils.py")
    if module:
        attack = module.AttackUtils(0.0, 1.0, torch.ones(3, 1, 1))
        with given_noise(uniform=drawn["start"].unbind(1)):
            delta = attack.attack_nfgsm(
                copy.deepcopy(network), images, labels, epsilon=LEVELS, alpha=LEVELS, unif=NOISE, clip=0
            )
        say_difference("attack_nfgsm", x, (images + delta).detach())
    loss = cross_entropy(network(x), targets)
    sgd.step(loss)
    return loss


write(
    "n-fgsm",
    {"name": "n-fgsm", "epsilon": EPSILON, "noise": NOISE, "stepSize": EPSILON},
    step,
    draws=lambda generator, *_: {"start": uniform(generator, NOISE * EPSILON)},
)
