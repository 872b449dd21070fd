#!/usr/bin/env python3
"""
PGD-AT (Madry et al., ICLR 2018): cross-entropy of PGD examples; the attack's passes do not move the statistics. In L2 with the
start and the step of Rice et al., ICML 2020.
"""
import copy

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

STEPS = 3


def pgd_at(norm, epsilon, size):
    def step(network, sgd, images, labels, drawn, index):
        targets = one_hot(labels)
        x = ascend(
            network,
            images,
            drawn["start"],
            epsilon=epsilon,
            step=size,
            steps=STEPS,
            loss=lambda logits: cross_entropy(logits, targets),
            norm=norm,
        )
        module = authors_module("robust_overfitting/train_cifar.py")
        if module:
            module.normalize = lambda images: images
            start = drawn["start"]
            noise = {"uniform": [start]} if norm == "linf" else {"normal": [start], "uniform": [lengths(start) / epsilon]}
            with given_noise(**noise):
                theirs = {"linf": "l_inf", "l2": "l_2"}[norm]
                delta = module.attack_pgd(copy.deepcopy(network), images, labels, epsilon, size, STEPS, 1, theirs)
            say_difference(f"attack_pgd in {theirs}", x, images + delta)
        loss = cross_entropy(network(x), targets)
        sgd.step(loss)
        return loss

    return step


for name, norm, epsilon, size, noise in (
    ("pgd-at", "linf", 8 / 255, 2 / 255, uniform),
    ("pgd-at-l2", "l2", 128 / 255, 15 / 255, l2_ball),
):
    write(
        name,
        {"name": "pgd-at", "norm": norm, "epsilon": epsilon, "stepSize": size, "steps": STEPS},
        pgd_at(norm, epsilon, size),
        draws=lambda generator, *_, noise=noise, epsilon=epsilon: {"start": noise(generator, epsilon)},
    )
