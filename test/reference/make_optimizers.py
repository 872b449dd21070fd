#!/usr/bin/env python3
"""
A matrix and a vector after steps of PyTorch's Adam and AdamW, in double precision: with weight decay on both and on the matrix
alone, with settings of their own, and with a beta1 that OneCycleLR or CyclicLR cycles.

    python3 test/reference/make_optimizers.py   # writes optimizers.json beside itself
"""
import json
import pathlib

import torch
from torch.optim import lr_scheduler

HERE = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
STEPS = 12


def rounded(*shape):
    return torch.randn(*shape).float().double()


def constant(optimizer, rate):
    return lr_scheduler.ConstantLR(optimizer, factor=1.0)


def one_cycle(optimizer, rate):
    return lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=STEPS)


def cyclic(optimizer, rate):
    half = STEPS / 2
    return lr_scheduler.CyclicLR(optimizer, base_lr=0, max_lr=rate, step_size_up=half, step_size_down=half)


def case(name, create=constant, *, decay="all", rate=0.01, weight_decay=0.05, beta1=0.9, beta2=0.999, epsilon=1e-8, seed=1):
    torch.manual_seed(seed)
    matrix, vector = (torch.nn.Parameter(rounded(*shape)) for shape in ((2, 3), (3,)))
    initial = [matrix.flatten().tolist(), vector.tolist()]
    groups = [
        {"params": [matrix], "weight_decay": weight_decay},
        {"params": [vector], "weight_decay": weight_decay if decay == "all" else 0.0},
    ]
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    optimizer = kind(groups, lr=rate, betas=(beta1, beta2), eps=epsilon)
    scheduler = create(optimizer, rate)
    steps = []
    for step in range(STEPS):
        group = optimizer.param_groups[0]
        rate_now, beta1_now = group["lr"], group["betas"][0]
        # Some gradients are small, and one is 0 in every second step.
        matrix.grad, vector.grad = rounded(2, 3) * 10.0 ** -(step % 4), rounded(3)
        vector.grad[1] *= step % 2
        optimizer.step()
        steps.append(
            {
                **{"rate": float(rate_now), "beta1": float(beta1_now)},
                "gradients": [matrix.grad.flatten().tolist(), vector.grad.tolist()],
                "weights": [matrix.flatten().tolist(), vector.tolist()],
            }
        )
        if step + 1 < STEPS:
            scheduler.step()
    return {
        "optimizer": {"name": name, "beta1": beta1, "beta2": beta2, "epsilon": epsilon},
        **{"cycles": create is not constant, "decay": decay, "weightDecay": weight_decay},
        **{"initial": initial, "steps": steps},
    }


cases = [
    case("adam"),
    case("adamw"),
    case("adam", decay="kernels", seed=2),
    case("adamw", decay="kernels", seed=2),
    case("adam", weight_decay=0.0, beta1=0.5, beta2=0.9, epsilon=1e-3, rate=0.1, seed=3),
    case("adamw", weight_decay=0.5, beta1=0.0, beta2=0.99, epsilon=0.1, rate=0.1, seed=4),
    case("adam", one_cycle, rate=0.05, seed=5),
    case("adamw", one_cycle, rate=0.05, seed=6),
    case("adamw", cyclic, rate=0.05, seed=7),
]
(HERE / "optimizers.json").write_text(json.dumps(cases, indent=1) + "\n")
