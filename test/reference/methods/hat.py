#!/usr/bin/env python3
"""
HAT (Rade and Moosavi-Dezfooli, ICLR 2022): TRADES, and gamma * CE(f(x + h * (x' - x)), argmax g(x')) with a standard-trained
network g in eval mode. The network passes x, x' and the helper image. Also writes a network g, helper/model.json.
"""
import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from authors import compare
from common import CLASSES, HERE, SIZE, cross_entropy, nhwc, normal, one_hot, rounded, write
from trades import L2, LINF, STEPS, attacked, kl

BETA, GAMMA, H, DEVIATION = 2.5, 0.5, 2, 0.02
FILTERS = 2


class Helper(nn.Module):
    """Convolution, BatchNorm, ReLU, dense: random, with statistics that are not those of a batch."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        random = lambda *shape: rounded(torch.randn(*shape, generator=generator))
        self.conv = nn.Conv2d(3, FILTERS, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(FILTERS, eps=1e-3)
        self.dense = nn.Linear(FILTERS * SIZE * SIZE, CLASSES)
        with torch.no_grad():
            self.conv.weight.copy_(random(FILTERS, 3, 3, 3))
            self.bn.weight.copy_(1 + 0.1 * random(FILTERS).abs())
            self.bn.bias.copy_(random(FILTERS))
            self.bn.running_mean.copy_(random(FILTERS))
            self.bn.running_var.copy_(0.5 + random(FILTERS).abs())
            self.dense.weight.copy_(random(CLASSES, FILTERS * SIZE * SIZE))
            self.dense.bias.copy_(random(CLASSES))
            for parameter in [*self.parameters(), self.bn.running_mean, self.bn.running_var]:
                parameter.copy_(rounded(parameter))

    def forward(self, x):
        return self.dense(nhwc(F.relu(self.bn(self.conv(x)))).flatten(1))


def write_helper(helper):
    """As a TF.js layers model."""
    layers = [
        ("Conv2D", "conv", {"filters": FILTERS, "kernel_size": [3, 3], "padding": "same", "use_bias": False}),
        ("BatchNormalization", "bn", {"axis": -1, "epsilon": 1e-3, "momentum": 0.9}),
        ("Activation", "relu", {"activation": "relu"}),
        ("Flatten", "flatten", {}),
        ("Dense", "dense", {"units": CLASSES, "activation": "linear"}),
    ]
    configs = [{"class_name": kind, "config": {"name": name, **config}} for kind, name, config in layers]
    configs[0]["config"]["batch_input_shape"] = [None, SIZE, SIZE, 3]
    weights = {
        "conv/kernel": helper.conv.weight.permute(2, 3, 1, 0),
        "bn/gamma": helper.bn.weight,
        "bn/beta": helper.bn.bias,
        "bn/moving_mean": helper.bn.running_mean,
        "bn/moving_variance": helper.bn.running_var,
        "dense/kernel": helper.dense.weight.t(),
        "dense/bias": helper.dense.bias,
    }
    folder = HERE / "helper"
    folder.mkdir(exist_ok=True)
    arrays = {name: np.ascontiguousarray(value.detach().numpy().astype(np.float32)) for name, value in weights.items()}
    (folder / "weights.bin").write_bytes(b"".join(array.tobytes() for array in arrays.values()))
    manifest = [{"name": name, "shape": list(array.shape), "dtype": "float32"} for name, array in arrays.items()]
    model = {
        "format": "layers-model",
        "modelTopology": {"class_name": "Sequential", "config": {"name": "helper", "layers": configs}},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": manifest}],
    }
    (folder / "model.json").write_text(json.dumps(model, indent=1) + "\n")


helper = Helper().eval()
write_helper(helper)


def loss_of(network, images, labels, start, budget):
    x = attacked(network, images, start, budget)
    answer = helper(x)
    first, second = answer.topk(2, -1).values.t()
    assert (first - second > 1e-3).all(), "the helper's label is a coin toss"
    natural, attack, helped = network(images), network(x), network(images + H * (x - images))
    loss = cross_entropy(natural, one_hot(labels)) + BETA * kl(F.softmax(natural, -1), attack)
    return loss + GAMMA * cross_entropy(helped, one_hot(answer.argmax(-1)))


for name, budget in (("hat", LINF), ("hat-l2", L2)):
    linf = budget is LINF

    def step(network, sgd, images, labels, drawn, index):
        loss = loss_of(network, images, labels, drawn["start"], budget)
        sgd.step(loss)
        return loss

    write(
        name,
        {
            "name": "hat",
            "helper": "test/reference/methods/helper",
            **({} if linf else {"norm": "l2"}),
            "epsilon": budget["epsilon"],
            **({"stepSize": budget["step"]} if linf else {}),
            "steps": STEPS,
            "beta": BETA,
            "gamma": GAMMA,
            "h": H,
        },
        step,
        draws=lambda generator, *_: {"start": normal(generator, DEVIATION)},
    )
    start = normal(torch.Generator().manual_seed(7), DEVIATION)
    compare(
        "hat",
        "core.utils.hat",
        "hat_loss",
        lambda network, images, labels: loss_of(network, images, labels, start, budget),
        lambda function, network, images, labels: function(
            network,
            images,
            labels,
            torch.optim.SGD(network.parameters(), lr=0.1),
            step_size=budget["step"],
            epsilon=budget["epsilon"],
            perturb_steps=STEPS,
            h=H,
            beta=BETA,
            gamma=GAMMA,
            attack=f"{budget['norm']}-pgd",
            hr_model=helper,
        )[0],
        start / 0.001,
        1,
    )
