#!/usr/bin/env python3
"""Reference vectors for PGD on the margin of the logits ("CW-PGD") and on the DLR loss, from PyTorch in double precision.

    python3 test/reference/make_cw_pgd.py   # writes cw_pgd.json beside itself

The network, its images and its labels are those of gradient_attacks.json. Losses and steps are written from their
definitions (Carlini and Wagner, S&P 2017, without the clamp; Croce and Hein, ICML 2020; Madry et al., ICLR 2018; Dong et
al., CVPR 2018), from starts that are kept with the results. Where torchattacks is installed, its own functions of the two
losses are called on the same logits, and the largest difference is printed.

Where the label has the third largest logit, the DLR loss is 1 whatever the logits are, and its gradient 0 but for rounding,
which then decides where a step along the sign goes. Images that come to such a point are marked as `flat`.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
shared = json.loads((HERE / "gradient_attacks.json").read_text())
CLASSES = shared["classes"]


def loaded(entry):
    # The values are float32: both sides start from the same bits.
    return torch.tensor(entry["data"], dtype=torch.float64).float().double().reshape(entry["shape"])


def stored(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.8g}") for v in tensor.reshape(-1).tolist()]}


kernel, kernel_bias, dense, dense_bias = map(loaded, shared["weights"])
kernel = kernel.permute(3, 2, 0, 1)
images = loaded(shared["images"]).permute(0, 3, 1, 2)
labels = torch.tensor(shared["labels"])
COUNT = len(labels)


def network(x):
    """conv 3x3 (same) - tanh - dense; features in the order of NHWC."""
    features = torch.tanh(F.conv2d(x, kernel, kernel_bias, padding=1))
    return features.permute(0, 2, 3, 1).reshape(len(x), -1) @ dense + dense_bias


def cw(z, y, t):
    if t is not None:
        return z.gather(1, t[:, None])[:, 0] - z.gather(1, y[:, None])[:, 0]
    wrong = z.masked_fill(F.one_hot(y, CLASSES).bool(), -torch.inf).amax(1)
    return wrong - z.gather(1, y[:, None])[:, 0]


def dlr(z, y, t):
    ordered = z.sort(1, descending=True).values
    if t is not None:
        return cw(z, y, t) / (ordered[:, 0] - (ordered[:, 2] + ordered[:, 3]) / 2 + 1e-12)
    return cw(z, y, None) / (ordered[:, 0] - ordered[:, 2] + 1e-12)


LOSSES = {"cw": cw, "dlr": dlr}


def direction(norm, gradient):
    if norm == "linf":
        return gradient.sign()
    return gradient / gradient.flatten(1).norm(dim=1)[:, None, None, None]


def projected(norm, delta, epsilon):
    if norm == "linf":
        return delta.clamp(-epsilon, epsilon)
    length = delta.flatten(1).norm(dim=1)[:, None, None, None]
    return delta * (epsilon / length).clamp(max=1)


def pgd(loss, start, targets, norm, epsilon, step, steps, momentum):
    x = (images + start).clamp(0, 1)
    velocity = torch.zeros_like(x)
    flat = torch.zeros(COUNT, dtype=torch.bool)
    for _ in range(steps):
        x.requires_grad_(True)
        gradient = torch.autograd.grad(LOSSES[loss](network(x), labels, targets).sum(), x)[0]
        x = x.detach()
        flat |= gradient.abs().amax((1, 2, 3)) < 1e-9
        if momentum > 0:
            velocity = momentum * velocity + gradient / gradient.abs().mean((1, 2, 3), keepdim=True)
            gradient = velocity
        moved = x + step * direction(norm, gradient)
        x = (images + projected(norm, moved - images, epsilon)).clamp(0, 1)
    return x, flat.tolist()


def start_of(norm, epsilon, generator):
    if norm == "none":
        return torch.zeros_like(images)
    if norm == "linf":
        noise = epsilon * (2 * torch.rand(images.shape, generator=generator, dtype=torch.float64) - 1)
    else:
        noise = torch.randn(images.shape, generator=generator, dtype=torch.float64)
        length = noise.flatten(1).norm(dim=1) / (epsilon * torch.rand(COUNT, generator=generator, dtype=torch.float64))
        noise = noise / length[:, None, None, None]
    return noise.float().double()


# loss, aims at the class after the label, norm, epsilon, step, steps, momentum, norm of the start
CASES = [
    ("cw", False, "linf", 8 / 255, 2 / 255, 20, 0, "linf"),
    ("dlr", False, "linf", 8 / 255, 2 / 255, 20, 0, "linf"),
    ("cw", False, "linf", 0.15, 0.04, 20, 0, "linf"),
    ("cw", True, "linf", 0.15, 0.04, 20, 0, "linf"),
    ("dlr", False, "linf", 0.05, 0.0125, 20, 0, "linf"),
    ("dlr", True, "linf", 0.15, 0.04, 20, 0, "linf"),
    ("cw", False, "l2", 0.8, 0.2, 10, 0, "l2"),
    ("dlr", True, "l2", 0.8, 0.2, 10, 0, "l2"),
    ("cw", False, "linf", 0.1, 0.025, 10, 0, "none"),
    ("dlr", True, "linf", 0.1, 0.025, 10, 0, "none"),
    ("cw", False, "linf", 0.1, 0.025, 10, 1, "none"),
]


def main():
    generator = torch.Generator().manual_seed(11)
    cases = []
    for loss, targeted, norm, epsilon, step, steps, momentum, start_norm in CASES:
        start = start_of(start_norm, epsilon, generator)
        targets = (labels + 1) % CLASSES if targeted else None
        found, flat = pgd(loss, start, targets, norm, epsilon, step, steps, momentum)
        predictions = network(found).argmax(1).tolist()
        cases.append(
            {
                **{"loss": loss, "targeted": targeted, "norm": norm, "epsilon": epsilon, "stepSize": step},
                **{"steps": steps, "momentum": momentum},
                **({} if start_norm == "none" else {"start": stored(start.permute(0, 2, 3, 1))}),
                **{"adversarial": stored(found.permute(0, 2, 3, 1)), "predictions": predictions, "flat": flat},
            }
        )
        print(loss, "targeted" if targeted else "", norm, f"{epsilon:.4f}", "->", predictions, "of", labels.tolist())
    (HERE / "cw_pgd.json").write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
    compare()


def compare():
    try:
        import torchattacks
    except ImportError:
        return
    module = torch.nn.Linear(1, 1)
    z = network(images)
    of_apgd = torchattacks.APGD(module, loss="dlr").dlr_loss(z, labels)
    print("dlr against torchattacks' APGD:", (of_apgd - dlr(z, labels, None)).abs().max().item())
    # It takes masked logits for 0, which is the same where all are above 0; a margin does not change by a shift.
    of_cw = torchattacks.CW(module, kappa=1e9).f(z + 100, labels)
    print("cw against torchattacks' CW without its clamp:", (of_cw + cw(z, labels, None)).abs().max().item())


main()
