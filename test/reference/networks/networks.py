#!/usr/bin/env python3
"""
Two SGD steps of each network of the product, with PyTorch's conventions, in double precision.

    python3 test/reference/networks/networks.py   # writes a file a network beside itself

The networks are written from their papers, with the layers named as the product names them.
"""
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "methods"))
import common  # noqa: E402
from common import CLASSES, cross_entropy, one_hot, write  # noqa: E402

ACTIVATIONS = {
    "relu": F.relu,
    "silu": F.silu,
    "leaky-relu": lambda x: F.leaky_relu(x, 0.1),
}


class Named(nn.Module):
    """A network whose layers are made when they are first asked for, under their names."""

    def __init__(self, activation, stem="3x3"):
        super().__init__()
        self.act = ACTIVATIONS[activation]
        self.stem_kind = stem

    def layer(self, name, create):
        if not hasattr(self, name):
            self.add_module(name, create())
        return getattr(self, name)

    def conv(self, x, name, filters, size=3, stride=1):
        create = lambda: nn.Conv2d(x.shape[1], filters, size, stride, (size - 1) // 2, bias=False)
        return self.layer(name, create)(x)

    def bn(self, x, name):
        return self.layer(name, lambda: nn.BatchNorm2d(x.shape[1]))(x)

    def stem_conv(self, x, name, filters):
        size, stride = {"3x3": (3, 1), "3x3-stride-2": (3, 2), "7x7-pool": (7, 2)}[self.stem_kind]
        return self.conv(x, name, filters, size, stride)

    def stem_pool(self, x):
        """With zeros around, which is what MaxPool2d(3, 2, 1) makes of values that are not negative."""
        if self.stem_kind != "7x7-pool":
            return x
        y = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2)
        assert (x < 0).any() or torch.equal(y, F.max_pool2d(x, 3, 2, 1))
        return y

    def dense(self, x, name, units):
        return self.layer(name, lambda: nn.Linear(x.shape[1], units))(x)

    def forward(self, x):
        mean, std = (torch.tensor(common.NORMALIZATION[key]).reshape(1, -1, 1, 1) for key in ("mean", "std"))
        return self.dense(self.features((x - mean) / std), "logits", CLASSES)


class Residual(Named):
    """Basic blocks; `before`: activations come before the convolutions, else after the sums."""

    def __init__(self, activation, before, stem, stages, kind="3x3"):
        super().__init__(activation, kind)
        self.before, self.stem_channels, self.stages = before, stem, stages

    def features(self, x):
        x = self.stem_conv(x, "stem", self.stem_channels)
        self.activated = not self.before or self.stem_kind == "7x7-pool"
        if self.activated:
            x = self.stem_pool(self.act(self.bn(x, "stem_bn")))
        block = self.pre_activation if self.before else self.post_activation
        for stage, (blocks, filters) in enumerate(self.stages):
            for index in range(blocks):
                stride = 2 if stage > 0 and index == 0 else 1
                changes = stride != 1 or x.shape[1] != filters
                x = block(x, f"stage{stage + 1}_block{index + 1}", filters, stride, changes)
                self.activated = False
        return (self.act(self.bn(x, "final_bn")) if self.before else x).mean((2, 3))

    def pre_activation(self, x, name, filters, stride, changes):
        activated = x if self.activated else self.act(self.bn(x, f"{name}_bn1"))
        shortcut = self.conv(activated, f"{name}_shortcut", filters, 1, stride) if changes else x
        y = self.conv(activated, f"{name}_conv1", filters, 3, stride)
        return self.conv(self.act(self.bn(y, f"{name}_bn2")), f"{name}_conv2", filters) + shortcut

    def post_activation(self, x, name, filters, stride, changes):
        shortcut = x
        if changes:
            shortcut = self.bn(self.conv(x, f"{name}_shortcut", filters, 1, stride), f"{name}_shortcut_bn")
        y = self.act(self.bn(self.conv(x, f"{name}_conv1", filters, 3, stride), f"{name}_bn1"))
        return self.act(self.bn(self.conv(y, f"{name}_conv2", filters), f"{name}_bn2") + shortcut)


