#!/usr/bin/env python3
"""
PGD-AT with adversarial weight perturbation (Wu et al., NeurIPS 2020), in double precision: from the first step on (awp.json),
and from the second (awp-warmup.json). AUTHORS: a folder with awp/AT_AWP/utils_awp.py of csdongxian/AWP.
"""
import copy

import torch

from common import ascend, authors_module, cross_entropy, frozen_statistics, one_hot, say_difference, uniform, write

EPSILON, STEP, STEPS, GAMMA = 8 / 255, 2 / 255, 2, 0.01
authors = authors_module("awp/AT_AWP/utils_awp.py")


def kernels(network):
    return {name: parameter for name, parameter in network.named_parameters() if parameter.dim() > 1}


def perturbation(network, loss_of):
    """‖w‖ g / ‖g‖ for each kernel, by name: g from passes in train mode that move no statistics."""
    weights = kernels(network)
    with frozen_statistics(network):
        gradients = torch.autograd.grad(loss_of(network), list(weights.values()))
    assert all(gradient.norm() > 0 for gradient in gradients)
    return {
        name: weight.detach().norm() * gradient / gradient.norm()
        for (name, weight), gradient in zip(weights.items(), gradients)
    }


def move(network, moves, size):
    with torch.no_grad():
        for name, weight in kernels(network).items():
            weight.add_(moves[name], alpha=size)


def perturbed_step(network, sgd, loss_of, gamma=GAMMA):
    """The whole step of the optimizer at the moved weights."""
    moves = perturbation(network, loss_of)
    move(network, moves, gamma)
    loss = loss_of(network)
    sgd.step(loss)
    move(network, moves, -gamma)
    return loss


def compare(network, x, labels):
    """The authors' perturbation beside ours."""
    proxy, other = copy.deepcopy(network), copy.deepcopy(network)
    optimizer = torch.optim.SGD(proxy.parameters(), lr=0.01)
    adversary = authors.AdvWeightPerturb(other, proxy, optimizer, GAMMA)
    theirs = adversary.calc_awp(x, labels)
    ours = perturbation(network, lambda net: cross_entropy(net(x), one_hot(labels)))
    assert set(ours) == set(theirs)
    say_difference("d", *(torch.cat([moves[name].flatten() for name in ours]) for moves in (ours, theirs)))
    adversary.perturb(theirs)
    moved = copy.deepcopy(network)
    move(moved, ours, GAMMA)
    say_difference("moved weights", *(torch.cat([p.flatten() for p in net.parameters()]) for net in (moved, other)))


def step_with(warmup):
    def step(network, sgd, images, labels, drawn, index):
        targets = one_hot(labels)
        x = ascend(
            network,
            images,
            drawn["start"],
            epsilon=EPSILON,
            step=STEP,
            steps=STEPS,
            loss=lambda logits: cross_entropy(logits, targets),
        )
        if authors:
            compare(network, x, labels)
        if index / 2 >= warmup:
            return perturbed_step(network, sgd, lambda net: cross_entropy(net(x), targets))
        loss = cross_entropy(network(x), targets)
        sgd.step(loss)
        return loss

    return step


if __name__ == "__main__":
    for name, warmup in (("awp", 0), ("awp-warmup", 0.5)):
        write(
            name,
            {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS},
            step_with(warmup),
            options={"awp": {"gamma": GAMMA, "warmup": warmup}},
            draws=lambda generator, *_: {"start": uniform(generator, EPSILON)},
        )
