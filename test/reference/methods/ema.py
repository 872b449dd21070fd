#!/usr/bin/env python3
"""
PGD-AT with an exponential moving average of the weights: BatchNorm's statistics averaged, without a warm-up (ema.json), and
copied, with one that ends within the second step (ema-copied.json), where the decay's own value is the smaller one. AUTHORS: a
folder with dm/watrain.py of wzekai99/DM-Improves-AT (gowal21uncovering/utils).
"""
import copy

import torch

from common import (
    ascend,
    authors_functions,
    cross_entropy,
    make_network,
    one_hot,
    say_difference,
    uniform,
    write,
)

EPSILON, STEP, STEPS = 8 / 255, 2 / 255, 2
authors = authors_functions("dm/watrain.py", "ema_update", "update_bn", torch=torch)


def decay_of(step, warmup, decay):
    after = step - warmup
    return 0.0 if after < 0 else min(decay, (1 + after) / (10 + after))


def pgd_step(network, sgd, images, labels, drawn):
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
    loss = cross_entropy(network(x), targets)
    sgd.step(loss)
    return loss


def make(name, decay, warmup, statistics):
    average = make_network(1)
    theirs = copy.deepcopy(average)

    def step(network, sgd, images, labels, drawn, index):
        loss = pgd_step(network, sgd, images, labels, drawn)
        share = decay_of(index + 1, 2 * warmup, decay)
        with torch.no_grad():
            for mine, its in zip(average.parameters(), network.parameters()):
                mine.copy_(share * mine + (1 - share) * its)
            keep = share if statistics == "averaged" else 0.0
            for (key, mine), its in zip(average.named_buffers(), network.buffers()):
                if not key.endswith("num_batches_tracked"):
                    mine.copy_(keep * mine + (1 - keep) * its)
        if authors:
            ema_update, update_bn = authors
            ema_update(theirs, network, index + 1, decay_rate=decay, warmup_steps=2 * warmup, dynamic_decay=True)
            say_difference("weights", *(torch.cat([p.flatten() for p in net.parameters()]) for net in (average, theirs)))
            if statistics == "copied":
                update_bn(theirs, copy.deepcopy(network))
                pairs = [(a, b) for a, b in zip(average.buffers(), theirs.buffers()) if a.dim()]
                say_difference("statistics", *(torch.cat(side) for side in zip(*pairs)))
        return loss

    write(
        name,
        {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS},
        step,
        options={"ema": {"decay": decay, "warmup": warmup, "statistics": statistics}},
        draws=lambda generator, *_: {"start": uniform(generator, EPSILON)},
        evaluated=lambda: average,
    )


make("ema", 0.995, 0, "averaged")
make("ema-copied", 0.15, 0.6, "copied")
