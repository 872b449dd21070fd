"""PyTorch side of the attack benchmark: an ONNX network and the reference attacks, one command a line on standard input.

Commands are JSON objects, answers one JSON object a line. Uses torch, and auto-attack where its folder is given.
  {"network": {"file": path, "nodes": [...], "tensors": [...], "input": name, "output": name}} -> {"loaded": nodes}
  {"images": {"file": path, "shape": [N, H, W, C], "labels": [...]}}    -> {"logits": row by row}
  {"autoattack": {"norm", "epsilon", "version", "noise", "members": names or null,
                  "queries", "seed", "batch"}} -> a result
  {"pgd": {"epsilon", "step", "steps", "start": "random" | "clean", "seed", "batch"}}   -> a result
A result is {"seconds", "members": [{"name", "seconds", "robust": count}], "robust": [0 or 1 an image]}.
Arguments: threads, and the folder that holds the package `autoattack` (or nothing).
"""

import json
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class OnnxNetwork(nn.Module):
    """Runs the nodes of an ONNX graph, in their order, with torch's own functions."""

    def __init__(self, file, nodes, tensors, input, output):
        super().__init__()
        with open(file, "rb") as source:
            values = torch.frombuffer(bytearray(source.read()), dtype=torch.float32)
        self.constants, position = {}, 0
        for tensor in tensors:
            size = math.prod(tensor["shape"])
            value = values[position : position + size].view(tensor["shape"])
            position += size
            # Shapes and pads: plain numbers for torch's functions.
            self.constants[tensor["name"]] = value if tensor["dtype"] == "float" else [int(v) for v in value.flatten()]
        self.nodes, self.input, self.output, self.noise = nodes, input, output, 0

    def forward(self, x):
        values = {self.input: x + self.noise * torch.randn_like(x) if self.noise else x}
        for node in self.nodes:
            arguments = [
                values[name] if name in values else self.constants[name] for name in node["inputs"] if name != ""
            ]
            values[node["outputs"][0]] = OPS[node["op"]](node["attributes"], *arguments)
        return values[self.output]


def symmetric(attributes):
    pads = attributes.get("pads", [0, 0, 0, 0])
    if pads[:2] != pads[2:] or attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise ValueError("only symmetric padding is understood here")
    return pads[:2]


def conv(a, x, weight, bias=None):
    return F.conv2d(
        x, weight, bias, a.get("strides", 1), symmetric(a), a.get("dilations", 1), a.get("group", 1)
    )


def batch_norm(a, x, gamma, beta, mean, variance):
    return F.batch_norm(x, mean, variance, gamma, beta, eps=a.get("epsilon", 1e-5))


def gemm(a, x, weight, bias=None):
    if a.get("transA", 0) or a.get("alpha", 1) != 1 or a.get("beta", 1) != 1:
        raise ValueError("only x W + b is understood here")
    return F.linear(x, weight if a.get("transB", 0) else weight.t(), bias)


def pad(a, x, pads=None, value=None):
    pads = pads or a["pads"]
    if not any(pads):
        return x
    half = len(pads) // 2
    return F.pad(x, [side for axis in reversed(range(half)) for side in (pads[axis], pads[half + axis])])


def reduce_mean(a, x, axes=None):
    return x.mean(axes or a["axes"], keepdim=bool(a.get("keepdims", 1)))


OPS = {
    "Conv": conv,
    "BatchNormalization": batch_norm,
    "Gemm": gemm,
    "Pad": pad,
    "ReduceMean": reduce_mean,
    "Relu": lambda a, x: F.relu(x),
    "LeakyRelu": lambda a, x: F.leaky_relu(x, a.get("alpha", 0.01)),
    "Sigmoid": lambda a, x: x.sigmoid(),
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y,
    "MatMul": lambda a, x, y: x @ y,
    "MaxPool": lambda a, x: F.max_pool2d(x, a["kernel_shape"], a["strides"], symmetric(a)),
    "AveragePool": lambda a, x: F.avg_pool2d(
        x, a["kernel_shape"], a["strides"], symmetric(a), count_include_pad=bool(a.get("count_include_pad", 0))
    ),
    "GlobalAveragePool": lambda a, x: x.mean([2, 3], keepdim=True),
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "Reshape": lambda a, x, shape: x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)]),
    "Identity": lambda a, x: x,
    "Dropout": lambda a, x, *unused: x,
}