class SmallCnn(Named):
    def __init__(self, activation, widths, hidden, stem="3x3"):
        super().__init__(activation, stem)
        self.widths, self.units = widths, hidden

    def features(self, x):
        shrink = [self.stem_pool, nn.MaxPool2d(2), nn.MaxPool2d(2), nn.AvgPool2d(2)]
        for n, (width, pool) in enumerate(zip(self.widths, shrink), 1):
            conv = self.stem_conv if n == 1 else self.conv
            x = pool(self.act(self.bn(conv(x, f"conv{n}", width), f"bn{n}")))
        # The product flattens channels last.
        return self.act(self.dense(x.permute(0, 2, 3, 1).flatten(1), "hidden", self.units))


def made(network):
    """With all of its layers, whose statistics have not moved."""
    network.eval()(torch.zeros(1, common.CHANNELS, common.SIZE, common.SIZE))
    return network


def step(network, sgd, images, labels, drawn, index):
    loss = cross_entropy(network(images), one_hot(labels))
    sgd.step(loss)
    return loss


def step_in_parts(network, sgd, images, labels, drawn, index):
    """Gradient accumulation: each part with statistics of its own, one step along the mean gradient."""
    parts = sgd.settings["accumulate"]
    sgd.optimizer.zero_grad()
    losses = []
    for some_images, some_labels in zip(images.chunk(parts), labels.chunk(parts)):
        losses.append(cross_entropy(network(some_images), one_hot(some_labels)) / parts)
        losses[-1].backward()
    sgd.optimizer.step()
    return sum(losses)


def network(name, build, size, activation="relu", file=None, step=step, **more):
    write(
        file or (name if activation == "relu" else f"{name}-{activation}"),
        {"name": "standard"},
        step,
        draws=lambda *_: {},
        create=lambda: made(build(activation)),
        model={"name": name, **size, "activation": activation, "leakySlope": 0.1, "padding": "pytorch", "variance": "unbiased"},
        folder=HERE,
        **more,
    )


PREACT = {"blocks": [2, 1, 1], "width": 2}
POST = {"blocks": [1, 2], "width": 3}
CNN = {"widths": [3, 4, 5, 6], "hidden": 7}
preact = lambda activation: Residual(activation, True, 2, [(2, 2), (1, 4), (1, 8)])
post = lambda activation: Residual(activation, False, 3, [(1, 3), (2, 6)])
wide = lambda activation: Residual(activation, True, 16, [(1, 16), (1, 32), (1, 64)])
cnn = lambda activation: SmallCnn(activation, **CNN)


def of_small_images():
    network("preact-resnet", preact, PREACT)
    network("preact-resnet", preact, PREACT, "silu")
    network("preact-resnet", preact, PREACT, file="accumulated", step=step_in_parts, accumulate=3, nesterov=True)
    network("resnet", post, POST)
    network("resnet", post, POST, "leaky-relu")
    network("wide-resnet", wide, {"depth": 10, "width": 1}, largest=2400)
    network("small-cnn", cnn, CNN, "leaky-relu")


def with_stems():
    """Those for larger images, on images that are just large enough; and grey images as large as MNIST's."""
    for size, stem in ((8, "3x3-stride-2"), (16, "7x7-pool")):
        common.SIZE = size
        one = {"blocks": [1, 1], "width": 3, "stem": stem}
        stages = [(1, 3), (1, 6)]
        network("resnet", lambda activation: Residual(activation, False, 3, stages, stem), one, file=f"resnet-{stem}")
        network("preact-resnet", lambda activation: Residual(activation, True, 3, stages, stem), one, "silu", f"preact-{stem}")
    common.SIZE = 32
    network("small-cnn", lambda activation: SmallCnn(activation, **CNN, stem="7x7-pool"), {**CNN, "stem": "7x7-pool"}, file="cnn-7x7-pool")
    common.SIZE, common.CHANNELS, common.NORMALIZATION = 28, 1, {"mean": [0.13], "std": [0.31]}
    network("small-cnn", cnn, CNN, "silu", "cnn-grey")
    network("resnet", post, POST, file="resnet-grey")


if __name__ == "__main__":
    of_small_images()
    with_stems()
