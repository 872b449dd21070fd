#!/usr/bin/env python3
"""Ordinary training: cross-entropy of the images, one pass in train mode."""
from common import cross_entropy, one_hot, write


def step(network, sgd, images, labels, drawn, index):
    loss = cross_entropy(network(images), one_hot(labels))
    sgd.step(loss)
    return loss


write("standard", {"name": "standard"}, step, draws=lambda *_: {})
