#!/usr/bin/env python3
"""PGD-AT with `torch.nn.utils.clip_grad_norm_`: the first step's gradient is above the largest norm, the second's below."""
import torch

from common import ascend, cross_entropy, one_hot, uniform, write

EPSILON, STEP, STEPS, LARGEST = 8 / 255, 2 / 255, 2, 1.2
norms = []


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
    loss = cross_entropy(network(x), targets)
    sgd.optimizer.zero_grad()
    loss.backward()
    norms.append(float(torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST)))
    sgd.optimizer.step()
    return loss


write(
    "gradient-clip",
    {"name": "pgd-at", "epsilon": EPSILON, "stepSize": STEP, "steps": STEPS},
    step,
    options={"gradientClip": LARGEST},
    draws=lambda generator, *_: {"start": uniform(generator, EPSILON)},
)
print("norms of the gradients:", norms)
assert max(norms) > LARGEST > min(norms), "one is clipped, and one is not"
