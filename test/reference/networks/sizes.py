#!/usr/bin/env python3
"""
Networks of the product at the sizes of the field, with the stems that they have there by themselves, in double precision:
logits in eval mode, and loss and gradients in train mode. And torchvision's own ResNet-18 at 224, with its 11.7 million weights.

    python3 test/reference/networks/sizes.py   # writes sizes/sizes.json beside itself

Weights and images are no draws but a hash of a name and a position, which the test makes as well: they need no file.
"""
import json
import math

import numpy as np
import torch
import torchvision

import networks
from networks import HERE, Residual, SmallCnn
import common

COUNT, CLASSES = 2, 5
STEMS = {28: "3x3", 64: "3x3", 96: "3x3-stride-2", 224: "7x7-pool"}


def hashed(name, count):
    """Numbers in [-0.5, 0.5), multiples of 2^-24: FNV-1a of the name, then a mixture of it and the position."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    x = np.arange(count, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(2246822519)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(3266489917)
    return ((x ^ (x >> np.uint32(16))) >> np.uint32(8)) / 2**24 - 0.5


def values(name, shape):
    """Of a weight, by its name and shape in the product: what keeps numbers near 1."""
    size = math.prod(shape)
    own = hashed(name, size).reshape(shape)
    kind = name.split("/")[1]
    if kind == "kernel":
        return own * math.sqrt(24 / (size / shape[-1]))
    return {"gamma": 1 + 0.4 * own, "beta": 0.4 * own, "bias": 0.4 * own, "moving_mean": 0.4 * own, "moving_variance": 1 + own}[kind]


def fill(network, named):
    """named: a tensor's name and values in the product's layout, by its own name."""
    with torch.no_grad():
        for key, tensor in network.state_dict().items():
            if key.endswith("num_batches_tracked"):
                continue
            name, its = named(key, tensor)
            made = torch.from_numpy(values(name, tuple(its.shape)).astype(np.float32).astype(np.float64))
            back = made.permute(3, 2, 0, 1) if its.dim() == 4 else made.t() if its.dim() == 2 else made
            tensor.copy_(back)


def images_of(size, channels, count=COUNT):
    own = hashed(f"images of {size}", count * size * size * channels) + 0.5
    return torch.from_numpy(own.reshape(count, size, size, channels)).permute(0, 3, 1, 2)


def summary(tensor):
    """A vector, and what a large tensor comes to."""
    flat = tensor.detach().flatten()
    return {"first": flat[:8].tolist(), "sum": float(flat.sum()), "absolute": float(flat.abs().sum())}


def case(model, create, size, channels):
    """Large images have SiLU: of a hundred thousand ReLUs float32 sees some on the other side of 0, and a gradient with them."""
    stem, activation = STEMS[size], "relu" if size < 64 else "silu"
    common.SIZE, common.CHANNELS = size, channels
    common.NORMALIZATION = {"mean": [0.5, 0.4, 0.45][:channels], "std": [0.25, 0.3, 0.2][:channels]}
    network = networks.made(create(stem, activation))
    fill(network, common.layout)
    images = images_of(size, channels)
    labels = torch.tensor([1, 3])
    logits = network.eval()(images)
    loss = torch.nn.functional.cross_entropy(network.train()(images), labels)
    loss.backward()
    named = dict(common.layout(name, parameter.grad) for name, parameter in network.named_parameters())
    print(model["name"], size, stem, float(loss.detach()))
    return {
        **{"model": {**model, "activation": activation, "padding": "pytorch", "variance": "unbiased"}, "size": size, "channels": channels},
        **{"stem": stem, "normalization": common.NORMALIZATION, "labels": labels.tolist()},
        **{"parameters": sum(parameter.numel() for parameter in network.parameters())},
        **{"logits": logits.flatten().tolist(), "loss": float(loss.detach())},
        "gradients": {name: summary(gradient.contiguous()) for name, gradient in named.items()},
    }


def torchvision_layout(key, tensor):
    """The product's name of one of torchvision's tensors, and the tensor in its layout."""
    path, kind = key.rsplit(".", 1)
    parts = path.split(".")
    if parts[0].startswith("layer"):
        last = {"downsample.0": "shortcut", "downsample.1": "shortcut_bn"}.get(".".join(parts[2:]), parts[2])
        layer = f"stage{parts[0][5:]}_block{int(parts[1]) + 1}_{last}"
    else:
        layer = {"conv1": "stem", "bn1": "stem_bn", "fc": "logits"}[path]
    return common.layout(f"{layer}.{kind}", tensor)


def whole():
    """ResNet-18 at 224 without a normalisation: of torchvision's, that is not a part."""
    network = torchvision.models.resnet18(weights=None)
    fill(network, torchvision_layout)
    with torch.no_grad():
        logits = network.eval()(images_of(224, 3, 1))
    return {"parameters": sum(parameter.numel() for parameter in network.parameters()), "logits": logits.flatten().tolist()}


RESIDUAL = {"blocks": [1, 1, 1], "width": 4}
STAGES = [(1, 4), (1, 8), (1, 16)]
CNN = {"widths": [3, 4, 5, 6], "hidden": 7}
WIDE = {"depth": 10, "width": 1}
builders = [
    ({"name": "small-cnn", **CNN}, lambda stem, activation: SmallCnn(activation, **CNN, stem=stem)),
    ({"name": "resnet", **RESIDUAL}, lambda stem, activation: Residual(activation, False, 4, STAGES, stem)),
    ({"name": "preact-resnet", **RESIDUAL}, lambda stem, activation: Residual(activation, True, 4, STAGES, stem)),
    ({"name": "wide-resnet", **WIDE}, lambda stem, activation: Residual(activation, True, 16, [(1, 16), (1, 32), (1, 64)], stem)),
]
if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    cases = [
        case(model, create, size, 1 if size == 28 else 3) for size in STEMS for model, create in builders
    ]
    (HERE / "sizes").mkdir(exist_ok=True)
    content = {"classes": CLASSES, "cases": cases, "torchvision": whole()}
    (HERE / "sizes" / "sizes.json").write_text(json.dumps(content, indent=1) + "\n")
