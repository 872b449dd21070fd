#!/usr/bin/env python3
"""What torchattacks, foolbox and others reach on digits.onnx when they aim at the class after the label.

    python3 test/reference/make_targeted_peers.py

needs torch, onnx, torchattacks 3.5, foolbox 3.3 and adversarial-robustness-toolbox 1.20, and writes
targeted-peers.json beside itself: for each attack its parameters as they are named here, and for each library how many
of the images that are classified right it makes the network take for their target; for attacks that look for the
smallest perturbation also the median norm (null where half of the images reach no target).
"""
import json
import pathlib
import random

import art.attacks.evasion
import art.estimators.classification
import foolbox
import numpy as np
import onnx
import torch
import torch.nn.functional as F
import torchattacks
from onnx import numpy_helper
from torch import nn

HERE = pathlib.Path(__file__).parent
CASES = HERE / "cases"
CLASSES = 10
torch.set_num_threads(1)

weights = {w.name: torch.from_numpy(numpy_helper.to_array(w).copy()) for w in onnx.load(CASES / "digits.onnx").graph.initializer}


class Digits(nn.Module):
    """The graph of digits.onnx: two convolutions with pooling, one dense layer."""

    def __init__(self):
        super().__init__()
        # torchattacks asks a model for its parameters to find its device.
        self.w1, self.b1, self.w4, self.b4, self.w8, self.b8 = (
            nn.Parameter(weights[name], requires_grad=False) for name in ("w1", "b1", "w4", "b4", "w8", "b8")
        )

    def forward(self, x):
        x = F.max_pool2d(F.relu(F.conv2d(x, self.w1, self.b1, padding=1)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, self.w4, self.b4, padding=1)), 2)
        return F.linear(x.flatten(1), self.w8, self.b8)


MODEL = Digits().eval()
ALL = torch.from_numpy(np.load(CASES / "x.npy"))
TRUTH = torch.from_numpy(np.load(CASES / "y.npy")).long()
ANSWERS = MODEL(ALL).argmax(1)
RIGHT = (ANSWERS == TRUTH).nonzero()[:, 0]
X, Y = ALL[RIGHT], TRUTH[RIGHT]
T = (Y + 1) % CLASSES
TA, FB = torchattacks, foolbox.attacks
FMODEL = foolbox.PyTorchModel(MODEL, bounds=(0, 1), device="cpu")
CRITERION = foolbox.criteria.TargetedMisclassification(T)
NORMS = {
    "linf": lambda d: d.flatten(1).abs().amax(1),
    "l2": lambda d: d.flatten(1).norm(dim=1),
    "l1": lambda d: d.flatten(1).abs().sum(1),
    "l0": lambda d: (d.flatten(1) != 0).sum(1).float(),
}


def seed():
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


def by_torchattacks(attack):
    if isinstance(attack, TA.SPSA):
        # It takes the labels that it is given for the targets, whatever the mode.
        attack.set_mode_targeted_by_label(quiet=True)
        return attack(X, T).detach()
    attack.set_mode_targeted_by_function(lambda images, labels: (labels + 1) % CLASSES, quiet=True)
    return attack(X, Y).detach()


def by_foolbox(attack, epsilon=None, **run):
    _, clipped, _ = attack(FMODEL, X, CRITERION, epsilons=epsilon, **run)
    return clipped.detach()


def by_art_simba(steps, step):
    class Probabilities(nn.Module):
        def forward(self, x):
            return F.softmax(MODEL(x), dim=1)

    classifier = art.estimators.classification.PyTorchClassifier(
        Probabilities(), nn.CrossEntropyLoss(), (1, 8, 8), CLASSES, clip_values=(0, 1)
    )
    attack = art.attacks.evasion.SimBA(
        classifier, attack="px", max_iter=steps, order="random", epsilon=step, targeted=True, verbose=False
    )
    return torch.from_numpy(attack.generate(X.numpy(), y=np.eye(CLASSES, dtype=np.float32)[T.numpy()]))


