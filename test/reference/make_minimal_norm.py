#!/usr/bin/env python3
"""Reference vectors for the minimal-norm attacks, from PyTorch in double precision.

    python3 test/reference/make_minimal_norm.py   # writes minimal-norm.json beside itself

Written from the papers, one image at a time, in other ways than the product where there is a choice: projections sort
breakpoints (the product iterates), JSMA looks at every pair of pixels (the product at a few), all Jacobians are whole.
Constants that the papers leave open are those of foolbox (DeepFool, C&W, EAD) and of the FAB authors' own code.
Images and kernels are stored in TF.js's layouts: NHWC, HWIO.
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
CLASSES = 5


def rounded(tensor):
    """float32 values, so that both sides start from the same bits."""
    return tensor.float().double()


def stored(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.7g}") for value in tensor.reshape(-1).tolist()]}


def exact(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.9g}") for value in tensor.reshape(-1).tolist()]}


def nhwc(images):
    return images.permute(0, 2, 3, 1)


torch.manual_seed(23)
CONV = rounded(torch.randn(4, 3, 3, 3) * 0.4)
CONV_BIAS = rounded(torch.randn(4) * 0.1)
DENSE = rounded(torch.randn(6 * 6 * 4, CLASSES) * 0.3)
DENSE_BIAS = rounded(torch.randn(CLASSES) * 0.1)
DRAWN = rounded(torch.rand(300, 3, 6, 6))
# Some pixels at the ends of the range, so that the box matters.
DRAWN[::2, :, 0, :] = 0
DRAWN[1::2, :, :, 0] = 1


def logits(x):
    """Logits of one image [3, 6, 6]."""
    features = F.relu(F.conv2d(x[None], CONV, CONV_BIAS, padding=1))
    return (nhwc(features).reshape(1, -1) @ DENSE + DENSE_BIAS)[0]


def jacobian(x):
    """[classes, 3, 6, 6]"""
    return torch.autograd.functional.jacobian(logits, x)


def prediction(x):
    return int(logits(x).argmax())


def margin(x):
    first, second = logits(x).topk(2)[0].tolist()
    return first - second


# The surest ones: perturbations are large enough to meet the box. One of each class.
IMAGES = torch.stack(
    [max((x for x in DRAWN if prediction(x) == k), key=margin) for k in range(CLASSES) if k in map(prediction, DRAWN)]
)
# The last image is misclassified as it is.
LABELS = [prediction(x) for x in IMAGES]
LABELS[-1] = (LABELS[-1] + 1) % CLASSES


def size(delta, norm):
    flat = delta.reshape(-1)
    return {
        "linf": lambda: flat.abs().max(),
        "l2": lambda: flat.norm(),
        "l1": lambda: flat.abs().sum(),
        "l0": lambda: (flat != 0).sum(),
    }[norm]().item()


def dual(gradient, norm):
    return size(gradient, {"linf": "l1", "l2": "l2", "l1": "linf"}[norm])


# DeepFool -------------------------------------------------------------------------------------------------------


def deepfool(x0, label, norm, steps=50, overshoot=0.02):
    order = logits(x0).argsort(descending=True).tolist()
    total = torch.zeros_like(x0)
    x = x0
    for _ in range(steps):
        if prediction(x) != label:
            break
        values, slopes = logits(x), jacobian(x)
        best = None
        for k in order:
            if k == label:
                continue
            w, f = slopes[k] - slopes[label], (values[k] - values[label]).item()
            distance = abs(f) / (dual(w, norm) + 1e-8)
            if best is None or distance < best[0]:
                best = (distance, w)
        distance, w = best
        if norm == "l2":
            total = total + (distance + 1e-4) / (w.norm() + 1e-8) * w
        else:
            total = total + (distance + 1e-4) * w.sign()
        x = (x0 + (1 + overshoot) * total).clamp(0, 1)
    return x if prediction(x) != label else x0


# FAB ------------------------------------------------------------------------------------------------------------


def project(point, w, b, norm):
    """Way from a point in the box to {z: <w, z> = b} inside the box; as far as the box allows where it does not reach."""
    t, w = point.reshape(-1), w.reshape(-1)
    c = b - (w @ t).item()
    if c < 0:
        w, c = -w, -c
    room = torch.where(w > 0, 1 - t, t)
    u = w.abs()
    if (u * room).sum() <= c:
        return (w.sign() * room).reshape(point.shape)
    if norm == "l1":
        left, way = c, torch.zeros_like(t)
        for i in u.argsort(descending=True).tolist():
            if left <= 0 or u[i] == 0:
                break
            way[i] = min(room[i].item(), left / u[i].item())
            left -= way[i].item() * u[i].item()
        return (w.sign() * way).reshape(point.shape)
    # way = min(m * rate, room): values are full one after the other as m grows.
    rate = torch.ones_like(u) if norm == "linf" else u
    active = u > 0
    full_at = torch.where(active, room / torch.where(active, rate, torch.ones_like(rate)), torch.full_like(u, math.inf))
    reached, slope, m = 0.0, (u * rate).sum().item(), 0.0
    for i in full_at.argsort().tolist():
        at = full_at[i].item()
        if reached + slope * (at - m) >= c:
            break
        reached += slope * (at - m)
        m = at
        slope -= (u[i] * rate[i]).item()
    m += (c - reached) / slope
    return (w.sign() * torch.minimum(m * rate, room) * active).reshape(point.shape)


def fab(x0, label, norm, steps, targets=None, alpha_max=0.1, eta=1.05, beta=0.9):
    """`targets`: the ranks of the classes that are aimed at one after the other; all at once where absent."""
    order = [k for k in logits(x0).argsort(descending=True).tolist() if k != label]
    best, smallest = x0, math.inf
    for aims in [order] if targets is None else [[order[rank - 1]] for rank in targets]:
        x1 = x0
        for _ in range(steps):
            values, slopes = logits(x1), jacobian(x1)
            nearest = None
            for k in aims:
                df, dg = (values[k] - values[label]).item(), slopes[k] - slopes[label]
                distance = abs(df) / (1e-12 + dual(dg, norm))
                if nearest is None or distance < nearest[0]:
                    nearest = (distance, df, dg)
            _, df, dg = nearest
            b = -df + (dg * x1).sum().item()
            d1, d2 = project(x1, dg, b, norm), project(x0, dg, b, norm)
            a1, a2 = max(size(d1, norm), 1e-8), max(size(d2, norm), 1e-8)
            alpha = min(max(a1 / (a1 + a2), 0), alpha_max)
            x1 = ((x1 + eta * d1) * (1 - alpha) + (x0 + eta * d2) * alpha).clamp(0, 1)
            if prediction(x1) != label:
                length = size(x1 - x0, norm)
                if length < smallest:
                    best, smallest = x1, length
                x1 = x0 + (x1 - x0) * beta
    return best


# C&W and EAD ----------------------------------------------------------------------------------------------------


def shortfall(values, label, confidence):
    others = torch.cat([values[:label], values[label + 1 :]]).max()
    return F.relu(values[label] - others + confidence)


def weights(searches, initial, attempt):
    low, high, c = 0.0, math.inf, initial
    for _ in range(searches):
        if attempt(c):
            high = c
        else:
            low = c
        c = 10 * c if math.isinf(high) else (low + high) / 2


def misclassified(x, label, confidence):
    values = logits(x)
    others = torch.cat([values[:label], values[label + 1 :]]).max()
    return (others - values[label]).item() > confidence


class Progress:
    """Early abort: an image without an example stops when neither its loss nor what it misses reached a new low."""

    def __init__(self, every):
        self.every, self.low, self.checked = every, [math.inf] * 2, [math.inf] * 2

    def stalls(self, step, found, *values):
        self.low = [min(low, value) for low, value in zip(self.low, values)]
        if step % self.every != 0:
            return False
        improves = any(low <= 0.9999 * before for low, before in zip(self.low, self.checked))
        self.checked = self.low
        return not improves and not found


def cw(x0, label, steps, searches, initial, rate, confidence=0.0, abort=True):
    origin = torch.atanh((2 * x0 - 1) * 0.999999)

    def pixels(w):
        return (torch.tanh(origin + w) + 1) / 2

    start = pixels(torch.zeros_like(x0))
    best = [x0, math.inf]

    def attempt(c):
        w = torch.zeros_like(x0, requires_grad=True)
        adam = torch.optim.Adam([w], lr=rate, betas=(0.9, 0.999), eps=1e-8)
        found, progress = False, Progress(math.ceil(steps / 10))
        for step in range(1, steps + 1):
            adam.zero_grad()
            x = pixels(w)
            missing = shortfall(logits(x), label, confidence)
            loss = c * missing + ((x - start) ** 2).sum()
            loss.backward()
            x = x.detach()
            if misclassified(x, label, confidence):
                found = True
                length = ((x - x0) ** 2).sum().item()
                if length < best[1]:
                    best[:] = [x, length]
            adam.step()
            if abort and progress.stalls(step, found, loss.item(), missing.item()):
                break
        return found

    weights(searches, initial, attempt)
    return best[0]


def ead(x0, label, steps, searches, initial, rate, rule, beta, confidence=0.0, abort=True):
    best = [x0, math.inf]

    def attempt(c):
        x, y = x0, x0
        found, progress = False, Progress(math.ceil(steps / 10))
        for k in range(steps):
            y = y.detach().requires_grad_(True)
            missing = shortfall(logits(y), label, confidence)
            smooth = c * missing + ((y - x0) ** 2).sum()
            gradient = torch.autograd.grad(smooth, y)[0]
            y = y.detach()
            loss = smooth.item() + beta * (y - x0).abs().sum().item()
            z = y - rate * math.sqrt(1 - k / steps) * gradient
            delta = z - x0
            new = torch.where(
                delta > beta,
                (z - beta).clamp(max=1),
                torch.where(delta < -beta, (z + beta).clamp(min=0), x0),
            )
            y = new + k / (k + 3) * (new - x)
            x = new
            if misclassified(x, label, confidence):
                found = True
                l1, l2 = (x - x0).abs().sum().item(), ((x - x0) ** 2).sum().item()
                length = l1 if rule == "l1" else beta * l1 + l2
                if length < best[1]:
                    best[:] = [x, length]
            if abort and progress.stalls(k + 1, found, loss, missing.item()):
                break
        return found

    weights(searches, initial, attempt)
    return best[0]


# JSMA -----------------------------------------------------------------------------------------------------------


def jsma(x0, label, theta, gamma, targets):
    order = [k for k in logits(x0).argsort(descending=True).tolist() if k != label]
    best, smallest = x0, math.inf
    for target in order[:targets]:
        x = x0.clone()
        for _ in range(int(x0.numel() * gamma / 2)):
            if prediction(x) != label:
                break
            slopes = jacobian(x).reshape(CLASSES, -1)
            alpha, beta = slopes[target], slopes.sum(0) - slopes[target]
            free = (x < 1 if theta > 0 else x > 0).reshape(-1)
            a, b = alpha[:, None] + alpha[None], beta[:, None] + beta[None]
            helps = (a > 0) & (b < 0) if theta > 0 else (a < 0) & (b > 0)
            helps &= free[:, None] & free[None] & ~torch.eye(len(alpha), dtype=torch.bool)
            if not helps.any():
                break
            p, q = divmod(int(torch.where(helps, -a * b, torch.full_like(a, -math.inf)).argmax()), len(alpha))
            for i in (p, q):
                flat = x.reshape(-1)
                flat[i] = (flat[i] + theta).clamp(0, 1)
        if prediction(x) != label and size(x - x0, "l0") < smallest:
            best, smallest = x, size(x - x0, "l0")
    return best


# ----------------------------------------------------------------------------------------------------------------


def main():
    optimized = {"steps": 40, "searches": 5, "initialConstant": 0.01, "stepSize": 0.05}
    arguments = {"steps": 40, "searches": 5, "initial": 0.01, "rate": 0.05}
    plan = [({"name": "deepfool", "norm": norm}, "deepfool", {"norm": norm}) for norm in ("l2", "linf")]
    for norm in ("linf", "l2", "l1"):
        plan.append(({"name": "fab", "norm": norm, "steps": 12}, "fab", {"norm": norm, "steps": 12}))
        plan.append(
            (
                {"name": "fab-t", "norm": norm, "steps": 8, "targets": 3},
                "fab",
                {"norm": norm, "steps": 8, "targets": [1, 2, 3]},
            )
        )
    plan += [
        ({"name": "cw", **optimized}, "cw", arguments),
        ({"name": "cw", **optimized, "confidence": 0.3, "abortEarly": False}, "cw",
         {**arguments, "confidence": 0.3, "abort": False}),
        ({"name": "ead", **optimized, "beta": 0.01}, "ead", {**arguments, "rule": "en", "beta": 0.01}),
        ({"name": "ead", **optimized, "beta": 0.02, "rule": "l1"}, "ead", {**arguments, "rule": "l1", "beta": 0.02}),
        ({"name": "jsma", "gamma": 0.3, "targets": 4}, "jsma", {"theta": 1, "gamma": 0.3, "targets": 4}),
        ({"name": "jsma", "theta": -0.4, "gamma": 0.3}, "jsma", {"theta": -0.4, "gamma": 0.3, "targets": 1}),
    ]
    attacks = {"deepfool": deepfool, "fab": fab, "cw": cw, "ead": ead, "jsma": jsma}
    cases = []
    for parameters, name, keywords in plan:
        found = [
            x if prediction(x) != label else attacks[name](x, label, **keywords) for x, label in zip(IMAGES, LABELS)
        ]
        norm = {"cw": "l2", "ead": "l1", "jsma": "l0"}.get(name) or keywords["norm"]
        sizes = [size(a - x, norm) for a, x in zip(found, IMAGES)]
        broken = [prediction(a) != label for a, label in zip(found, LABELS)]
        print(parameters, [f"{value:.4f}" for value in sizes], broken)
        cases.append({"parameters": parameters, "adversarial": stored(nhwc(torch.stack(found)))})
    vectors = {
        "classes": CLASSES,
        "weights": [exact(CONV.permute(2, 3, 1, 0)), exact(CONV_BIAS), exact(DENSE), exact(DENSE_BIAS)],
        "images": exact(nhwc(IMAGES)),
        "labels": LABELS,
        "cases": cases,
    }
    (HERE / "minimal-norm.json").write_text(json.dumps(vectors, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
