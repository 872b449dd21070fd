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


@contextmanager
def still(network):
    """BatchNorm takes the statistics of the batch inside, and does not move its running ones."""
    layers = [layer for layer in network.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    for layer in layers:
        layer.momentum = 0.0
    try:
        yield
    finally:
        for layer in layers:
            layer.momentum = 0.1


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


def avmixup(bench):
    bench.network.train()
    x, count = bench.x, len(bench.x)
    with frozen(bench.network), still(bench.network):
        adversarial = pgd(bench.answer, x, bench.y)
    vertex = (x + 2 * (adversarial - x)).clamp(0, 1)
    mix = torch.rand(count, 1, 1, 1)
    hard = F.one_hot(bench.y, CLASSES).float()
    smooth = 0.1 * hard + 0.9 * (1 - hard) / (CLASSES - 1)
    share = mix.flatten(1)
    bench.sgd_step(mix * x + (1 - mix) * vertex, share * hard + (1 - share) * smooth)


def divergence(logits, clean):
    """KL(clean || logits) of each image; `clean` are log-probabilities."""
    return F.kl_div(F.log_softmax(logits, 1), clean, reduction="none", log_target=True).sum(1)


def trades_attack(bench):
    bench.network.eval()
    with frozen(bench.network):
        with torch.no_grad():
            clean = F.log_softmax(bench.answer(bench.x), 1)
        start = bench.x + 0.001 * torch.randn_like(bench.x)
        objective = lambda images: divergence(bench.answer(images), clean).sum()
        return ascend(bench.x, start, objective)


def trades(bench, beta=6):
    adversarial = trades_attack(bench)
    bench.network.train()
    logits = bench.answer(bench.x)
    apart = divergence(bench.answer(adversarial), F.log_softmax(logits, 1)).mean()
    bench.minimize(F.cross_entropy(logits, bench.y) + beta * apart)


def mart(bench, beta=5):
    bench.network.eval()
    x, y = bench.x, bench.y
    with frozen(bench.network):
        start = x + 0.001 * torch.randn_like(x)
        adversarial = ascend(x, start, lambda images: F.cross_entropy(bench.answer(images), y))
    bench.network.train()
    clean, attacked = bench.answer(x).softmax(1), bench.answer(adversarial).softmax(1)
    true = F.one_hot(y, CLASSES).bool()
    of_true, of_attacked = clean[true], attacked[true]
    wrong = attacked.masked_fill(true, 0).amax(1)
    boosted = -(of_attacked + 1e-12).log() - (1.0001 - wrong + 1e-12).log()
    apart = (clean * ((clean + 1e-12).log() - (attacked + 1e-12).log())).sum(1)
    bench.minimize(boosted.mean() + beta * (apart * (1.0000001 - of_true)).mean())


def hat(bench, beta=2.5, gamma=0.5, h=2):
    adversarial = trades_attack(bench)
    x = bench.x
    if "helper" not in bench.kept:
        bench.kept["helper"] = bench.copy()
    with torch.no_grad():
        label = bench.kept["helper"](adversarial).argmax(1)
    bench.network.train()
    logits = bench.answer(x)
    apart = divergence(bench.answer(adversarial), F.log_softmax(logits, 1)).mean()
    helped = F.cross_entropy(bench.answer((x + h * (adversarial - x))), label)
    bench.minimize(F.cross_entropy(logits, bench.y) + beta * apart + gamma * helped)


def score(bench, beta=4):
    x = bench.x
    bench.network.train()
    with frozen(bench.network), still(bench.network):
        with torch.no_grad():
            clean = bench.answer(x).softmax(1)
        squared = lambda images: (bench.answer(images).softmax(1) - clean).square().sum()
        adversarial = ascend(x, x + uniform(x), squared)
    true = F.one_hot(bench.y, CLASSES)
    probabilities = bench.answer(x).softmax(1)
    apart = (bench.answer(adversarial).softmax(1) - probabilities).square().sum(1).mean()
    bench.minimize((probabilities - true).square().sum(1).mean() + beta * apart)


def single_step(bench, noise, step, in_ball):
    """A start with uniform noise and one signed step, both of which stay in [0, 1]."""
    bench.network.train()
    x = bench.x
    with frozen(bench.network):
        start = (x + uniform(x, noise)).clamp(0, 1).requires_grad_(True)
        (gradient,) = torch.autograd.grad(F.cross_entropy(bench.answer(start), bench.y), start)
    with torch.no_grad():
        delta = start - x + step * gradient.sign()
        adversarial = (x + (delta.clamp(-EPSILON, EPSILON) if in_ball else delta)).clamp(0, 1)
    bench.sgd_step(adversarial, bench.y)


def fgsm_rs(bench):
    single_step(bench, EPSILON, 10 / 255, True)


def n_fgsm(bench):
    single_step(bench, 2 * EPSILON, EPSILON, False)


def free(bench, replays=8):
    """Each replay is one backward pass for the weights and for the perturbation, which lives on."""
    bench.network.train()
    for _ in range(replays):
        replay(bench)


def replay(bench):
    delta = bench.kept.setdefault("delta", torch.zeros_like(bench.x)).requires_grad_(True)
    delta.grad = None
    bench.optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(bench.answer((bench.x + delta).clamp(0, 1)), bench.y).backward()
    with torch.no_grad():
        delta.add_(EPSILON * delta.grad.sign()).clamp_(-EPSILON, EPSILON)
    bench.optimizer.step()


def mixed(x, y):
    """mixup with a coefficient and a partner for each image: images and labels."""
    mix, partner = torch.rand(len(x), 1, 1, 1), torch.randperm(len(x))
    labels, share = F.one_hot(y, CLASSES).float(), mix.flatten(1)
    return mix * x + (1 - mix) * x[partner], share * labels + (1 - share) * labels[partner]


def mixup(bench):
    bench.sgd_step(*mixed(bench.x, bench.y))


def iat(bench):
    bench.network.train()
    with frozen(bench.network):
        adversarial = pgd(bench.answer, bench.x, bench.y)
    losses = []
    for images in (bench.x, adversarial):
        inputs, labels = mixed(images, bench.y)
        losses.append(F.cross_entropy(bench.answer(inputs), labels))
    bench.minimize(sum(losses) / 2)


methods = {
    "standard": standard,
    "pgd-at": pgd_at,
    "trades": trades,
    "mart": mart,
    "fgsm-rs": fgsm_rs,
    "n-fgsm": n_fgsm,
    "free": free,
    "avmixup": avmixup,
    "iat": iat,
    "hat": hat,
    "score": score,
    "mixup": mixup,
    "m2at": m2at,
}
