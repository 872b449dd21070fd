#!/usr/bin/env python3
"""
Mixup (Zhang et al., ICLR 2018): lambda * CE(y) + (1 - lambda) * CE(y of the partner) of lambda * x + (1 - lambda) * partner,
one pass in train mode, one lambda for the batch.

The authors' functions (facebookresearch/mixup-cifar10, train.py) are called where AUTHORS has mixup/train.py.
"""
import types

import torch
import torch.nn.functional as F

from common import COUNT, authors_functions, make_images, make_network, rounded, say_difference, write


def draws(generator, images, labels):
    return {
        "lambda": rounded(torch.rand(1, generator=generator)).repeat(COUNT),
        "partner": torch.randperm(COUNT, generator=generator),
    }


def mixed_loss(network, images, labels, drawn):
    weight, partner = drawn["lambda"][0], drawn["partner"]
    logits = network(weight * images + (1 - weight) * images[partner])
    return weight * F.cross_entropy(logits, labels) + (1 - weight) * F.cross_entropy(logits, labels[partner])


def step(network, sgd, images, labels, drawn, index):
    loss = mixed_loss(network, images, labels, drawn)
    sgd.step(loss)
    return loss


write("mixup", {"name": "mixup", "alpha": 1, "lambdaPer": "batch"}, step, draws=draws)

images, labels = make_images(3)
drawn = draws(torch.Generator().manual_seed(4), images, labels)
authors = authors_functions(
    "mixup/train.py",
    "mixup_data",
    "mixup_criterion",
    np=types.SimpleNamespace(random=types.SimpleNamespace(beta=lambda *_: drawn["lambda"][0])),
    torch=types.SimpleNamespace(randperm=lambda _: drawn["partner"]),
)
if authors:
    mixup_data, mixup_criterion = authors
    mixed, *pair, weight = mixup_data(images, labels, 1.0, use_cuda=False)
    theirs = mixup_criterion(F.cross_entropy, make_network(2)(mixed), *pair, weight)
    say_difference("loss", mixed_loss(make_network(2), images, labels, drawn), theirs)
