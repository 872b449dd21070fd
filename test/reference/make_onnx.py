#!/usr/bin/env python3
"""Small ONNX files as torch exports them, with torch's logits and gradients for two images.

    python3 test/reference/make_onnx.py   # writes onnx/*.onnx and onnx/*.json beside itself

Needs torch and torchvision (made with Debian 12's python3-torch 1.13 and python3-torchvision 0.14). The architectures
are torchvision's, or the published ones, with fewer channels. Each JSON file holds, in base64: `images`, uint8 to be
divided by 255, [N, 3, H, W]; `logits`, float32 [N, classes]; `gradient`, float32 [N, 3, H, W], of the cross-entropy
summed over the images with respect to them, computed in double precision. `labels` are the targets.
"""
import base64
import json
import pathlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision.models.mobilenetv2 import MobileNetV2
from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.models.vgg import VGG, make_layers

HERE = pathlib.Path(__file__).parent / "onnx"
CLASSES = 10


class NarrowResNet(ResNet):
    """torchvision's ResNet with 1/16 of its channels."""

    def _make_layer(self, block, planes, blocks, **options):
        if planes == 64:
            self.inplanes = 4
            self.conv1 = nn.Conv2d(3, 4, 7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(4)
        return super()._make_layer(block, planes // 16, blocks, **options)


def resnet18():
    model = NarrowResNet(BasicBlock, [2, 2, 2, 2], num_classes=CLASSES)
    model.fc = nn.Linear(32, CLASSES)
    return model


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        y = F.relu(self.bn1(x))
        skip = x if self.shortcut is None else self.shortcut(y)
        y = F.dropout(F.relu(self.bn2(self.conv1(y))), 0.3, self.training)
        return skip + self.conv2(y)


class WideResNet(nn.Module):
    """Zagoruyko and Komodakis 2016, depth 16; 4 channels for 16."""

    def __init__(self, width=2):
        super().__init__()
        sizes = [4, 4 * width, 8 * width, 16 * width]
        self.conv = nn.Conv2d(3, 4, 3, 1, 1, bias=False)
        blocks = []
        for stage in range(3):
            for block in range(2):
                inputs = sizes[stage] if block == 0 else sizes[stage + 1]
                blocks.append(WideBlock(inputs, sizes[stage + 1], 2 if stage and not block else 1))
        self.blocks = nn.Sequential(*blocks)
        self.bn = nn.BatchNorm2d(sizes[3])
        self.fc = nn.Linear(sizes[3], CLASSES)

    def forward(self, x):
        x = F.relu(self.bn(self.blocks(self.conv(x))))
        x = F.avg_pool2d(x, 8)
        return self.fc(x.view(x.size(0), -1))


def vgg11():
    features = make_layers([8, "M", 16, "M", 16, 16, "M", 24, 24, "M", 24, 24], batch_norm=True)
    model = VGG(features, num_classes=CLASSES, init_weights=True)
    model.avgpool = nn.AdaptiveAvgPool2d(2)
    model.classifier = nn.Sequential(
        nn.Linear(96, 32), nn.ReLU(True), nn.Dropout(), nn.Linear(32, 32), nn.ReLU(True), nn.Dropout(),
        nn.Linear(32, CLASSES),
    )
    return model


def mobilenet_v2():
    model = MobileNetV2(num_classes=CLASSES, width_mult=0.1, round_nearest=4)
    model.features[-1][0] = nn.Conv2d(model.features[-1][0].in_channels, 48, 1, bias=False)
    model.features[-1][1] = nn.BatchNorm2d(48)
    model.classifier[1] = nn.Linear(48, CLASSES)
    return model


def mobilenet_v3():
    setting, _ = _mobilenet_v3_conf("mobilenet_v3_small", width_mult=0.15, reduced_tail=True)
    return MobileNetV3(setting, last_channel=48, num_classes=CLASSES)


class Mixed(nn.Module):
    """What the others lack: groups, dilation, computed shapes, slices, odd pools, and activations."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=0)
        self.grouped = nn.Conv2d(8, 12, 3, padding=1, groups=2)
        self.dilated = nn.Conv2d(12, 8, 3, padding=2, dilation=2)
        self.multiplied = nn.Conv2d(8, 16, 3, padding=1, groups=8)
        self.norm = nn.LayerNorm(16)
        self.attention = nn.Linear(16, 48)
        self.head = nn.Linear(36, CLASSES)
        self.prelu = nn.PReLU(8)

    def forward(self, x):
        x = F.leaky_relu(self.stem(F.pad(x, (0, 1, 0, 1))), 0.2)
        x = F.elu(self.grouped(x))
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = F.avg_pool2d(x, 3, 2, 1, ceil_mode=True)
        x = self.prelu(self.dilated(F.pad(x, (0, 0, 0, 0))))
        x = F.max_pool2d(F.gelu(self.multiplied(x)), 3, 2, 1, ceil_mode=True)
        a, b = x.chunk(2, dim=1)
        x = torch.cat([a * torch.sigmoid(b), F.softplus(b), x[:, 2:10:2]], 1)
        pooled = x.mean([2, 3])
        tokens = self.norm(x[:, :16].flatten(2).transpose(1, 2))
        q, k, v = self.attention(tokens).chunk(3, dim=-1)
        mixed = F.softmax(q @ k.transpose(1, 2) / 4.0, -1) @ v
        pooled = torch.cat([pooled, mixed[:, 0]], 1).unsqueeze(1).squeeze(1)
        return self.head(torch.tanh(pooled) - 0.5 * pooled)


def settle(model, size):
    """Statistics and scales as after some training, and not those of a fresh network."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.6, 1.4)
            nn.init.normal_(module.bias, 0, 0.3)
    model.train()
    with torch.no_grad():
        for _ in range(30):
            model(torch.rand(32, 3, size, size))
    model.eval()
    return model


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def make(name, model, opset, size=32, dynamic=True):
    torch.manual_seed(11)
    for module in model.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    settle(model, size)
    images = torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8)
    axes = {"input": {0: "batch"}, "logits": {0: "batch"}} if dynamic else None
    torch.onnx.export(
        model, images[:1].float() / 255, str(HERE / f"{name}.onnx"), opset_version=opset,
        input_names=["input"], output_names=["logits"], dynamic_axes=axes,
    )
    double = model.double()
    x = (images.float() / 255).double().requires_grad_()
    logits = double(x)
    labels = torch.tensor([3, 7])
    F.cross_entropy(logits, labels, reduction="sum").backward()
    record = {
        "shape": list(images.shape),
        "images": encoded(images.numpy()),
        "labels": labels.tolist(),
        "logits": encoded(logits.detach().float().numpy()),
        "gradient": encoded(x.grad.float().numpy()),
    }
    (HERE / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    print(name, (HERE / f"{name}.onnx").stat().st_size, logits[0, :4].tolist())


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    make("resnet18", resnet18(), 11, size=64)
    make("wide-resnet", WideResNet(), 13)
    make("vgg11", vgg11(), 12)
    make("vgg11-fixed-batch", vgg11(), 17, dynamic=False)
    make("mobilenet-v2", mobilenet_v2(), 13, size=64)
    make("mobilenet-v3", mobilenet_v3(), 14, size=64)
    make("mobilenet-v3-opset11", mobilenet_v3(), 11, size=64)
    make("mixed", Mixed(), 17)
    make("mixed-opset11", Mixed(), 11)