class Timeline:
    """Stands where AutoAttack has its logger: keeps what it says about robust accuracy, and when."""

    def __init__(self, count):
        self.count, self.members, self.last = count, [], time.perf_counter()

    def log(self, text):
        if not text.startswith("robust accuracy after "):
            return
        now = time.perf_counter()
        name, share = text[len("robust accuracy after ") :].split(" (")[0].split(": ")
        robust = round(float(share.rstrip("%")) / 100 * self.count)
        self.members.append({"name": name.lower(), "seconds": now - self.last, "robust": robust})
        self.last = now


class Peer:
    def network(self, nodes, **graph):
        unknown = sorted({node["op"] for node in nodes} - set(OPS))
        if unknown:
            raise ValueError(f"not understood here: {', '.join(unknown)}")
        self.model = OnnxNetwork(nodes=nodes, **graph).eval()
        return {"loaded": len(nodes)}

    def images(self, file, shape, labels):
        with open(file, "rb") as source:
            values = torch.frombuffer(bytearray(source.read()), dtype=torch.float32)
        self.x = values.view(shape).permute(0, 3, 1, 2).contiguous()
        self.y = torch.tensor(labels)
        with torch.no_grad():
            return {"logits": self.model(self.x).flatten().tolist()}

    def autoattack(self, norm, epsilon, version, noise, members, queries, seed, batch):
        from autoattack import AutoAttack

        self.model.noise = noise
        name = {"linf": "Linf", "l2": "L2", "l1": "L1"}[norm]
        start = time.perf_counter()
        attack = AutoAttack(self.model, name, epsilon, seed, device="cpu", version=version)
        if members is not None:
            attack.attacks_to_run = members
        attack.square.n_queries = queries
        attack.logger = Timeline(len(self.x))
        adversarial = attack.run_standard_evaluation(self.x, self.y, bs=batch)
        seconds = time.perf_counter() - start
        return self.result(adversarial, seconds, attack.logger.members)

    def pgd(self, epsilon, step, steps, start, seed, batch):
        torch.manual_seed(seed)
        begin = time.perf_counter()
        adversarial = self.x.clone()
        with torch.no_grad():
            correct = torch.cat([self.model(x).argmax(1) for x in self.x.split(batch)]).eq(self.y)
        for rows in correct.nonzero().flatten().split(batch):
            x, y = self.x[rows], self.y[rows]
            moved = x + torch.empty_like(x).uniform_(-epsilon, epsilon) if start == "random" else x.clone()
            moved = moved.clamp(0, 1)
            for _ in range(steps):
                moved.requires_grad_(True)
                (gradient,) = torch.autograd.grad(F.cross_entropy(self.model(moved), y, reduction="sum"), moved)
                with torch.no_grad():
                    moved = moved + step * gradient.sign()
                    moved = (x + (moved - x).clamp(-epsilon, epsilon)).clamp(0, 1)
            adversarial[rows] = moved.detach()
        return self.result(adversarial, time.perf_counter() - begin, [])

    def result(self, adversarial, seconds, members):
        with torch.no_grad():
            robust = [self.model(x).argmax(1).eq(y) for x, y in zip(adversarial.split(250), self.y.split(250))]
        return {"seconds": seconds, "members": members, "robust": torch.cat(robust).int().tolist()}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    folder = sys.argv[2] if len(sys.argv) > 2 else None
    found = False
    if folder:
        sys.path.insert(0, folder)
        try:
            import autoattack  # noqa: F401

            found = True
        except ImportError as error:
            print(error, file=sys.stderr)
    # Whatever the attacks print goes to standard error: standard output has the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"torch": torch.__version__, "autoattack": found}), file=answers, flush=True)
    peer = Peer()
    for line in sys.stdin:
        ((command, arguments),) = json.loads(line).items()
        print(json.dumps(getattr(peer, command)(**arguments)), file=answers, flush=True)


if __name__ == "__main__":
    main()
