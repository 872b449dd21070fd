#!/usr/bin/env python3
"""Reference vectors for attacks and training, from PyTorch in double precision.

    python3 test/reference/make_attacks.py   # writes attacks.json and sgd.json beside itself

Written straight from the published definitions (FGSM: Goodfellow et al. 2015; PGD: Madry et al. 2018; SGD: as
torch.optim.SGD documents it, by torch itself). Images and kernels are stored in TF.js's layouts: NHWC, HWIO.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
CLASSES = 5


def rounded(tensor):
    """float32 values, so that both sides start from the same bits."""
    return tensor.float().double()


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.reshape(-1).tolist()]


def stored(tensor):
    return {"shape": list(tensor.shape), "data": flat(tensor)}


def nhwc(images):
    return images.permute(0, 2, 3, 1)


def hwio(kernel):
    return kernel.permute(2, 3, 1, 0)


def dense_input(features):
    return nhwc(features).reshape(len(features), -1)


# Attacks ------------------------------------------------------------------------------------------------------


def attacks():
    torch.manual_seed(7)
    conv = rounded(torch.randn(4, 3, 3, 3) * 0.4)
    conv_bias = rounded(torch.randn(4) * 0.1)
    dense = rounded(torch.randn(6 * 6 * 4, CLASSES) * 0.3)
    dense_bias = rounded(torch.randn(CLASSES) * 0.1)
    images = rounded(torch.rand(4, 3, 6, 6))
    labels = torch.tensor([0, 3, 1, 4])
    # Some pixels at the ends of the range, so that clipping to [0, 1] matters.
    images[0, :, 0, :] = 0
    images[1, :, :, 0] = 1

    def network(x):
        return dense_input(F.relu(F.conv2d(x, conv, conv_bias, padding=1))) @ dense + dense_bias

    def gradient(x, y):
        x = x.detach().requires_grad_(True)
        loss = F.cross_entropy(network(x), y, reduction="sum")
        return torch.autograd.grad(loss, x)[0]

    def fgsm(eps):
        return (images + eps * gradient(images, labels).sign()).clamp(0, 1)

    def pgd(norm, eps, step, steps, targeted=False):
        y = (labels + 1) % CLASSES if targeted else labels
        x = images
        for _ in range(steps):
            g = gradient(x, y) * (-1 if targeted else 1)
            if norm == "linf":
                delta = (x + step * g.sign() - images).clamp(-eps, eps)
            else:
                length = g.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
                delta = x + step * g / length - images
                length = delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
                delta = delta * (eps / length).clamp(max=1)
            x = (images + delta).clamp(0, 1)
        return x

    cases = [
        ("fgsm", {"name": "fgsm", "epsilon": 8 / 255}, fgsm(8 / 255)),
    ]
    for norm, eps, step, steps, targeted in [
        ("linf", 8 / 255, 2 / 255, 1, False),
        ("linf", 8 / 255, 2 / 255, 10, False),
        ("linf", 8 / 255, 2 / 255, 10, True),
        ("linf", 0.3, 0.05, 7, False),
        ("l2", 0.5, 0.125, 10, False),
        ("l2", 0.5, 0.125, 10, True),
        ("l2", 0.9, 0.4, 7, False),
    ]:
        parameters = {
            "name": "pgd",
            "norm": norm,
            "epsilon": eps,
            "stepSize": step,
            "steps": steps,
            "randomStart": False,
            "targeted": targeted,
        }
        title = f"pgd {norm} {steps} steps{' targeted' if targeted else ''} eps {eps:.3g}"
        cases.append((title, parameters, pgd(norm, eps, step, steps, targeted)))

    return {
        "classes": CLASSES,
        "weights": [
            stored(hwio(conv)),
            stored(conv_bias),
            stored(dense),
            stored(dense_bias),
        ],
        "images": stored(nhwc(images)),
        "labels": labels.tolist(),
        "logits": stored(network(images)),
        "cases": [
            {"title": title, "parameters": parameters, "adversarial": stored(nhwc(x))}
            for title, parameters, x in cases
        ],
    }


# Training -----------------------------------------------------------------------------------------------------


def sgd(nesterov):
    """Conv, BatchNorm, ReLU, dense; torch.optim.SGD with weight decay on the two kernels only.

    The running variance is TensorFlow's: it moves towards the biased variance of the batch. torch.nn.BatchNorm2d
    moves it towards the unbiased one, so it is tracked by hand here. The momentum of the statistics is 0.9 in
    TensorFlow's sense (0.1 in torch's).
    """
    torch.manual_seed(11)
    conv = rounded(torch.randn(4, 3, 3, 3) * 0.4)
    gamma = rounded(1 + 0.2 * torch.randn(4))
    beta = rounded(0.1 * torch.randn(4))
    dense = rounded(torch.randn(5 * 5 * 4, CLASSES) * 0.3)
    bias = rounded(torch.randn(CLASSES) * 0.1)
    parameters = [conv, gamma, beta, dense, bias]
    initial = [stored(hwio(conv)), stored(gamma), stored(beta), stored(dense), stored(bias)]
    for parameter in parameters:
        parameter.requires_grad_(True)
    running_mean = torch.zeros(4, dtype=torch.double)
    running_var = torch.ones(4, dtype=torch.double)
    optimizer = torch.optim.SGD(
        [
            {"params": [conv, dense], "weight_decay": 5e-2},
            {"params": [gamma, beta, bias], "weight_decay": 0.0},
        ],
        lr=0.1,
        momentum=0.9,
        nesterov=nesterov,
    )
    steps = []
    for rate in [0.1, 0.2, 0.05, 0.05]:
        images = rounded(torch.rand(6, 3, 5, 5))
        # Soft labels, as mixed images have.
        targets = rounded(torch.softmax(2 * torch.randn(6, CLASSES), dim=1))
        features = F.conv2d(images, conv, padding=1)
        mean = features.mean(dim=(0, 2, 3))
        variance = features.var(dim=(0, 2, 3), unbiased=False)
        scaled = (features - mean.view(1, -1, 1, 1)) / torch.sqrt(variance.view(1, -1, 1, 1) + 1e-5)
        out = F.relu(scaled * gamma.view(1, -1, 1, 1) + beta.view(1, -1, 1, 1))
        logits = dense_input(out) @ dense + bias
        loss = -(targets * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            running_mean = 0.9 * running_mean + 0.1 * mean
            running_var = 0.9 * running_var + 0.1 * variance
        steps.append(
            {
                "rate": rate,
                "images": stored(nhwc(images)),
                "targets": stored(targets),
                "loss": float(f"{loss.item():.9g}"),
            }
        )
    with torch.no_grad():
        final = [hwio(conv), gamma, beta, dense, bias, running_mean, running_var]
        return {
            "nesterov": nesterov,
            "momentum": 0.9,
            "weightDecay": 5e-2,
            "epsilon": 1e-5,
            "statisticsMomentum": 0.9,
            "classes": CLASSES,
            "initial": initial,
            "steps": steps,
            "final": [stored(tensor.detach()) for tensor in final],
        }


def write(name, value):
    (HERE / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    write("attacks.json", attacks())
    write("sgd.json", [sgd(False), sgd(True)])
