"""Slopes that PyTorch takes where functions have a kink, in float64: kinks.json.

    python make_kinks.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def first_maximum(x):
    return F.max_pool2d(x.reshape(1, 1, 2, 2), 2)


CASES = {
    "Abs": (torch.abs, [0, -1, 1]),
    "Relu": (torch.relu, [0, -1, 1]),
    "Clip to [0, 6]": (F.relu6, [0, 6, 3]),
    "LeakyRelu": (lambda x: F.leaky_relu(x, 0.1), [0]),
    "PRelu": (lambda x: F.prelu(x, torch.tensor([0.3])), [0]),
    "Elu": (F.elu, [0]),
    "Elu with alpha 0.5": (lambda x: F.elu(x, 0.5), [0]),
    "Celu": (lambda x: F.celu(x, 2.0), [0]),
    "Selu": (F.selu, [0]),
    "ThresholdedRelu": (lambda x: F.threshold(x, 0.5, 0.0), [0.5]),
    "HardSigmoid": (F.hardsigmoid, [-3, 3, 0]),
    "HardSwish": (F.hardswish, [-3, 3, 0]),
    "Softsign": (F.softsign, [0]),
    "Max with 0": (lambda x: torch.maximum(x, torch.tensor(0.0)), [0, 1]),
    "Min with 0": (lambda x: torch.minimum(x, torch.tensor(0.0)), [0, 1]),
    "Max of x and -x": (lambda x: torch.maximum(x, -x), [0, 2]),
    "ReduceMax": (lambda x: x.amax(0), [1, 1, 0, 1]),
    "ReduceMin": (lambda x: x.amin(0), [1, 1, 2, 3]),
    "ReduceL1": (lambda x: x.abs().sum(), [0, 1]),
    "ReduceL2": (lambda x: torch.linalg.vector_norm(x), [0, 0]),
    "ReduceProd": (lambda x: x.prod(), [0, 2, 3]),
    "ReduceLogSumExp": (lambda x: torch.logsumexp(x, 0), [1, 1]),
    "Pow 0": (lambda x: x.pow(0.0), [0, 1]),
    "Pow 1": (lambda x: x.pow(1.0), [0, 1]),
    "Pow 1.5": (lambda x: x.pow(1.5), [0, 1]),
    "Sign": (torch.sign, [0]),
    "Floor": (torch.floor, [1]),
    "Ceil": (torch.ceil, [1]),
    "Round": (torch.round, [0.5]),
    "MaxPool": (first_maximum, [1, 1, 0, 1]),
    "dilated MaxPool": (first_maximum, [0, 1, 1, 1]),
    "GlobalMaxPool": (lambda x: F.adaptive_max_pool2d(x.reshape(1, 1, 2, 2), 1), [0, 1, 1, 1]),
}


def main():
    slopes = {}
    for name, (function, values) in CASES.items():
        x = torch.tensor([float(value) for value in values], requires_grad=True)
        function(x).sum().backward()
        slopes[name] = {"x": values, "slope": x.grad.tolist()}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(case)}" for name, case in slopes.items())
    pathlib.Path(__file__).with_name("kinks.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
