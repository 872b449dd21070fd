#!/usr/bin/env python3
"""Learning rates and momenta of PyTorch's schedulers, and the weights that SGD with them gives, in double precision.

    python3 test/reference/make_schedules.py   # writes schedules.json beside itself
"""
import json
import pathlib

import torch
from torch.optim import lr_scheduler

HERE = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)


def cyclic(optimizer, steps, rate):
    """As the code of FGSM-RS and N-FGSM calls it."""
    return lr_scheduler.CyclicLR(optimizer, base_lr=0, max_lr=rate, step_size_up=steps / 2, step_size_down=steps / 2)


def one_cycle(**more):
    return lambda optimizer, steps, rate: lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps, **more)


def case(schedule, steps, create, *, nesterov=False, momentum=0.9):
    torch.manual_seed(steps)
    weight = torch.nn.Parameter(torch.randn(3).float().double())
    initial = weight.tolist()
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=momentum, nesterov=nesterov, weight_decay=0.05)
    scheduler = create(optimizer, steps, schedule["learningRate"])
    rates, momenta, gradients = [], [], []
    for _ in range(steps):
        (group,) = optimizer.param_groups
        rates.append(group["lr"])
        momenta.append(group["momentum"])
        weight.grad = torch.randn(3).float().double()
        gradients.append(weight.grad.tolist())
        optimizer.step()
        if len(rates) < steps:
            scheduler.step()
    return {
        **{"schedule": schedule, "steps": steps, "nesterov": nesterov, "momentum": momentum, "weightDecay": 0.05},
        **{"rates": rates, "momenta": momenta, "initial": initial, "gradients": gradients, "final": weight.tolist()},
    }


def warm(steps, factor, create):
    """LinearLR for so many steps, then another schedule from its first step on."""

    def sequence(optimizer, *_):
        linear = lr_scheduler.LinearLR(optimizer, start_factor=factor, total_iters=steps)
        return lr_scheduler.SequentialLR(optimizer, [linear, create(optimizer)], milestones=[steps])

    return sequence


cases = [
    case({"name": "one-cycle", "learningRate": 0.21}, 20, one_cycle(), nesterov=True),
    case({"name": "one-cycle", "learningRate": 0.1}, 7, one_cycle()),
    case(
        {"name": "one-cycle", "learningRate": 0.2, "peak": 0.5, "divisor": 10, "finalDivisor": 100, "cycleMomentum": False},
        12,
        one_cycle(pct_start=0.5, div_factor=10, final_div_factor=100, cycle_momentum=False),
    ),
    case(
        {"name": "one-cycle", "learningRate": 0.2, "peak": 0, "baseMomentum": 0.5, "maxMomentum": 0.8},
        5,
        one_cycle(pct_start=0.0, base_momentum=0.5, max_momentum=0.8),
    ),
    case({"name": "one-cycle", "learningRate": 0.2, "peak": 1}, 5, one_cycle(pct_start=1.0)),
    case({"name": "cyclic", "learningRate": 0.2, "peak": 0.5, "cycleMomentum": True}, 15, cyclic),
    # The shares are of the twelve steps after the warm-up, whose length is a share of an epoch: the whole training.
    case(
        {
            **{"name": "piecewise", "learningRate": 0.1, "milestones": [0.5, 0.75], "factor": 0.1},
            "warmup": {"epochs": 0.25, "factor": 0.1},
        },
        16,
        warm(4, 0.1, lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [6, 9], gamma=0.1)),
    ),
    case(
        {"name": "cosine", "learningRate": 0.1, "final": 0.02, "warmup": 0.2},
        15,
        warm(3, 0.01, lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=12, eta_min=0.02)),
    ),
]
(HERE / "schedules.json").write_text(json.dumps(cases, indent=1) + "\n")
