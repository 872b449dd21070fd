"""PyTorch side of `npm run bench`: the same networks and steps, one command a line on standard input.

Commands (JSON): {"network": "small-cnn" | "preact-resnet", "batch": N, ...} builds; {"task": "m2at-step" |
"pgd-20"} runs once and answers {"ms": wall milliseconds}. Uses torch only; prints one JSON object a line.
"""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

EPSILON, STEP = 8 / 255, 2 / 255


def conv(inputs, outputs, kernel=3, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class SmallCnn(nn.Module):
    def __init__(self, widths, hidden):
        super().__init__()
        layers, inputs = [], 3
        for index, width in enumerate(widths):
            layers += [conv(inputs, width), nn.BatchNorm2d(width), nn.ReLU()]
            if index in (1, 2):
                layers.append(nn.MaxPool2d(2))
            inputs = width
        layers += [nn.AvgPool2d(2), nn.Flatten(), nn.Linear(inputs * 16, hidden), nn.ReLU(), nn.Linear(hidden, 10)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, outputs, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv(outputs, outputs)
        self.shortcut = conv(inputs, outputs, 1, stride) if stride != 1 or inputs != outputs else None

    def forward(self, x):
        activated = F.relu(self.bn1(x))
        shortcut = self.shortcut(activated) if self.shortcut is not None else x
        return self.conv2(F.relu(self.bn2(self.conv1(activated)))) + shortcut


class PreActResNet(nn.Module):
    def __init__(self, blocks, width):
        super().__init__()
        layers, inputs = [conv(3, width)], width
        for stage, count in enumerate(blocks):
            outputs = width * 2**stage
            for block in range(count):
                layers.append(Block(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
                inputs = outputs
        self.layers, self.bn, self.dense = nn.Sequential(*layers), nn.BatchNorm2d(inputs), nn.Linear(inputs, 10)

    def forward(self, x):
        return self.dense(F.relu(self.bn(self.layers(x))).mean([2, 3]))


class Normalised(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1))

    def forward(self, x):
        return self.network((x - self.mean) / self.std)


def pgd(network, x, y, steps):
    adversarial = (x + torch.empty_like(x).uniform_(-EPSILON, EPSILON)).clamp(0, 1)
    for _ in range(steps):
        adversarial.requires_grad_(True)
        (gradient,) = torch.autograd.grad(F.cross_entropy(network(adversarial), y), adversarial)
        with torch.no_grad():
            adversarial = adversarial + STEP * gradient.sign()
            adversarial = (x + (adversarial - x).clamp(-EPSILON, EPSILON)).clamp(0, 1)
    return adversarial.detach()


def rectangle(x):
    """The CutMix box, one an image: sides (H, W) * sqrt(1 - r), r ~ Beta(1, 1)."""
    mask = torch.zeros(len(x), 1, *x.shape[2:])
    for image in mask:
        height, width = image.shape[1:]
        side = float(torch.rand(()).sqrt())
        row, column = int(torch.randint(height, ())), int(torch.randint(width, ()))
        half_height, half_width = int(height * side) // 2, int(width * side) // 2
        image[
            0, max(row - half_height, 0) : row + half_height, max(column - half_width, 0) : column + half_width
        ] = 1
    return mask


def m2at_step(network, optimizer, x, y, steps):
    network.train()
    delta = pgd(network, x, y, steps) - x
    mask, mix = rectangle(x), torch.rand(len(x), 1, 1, 1)
    mixed = mix * (x + mask * delta) + (1 - mix) * (x + (1 - mask) * delta)
    optimizer.zero_grad()
    loss = F.cross_entropy(network(mixed), y)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def build(setup):
    torch.manual_seed(0)
    if setup["network"] == "small-cnn":
        network = SmallCnn(setup["widths"], setup["hidden"])
    else:
        network = PreActResNet(setup["blocks"], setup["width"])
    network = Normalised(network)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    optimizer = torch.optim.SGD(
        [{"params": decayed, "weight_decay": 5e-4}, {"params": others}], lr=0.01, momentum=0.9
    )
    x = torch.rand(setup["batch"], 3, 32, 32)
    y = torch.randint(0, 10, (setup["batch"],))
    return network, optimizer, x, y


def main():
    torch.set_num_threads(int(sys.argv[1]))
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    state = None
    for line in sys.stdin:
        command = json.loads(line)
        if "network" in command:
            state = build(command)
            print(json.dumps({"parameters": sum(p.numel() for p in state[0].parameters())}), flush=True)
            continue
        network, optimizer, x, y = state
        start = time.perf_counter()
        if command["task"] == "m2at-step":
            m2at_step(network, optimizer, x, y, 10)
        else:
            network.eval()
            pgd(network, x, y, 20)
        print(json.dumps({"ms": (time.perf_counter() - start) * 1e3}), flush=True)


if __name__ == "__main__":
    main()
