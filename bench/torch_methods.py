"""One step of each training method in plain PyTorch, with the passes over the network that its rule has.

A step takes the benchmark (`torch_peer.Bench`): `network` and its optimizer, `answer`, which is the network as it is run, and the
batch `x`, `y` in [0, 1]. Parameters are the defaults of this project's methods.
"""

from contextlib import contextmanager

import torch
import torch.nn.functional as F

EPSILON, STEP, STEPS, CLASSES = 8 / 255, 2 / 255, 10, 10


@contextmanager
def frozen(network):
    """No gradients of the weights inside: an attack needs none."""
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in network.parameters():
            parameter.requires_grad_(True)


def uniform(x, size=EPSILON):
    return torch.empty_like(x).uniform_(-size, size)


def ascend(x, start, objective, steps=STEPS, step=STEP):
    """Signed gradient steps on the objective of the images, in the ball and in [0, 1]."""
    adversarial = start.clamp(0, 1)
    for _ in range(steps):
        adversarial.requires_grad_(True)
        (gradient,) = torch.autograd.grad(objective(adversarial), adversarial)
        with torch.no_grad():
            adversarial = adversarial + step * gradient.sign()
            adversarial = (x + (adversarial - x).clamp(-EPSILON, EPSILON)).clamp(0, 1)
    return adversarial.detach()


def pgd(answer, x, y, steps=STEPS):
    return ascend(x, x + uniform(x), lambda images: F.cross_entropy(answer(images), y), steps)


def rectangle(x):
    """The CutMix box, one an image: sides (H, W) * sqrt(1 - r), r ~ Beta(1, 1)."""
    mask = torch.zeros(len(x), 1, *x.shape[2:])
    height, width = x.shape[2:]
    for image in mask:
        side = float(torch.rand(()).sqrt())
        row, column = int(torch.randint(height, ())), int(torch.randint(width, ()))
        half_height, half_width = int(height * side) // 2, int(width * side) // 2
        image[
            0, max(row - half_height, 0) : row + half_height, max(column - half_width, 0) : column + half_width
        ] = 1
    return mask


def standard(bench):
    bench.sgd_step(bench.x, bench.y)


def pgd_at(bench):
    bench.network.train()
    with frozen(bench.network):
        adversarial = pgd(bench.answer, bench.x, bench.y)
    bench.sgd_step(adversarial, bench.y)


def m2at(bench):
    bench.network.train()
    x = bench.x
    with frozen(bench.network):
        delta = pgd(bench.answer, x, bench.y) - x
    mask, mix = rectangle(x), torch.rand(len(x), 1, 1, 1)
    bench.sgd_step(mix * (x + mask * delta) + (1 - mix) * (x + (1 - mask) * delta), bench.y)


methods = {
    "standard": standard,
    "pgd-at": pgd_at,
    "m2at": m2at,
}
