"""Two steps of SGD on networks that were exported to ONNX, in PyTorch: all of their weights, and their moving statistics.

`traced.onnx` is of the exporter that traces, with BatchNorm kept; `exported.onnx` the same network of the other one, with its
weights in a file beside it; in `folded.onnx` the exporter folded BatchNorm into the convolutions, so that PyTorch's update is
that of the network without it. The second and third BatchNorm are new: their equal tensors are stored once.

Run: python make_fine_tune_onnx.py (writes fine_tune_onnx/)
"""

import copy
import json
import pathlib

import onnx
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.onnx import TrainingMode

torch.manual_seed(12)
FOLDER = pathlib.Path(__file__).parent / "fine_tune_onnx"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("colour", torch.tensor([0.47, 0.43, 0.39]).reshape(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor([0.25, 0.24, 0.26]).reshape(1, 3, 1, 1))
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4, eps=1e-3)
        self.layer = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), nn.BatchNorm2d(4), nn.ReLU6())
        self.conv3 = nn.Conv2d(4, 6, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(6)
        self.norm = nn.LayerNorm(6)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        x = (x - self.colour) / self.spread
        x = torch.relu(self.bn1(self.conv1(x)))
        x = x + self.layer(x)
        x = torch.max_pool2d(x, 2)
        x = torch.relu(self.bn3(self.conv3(x)))
        return self.fc(self.norm(x.mean(dim=(2, 3))))


net = Net().eval()
with torch.no_grad():
    net.bn1.weight.uniform_(0.5, 1.5)
    net.bn1.bias.uniform_(-0.5, 0.5)
    net.bn1.running_mean.uniform_(-0.5, 0.5)
    net.bn1.running_var.uniform_(0.5, 1.5)

FOLDER.mkdir(exist_ok=True)
image = torch.rand(2, 3, 8, 8)
names = {"input_names": ["image"], "output_names": ["logits"]}
dynamic = {"image": {0: "n"}, "logits": {0: "n"}}
kept = {"training": TrainingMode.PRESERVE, "do_constant_folding": False}
torch.onnx.export(net, image, FOLDER / "traced.onnx", dynamo=False, dynamic_axes=dynamic, **kept, **names)
torch.onnx.export(net, image, FOLDER / "folded.onnx", dynamo=False, dynamic_axes=dynamic, **names)
torch.onnx.export(net, image, FOLDER / "exported.onnx", dynamo=True, optimize=False, verbose=False, **names)
# The one exporter writes where the code lies into each node.
exported = onnx.load(FOLDER / "exported.onnx", load_external_data=False)
for part in (*exported.graph.node, *exported.graph.input, *exported.graph.output, *exported.graph.value_info, exported.graph):
    del part.metadata_props[:]
onnx.save(exported, FOLDER / "exported.onnx")


def numbers(tensor):
    return [round(value, 10) for value in tensor.detach().flatten().tolist()]


images = ((torch.rand(6, 8, 8, 3) * 255).round() / 255).double()
labels = torch.tensor([0, 1, 2, 2, 1, 0])
inputs = images.permute(0, 3, 1, 2)


def updated(network, frozen=()):
    network = copy.deepcopy(network).double()
    norms = [module for name, module in network.named_modules() if name in frozen and isinstance(module, nn.BatchNorm2d)]
    for name, parameter in network.named_parameters():
        parameter.requires_grad = name.rpartition(".")[0] not in frozen
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.1, momentum=0.9, weight_decay=5e-4)
    result = {"logitsBefore": numbers(network.eval()(inputs)), "losses": []}
    for _ in range(2):
        network.train()
        for norm in norms:
            norm.eval()
        loss = nn.functional.cross_entropy(network(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        result["losses"].append(round(loss.item(), 10))
    result["logitsAfter"] = numbers(network.eval()(inputs))
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    result["after"] = {name: numbers(value) for name, value in tensors.items() if value.dtype == torch.float64}
    return result


folded = copy.deepcopy(net)
folded.conv1, folded.bn1 = fuse_conv_bn_eval(folded.conv1, folded.bn1), nn.Identity()
folded.layer[0], folded.layer[1] = fuse_conv_bn_eval(folded.layer[0], folded.layer[1]), nn.Identity()
folded.conv3, folded.bn3 = fuse_conv_bn_eval(folded.conv3, folded.bn3), nn.Identity()
vectors = {
    "images": [round(value, 10) for value in images.flatten().tolist()],
    "labels": labels.tolist(),
    "whole": updated(net),
    "frozen": updated(net, ("conv1", "bn1")),
    "folded": updated(folded),
}
(FOLDER / "vectors.json").write_text(json.dumps(vectors) + "\n")
