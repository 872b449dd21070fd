#!/usr/bin/env python3
"""Exports a network that this project trained as an ONNX file, by way of torch.

    python3 bench/models/export.py RUN/checkpoints/last bench/models/NAME.onnx

Needs numpy and torch (the committed files: Debian 12's python3-torch 1.13). The checkpoint's layers are carried out
with torch's own functions, channels first, and torch's exporter writes the file: opset 13, input [N, 3, H, W] in
[0, 1], normalisation inside. Understands the layers of this project's own networks.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def read_checkpoint(folder):
    """The layers, each with its weights by name."""
    model = json.loads((folder / "model.json").read_text())
    weights = {}
    for group in model["weightsManifest"]:
        values = np.frombuffer(b"".join((folder / path).read_bytes() for path in group["paths"]), np.float32)
        for weight in group["weights"]:
            size = int(np.prod(weight["shape"]))
            weights[weight["name"]] = torch.from_numpy(values[:size].reshape(weight["shape"]).copy())
            values = values[size:]
    topology = model["modelTopology"]
    config = topology.get("config") or topology["model_config"]["config"]
    layers = []
    for layer in config["layers"]:
        own = {name.split("/")[-1]: value for name, value in weights.items() if name.split("/")[0] == layer["name"]}
        inputs = [node[0] for node in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
        layers.append((layer["class_name"], layer["name"], layer["config"], inputs, own))
    return layers


class Network(nn.Module):
    """The layers of a checkpoint, in their order."""

    def __init__(self, layers):
        super().__init__()
        self.layers = []
        flattened, sides = {}, {}
        for kind, name, config, inputs, weights in layers:
            if kind == "Conv2D":
                weights["kernel"] = weights["kernel"].permute(3, 2, 0, 1).contiguous()
            if kind == "Dense":
                kernel = weights["kernel"].t().contiguous()
                if inputs[0] in flattened:
                    # Features are flattened as [height, width, channels] there, as [channels, height, width] here.
                    side = flattened[inputs[0]]
                    kernel = kernel.view(len(kernel), side, side, -1).permute(0, 3, 1, 2).flatten(1).contiguous()
                weights["kernel"] = kernel
            for part, value in weights.items():
                self.register_parameter(f"{name}_{part}", nn.Parameter(value, requires_grad=False))
            side = config["batch_input_shape"][1] if kind == "InputLayer" else sides[inputs[0]]
            padding = 0
            if kind == "Flatten":
                flattened[name] = side
            elif kind in ("MaxPooling2D", "AveragePooling2D"):
                side //= config["pool_size"][0]
            elif kind == "Conv2D":
                stride, kernel = config["strides"][0], config["kernel_size"][0]
                after = -(-side // stride)
                if config["padding"] == "same":
                    padding = max((after - 1) * stride + kernel - side, 0)
                side = after if config["padding"] == "same" else (side - kernel) // stride + 1
            sides[name] = side
            self.layers.append((kind, name, {**config, "padding": padding}, inputs))

    def forward(self, image):
        values = {}
        for kind, name, config, inputs in self.layers:
            arguments = [values[other] for other in inputs]
            part = lambda key: getattr(self, f"{name}_{key}", None)
            values[name] = image if kind == "InputLayer" else carry_out(kind, config, part, *arguments)
        return values[self.layers[-1][1]]


def carry_out(kind, config, part, x, *others):
    if kind == "Conv2D":
        padding = config["padding"]
        if padding % 2:
            # As TensorFlow pads: the lower and the right side get the odd one.
            x, padding = F.pad(x, (padding // 2, padding - padding // 2) * 2), 0
        return F.conv2d(x, part("kernel"), part("bias"), config["strides"][0], padding // 2)
    if kind == "BatchNormalization":
        return F.batch_norm(
            x, part("moving_mean"), part("moving_variance"), part("gamma"), part("beta"), eps=config["epsilon"]
        )
    if kind == "Dense":
        return F.linear(x, part("kernel"), part("bias"))
    if kind == "ReLU":
        return F.relu(x)
    if kind == "MaxPooling2D":
        return F.max_pool2d(x, config["pool_size"][0])
    if kind == "AveragePooling2D":
        return F.avg_pool2d(x, config["pool_size"][0])
    if kind == "GlobalAveragePooling2D":
        return x.mean([2, 3])
    if kind == "Flatten":
        return x.flatten(1)
    if kind == "Add":
        return x + others[0]
    raise ValueError(f"a layer of class {kind} is not understood here")


@torch.onnx.symbolic_helper.parse_args("v", "is", "f")
def static_pad(graph, x, padding, value):
    """Pads as constants: torch writes a handful of nodes that compute them from the shape."""
    left, right, top, bottom = padding
    pads = torch.tensor([0, 0, top, left, 0, 0, bottom, right])
    return graph.op("Pad", x, graph.op("Constant", value_t=pads), graph.op("Constant", value_t=torch.tensor(value)))


def main(folder, target):
    torch.onnx.register_custom_op_symbolic("aten::constant_pad_nd", static_pad, 13)
    torch.onnx.register_custom_op_symbolic("aten::pad", lambda g, x, p, mode, value=None: static_pad(g, x, p, 0.0), 13)
    network = Network(read_checkpoint(pathlib.Path(folder))).eval()
    _, height, width, channels = network.layers[0][2]["batch_input_shape"]
    image = torch.zeros(2, channels, height, width)
    torch.onnx.export(
        network,
        image,
        target,
        opset_version=13,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
    )
    print(f"{target}: {pathlib.Path(target).stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
