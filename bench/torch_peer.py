"""PyTorch side of the benchmarks: the same networks and tasks, one command a line on standard input.

Arguments: threads, and how the networks run: eager, channels-last (eager in that memory format) or compiled
(torch.compile with its defaults). Commands are JSON objects, answers one JSON object a line:
{"error": text} where a command fails. Uses torch only.
  {"build": {"network": {...}, "batch": N}}     -> {"parameters": count}
  {"task": name, "clock": "wall" | "cpu"}       -> {"ms": milliseconds}
  {"load": {"file": path, "weights": [...], "images": [...], "labels": [...]}} -> {"loaded": count}
  {"logits": true}                              -> {"values": eval-mode logits of the batch}
  {"sgd_step": true}                            -> {"loss": before the update}
  {"peak": repetitions}                         -> {"gflops": best of a large convolution}
  {"memory": true}                              -> {"peak_rss": bytes or null}
"""

import copy
import json
import math
import sys
import time
import traceback

import torch
import torch.nn as nn
import torch.nn.functional as F

from torch_methods import frozen, methods, pgd

RATE, EPOCH_BATCHES = 0.01, 10


def conv(inputs, outputs, kernel=3, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class SmallCnn(nn.Module):
    def __init__(self, widths, hidden):
        super().__init__()
        inputs = 3
        for index, width in enumerate(widths):
            setattr(self, f"conv{index + 1}", conv(inputs, width))
            setattr(self, f"bn{index + 1}", nn.BatchNorm2d(width))
            inputs = width
        self.hidden, self.logits = nn.Linear(inputs * 16, hidden), nn.Linear(hidden, 10)

    def forward(self, x):
        for index in range(4):
            x = F.relu(getattr(self, f"bn{index + 1}")(getattr(self, f"conv{index + 1}")(x)))
            if index > 0:
                x = F.avg_pool2d(x, 2) if index == 3 else F.max_pool2d(x, 2)
        return self.logits(F.relu(self.hidden(x.flatten(1))))


class Residual(nn.Module):
    """Pre-activation residual network of basic blocks: PreAct-ResNet and WRN differ in their numbers alone."""

    def __init__(self, stem, stages):
        super().__init__()
        self.stem, self.blocks, inputs = conv(3, stem), [], stem
        for stage, (count, outputs) in enumerate(stages):
            for block in range(count):
                name, stride = f"stage{stage + 1}_block{block + 1}", 2 if stage > 0 and block == 0 else 1
                setattr(self, f"{name}_bn1", nn.BatchNorm2d(inputs))
                setattr(self, f"{name}_conv1", conv(inputs, outputs, 3, stride))
                setattr(self, f"{name}_bn2", nn.BatchNorm2d(outputs))
                setattr(self, f"{name}_conv2", conv(outputs, outputs))
                if stride != 1 or inputs != outputs:
                    setattr(self, f"{name}_shortcut", conv(inputs, outputs, 1, stride))
                self.blocks.append(name)
                inputs = outputs
        self.final_bn, self.logits = nn.BatchNorm2d(inputs), nn.Linear(inputs, 10)

    def forward(self, x):
        x = self.stem(x)
        for name in self.blocks:
            layer = lambda part: getattr(self, f"{name}_{part}", None)
            activated = F.relu(layer("bn1")(x))
            shortcut = layer("shortcut")(activated) if layer("shortcut") is not None else x
            x = layer("conv2")(F.relu(layer("bn2")(layer("conv1")(activated)))) + shortcut
        return self.logits(F.relu(self.final_bn(x)).mean([2, 3]))


class Normalised(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2470, 0.2435, 0.2616]).view(1, 3, 1, 1))

    def forward(self, x):
        return self.network((x - self.mean) / self.std)


def augment(images):
    """Bytes to floats, random crop of the image padded by 4 with zeros, random flip: the whole batch at once."""
    count, _, height, width = images.shape
    padded = F.pad(images.float().div_(255), (4, 4, 4, 4))
    rows = torch.randint(9, (count, 1)) + torch.arange(height)
    columns = torch.arange(width).expand(count, width)
    columns = torch.where(torch.rand(count, 1) < 0.5, width - 1 - columns, columns) + torch.randint(9, (count, 1))
    index = torch.arange(count)[:, None, None]
    return padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


