#!/usr/bin/env python3
"""
Interpolated adversarial training (Lamb et al., arXiv 1906.06784): half of mixup's loss of the clean images and half of that
of their PGD examples, each with its own lambda and partners; two passes in train mode, clean first. Two vectors: L-inf with a
lambda for the batch, and L2 with a lambda for each image.

mixup's functions (facebookresearch/mixup-cifar10, train.py) are called for both halves where AUTHORS has mixup/train.py; the
authors' code of the method itself could not be had.
"""
import types

import torch
import torch.nn.functional as F

from common import (
    COUNT,
    ascend,
    authors_functions,
    cross_entropy,
    l2_ball,
    make_images,
    make_network,
    one_hot,
    rounded,
    say_difference,
    uniform,
    write,
)

STEPS = 2
BUDGETS = {"linf": {"epsilon": 8 / 255, "step": 2 / 255}, "l2": {"epsilon": 0.5, "step": 0.2}}


def draws(generator, norm, per):
    count = 1 if per == "batch" else COUNT
    start = (uniform if norm == "linf" else l2_ball)(generator, BUDGETS[norm]["epsilon"])
    pairs = {}
    for which in ("clean", "adversarial"):
        pairs[f"{which}Lambda"] = rounded(torch.rand(count, generator=generator)).expand(COUNT).clone()
        pairs[f"{which}Partner"] = torch.randperm(COUNT, generator=generator)
    return {"start": start, **pairs}


def mixed_loss(network, images, labels, weight, partner):
    w = weight.reshape(-1, 1, 1, 1)
    logits = network(w * images + (1 - w) * images[partner])
    losses = [F.cross_entropy(logits, answers, reduction="none") for answers in (labels, labels[partner])]
    return (weight * losses[0] + (1 - weight) * losses[1]).mean()


def both_losses(network, images, perturbed, labels, drawn):
    clean = mixed_loss(network, images, labels, drawn["cleanLambda"], drawn["cleanPartner"])
    adversarial = mixed_loss(network, perturbed, labels, drawn["adversarialLambda"], drawn["adversarialPartner"])
    return (clean + adversarial) / 2


for norm, per, name in (("linf", "batch", "iat"), ("l2", "image", "iat-l2")):

    def step(network, sgd, images, labels, drawn, index):
        targets = one_hot(labels)
        perturbed = ascend(
            network,
            images,
            drawn["start"],
            **BUDGETS[norm],
            steps=STEPS,
            norm=norm,
            loss=lambda logits: cross_entropy(logits, targets),
        )
        loss = both_losses(network, images, perturbed, labels, drawn)
        sgd.step(loss)
        return loss

    budget = BUDGETS[norm]
    write(
        name,
        {
            "name": "iat",
            "norm": norm,
            "epsilon": budget["epsilon"],
            "stepSize": budget["step"],
            "steps": STEPS,
            "alpha": 1,
            "lambdaPer": per,
        },
        step,
        draws=lambda generator, *_: draws(generator, norm, per),
    )

images, labels = make_images(3)
perturbed, _ = make_images(4)
drawn = draws(torch.Generator().manual_seed(5), "linf", "batch")
weights = [drawn["cleanLambda"][0], drawn["adversarialLambda"][0]]
partners = [drawn["cleanPartner"], drawn["adversarialPartner"]]
authors = authors_functions(
    "mixup/train.py",
    "mixup_data",
    "mixup_criterion",
    np=types.SimpleNamespace(random=types.SimpleNamespace(beta=lambda *_: weights.pop(0))),
    torch=types.SimpleNamespace(randperm=lambda _: partners.pop(0)),
)
if authors:
    mixup_data, mixup_criterion = authors
    network, theirs = make_network(2), 0
    for batch in (images, perturbed):
        mixed, *pair, weight = mixup_data(batch, labels, 1.0, use_cuda=False)
        theirs = theirs + mixup_criterion(F.cross_entropy, network(mixed), *pair, weight) / 2
    say_difference("loss", both_losses(make_network(2), images, perturbed, labels, drawn), theirs)
