#!/usr/bin/env python3
"""
Free adversarial training (Shafahi et al., NeurIPS 2019): a batch is replayed; each backward pass moves the weights and a
perturbation that the next batch begins with. With [0, 1] kept in the network, as in the authors' code, or in the perturbation,
by the images of the batch, as in that of Wong et al. (ICLR 2020); there with an epsilon that grows, half of it for the first batch.
"""
import ast
import contextlib
import copy
import os
import pathlib
import types

import torch

from common import COUNT, SIZE, Sgd, assert_clear, cross_entropy, one_hot, say_difference, write

EPSILON, REPLAYS = 8 / 255, 3


def free(clip, shares, after=lambda network, index: None):
    """after: is called after each update of the weights, with the number of the batch."""
    perturbation = torch.zeros(COUNT, 3, SIZE, SIZE)

    def step(network, sgd, images, labels, drawn, index):
        epsilon = shares[index] * EPSILON
        start, first = perturbation.clone(), copy.deepcopy(network)
        targets = one_hot(labels)
        for _ in range(REPLAYS):
            moving = perturbation.clone().requires_grad_()
            moved = images + moving
            loss = cross_entropy(network(clipped(moved) if clip == "network" else moved), targets)
            sgd.step(loss)
            after(network, index)
            # Where the clip acts the gradient is 0 on both sides, to the bit.
            assert_clear(torch.where(moving.grad == 0, moving.grad.abs().amax(), moving.grad))
            perturbation.copy_((perturbation + epsilon * moving.grad.sign()).clamp(-epsilon, epsilon))
            if clip == "images":
                perturbation.copy_(torch.minimum(torch.maximum(perturbation, -images), 1 - images))
        if clip == "images" and index == 0:
            compare(first, images, labels, start, epsilon, network, perturbation)
        return loss

    return step


def clipped(x):
    """Clips to [0, 1] as TensorFlow does: the gradient passes where x is 0 or 1, and only its sign counts here."""
    return torch.minimum(torch.maximum(x, torch.zeros(())), torch.ones(()))


def compare(network, images, labels, delta, epsilon, ours, perturbation):
    """Runs the replays of the training loop of Wong et al. on the same inputs: it is no function of its own."""
    file = pathlib.Path(os.environ.get("AUTHORS", "")) / "fast_adversarial/CIFAR10/train_free.py"
    if "AUTHORS" not in os.environ or not file.exists():
        return
    loops = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.For)]
    (replays,) = (loop for loop in loops if "minibatch_replays" in ast.unparse(loop.iter))
    names = {
        **{"model": network, "X": images, "y": labels, "delta": delta.requires_grad_(), "torch": torch},
        "args": types.SimpleNamespace(minibatch_replays=REPLAYS),
        "criterion": torch.nn.CrossEntropyLoss(),
        "opt": Sgd(network).optimizer,
        "amp": types.SimpleNamespace(scale_loss=lambda loss, _: contextlib.nullcontext(loss)),
        "epsilon": torch.full((3, 1, 1), epsilon),
        "clamp": lambda x, low, high: torch.max(torch.min(x, high), low),
        **{"lower_limit": torch.zeros(3, 1, 1), "upper_limit": torch.ones(3, 1, 1)},
        "scheduler": types.SimpleNamespace(step=lambda: None),
    }
    exec(compile(ast.Module([replays], []), str(file), "exec"), names)
    say_difference("train_free: perturbation", perturbation, names["delta"].detach())
    for (name, theirs), mine in zip(network.state_dict().items(), ours.state_dict().values()):
        if name in ("stem.weight", "final_bn.running_var", "logits.bias"):
            say_difference(f"train_free: {name}", mine, theirs)


def method(clip):
    return {"name": "free", "epsilon": EPSILON, "replays": REPLAYS, "clip": clip}


if __name__ == "__main__":
    for name, clip, shares, options in (
        ("free", "network", (1, 1), {}),
        ("free-images", "images", (0.5, 1), {"epsilonWarmup": 1}),
    ):
        write(name, method(clip), free(clip, shares), draws=lambda *_: {}, options=options)
