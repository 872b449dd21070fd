"""Two steps of SGD on a user's own network, in PyTorch: its first convolution and BatchNorm are frozen, its input is 0..255
with a mean and a deviation, and its last layer ends in a softmax (the loss is of the logits).

Run: python make_fine_tune.py > fine_tune.json
"""

import json

import torch
from torch import nn

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
MEAN, STD = [120.0, 110.0, 100.0], [60.0, 50.0, 40.0]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(4, eps=1e-3)
        self.conv2 = nn.Conv2d(4, 6, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(6, eps=1e-3)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.max_pool2d(x, 2)
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.head(x.mean(dim=(2, 3)))


net = Net()
with torch.no_grad():
    for bn in (net.bn1, net.bn2):
        bn.weight.uniform_(0.5, 1.5)
        bn.bias.uniform_(-0.5, 0.5)
        bn.running_mean.uniform_(-0.5, 0.5)
        bn.running_var.uniform_(0.5, 1.5)


def numbers(tensor):
    return [round(value, 10) for value in tensor.detach().flatten().tolist()]


def kernels():
    """As Keras has them: rows, columns, inputs, outputs."""
    return {
        **{name: numbers(getattr(net, name).weight.permute(2, 3, 1, 0)) for name in ("conv1", "conv2")},
        "head": numbers(net.head.weight.T),
    }


def weights():
    out = kernels()
    for name in ("conv1", "conv2", "head"):
        out[name + "/bias"] = numbers(getattr(net, name).bias)
    for name in ("bn1", "bn2"):
        bn = getattr(net, name)
        for key, value in (("gamma", bn.weight), ("beta", bn.bias), ("mean", bn.running_mean), ("variance", bn.running_var)):
            out[f"{name}/{key}"] = numbers(value)
    return out


images = torch.rand(6, 8, 8, 3)
images = (images * 255).round() / 255
labels = torch.tensor([0, 1, 2, 2, 1, 0])
inputs = ((images * 255 - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2)

result = {
    "mean": MEAN,
    "std": STD,
    "learningRate": 0.1,
    "momentum": 0.9,
    "weightDecay": 5e-4,
    "images": [round(value, 10) for value in images.flatten().tolist()],
    "labels": labels.tolist(),
    "weights": weights(),
    "losses": [],
}
for parameter in (*net.conv1.parameters(), *net.bn1.parameters()):
    parameter.requires_grad = False
trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
optimizer = torch.optim.SGD(trained, lr=0.1, momentum=0.9, weight_decay=5e-4)
net.eval()
result["logitsBefore"] = numbers(net(inputs))
for _ in range(2):
    net.train()
    net.bn1.eval()
    loss = nn.functional.cross_entropy(net(inputs), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    result["losses"].append(round(loss.item(), 10))
net.eval()
result["logitsAfter"] = numbers(net(inputs))
result["after"] = weights()
print(json.dumps(result))
