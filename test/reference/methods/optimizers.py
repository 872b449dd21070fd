#!/usr/bin/env python3
"""
Adam and AdamW with what moves weights besides: PGD-AT alone (adam.json), with AWP (adamw-awp.json), with gradients that are
accumulated and clipped, averaged by EMA (adamw-accumulated.json), and Free, which updates after each replay (adam-free.json).

epsilon is larger than usual: without it a first step goes by the sign of each gradient, and float32 does not know that of
those near 0.
"""
import free
from awp import GAMMA, perturbed_step
from common import cross_entropy, make_network, one_hot, uniform, write
from ema import EPSILON, LARGEST, PARTS, PGD_AT, decay_of, move, norms, pgd_images, pgd_step, step_in_parts

DECAY = 0.995


def settings(name, **more):
    own = {"name": name, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}
    return {"optimizer": own, "learningRate": 0.02, "weightDecay": 0.05, **more}


def starts(generator, *_):
    return {"start": uniform(generator, EPSILON)}


def awp_step(network, sgd, images, labels, drawn, index):
    x = pgd_images(network, images, labels, drawn["start"])
    return perturbed_step(network, sgd, lambda net: cross_entropy(net(x), one_hot(labels)))


def averaged_step(network, sgd, images, labels, drawn, index):
    loss = step_in_parts(network, sgd, images, labels, drawn)
    move(average, network, decay_of(index + 1, 0, DECAY), "averaged")
    return loss


if __name__ == "__main__":
    average = make_network(1)
    write("adam", PGD_AT, lambda *given: pgd_step(*given[:-1]), draws=starts, **settings("adam"))
    write("adamw-awp", PGD_AT, awp_step, draws=starts, options={"awp": {"gamma": GAMMA, "warmup": 0}}, **settings("adamw"))
    norms.clear()
    write(
        "adamw-accumulated",
        PGD_AT,
        averaged_step,
        draws=starts,
        options={"ema": {"decay": DECAY, "warmup": 0, "statistics": "averaged"}, "gradientClip": LARGEST},
        evaluated=lambda: average,
        **settings("adamw", accumulate=PARTS),
    )
    write("adam-free", free.method("network"), free.free("network", (1, 1)), draws=lambda *_: {}, **settings("adam"))
