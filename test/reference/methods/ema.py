#!/usr/bin/env python3
"""
An exponential moving average of the weights. With PGD-AT: BatchNorm's statistics averaged, without a warm-up (ema.json), and
copied, with one that ends within the second step (ema-copied.json), where the decay's own value is the smaller one. With Free
(ema-free.json) the average moves after each replay, with the decay of its batch. With accumulated gradients, which are clipped
(ema-accumulated.json), it moves once the parts are through; statistics move with each part. AUTHORS: a folder with dm/watrain.py
of wzekai99/DM-Improves-AT (gowal21uncovering/utils).
"""
import copy

import torch

import free
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
PGD_AT = {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS}
PARTS, LARGEST = 3, 1.2
norms = []
authors = authors_functions("dm/watrain.py", "ema_update", "update_bn", torch=torch)


def decay_of(step, warmup, decay):
    after = step - warmup
    return 0.0 if after < 0 else min(decay, (1 + after) / (10 + after))


def pgd_images(network, images, labels, start):
    targets = one_hot(labels)
    return ascend(
        network,
        images,
        start,
        epsilon=EPSILON,
        step=STEP,
        steps=STEPS,
        loss=lambda logits: cross_entropy(logits, targets),
    )


def pgd_loss(network, images, labels, start):
    x = pgd_images(network, images, labels, start)
    return cross_entropy(network(x), one_hot(labels))


def pgd_step(network, sgd, images, labels, drawn):
    loss = pgd_loss(network, images, labels, drawn["start"])
    sgd.step(loss)
    return loss


def step_in_parts(network, sgd, images, labels, drawn):
    """One update along the mean of the parts' gradients; the norm of the mean is limited."""
    sgd.optimizer.zero_grad()
    losses = []
    for part in zip(*(tensor.chunk(PARTS) for tensor in (images, labels, drawn["start"]))):
        losses.append(pgd_loss(network, *part) / PARTS)
        losses[-1].backward()
    norms.append(float(torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST)))
    sgd.optimizer.step()
    return sum(losses)


def move(average, network, share, statistics):
    with torch.no_grad():
        for mine, its in zip(average.parameters(), network.parameters()):
            mine.copy_(share * mine + (1 - share) * its)
        keep = share if statistics == "averaged" else 0.0
        for (key, mine), its in zip(average.named_buffers(), network.buffers()):
            if not key.endswith("num_batches_tracked"):
                mine.copy_(keep * mine + (1 - keep) * its)


def make(name, decay, warmup, statistics, inner=pgd_step, **changes):
    average = make_network(1)
    theirs = copy.deepcopy(average)

    def step(network, sgd, images, labels, drawn, index):
        loss = inner(network, sgd, images, labels, drawn)
        move(average, network, decay_of(index + 1, 2 * warmup, decay), statistics)
        if authors:
            ema_update, update_bn = authors
            ema_update(theirs, network, index + 1, decay_rate=decay, warmup_steps=2 * warmup, dynamic_decay=True)
            say_difference("weights", *(torch.cat([p.flatten() for p in net.parameters()]) for net in (average, theirs)))
            if statistics == "copied":
                update_bn(theirs, copy.deepcopy(network))
                pairs = [(a, b) for a, b in zip(average.buffers(), theirs.buffers()) if a.dim()]
                say_difference("statistics", *(torch.cat(side) for side in zip(*pairs)))
        return loss

    write_with(name, PGD_AT, step, average, decay, warmup, statistics, **changes)


def make_free(name, decay, warmup):
    average = make_network(1)

    def after(network, index):
        move(average, network, decay_of(index + 1, 2 * warmup, decay), "averaged")

    step = free.free("network", (1, 1), after)
    write_with(name, free.method("network"), step, average, decay, warmup, "averaged", draws=lambda *_: {})


def write_with(name, method, step, average, decay, warmup, statistics, options=None, draws=None, **changes):
    write(
        name,
        method,
        step,
        options={"ema": {"decay": decay, "warmup": warmup, "statistics": statistics}, **(options or {})},
        draws=draws or (lambda generator, *_: {"start": uniform(generator, EPSILON)}),
        evaluated=lambda: average,
        **changes,
    )


if __name__ == "__main__":
    make("ema", 0.995, 0, "averaged")
    make("ema-copied", 0.15, 0.6, "copied")
    make_free("ema-free", 0.995, 0)
    make("ema-accumulated", 0.995, 0, "averaged", step_in_parts, options={"gradientClip": LARGEST}, accumulate=PARTS)
    assert max(norms) > LARGEST > min(norms), "one is clipped, and one is not"
