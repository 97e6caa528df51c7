#!/usr/bin/env python3
"""Records values and gradients of PyTorch's activations, losses and layers, for test/pytorchFunctions.test.ts.

    /usr/bin/python3 test/pytorch/recordFunctions.py > test/pytorch/recordedFunctions.json && npx -y pnpm@12 exec oxfmt test/pytorch/recordedFunctions.json

All in float64. Numbers are multiples of 1/64, made by arithmetic from integers, exact in float32.

- "functions": rows of weighted sums z, an activation and a loss behind them: the outputs, the loss, and its gradient by z. A loss
  is Σ weight · loss of a row / Σ weight, where a row's loss is the mean over its columns, or the sum where PyTorch's is one.
  The last one has weights of classes.
- "networks": a few layers, their weights and a batch: the outputs, the mean squared error, and its gradient by every weight. Kernels
  are [inputs, units].

What PyTorch has no function for is not here: log-cosh, hinge as in Keras, the perceptron's criterion, rescaling.
"""
import json
import sys

import torch
from torch.nn import functional as F

ROWS, COLUMNS = 6, 5


def number(i, salt):
    return ((i * 7919 + salt * 104729) % 127 - 63) / 64


def numbers(count, salt, scale=1.0):
    return [number(i, salt) * scale for i in range(count)]


def tensor(values, *shape):
    return torch.tensor(values, dtype=torch.float64).reshape(*shape)


