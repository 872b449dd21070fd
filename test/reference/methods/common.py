"""What the reference vectors of the training methods share: a small network with PyTorch's conventions, and the file's form.

    python3 test/reference/methods/pgd_at.py   # writes pgd-at.json beside itself

A script writes each method's rule from its paper, in PyTorch and double precision: `steps` is called for each of two
batches and updates the network. Where the authors' code is at hand (a folder in the environment variable AUTHORS), a script
also calls their function on the same inputs and prints the difference.

Arrays are stored as base64 of float32 (or int32), little-endian, in TF.js's layouts: NHWC, HWIO. Draws and images are float32
values, so that both sides start from the same bits.
"""
import ast
import base64
import importlib.util
import json
import os
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = pathlib.Path(__file__).parent
COUNT, SIZE, CHANNELS, CLASSES, WIDTH = 6, 8, 3, 5, 2
NORMALIZATION = {"mean": [0.5, 0.4, 0.45], "std": [0.25, 0.3, 0.2]}
MODEL = {"name": "preact-resnet", "blocks": [1, 1], "width": WIDTH, "padding": "pytorch", "variance": "unbiased"}
TRAINING = {"learningRate": 0.1, "momentum": 0.9, "nesterov": False, "weightDecay": 5e-4, "decay": "all"}

torch.set_default_dtype(torch.float64)


def rounded(tensor):
    """float32 values, in double precision."""
    return tensor.float().double()


