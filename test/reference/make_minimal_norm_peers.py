#!/usr/bin/env python3
"""What foolbox, torchattacks and auto-attack find on a small trained network: sizes of their minimal perturbations.

    PYTHONPATH=FOOLBOX:EAGERPY:TORCHATTACKS:AUTO-ATTACK python3 test/reference/make_minimal_norm_peers.py

Writes minimal-norm-peers.json beside itself. The network is trained here on images made up here: ten smooth patterns
and noise. Every library runs with the parameters that stand beside its results.
"""
import json
import pathlib

import foolbox
import torch
import torch.nn.functional as F
import torchattacks
from autoattack.fab_pt import FABAttack_PT
from torch import nn

HERE = pathlib.Path(__file__).parent
CLASSES, SIDE, COUNT = 10, 12, 32
torch.manual_seed(5)

PATTERNS = F.interpolate(torch.rand(CLASSES, 3, 4, 4), size=SIDE, mode="bicubic", align_corners=False)


def draw(count):
    labels = torch.randint(CLASSES, (count,))
    images = 0.25 + 0.5 * PATTERNS[labels] + 0.15 * torch.randn(count, 3, SIDE, SIDE)
    return (images.clamp(0, 1) * 255).round() / 255, labels


class FlattenNhwc(nn.Module):
    """TF.js's order of values."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).reshape(len(x), -1)


MODEL = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU(), FlattenNhwc(),
    nn.Linear(12 * (SIDE // 2) ** 2, CLASSES),
)
optimizer = torch.optim.Adam(MODEL.parameters(), lr=0.003)
for _ in range(400):
    x, y = draw(64)
    optimizer.zero_grad()
    F.cross_entropy(MODEL(x), y).backward()
    optimizer.step()
with torch.no_grad():
    for parameter in MODEL.parameters():
        parameter.requires_grad_(False)
        # Short numbers: six digits are enough for both sides to start from.
        parameter.copy_(torch.tensor([float(f"{v:.5g}") for v in parameter.reshape(-1).tolist()]).reshape(parameter.shape))
MODEL.eval()
x, y = draw(1000)
print("accuracy", (MODEL(x).argmax(1) == y).float().mean().item())
correct = (MODEL(x).argmax(1) == y).nonzero()[:COUNT, 0]
IMAGES, LABELS = x[correct], y[correct]


def sizes(adversarial, norm):
    """None where the network is not fooled."""
    delta = (adversarial - IMAGES).flatten(1)
    length = {"linf": delta.abs().amax(1), "l2": delta.norm(dim=1), "l1": delta.abs().sum(1), "l0": (delta != 0).sum(1)}[norm]
    fooled = MODEL(adversarial).argmax(1) != LABELS
    return [float(f"{value:.6g}") if ok else None for value, ok in zip(length.tolist(), fooled.tolist())]


def with_foolbox(attack, norm):
    model = foolbox.PyTorchModel(MODEL, bounds=(0, 1), device="cpu")
    return sizes(attack.run(model, IMAGES, LABELS), norm)


def with_torchattacks(attack, norm):
    return sizes(attack(IMAGES, LABELS), norm)


def with_fab(norm, **keywords):
    attack = FABAttack_PT(MODEL, norm={"linf": "Linf", "l2": "L2", "l1": "L1"}[norm], eps=1e9, seed=0, device="cpu",
                          **keywords)
    if not keywords.get("n_target_classes"):
        return sizes(attack.attack_single_run(IMAGES, LABELS), norm)
    best, smallest = IMAGES.clone(), torch.full((len(IMAGES),), float("inf"))
    for target in range(2, 2 + keywords["n_target_classes"]):
        attack.target_class = target
        found = attack.attack_single_run(IMAGES, LABELS, is_targeted=True)
        length = torch.tensor([float("inf") if v is None else v for v in sizes(found, norm)])
        best[length < smallest] = found[length < smallest]
        smallest = torch.minimum(length, smallest)
    return sizes(best, norm)


STEPS, SEARCHES = 200, 6
boxes = foolbox.attacks
cases = []


def case(norm, parameters, **peers):
    for peer, found in peers.items():
        there = sorted(value for value in found if value is not None)
        print(parameters["name"], norm, peer, len(there), "median", there[len(there) // 2])
    cases.append({"parameters": parameters, "norm": norm, "peers": peers})


case("l2", {"name": "deepfool", "norm": "l2"},
     foolbox=with_foolbox(boxes.L2DeepFoolAttack(), "l2"),
     torchattacks=with_torchattacks(torchattacks.DeepFool(MODEL, steps=50, overshoot=0.02), "l2"))
case("linf", {"name": "deepfool", "norm": "linf"}, foolbox=with_foolbox(boxes.LinfDeepFoolAttack(), "linf"))
for norm in ("linf", "l2", "l1"):
    case(norm, {"name": "fab", "norm": norm, "steps": 50}, autoattack=with_fab(norm, n_iter=50))
    case(norm, {"name": "fab-t", "norm": norm, "steps": 20, "targets": 4},
         autoattack=with_fab(norm, n_iter=20, n_target_classes=4))
case("l2", {"name": "cw", "steps": STEPS, "searches": SEARCHES, "initialConstant": 0.1},
     foolbox=with_foolbox(boxes.L2CarliniWagnerAttack(binary_search_steps=SEARCHES, steps=STEPS, initial_const=0.1), "l2"),
     torchattacks=with_torchattacks(torchattacks.CW(MODEL, c=1, steps=STEPS, lr=0.01), "l2"))
for rule in ("en", "l1"):
    case("l1", {"name": "ead", "steps": STEPS, "searches": SEARCHES, "initialConstant": 0.1, "beta": 0.01, "rule": rule},
         foolbox=with_foolbox(boxes.EADAttack(binary_search_steps=SEARCHES, steps=STEPS, initial_const=0.1,
                                              regularization=0.01, decision_rule=rule.upper()), "l1"))
case("l0", {"name": "jsma"}, torchattacks=with_torchattacks(torchattacks.JSMA(MODEL, theta=1.0, gamma=0.1), "l0"))

hwio = lambda kernel: kernel.permute(2, 3, 1, 0)
weights = [hwio(MODEL[0].weight), MODEL[0].bias, hwio(MODEL[3].weight), MODEL[3].bias, MODEL[6].weight.T, MODEL[6].bias]
vectors = {
    "classes": CLASSES,
    "side": SIDE,
    "weights": [{"shape": list(w.shape), "data": [float(f"{v:.5g}") for v in w.reshape(-1).tolist()]} for w in weights],
    "pixels": (IMAGES * 255).round().int().permute(0, 2, 3, 1).reshape(-1).tolist(),
    "labels": LABELS.tolist(),
    "cases": cases,
}
(HERE / "minimal-norm-peers.json").write_text(json.dumps(vectors, separators=(",", ":")) + "\n")