ACTIVATIONS = {
    "linear": lambda z: z,
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "leakyRelu": lambda z: F.leaky_relu(z, 0.01),
    "leakyRelu, slope 0.3": lambda z: F.leaky_relu(z, 0.3),
    "elu": F.elu,
    "elu, alpha 0.7": lambda z: F.elu(z, 0.7),
    "selu": F.selu,
    "gelu": F.gelu,
    "geluTanh": lambda z: F.gelu(z, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "hardSigmoid": F.hardsigmoid,
    "softmax": lambda z: F.softmax(z, dim=1),
}


def smooth(targets, smoothing, classes):
    return targets * (1 - smoothing) + smoothing / classes


CLASSES = [(row * 3 + 1) % COLUMNS for row in range(ROWS)]
SHARES = torch.softmax(tensor(numbers(ROWS * COLUMNS, 21, 2), ROWS, COLUMNS), dim=1).to(torch.float32).to(torch.float64)
VALUES = tensor(numbers(ROWS * COLUMNS, 22, 2), ROWS, COLUMNS)
YES = (VALUES > 0).to(torch.float64)
COUNTS = torch.round(torch.abs(VALUES) * 2)
INDICES = torch.tensor(CLASSES)
# Our loss, the activation before it, labels, and PyTorch's loss of each row.
LOSSES = [
    ({"kind": "sparseCategoricalCrossentropy"}, "softmax", CLASSES, lambda z, y: F.cross_entropy(z, INDICES, reduction="none")),
    ({"kind": "sparseCategoricalCrossentropy", "labelSmoothing": 0.125}, "softmax", CLASSES, lambda z, y: F.cross_entropy(z, INDICES, reduction="none", label_smoothing=0.125)),
    ({"kind": "sparseCategoricalCrossentropy", "fromLogits": True}, "linear", CLASSES, lambda z, y: F.cross_entropy(z, INDICES, reduction="none")),
    ({"kind": "categoricalCrossentropy"}, "softmax", SHARES, lambda z, y: F.cross_entropy(z, SHARES, reduction="none")),
    ({"kind": "categoricalCrossentropy", "fromLogits": True, "labelSmoothing": 0.25}, "linear", SHARES, lambda z, y: F.cross_entropy(z, SHARES, reduction="none", label_smoothing=0.25)),
    ({"kind": "binaryCrossentropy"}, "sigmoid", YES, lambda z, y: F.binary_cross_entropy(y, YES, reduction="none").mean(1)),
    ({"kind": "binaryCrossentropy", "labelSmoothing": 0.125}, "sigmoid", YES, lambda z, y: F.binary_cross_entropy(y, smooth(YES, 0.125, 2), reduction="none").mean(1)),
    ({"kind": "binaryCrossentropy", "fromLogits": True}, "linear", SHARES, lambda z, y: F.binary_cross_entropy_with_logits(z, SHARES, reduction="none").mean(1)),
    ({"kind": "meanSquaredError"}, "linear", VALUES, lambda z, y: F.mse_loss(y, VALUES, reduction="none").mean(1)),
    ({"kind": "meanAbsoluteError"}, "linear", VALUES, lambda z, y: F.l1_loss(y, VALUES, reduction="none").mean(1)),
    ({"kind": "huber", "delta": 0.75}, "linear", VALUES, lambda z, y: F.huber_loss(y, VALUES, reduction="none", delta=0.75).mean(1)),
    ({"kind": "huber", "delta": 1}, "tanh", VALUES, lambda z, y: F.smooth_l1_loss(y, VALUES, reduction="none").mean(1)),
    ({"kind": "klDivergence"}, "softmax", SHARES, lambda z, y: F.kl_div(F.log_softmax(z, dim=1), SHARES, reduction="none").sum(1)),
    ({"kind": "poisson"}, "softplus", COUNTS, lambda z, y: F.poisson_nll_loss(y, COUNTS, log_input=False, eps=1e-7, reduction="none").mean(1)),
]
WEIGHTS = [1, 0.5, 0, 2, 3, 0.25]
CLASS_WEIGHTS = [0.5, 2, 1, 0.25, 3]


def record_function(activation, loss, labels, row_losses, weights, spread=4.0):
    z = tensor(numbers(ROWS * COLUMNS, 23, spread), ROWS, COLUMNS).requires_grad_()
    y = ACTIVATIONS[activation](z)
    factors = torch.ones(ROWS, dtype=torch.float64) if weights is None else tensor(weights, ROWS)
    total = (factors * row_losses(z, y)).sum() / factors.sum()
    total.backward()
    return {
        "activation": activation,
        "loss": loss,
        "z": z.detach().reshape(-1).tolist(),
        "labels": labels if isinstance(labels, list) else labels.reshape(-1).tolist(),
        "weights": weights,
        "outputs": y.detach().reshape(-1).tolist(),
        "value": total.item(),
        "gradient": z.grad.reshape(-1).tolist(),
    }


def record_class_weights():
    """PyTorch's own mean with a weight for each class; to us these are weights of the rows."""
    z = tensor(numbers(ROWS * COLUMNS, 24, 4.0), ROWS, COLUMNS).requires_grad_()
    total = F.cross_entropy(z, INDICES, weight=tensor(CLASS_WEIGHTS, COLUMNS))
    total.backward()
    return {
        "activation": "softmax",
        "loss": {"kind": "sparseCategoricalCrossentropy"},
        "z": z.detach().reshape(-1).tolist(),
        "labels": CLASSES,
        "weights": [CLASS_WEIGHTS[label] for label in CLASSES],
        "outputs": F.softmax(z, dim=1).detach().reshape(-1).tolist(),
        "value": total.item(),
        "gradient": z.grad.reshape(-1).tolist(),
    }


def squared(z, y):
    return F.mse_loss(y, VALUES, reduction="none").mean(1)


def record_network(name, weights, features, labels, forward):
    """`weights`: name to (values, shape); `forward` gets them by name, and the features."""
    parameters = {key: tensor(values, *shape).requires_grad_() for key, (values, shape) in weights.items()}
    outputs = forward(parameters, features)
    loss = F.mse_loss(outputs, labels)
    loss.backward()
    return {
        "name": name,
        "weights": {key: values for key, (values, _) in weights.items()},
        "features": features.reshape(-1).tolist(),
        "labels": labels.reshape(-1).tolist(),
        "outputs": outputs.detach().reshape(-1).tolist(),
        "value": loss.item(),
        "gradients": {key: value.grad.reshape(-1).tolist() for key, value in parameters.items()},
    }


X = tensor(numbers(ROWS * 4, 31, 2), ROWS, 4)
T = tensor(numbers(ROWS * 3, 32), ROWS, 3)
T7 = tensor(numbers(ROWS * 7, 33), ROWS, 7)
WORDS = torch.tensor([[(row * 5 + column * 2) % 6 for column in range(2)] for row in range(ROWS)])
FIRST = {"first/kernel": (numbers(28, 34), (4, 7)), "first/bias": (numbers(7, 35), (7,))}
LAST = {"last/kernel": (numbers(21, 36), (7, 3)), "last/bias": (numbers(3, 37), (3,))}
AFFINE = {"normalized/gamma": (numbers(7, 38, 2), (7,)), "normalized/beta": (numbers(7, 39), (7,))}


def dense(p, name, x):
    return x @ p[f"{name}/kernel"] + p[f"{name}/bias"]


NETWORKS = [
    record_network("dense", {**FIRST, **LAST}, X, T, lambda p, x: dense(p, "last", torch.tanh(dense(p, "first", x)))),
    record_network(
        "layerNormalization", {**FIRST, **AFFINE, **LAST}, X, T,
        lambda p, x: dense(p, "last", F.layer_norm(dense(p, "first", x), (7,), p["normalized/gamma"], p["normalized/beta"], 1e-3)),
    ),
    record_network(
        "layerNormalization, plain", {**FIRST}, X, T7,
        lambda p, x: F.layer_norm(dense(p, "first", x), (7,), None, None, 1e-5),
    ),
    record_network(
        "embedding", {"words/embeddings": (numbers(18, 40), (6, 3)), "last/kernel": (numbers(18, 41), (6, 3)), "last/bias": (numbers(3, 42), (3,))}, WORDS, T,
        lambda p, x: dense(p, "last", F.embedding(x, p["words/embeddings"]).reshape(ROWS, 6)),
    ),
    record_network(
        "categoryEncoding", {"last/kernel": (numbers(36, 43), (12, 3)), "last/bias": (numbers(3, 44), (3,))}, WORDS, T,
        lambda p, x: dense(p, "last", F.one_hot(x, 6).to(torch.float64).reshape(ROWS, 12)),
    ),
    record_network(
        "add and concatenate", {**FIRST, "inner/kernel": (numbers(49, 45), (7, 7)), "inner/bias": (numbers(7, 46), (7,)), "last/kernel": (numbers(33, 47), (11, 3)), "last/bias": (numbers(3, 48), (3,))}, X, T,
        lambda p, x: dense(p, "last", torch.cat([x, torch.relu(dense(p, "first", x)) + torch.tanh(dense(p, "inner", torch.relu(dense(p, "first", x))))], 1)),
    ),
]

json.dump(
    {
        "program": "test/pytorch/recordFunctions.py",
        "command": "/usr/bin/python3 test/pytorch/recordFunctions.py > test/pytorch/recordedFunctions.json && npx -y pnpm@12 exec oxfmt test/pytorch/recordedFunctions.json",
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "precision": "float64",
        "rows": ROWS,
        "columns": COLUMNS,
        "functions": [
            *(record_function(activation, {"kind": "meanSquaredError"}, VALUES, squared, None) for activation in ACTIVATIONS),
            *(record_function(activation, loss, labels, rows, weights) for loss, activation, labels, rows in LOSSES for weights in (None, WEIGHTS)),
            record_class_weights(),
        ],
        "networks": NETWORKS,
    },
    sys.stdout,
)
sys.stdout.write("\n")
