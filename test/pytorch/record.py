#!/usr/bin/env python3
"""Records what PyTorch does on ten batches, for test/pytorch.test.ts.

    /usr/bin/python3 test/pytorch/record.py > test/pytorch/recorded.json && npx -y pnpm@12 exec oxfmt test/pytorch/recorded.json

A network 8-16-4 with relu and cross-entropy, in float64, trained from the same weights on the same ten batches with each
optimizer. Weights and data are made by arithmetic from integers, so nothing depends on a random generator, and every
number is a multiple of 1/64, exact in float32. Kernels are recorded as [inputs, units], row-major.
"""
import json
import sys

import torch

INPUTS, HIDDEN, CLASSES, ROWS, STEPS = 8, 16, 4, 6, 10


def number(i, salt):
    """A multiple of 1/64 in (-1, 1), spread evenly by a product modulo a prime."""
    return ((i * 7919 + salt * 104729) % 127 - 63) / 64


def numbers(count, salt):
    return [number(i, salt) for i in range(count)]


WEIGHTS = {
    "hidden/kernel": [value / 2 for value in numbers(INPUTS * HIDDEN, 1)],
    "hidden/bias": [value / 4 for value in numbers(HIDDEN, 2)],
    "output/kernel": [value / 2 for value in numbers(HIDDEN * CLASSES, 3)],
    "output/bias": [value / 4 for value in numbers(CLASSES, 4)],
}
BATCHES = [
    {
        "features": numbers(ROWS * INPUTS, 10 + step),
        "labels": [(step * 5 + row * 3 + row // 2) % CLASSES for row in range(ROWS)],
    }
    for step in range(STEPS)
]
OPTIMIZERS = {
    "sgd": ("sgd", {"learningRate": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (
        "sgd",
        {"learningRate": 0.05, "momentum": 0.9},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    ),
    "nesterov": (
        "sgd",
        {"learningRate": 0.05, "momentum": 0.9, "nesterov": True},
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    ),
    "adam": (
        "adam",
        {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.999), eps=1e-8),
    ),
}


def shaped(name):
    rows = {"hidden/kernel": INPUTS, "output/kernel": HIDDEN}.get(name)
    values = torch.tensor(WEIGHTS[name], dtype=torch.float64)
    return (values if rows is None else values.reshape(rows, -1)).clone().requires_grad_()


def train(create):
    parameters = {name: shaped(name) for name in WEIGHTS}
    optimizer = create(list(parameters.values()))
    losses = []
    for batch in BATCHES:
        features = torch.tensor(batch["features"], dtype=torch.float64).reshape(ROWS, INPUTS)
        hidden = torch.relu(features @ parameters["hidden/kernel"] + parameters["hidden/bias"])
        logits = hidden @ parameters["output/kernel"] + parameters["output/bias"]
        loss = torch.nn.CrossEntropyLoss()(logits, torch.tensor(batch["labels"]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, {name: value.detach().reshape(-1).tolist() for name, value in parameters.items()}


runs = {}
for key, (kind, options, create) in OPTIMIZERS.items():
    losses, weights = train(create)
    runs[key] = {"kind": kind, "options": options, "losses": losses, "weights": weights}

json.dump(
    {
        "program": "test/pytorch/record.py",
        "command": "/usr/bin/python3 test/pytorch/record.py > test/pytorch/recorded.json && npx -y pnpm@12 exec oxfmt test/pytorch/recorded.json",
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "precision": "float64",
        "inputs": INPUTS,
        "hidden": HIDDEN,
        "classes": CLASSES,
        "rows": ROWS,
        "weights": WEIGHTS,
        "batches": BATCHES,
        "runs": runs,
    },
    sys.stdout,
)
sys.stdout.write("\n")