class Bench:
    def __init__(self, mode):
        self.mode = mode

    def build(self, setup):
        torch.manual_seed(0)
        parameters = setup["network"]
        if parameters["name"] == "small-cnn":
            network = SmallCnn(parameters["widths"], parameters["hidden"])
        elif parameters["name"] == "preact-resnet":
            width = parameters["width"]
            network = Residual(width, [(n, width * 2**i) for i, n in enumerate(parameters["blocks"])])
        else:
            count, width = (parameters["depth"] - 4) // 6, parameters["width"]
            network = Residual(16, [(count, 16 * 2**i * width) for i in range(3)])
        self.network = Normalised(network)
        self.format = torch.channels_last if self.mode == "channels-last" else torch.contiguous_format
        self.network.to(memory_format=self.format)
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=RATE, momentum=0.9, weight_decay=5e-4)
        if self.mode == "compiled":
            torch.compiler.reset()
        self.answer = torch.compile(self.network) if self.mode == "compiled" else self.network
        self.x = torch.rand(setup["batch"], 3, 32, 32).contiguous(memory_format=self.format)
        self.y = torch.randint(0, 10, (setup["batch"],))
        self.data = None
        # What a method keeps from step to step.
        self.kept = {}
        return {"parameters": sum(p.numel() for p in self.network.parameters())}

    def copy(self):
        """The network as it is now, run in the same way, in eval mode."""
        network = copy.deepcopy(self.network).eval().requires_grad_(False)
        return torch.compile(network) if self.mode == "compiled" else network

    def minimize(self, loss):
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def sgd_step(self, x, y):
        self.network.train()
        loss = F.cross_entropy(self.answer(x), y)
        self.minimize(loss)
        return float(loss.detach())

    def pgd_20(self):
        self.network.eval()
        with frozen(self.network):
            pgd(self.answer, self.x, self.y, 20)

    def forward(self):
        self.network.eval()
        with torch.no_grad():
            self.answer(self.x)

    def clean_epoch(self):
        size = len(self.x)
        if self.data is None:
            shape = (size * EPOCH_BATCHES, 3, 32, 32)
            labels = torch.randint(0, 10, (size * EPOCH_BATCHES,))
            self.data = torch.randint(0, 256, shape, dtype=torch.uint8), labels
        images, labels = self.data
        for indices in torch.randperm(len(images)).split(size):
            x = augment(images[indices]).contiguous(memory_format=self.format)
            self.sgd_step(x, labels[indices])

    def time(self, task, clock):
        tasks = {
            "sgd-step": lambda: self.sgd_step(self.x, self.y),
            "pgd-20": self.pgd_20,
            "clean-epoch": self.clean_epoch,
            "forward": self.forward,
        }
        method = methods.get(task.removesuffix("-step"))
        run = tasks.get(task) or (method and (lambda: method(self)))
        if run is None:
            raise ValueError(f"there is no {task} here")
        now = time.process_time if clock == "cpu" else time.perf_counter
        start = now()
        run()
        return {"ms": (now() - start) * 1e3}

    def load(self, file, weights, images, labels):
        """Takes over weights and a batch: little-endian float32, in TensorFlow's layouts, one after the other."""
        with open(file, "rb") as source:
            values = torch.frombuffer(bytearray(source.read()), dtype=torch.float32)
        position = 0

        def take(shape):
            nonlocal position
            size = math.prod(shape)
            position += size
            return values[position - size : position].view(shape)

        parameters = dict(self.network.network.named_parameters())
        for weight in weights:
            value = take(weight["shape"])
            if value.ndim == 4:
                value = value.permute(3, 2, 0, 1)
            elif weight["layer"] == "hidden" and value.ndim == 2:
                # Features are flattened as [height, width, channels] there, as [channels, height, width] here.
                value = value.view(4, 4, -1, value.shape[1]).permute(3, 2, 0, 1).flatten(1)
            elif value.ndim == 2:
                value = value.t()
            parameter = parameters.pop(f"{weight['layer']}.{weight['part']}")
            with torch.no_grad():
                parameter.copy_(value)
        if parameters:
            raise ValueError(f"no weights for {sorted(parameters)}")
        self.x = take(images).permute(0, 3, 1, 2).contiguous(memory_format=self.format)
        self.y = torch.tensor(labels)
        return {"loaded": len(weights)}

    def logits(self):
        self.network.eval()
        with torch.no_grad():
            return {"values": self.network(self.x).flatten().tolist()}


def peak(repetitions):
    """A 3x3 convolution of 128 channels: some builds have a slow matrix product, but all a fast convolution."""
    layer, x = nn.Conv2d(128, 128, 3, padding=1, bias=False), torch.rand(32, 128, 32, 32)
    best = 0.0
    with torch.no_grad():
        layer(x)
        for _ in range(repetitions):
            start = time.perf_counter()
            y = layer(x)
            best = max(best, 2 * y.numel() * 128 * 9 / (time.perf_counter() - start) / 1e9)
    return {"gflops": best}


def peak_rss():
    try:
        import resource
    except ImportError:  # Windows
        return {"peak_rss": None}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_rss": peak if sys.platform == "darwin" else peak * 1024}


def why_not(mode):
    """Why this PyTorch can't run in that mode; None where it can."""
    if mode != "compiled":
        return None
    if not hasattr(torch, "compile"):
        return "this version has no torch.compile"
    try:
        torch.compile(lambda x: x + 1)(torch.ones(2))
    except Exception as error:
        lines = str(error).splitlines()
        return f"torch.compile needs a C++ compiler that works here: {lines[0] if lines else type(error).__name__}"
    return None


def answer_of(bench, command):
    if "build" in command:
        return bench.build(command["build"])
    if "task" in command:
        return bench.time(command["task"], command["clock"])
    if "load" in command:
        return bench.load(**command["load"])
    if "logits" in command:
        return bench.logits()
    if "sgd_step" in command:
        return {"loss": bench.sgd_step(bench.x, bench.y)}
    if "peak" in command:
        return peak(command["peak"])
    return peak_rss()


def main():
    mode = sys.argv[2] if len(sys.argv) > 2 else "eager"
    torch.set_num_threads(int(sys.argv[1]))
    missing = why_not(mode)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "missing": missing}), flush=True)
    bench = Bench(mode)
    for line in sys.stdin:
        try:
            answer = answer_of(bench, json.loads(line))
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
