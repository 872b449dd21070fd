#!/usr/bin/env python3
"""Reference vectors for losses, MI-FGSM, PGD in L1 and Auto-PGD, from PyTorch in double precision.

    python3 test/reference/make_gradient_attacks.py   # writes gradient_attacks.json beside itself

Written from the published algorithms: MI-FGSM (Dong et al., CVPR 2018), SLIDE (Tramer and Boneh, NeurIPS 2019),
Auto-PGD (Croce and Hein, ICML 2020, algorithm 1, with the constants of the authors' implementation), l1-APGD (Croce
and Hein, ICML 2021). Auto-PGD is written for one image at a time, with a list of all losses and iterates. The L1
projections sort breakpoints. Torch, NumPy: Debian 12's python3-torch 1.13.
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
CLASSES = 6
HEIGHT, WIDTH, CHANNELS = 7, 5, 2
COUNT = 6


def rounded(tensor):
    """float32 values, so that both sides start from the same bits."""
    return tensor.float().double()


def stored(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.8g}") for v in tensor.reshape(-1).tolist()]}


torch.manual_seed(3)
kernel = rounded(torch.randn(6, CHANNELS, 3, 3) * 0.5)
kernel_bias = rounded(torch.randn(6) * 0.1)
dense = rounded(torch.randn(HEIGHT * WIDTH * 6, CLASSES) * 0.25)
dense_bias = rounded(torch.randn(CLASSES) * 0.1)
images = rounded(torch.rand(COUNT, CHANNELS, HEIGHT, WIDTH))
images[0, :, 0, :] = 0
images[1, :, :, 0] = 1


def network(x):
    """conv 3x3 (same) - tanh - dense; features in the order of NHWC."""
    features = torch.tanh(F.conv2d(x, kernel, kernel_bias, padding=1))
    return features.permute(0, 2, 3, 1).reshape(len(x), -1) @ dense + dense_bias


clean_logits = network(images)
# The last image has a wrong label.
labels = clean_logits.argmax(1)
labels[-1] = clean_logits[-1].argsort()[-2]


# Losses -------------------------------------------------------------------------------------------------------


def cross_entropy(z, y, t):
    return torch.logsumexp(z, 0) - z[y]


def cross_entropy_targeted(z, y, t):
    return z[t] - torch.logsumexp(z, 0)


def margin(z, y, t):
    return max(z[k] for k in range(len(z)) if k != y) - z[y]


def margin_targeted(z, y, t):
    return z[t] - z[y]


def dlr(z, y, t):
    ordered = sorted(z, key=lambda value: -value.item())
    return margin(z, y, t) / (ordered[0] - ordered[2] + 1e-12)


def dlr_targeted(z, y, t):
    ordered = sorted(z, key=lambda value: -value.item())
    return (z[t] - z[y]) / (ordered[0] - (ordered[2] + ordered[3]) / 2 + 1e-12)


LOSSES = {
    "ce": cross_entropy,
    "ce-targeted": cross_entropy_targeted,
    "margin": margin,
    "margin-targeted": margin_targeted,
    "dlr": dlr,
    "dlr-targeted": dlr_targeted,
}


def value_and_gradient(loss, x, y, t):
    x = x.detach().requires_grad_(True)
    z = network(x[None])[0]
    value = LOSSES[loss](z, y, t)
    return value.item(), torch.autograd.grad(value, x)[0], int(z.argmax())


# Projections --------------------------------------------------------------------------------------------------


def l1_in_box(x, delta, eps):
    """Nearest point to x + delta in [0, 1] and within eps of x in L1, by trying every piece of the dual function."""
    size = delta.abs().reshape(-1)
    room = torch.where(delta > 0, 1 - x, x).reshape(-1)

    def kept(amount):
        return torch.minimum((size - amount).clamp(min=0), room)

    amount = 0.0
    if kept(0.0).sum() > eps:
        points = sorted(set([0.0] + size.tolist() + (size - room).clamp(min=0).tolist()))
        low = max(p for p in points if kept(p).sum() >= eps)
        high = min(p for p in points if p > low)
        # Between two breakpoints the sum is linear.
        a, b = kept(low).sum().item(), kept(high).sum().item()
        amount = low + (high - low) * (a - eps) / (a - b)
    return x + (delta.sign().reshape(-1) * kept(amount)).reshape(x.shape)


def within(norm, x, point, eps):
    delta = point - x
    if norm == "linf":
        return torch.minimum(torch.maximum(point, x - eps), x + eps).clamp(0, 1)
    if norm == "l2":
        length = delta.norm()
        return (x + delta * min(1.0, eps / max(length.item(), 1e-12))).clamp(0, 1)
    return l1_in_box(x, delta, eps)


def sparse_direction(gradient, count):
    """Signs of the `count` largest values, divided by their number."""
    flat = gradient.reshape(-1)
    chosen = flat.abs().argsort(descending=True)[:count]
    direction = torch.zeros_like(flat)
    direction[chosen] = flat[chosen].sign()
    return (direction / max(direction.abs().sum().item(), 1e-10)).reshape(gradient.shape)


# PGD ----------------------------------------------------------------------------------------------------------


def pgd(norm, eps, step, steps, momentum=0.0):
    found = []
    for x0, y in zip(images, labels.tolist()):
        x, velocity = x0, torch.zeros_like(x0)
        for _ in range(steps):
            _, g, _ = value_and_gradient("ce", x, y, None)
            if momentum > 0:
                velocity = momentum * velocity + g / g.abs().mean()
                g = velocity
            if norm == "linf":
                direction = g.sign()
            elif norm == "l2":
                direction = g / g.norm()
            else:
                # What would push a value out of [0, 1] is left out before the largest are taken.
                outwards = ((x <= 0) & (g < 0)) | ((x >= 1) & (g > 0))
                inside = torch.where(outwards, torch.zeros_like(g), g)
                direction = sparse_direction(inside, max(1, round(0.01 * g.numel())))
            x = within(norm, x0, x + step * direction, eps)
        found.append(x)
    return torch.stack(found)


# Auto-PGD -----------------------------------------------------------------------------------------------------


def checkpoints(steps):
    """Numbers of steps after which the step size is looked at."""
    first, shrink, least = (max(int(part * steps), 1) for part in (0.22, 0.03, 0.06))
    at, length = [], first
    while sum(at_length for _, at_length in at) + length <= steps:
        done = at[-1][0] if at else 0
        at.append((done + length, length))
        length = max(length - shrink, least)
    return dict(at)


def apgd_one(norm, loss, eps, steps, x0, start, y, t):
    """Returns the first iterate that fools or None, the best point, and its loss."""
    x = start
    value, g, answer = value_and_gradient(loss, x, y, t)
    fooling = x if answer != y else None
    best, best_g, best_value = x, g, value
    size = 2 * eps
    before = x
    at = checkpoints(steps)
    # The authors' table of losses is full of zeros at first, and the first comparison is with such a zero.
    table = [0.0]
    halved, checked = True, best_value
    for k in range(1, steps + 1):
        direction = g.sign() if norm == "linf" else g / max(g.norm().item(), 1e-12)
        moved = within(norm, x0, x + size * direction, eps)
        weight = 1.0 if k == 1 else 0.75
        after = within(norm, x0, x + weight * (moved - x) + (1 - weight) * (x - before), eps)
        before, x = x, after
        value, g, answer = value_and_gradient(loss, x, y, t)
        if answer != y and fooling is None:
            fooling = x
        table.append(value)
        if value > best_value:
            best, best_g, best_value = x, g, value
        if k in at:
            rises = sum(table[j] > table[j - 1] for j in range(k - at[k] + 1, k + 1))
            halve = rises <= 0.75 * at[k] or (not halved and checked >= best_value)
            halved, checked = halve, best_value
            if halve:
                size /= 2
                x, g = best, best_g
    return fooling, best, best_value


def apgd_l1_one(loss, eps, steps, x0, start, y, t):
    """One stage of l1-APGD."""
    x = start
    count = x0.numel()
    value, g, answer = value_and_gradient(loss, x, y, t)
    fooling = x if answer != y else None
    best, best_g, best_value = x, g, value
    size = eps
    nonzero = int((x != x0).sum())
    moved = nonzero / 1.5
    every = max(int(0.04 * steps), 1)
    for k in range(1, steps + 1):
        threshold = sorted(g.abs().reshape(-1).tolist())[int(min(max(count - moved, 0), count - 1))]
        chosen = torch.where(g.abs() >= threshold, g.sign(), torch.zeros_like(g))
        x = l1_in_box(x0, x + size * chosen / (chosen.abs().sum() + 1e-10) - x0, eps)
        value, g, answer = value_and_gradient(loss, x, y, t)
        if answer != y and fooling is None:
            fooling = x
        if value > best_value:
            best, best_g, best_value = x, g, value
        if k % every == 0:
            now = int((best != x0).sum())
            sparser = now < 0.95 * nonzero
            moved, nonzero = now / 1.5, now
            size = eps if sparser else min(max(size / 1.5, eps / 10), eps)
            if sparser:
                x, g = best, best_g
    return fooling, best, best_value


def apgd(norm, loss, eps, steps, noise, targets):
    found, fooled, values = [], [], []
    for n in range(COUNT):
        x0, y, t = images[n], int(labels[n]), int(targets[n])
        if norm == "l1":
            first = math.ceil(0.3 * steps)
            parts = [first, first, steps - 2 * first]
            point = x0 + noise[n]
            for factor, part in zip((3, 2, 1), parts):
                point = l1_in_box(x0, point - x0, factor * eps)
                fooling, point, value = apgd_l1_one(loss, factor * eps, part, x0, point, y, t)
            best = point
        else:
            start = within(norm, x0, x0 + noise[n], eps)
            fooling, best, value = apgd_one(norm, loss, eps, steps, x0, start, y, t)
        found.append(best if fooling is None else fooling)
        fooled.append(fooling is not None)
        values.append(value)
    return torch.stack(found), fooled, values


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def noise_for(norm, eps):
    if norm == "linf":
        noise = 2 * torch.rand(images.shape) - 1
        return rounded(eps * noise / noise.flatten(1).abs().amax(1).view(-1, 1, 1, 1))
    noise = torch.randn(images.shape)
    if norm == "l2":
        noise = eps * noise / noise.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    return rounded(noise)


def main():
    second = clean_logits.argsort(1)[:, -2]
    third = clean_logits.argsort(1)[:, -3]
    loss_cases = []
    logits = rounded(torch.randn(5, CLASSES))
    truth, aimed = [0, 1, 2, 3, 5], [1, 0, 5, 2, 4]
    for name, loss in LOSSES.items():
        z = logits.clone().requires_grad_(True)
        values = torch.stack([loss(z[n], truth[n], aimed[n]) for n in range(len(truth))])
        gradient = torch.autograd.grad(values.sum(), z)[0]
        loss_cases.append({"name": name, "values": stored(values.detach()), "gradient": stored(gradient)})

    pgd_cases = [
        {"parameters": parameters, "adversarial": stored(nhwc(pgd(*arguments)))}
        for parameters, arguments in [
            ({"name": "mi-fgsm", "epsilon": 0.06, "stepSize": 0.02, "steps": 8}, ("linf", 0.06, 0.02, 8, 1.0)),
            ({"name": "mi-fgsm", "epsilon": 0.06, "stepSize": 0.02, "steps": 8, "decay": 0.5}, ("linf", 0.06, 0.02, 8, 0.5)),
            ({"name": "bim", "epsilon": 0.05, "stepSize": 0.02, "steps": 5}, ("linf", 0.05, 0.02, 5)),
            (
                {"name": "pgd", "norm": "l2", "epsilon": 0.5, "stepSize": 0.2, "steps": 6, "momentum": 0.9, "randomStart": False},
                ("l2", 0.5, 0.2, 6, 0.9),
            ),
            (
                {"name": "pgd", "norm": "l1", "epsilon": 2, "stepSize": 0.4, "steps": 10, "randomStart": False},
                ("l1", 2, 0.4, 10),
            ),
        ]
    ]

    apgd_cases = []
    for norm, loss, eps, steps, targets in [
        ("linf", "ce", 0.02, 30, labels),
        ("linf", "ce", 0.12, 100, labels),
        ("linf", "dlr", 0.03, 100, labels),
        ("linf", "dlr-targeted", 0.03, 50, third),
        ("l2", "ce", 0.2, 100, labels),
        ("l2", "dlr", 0.1, 40, labels),
        ("l2", "dlr-targeted", 0.25, 60, second),
        ("l1", "ce", 0.8, 40, labels),
        ("l1", "dlr-targeted", 1.0, 100, second),
    ]:
        noise = noise_for(norm, eps)
        found, fooled, values = apgd(norm, loss, eps, steps, noise, targets)
        apgd_cases.append(
            {
                "norm": norm,
                "loss": loss,
                "epsilon": eps,
                "steps": steps,
                "targets": targets.tolist(),
                "noise": stored(nhwc(noise)),
                "adversarial": stored(nhwc(found)),
                "fooled": fooled,
                "losses": [float(f"{value:.8g}") for value in values],
            }
        )
    vectors = {
        "classes": CLASSES,
        "weights": [stored(kernel.permute(2, 3, 1, 0)), stored(kernel_bias), stored(dense), stored(dense_bias)],
        "images": stored(nhwc(images)),
        "labels": labels.tolist(),
        "losses": {"logits": stored(logits), "labels": truth, "targets": aimed, "cases": loss_cases},
        "pgd": pgd_cases,
        "apgd": apgd_cases,
    }
    (HERE / "gradient_attacks.json").write_text(json.dumps(vectors, separators=(",", ":")) + "\n")
    for case in apgd_cases:
        print(case["norm"], case["loss"], case["epsilon"], case["steps"], case["fooled"])


main()