def nearest_starts():
    """The nearest of all images that the network takes for the target: where decision-based attacks begin here, too."""
    starts = []
    for image, target in zip(X, T):
        candidates = ALL[ANSWERS == target]
        starts.append(candidates[(candidates - image).flatten(1).norm(dim=1).argmin()])
    return torch.stack(starts)


STARTS = nearest_starts()
EPS = 0.2


def fb_pgd(cls, epsilon, step, steps, start):
    return lambda: by_foolbox(cls(abs_stepsize=step, steps=steps, random_start=start), epsilon)


def ta(name, **arguments):
    return lambda: by_torchattacks(getattr(TA, name)(MODEL, **arguments))


# Parameters, the norm, its bound (absent: a minimal norm), and the libraries. torchattacks asks for two forward passes for
# each of its nb_sample directions; here they are `samples`.
RUNS = [
    ({"name": "fgsm", "epsilon": EPS}, "linf", EPS, {"torchattacks FGSM": ta("FGSM", eps=EPS)}),
    (
        {"name": "fgsm-rs", "epsilon": EPS, "stepSize": 0.25}, "linf", EPS,
        {"torchattacks FFGSM": ta("FFGSM", eps=EPS, alpha=0.25)},
    ),
    (
        {"name": "bim", "epsilon": EPS, "stepSize": 0.04, "steps": 10}, "linf", EPS,
        {
            "torchattacks BIM": ta("BIM", eps=EPS, alpha=0.04, steps=10),
            "foolbox LinfBasicIterativeAttack": fb_pgd(FB.LinfBasicIterativeAttack, EPS, 0.04, 10, False),
        },
    ),
    (
        {"name": "mi-fgsm", "epsilon": EPS, "stepSize": 0.04, "steps": 10}, "linf", EPS,
        {"torchattacks MIFGSM": ta("MIFGSM", eps=EPS, alpha=0.04, steps=10, decay=1.0)},
    ),
    (
        {"name": "pgd", "epsilon": EPS, "stepSize": 0.02, "steps": 20}, "linf", EPS,
        {
            "torchattacks PGD": ta("PGD", eps=EPS, alpha=0.02, steps=20),
            "foolbox LinfPGD": fb_pgd(FB.LinfPGD, EPS, 0.02, 20, True),
        },
    ),
    (
        {"name": "pgd", "norm": "l2", "epsilon": 0.8, "stepSize": 0.1, "steps": 20}, "l2", 0.8,
        {
            "torchattacks PGDL2": ta("PGDL2", eps=0.8, alpha=0.1, steps=20),
            "foolbox L2PGD": fb_pgd(FB.L2PGD, 0.8, 0.1, 20, True),
        },
    ),
    (
        {"name": "pgd", "norm": "l1", "epsilon": 4, "stepSize": 0.5, "steps": 40}, "l1", 4,
        {"foolbox SparseL1DescentAttack": lambda: by_foolbox(
            FB.SparseL1DescentAttack(abs_stepsize=0.5, steps=40, random_start=True), 4)},
    ),
    (
        {"name": "apgd-ce", "epsilon": EPS, "steps": 30}, "linf", EPS,
        {"torchattacks PGD, 30 steps": ta("PGD", eps=EPS, alpha=0.02, steps=30)},
    ),
    (
        {"name": "apgd-dlr", "epsilon": EPS, "steps": 30}, "linf", EPS,
        {"torchattacks PGD, 30 steps": ta("PGD", eps=EPS, alpha=0.02, steps=30)},
    ),
    (
        {"name": "apgd-t", "epsilon": EPS, "steps": 30}, "linf", EPS,
        {"torchattacks PGD, 30 steps": ta("PGD", eps=EPS, alpha=0.02, steps=30)},
    ),
    (
        {"name": "cw", "steps": 100, "searches": 6, "initialConstant": 0.01}, "l2", None,
        {
            "foolbox L2CarliniWagnerAttack": lambda: by_foolbox(
                FB.L2CarliniWagnerAttack(binary_search_steps=6, steps=100, initial_const=0.01)),
            "torchattacks CW": ta("CW", c=1, kappa=0, steps=600, lr=0.01),
        },
    ),
    (
        {"name": "ead", "steps": 100, "searches": 6, "initialConstant": 0.01}, "l1", None,
        {
            "foolbox EADAttack": lambda: by_foolbox(
                FB.EADAttack(binary_search_steps=6, steps=100, initial_const=0.01, regularization=0.001)),
            "torchattacks EADEN": ta("EADEN", binary_search_steps=6, max_iterations=100, initial_const=0.01, beta=0.001),
        },
    ),
    ({"name": "jsma", "gamma": 0.125}, "l0", None, {"torchattacks JSMA": ta("JSMA", theta=1.0, gamma=0.125)}),
    (
        {"name": "fab", "norm": "linf", "steps": 30}, "linf", None,
        {"torchattacks FAB": ta("FAB", norm="Linf", steps=30, eps=1.0, n_restarts=1)},
    ),
    (
        {"name": "fab-t", "norm": "l2", "steps": 30}, "l2", None,
        {"torchattacks FAB": ta("FAB", norm="L2", steps=30, eps=10.0, n_restarts=1)},
    ),
    (
        {"name": "square", "epsilon": EPS, "queries": 300}, "linf", EPS,
        {"torchattacks Square": ta("Square", norm="Linf", eps=EPS, n_queries=300, p_init=0.8, resc_schedule=False)},
    ),
    (
        {"name": "spsa", "epsilon": EPS, "steps": 15, "samples": 64, "stepSize": 0.02}, "linf", EPS,
        {"torchattacks SPSA": ta("SPSA", eps=EPS, delta=0.01, lr=0.02, nb_iter=15, nb_sample=32)},
    ),
    (
        {"name": "nes", "epsilon": EPS, "steps": 15, "samples": 64, "stepSize": 0.02}, "linf", EPS,
        {"torchattacks SPSA, as many queries": ta("SPSA", eps=EPS, delta=0.01, lr=0.02, nb_iter=15, nb_sample=32)},
    ),
    (
        {"name": "simba", "norm": "l2", "epsilon": 8, "stepSize": 0.2, "queries": 150}, "l2", None,
        {"art SimBA": lambda: by_art_simba(75, 0.2)},
    ),
    (
        {"name": "hopskipjump", "norm": "l2", "steps": 6}, "l2", None,
        {"foolbox HopSkipJumpAttack": lambda: by_foolbox(
            FB.HopSkipJumpAttack(steps=6, initial_gradient_eval_steps=100), starting_points=STARTS)},
    ),
    (
        {"name": "boundary", "steps": 400, "updateEvery": 10}, "l2", None,
        {"foolbox BoundaryAttack": lambda: by_foolbox(
            FB.BoundaryAttack(steps=400, update_stats_every_k=10), starting_points=STARTS)},
    ),
]


def measured(found, norm, epsilon):
    # A black image is what foolbox returns where it has found nothing; the network may take that for the target.
    reached = (MODEL(found).argmax(1) == T) & (found.flatten(1).amax(1) > 0)
    lengths = NORMS[norm](found - X)
    if epsilon is not None:
        assert (lengths <= epsilon + 1e-4).all(), lengths.max()
        return {"reached": int(reached.sum())}
    sizes = sorted(float(length) if ok else float("inf") for length, ok in zip(lengths, reached))
    median = sizes[len(sizes) // 2]
    return {"reached": int(reached.sum()), "median": None if median == float("inf") else float(f"{median:.5g}")}


cases = []
for parameters, norm, epsilon, peers in RUNS:
    results = {}
    for name, run in peers.items():
        seed()
        results[name] = measured(run(), norm, epsilon)
    print(parameters, results, flush=True)
    cases.append({"parameters": parameters, "peers": results})
(HERE / "targeted-peers.json").write_text(json.dumps({"attacked": len(X), "cases": cases}, indent=1) + "\n")