class Block(nn.Module):
    """Pre-activation basic block; where the size changes, the shortcut is a 1x1 convolution of the activated input."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        changes = stride != 1 or channels != filters
        self.shortcut = nn.Conv2d(channels, filters, 1, stride, bias=False) if changes else None

    def forward(self, x):
        activated = F.relu(self.bn1(x))
        shortcut = self.shortcut(activated) if self.shortcut else x
        y = self.conv2(F.relu(self.bn2(self.conv1(activated))))
        return y + shortcut


class Network(nn.Module):
    """Pre-activation ResNet of two blocks for images in [0, 1]; the second block has stride 2."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 3, 1, 1, bias=False)
        self.stage1_block1 = Block(WIDTH, WIDTH, 1)
        self.stage2_block1 = Block(WIDTH, 2 * WIDTH, 2)
        self.final_bn = nn.BatchNorm2d(2 * WIDTH)
        self.logits = nn.Linear(2 * WIDTH, CLASSES)

    def forward(self, x):
        mean, std = (torch.tensor(NORMALIZATION[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
        x = self.stage2_block1(self.stage1_block1(self.stem((x - mean) / std)))
        return self.logits(F.relu(self.final_bn(x)).mean((2, 3)))


class frozen_statistics:
    """Inside of it, passes in train mode do not move BatchNorm's statistics."""

    def __init__(self, network):
        self.layers = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]

    def __enter__(self):
        self.momenta = [layer.momentum for layer in self.layers]
        for layer in self.layers:
            layer.momentum = 0.0

    def __exit__(self, *_):
        for layer, momentum in zip(self.layers, self.momenta):
            layer.momentum = momentum


def make_network(seed, create=Network):
    torch.manual_seed(seed)
    network = create()
    with torch.no_grad():
        for parameter in network.parameters():
            spread = 0.5 / np.sqrt(max(1, parameter[0].numel())) if parameter.dim() > 1 else 0.2
            base = 1.0 if parameter.dim() == 1 and parameter is not network.logits.bias else 0.0
            parameter.copy_(rounded(base + 2 * spread * torch.randn(parameter.shape)))
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(rounded(0.3 * torch.randn(buffer.shape)))
            if name.endswith("running_var"):
                buffer.copy_(rounded(0.5 + torch.rand(buffer.shape)))
    return network.train()


def make_images(seed):
    """[N, C, H, W] in [0, 1], some pixels at the ends of the range; labels [N]."""
    generator = torch.Generator().manual_seed(seed)
    images = rounded((1.2 * torch.rand(COUNT, CHANNELS, SIZE, SIZE, generator=generator) - 0.1).clamp(0, 1))
    return images, torch.randint(CLASSES, (COUNT,), generator=generator)


def uniform(generator, epsilon, shape=(COUNT, 3, SIZE, SIZE)):
    return rounded(epsilon * (2 * torch.rand(shape, generator=generator) - 1))


def normal(generator, deviation, shape=(COUNT, 3, SIZE, SIZE)):
    return rounded(deviation * torch.randn(shape, generator=generator))


def one_hot(labels):
    return F.one_hot(labels, CLASSES).double()


def cross_entropy(logits, targets):
    """Mean over the batch; targets [N, K]."""
    return -(targets * F.log_softmax(logits, -1)).sum(-1).mean()


def l2_ball(generator, epsilon):
    """Uniform directions, with lengths U(0, epsilon)."""
    noise = torch.randn(COUNT, 3, SIZE, SIZE, generator=generator)
    return rounded(epsilon * torch.rand(COUNT, 1, 1, 1, generator=generator) * noise / lengths(noise))


def lengths(tensor):
    return tensor.square().sum((1, 2, 3), keepdim=True).sqrt()


def direction(gradient, norm):
    return gradient.sign() if norm == "linf" else gradient / lengths(gradient)


def project(x, images, epsilon, norm="linf"):
    """On the ball, and then on [0, 1]."""
    delta = x - images
    inside = delta.clamp(-epsilon, epsilon) if norm == "linf" else delta * (epsilon / lengths(delta)).clamp(max=1)
    return (images + inside).clamp(0, 1)


def ascend(network, images, start, *, epsilon, step, steps, loss, mode="train", norm="linf"):
    """
    PGD: steps along the sign of the gradient of `loss(logits)`, in L2 along the gradient itself, projected on the ball and on
    [0, 1]. The statistics do not move; in mode "eval" they are the moving ones.
    """
    was = network.training
    network.train(mode == "train")
    x = (images + start).clamp(0, 1).detach()
    with frozen_statistics(network):
        for _ in range(steps):
            x.requires_grad_()
            (gradient,) = torch.autograd.grad(loss(network(x)), x)
            if norm == "linf":
                assert_clear(gradient)
            x = project(x.detach() + step * direction(gradient, norm), images, epsilon, norm)
    network.train(was)
    return x.detach()


def assert_clear(gradient, share=1e-6):
    """Signs that float32 could see differently would make the vector a coin toss: then another seed is needed."""
    sizes = gradient.abs()
    least = sizes.amin((1, 2, 3)) / sizes.amax((1, 2, 3))
    assert (least > share).all(), f"an entry of the gradient is near 0: {least.min():.1e}; take another seed"


class Sgd:
    """torch.optim.SGD, or the optimizer of the settings, with the training's settings, on all parameters."""

    def __init__(self, network, **changes):
        self.settings = {**TRAINING, **changes}
        self.parameters = list(network.parameters())
        if "optimizer" in self.settings:
            for key in ("momentum", "nesterov"):
                del self.settings[key]
            self.optimizer = adam(self.parameters, self.settings)
            return
        self.optimizer = torch.optim.SGD(
            self.parameters,
            lr=self.settings["learningRate"],
            momentum=self.settings["momentum"],
            nesterov=self.settings["nesterov"],
            weight_decay=self.settings["weightDecay"],
        )

    def step(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def velocity(self, parameter):
        state = self.optimizer.state[parameter]
        return state["exp_avg"] if "exp_avg" in state else state["momentum_buffer"]

    def square(self, parameter):
        return self.optimizer.state[parameter]["exp_avg_sq"]


def adam(parameters, settings):
    own = settings["optimizer"]
    create = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[own["name"]]
    more = {"lr": settings["learningRate"], "weight_decay": settings["weightDecay"]}
    return create(parameters, betas=(own["beta1"], own["beta2"]), eps=own["epsilon"], **more)


def stored(tensor, dtype=np.float32):
    array = np.ascontiguousarray(tensor.detach().numpy().astype(dtype))
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def nhwc(images):
    return images.permute(0, 2, 3, 1)


def layout(name, tensor):
    """The product's name and layout of a parameter or statistic."""
    path, kind = name.rsplit(".", 1)
    layer = path.replace("block1.", "block1_")
    if kind == "running_mean":
        return f"{layer}/moving_mean", tensor
    if kind == "running_var":
        return f"{layer}/moving_variance", tensor
    if "bn" in layer:
        return f"{layer}/{'gamma' if kind == 'weight' else 'beta'}", tensor
    if kind == "bias":
        return f"{layer}/bias", tensor
    return f"{layer}/kernel", tensor.permute(2, 3, 1, 0) if tensor.dim() == 4 else tensor.t()


def weights_of(network):
    """Parameters and moving statistics, by the product's names."""
    tensors = [*network.named_parameters(), *network.named_buffers()]
    named = [layout(name, tensor) for name, tensor in tensors if not name.endswith("num_batches_tracked")]
    return {name: stored(tensor) for name, tensor in named}


def kept_of(network, kept):
    """What an optimizer keeps for each parameter, by the product's names."""
    named = [layout(name, kept(parameter)) for name, parameter in network.named_parameters()]
    return {name: stored(tensor) for name, tensor in named}


def write(
    name, method, step, *, seed=1, draws, options=None, evaluated=None, create=Network, model=MODEL, folder=HERE, largest=None, **changes
):
    """
    Writes the vector `name`.json: two steps on two batches.

    method, options: the experiment's, all numbers given.
    draws(generator, images, labels): what the method draws, by name: float64 tensors of float32 values, or int64; those of
    images' rank are [N, C, H, W].
    step(network, sgd, images, labels, drawn, index): one step; returns the loss that it reports, and updates with
    `sgd.step(loss)`.
    evaluated(): the network that is evaluated instead of the one that is trained, after each step.
    create, model: another network than the usual one, and how the product names it.
    folder: where the file is written.
    largest: what a step makes of tensors of more elements is not stored.
    changes: of the training's settings.
    """
    network = make_network(seed, create)
    some = lambda named: {name: tensor for name, tensor in named.items() if np.prod(tensor["shape"]) <= (largest or np.inf)}
    sgd = Sgd(network, **changes)
    initial = weights_of(network)
    with torch.no_grad():
        logits = network.eval()(make_images(100 * seed)[0])
    network.train()
    batches, results = [], []
    for index in range(2):
        images, labels = make_images(100 * seed + index)
        generator = torch.Generator().manual_seed(1000 * seed + index)
        drawn = draws(generator, images, labels)
        batches.append(
            {
                "images": stored(nhwc(images)),
                "labels": labels.tolist(),
                "draws": {
                    key: stored(nhwc(value) if value.dim() == 4 else value, np.float32 if value.is_floating_point() else np.int32)
                    | {"dtype": "float32" if value.is_floating_point() else "int32"}
                    for key, value in drawn.items()
                },
            }
        )
        loss = step(network, sgd, images, labels, drawn, index)
        results.append(
            {
                "loss": float(torch.as_tensor(loss).detach()),
                "velocities": some(kept_of(network, sgd.velocity)),
                **({"squares": some(kept_of(network, sgd.square))} if "optimizer" in sgd.settings else {}),
                "weights": some(weights_of(network)),
                **({"evaluated": weights_of(evaluated())} if evaluated else {}),
            }
        )
    vector = {
        "method": method,
        "options": options or {},
        "training": sgd.settings,
        "model": model,
        "normalization": NORMALIZATION,
        "classes": CLASSES,
        "initial": initial,
        **({"logits": stored(logits)} if create is not Network else {}),
        "batches": batches,
        "steps": results,
    }
    (folder / f"{name}.json").write_text(json.dumps(vector, indent=1) + "\n")
    print(f"{name}.json: losses {', '.join(str(round(result['loss'], 6)) for result in results)}")


def authors_module(path):
    """A module of the authors' code, below the folder in AUTHORS, on the processor; None where it is not there."""
    file = pathlib.Path(os.environ.get("AUTHORS", "")) / path
    if "AUTHORS" not in os.environ or not file.exists():
        return None
    torch.Tensor.cuda = nn.Module.cuda = lambda self, *_, **__: self
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.pop(0)
    return module


class given_noise:
    """Inside of it, `tensor.uniform_()` and `tensor.normal_()` give these values, call by call."""

    def __init__(self, uniform=(), normal=()):
        self.values = {"uniform_": list(uniform), "normal_": list(normal)}

    def __enter__(self):
        self.own = {name: getattr(torch.Tensor, name) for name in self.values}
        for name, values in self.values.items():
            setattr(torch.Tensor, name, lambda tensor, *_, values=values: tensor.copy_(values.pop(0)))

    def __exit__(self, *_):
        for name, method in self.own.items():
            setattr(torch.Tensor, name, method)


def say_difference(what, ours, theirs):
    """The largest difference between this script's number or tensor and that of the authors' code on the same inputs."""
    ours, theirs = (torch.as_tensor(value, dtype=torch.float64).detach() for value in (ours, theirs))
    print(f"{what}: largest difference to the authors' code {float((ours - theirs).abs().max()):.1e}")


def authors_functions(file, *names, **scope):
    """
    Functions of a file of the authors' code, for a module that does more than defining them when it is imported. None
    without AUTHORS.

    scope: the names that they use.
    """
    if "AUTHORS" not in os.environ:
        return None
    tree = ast.parse((pathlib.Path(os.environ["AUTHORS"]) / file).read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in names]
    exec(compile(ast.Module(found, []), file, "exec"), scope)
    return [scope[name] for name in names]
