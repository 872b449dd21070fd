"""
Calls of the authors' functions on the inputs of a vector. Their code is in a folder outside of the project, which the
environment variable AUTHORS names; it has one folder a repository: TRADES, MART, hat, SCORE,
DM-Improves-AT.
"""
import copy
import importlib
import os
import pathlib
import sys
from unittest import mock

import torch

from common import make_images, make_network, say_difference


def imported(module):
    """A module of theirs; packages that it imports and that are not installed are stand-ins."""
    while True:
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            sys.modules[error.name] = mock.MagicMock()


def compare(repository, module, function, ours, theirs, start, seed):
    """
    Prints by how much loss, gradients and moved statistics differ between `ours(network, images, labels)` and
    `theirs(function, network, images, labels)`, both losses of a fresh network. Their code draws `start`, and leaves tensors
    where they are instead of moving them to a GPU. The images stay clear of the ends of the range, where their codes do
    not agree on whether the start is clipped to it.
    """
    if "AUTHORS" not in os.environ:
        return
    sys.path.insert(0, str(pathlib.Path(os.environ["AUTHORS"]) / repository))
    call = getattr(imported(module), function)
    images, labels = make_images(100 * seed)
    images = images.clamp(0.2, 0.8)
    results = []
    for loss_of in (ours, lambda *batch: theirs(call, *batch)):
        network = make_network(seed)
        with (
            mock.patch.object(torch.Tensor, "cuda", lambda self: self),
            mock.patch.object(torch, "randn", lambda *_: start.clone()),
            mock.patch.object(torch.Tensor, "uniform_", lambda *_: start.clone()),
            mock.patch.object(torch, "FloatTensor", torch.Tensor),
        ):
            loss = loss_of(network, images, labels)
        loss.backward()
        results.append((loss.detach(), [p.grad for p in network.parameters()], copy.deepcopy(list(network.buffers()))))
    (loss, gradients, statistics), (their_loss, their_gradients, their_statistics) = results
    flat = lambda tensors: torch.cat([tensor.double().flatten() for tensor in tensors if tensor.is_floating_point()])
    say_difference(f"{function}: loss", loss, their_loss)
    say_difference(f"{function}: gradients", flat(gradients), flat(their_gradients))
    say_difference(f"{function}: statistics", flat(statistics), flat(their_statistics))
