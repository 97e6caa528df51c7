#!/usr/bin/env python3
"""Records what PyTorch does on ten batches, for test/pytorch.test.ts.

    /usr/bin/python3 test/pytorch/record.py > test/pytorch/recorded.json && npx -y pnpm@12 exec oxfmt test/pytorch/recorded.json

Two networks in float64, each trained with every optimizer from the same weights on the same batches:

- "steps": 8-16-4 with relu and cross-entropy, ten batches of six rows, the loss of each;
- "xor": 2-3-1 with sigmoid and binary cross-entropy (the shape that PyTorch tests its C++ optimizers on, test/cpp/api/optim.cpp),
  1,000 batches of four rows of XOR, the loss of every hundredth.

"regularized" is "steps" with penalties for weights added to the loss.

Weights and data are made by arithmetic from integers, so nothing depends on a random generator, and every number is a
multiple of 1/256, exact in float32. Kernels are recorded as [inputs, units], row-major. Where the options
are empty, both sides take their defaults.

NAdam is PyTorch's with one expression corrected, as PyTorch 2.0 has it: in 1.13 the factor mu is twice in the correction of
the mean.
"""
import inspect
import json
import sys

import torch

INPUTS, HIDDEN, CLASSES, ROWS, STEPS = 8, 16, 4, 6, 10
XOR_HIDDEN, XOR_ROWS, XOR_STEPS, XOR_EVERY = 3, 4, 1000, 100


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
# Our kind and options, PyTorch's optimizer, and the value that gradients are clipped by.
OPTIMIZERS = {
    "sgd": ("sgd", {"learningRate": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1), None),
    "momentum": ("sgd", {"learningRate": 0.05, "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9), None),
    "nesterov": ("sgd", {"learningRate": 0.05, "momentum": 0.9, "nesterov": True}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True), None),
    "sgd, weight decay": ("sgd", {"learningRate": 0.1, "weightDecay": 0.01}, lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.01), None),
    "momentum, weight decay": ("sgd", {"learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.01}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01), None),
    "nesterov, weight decay": ("sgd", {"learningRate": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 1e-3}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3), None),
    "momentum, clipped by value": ("sgd", {"learningRate": 0.05, "momentum": 0.9, "weightDecay": 0.01, "clipValue": 0.02}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01), 0.02),
    "adam": ("adam", {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.999), eps=1e-8), None),
    "adam, defaults": ("adam", {}, lambda p: torch.optim.Adam(p), None),
    "adam, weight decay": ("adam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4, "weightDecay": 0.01}, lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.01), None),
    "adam, amsgrad": ("adam", {"learningRate": 0.01, "beta2": 0.9, "amsgrad": True}, lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.9), amsgrad=True), None),
    "adam, amsgrad, weight decay, clipped by value": ("adam", {"learningRate": 0.01, "amsgrad": True, "weightDecay": 1e-3, "clipValue": 0.02}, lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True, weight_decay=1e-3), 0.02),
    "adamW, defaults": ("adamW", {}, lambda p: torch.optim.AdamW(p), None),
    "adamW": ("adamW", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4, "weightDecay": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1), None),
    "adamW, amsgrad": ("adamW", {"learningRate": 0.01, "amsgrad": True}, lambda p: torch.optim.AdamW(p, lr=0.01, amsgrad=True), None),
    "nadam, defaults": ("nadam", {}, lambda p: torch.optim.NAdam(p), None),
    "nadam": ("nadam", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4, "momentumDecay": 1, "weightDecay": 0.01}, lambda p: torch.optim.NAdam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-4, momentum_decay=1, weight_decay=0.01), None),
    "adamax, defaults": ("adamax", {}, lambda p: torch.optim.Adamax(p), None),
    "adamax": ("adamax", {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4, "weightDecay": 0.01}, lambda p: torch.optim.Adamax(p, lr=0.01, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.01), None),
    "adagrad, defaults": ("adagrad", {}, lambda p: torch.optim.Adagrad(p), None),
    "adagrad": ("adagrad", {"learningRate": 0.1, "initialAccumulatorValue": 0.1, "epsilon": 1e-4, "weightDecay": 0.01}, lambda p: torch.optim.Adagrad(p, lr=0.1, initial_accumulator_value=0.1, eps=1e-4, weight_decay=0.01), None),
    "adagrad, decaying rate": ("adagrad", {"learningRate": {"kind": "inverseTimeDecay", "initialLearningRate": 0.1, "decaySteps": 1, "decayRate": 1e-3, "staircase": False}}, lambda p: torch.optim.Adagrad(p, lr=0.1, lr_decay=1e-3), None),
    "adadelta, defaults": ("adadelta", {}, lambda p: torch.optim.Adadelta(p), None),
    "adadelta": ("adadelta", {"learningRate": 0.5, "rho": 0.95, "epsilon": 1e-4, "weightDecay": 0.01}, lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.95, eps=1e-4, weight_decay=0.01), None),
    "rmsprop, defaults": ("rmsprop", {}, lambda p: torch.optim.RMSprop(p), None),
    "rmsprop": ("rmsprop", {"learningRate": 0.005, "rho": 0.9, "epsilon": 1e-4, "weightDecay": 0.01}, lambda p: torch.optim.RMSprop(p, lr=0.005, alpha=0.9, eps=1e-4, weight_decay=0.01), None),
    "rmsprop, momentum": ("rmsprop", {"learningRate": 0.002, "momentum": 0.9}, lambda p: torch.optim.RMSprop(p, lr=0.002, momentum=0.9), None),
    "rmsprop, centered": ("rmsprop", {"learningRate": 0.005, "centered": True}, lambda p: torch.optim.RMSprop(p, lr=0.005, centered=True), None),
    "rmsprop, centered, momentum": ("rmsprop", {"learningRate": 0.002, "centered": True, "momentum": 0.9, "weightDecay": 1e-3}, lambda p: torch.optim.RMSprop(p, lr=0.002, centered=True, momentum=0.9, weight_decay=1e-3), None),
}
XOR_WEIGHTS = {
    "hidden/kernel": numbers(2 * XOR_HIDDEN, 5),
    "hidden/bias": numbers(XOR_HIDDEN, 6),
    "output/kernel": numbers(XOR_HIDDEN, 7),
    "output/bias": numbers(1, 8),
}
# The rows of XOR that batches have, by the number whose bits they are: the high bits of a linear congruential generator.
XOR_CODES = []
seed = 1
for _ in range(XOR_ROWS * XOR_STEPS):
    seed = (seed * 1103515245 + 12345) % 2**31
    XOR_CODES.append(seed >> 29)


def correct_nadam():
    module = sys.modules["torch.optim.nadam"]
    source = inspect.getsource(module._single_tensor_nadam)
    wrong = "mu_product * mu * mu_next"
    if torch.__version__.startswith("1."):
        assert source.count(wrong) == 1
        exec(source.replace(wrong, "mu_product * mu_next"), module.__dict__)


def shaped(weights, name):
    rows = {"hidden/kernel": len(weights["hidden/kernel"]) // len(weights["hidden/bias"]), "output/kernel": len(weights["hidden/bias"])}
    values = torch.tensor(weights[name], dtype=torch.float64)
    return (values.reshape(rows[name], -1) if name in rows else values).clone().requires_grad_()


def train(optimizer, weights, batches, loss_of, every):
    """Losses of every so many batches before their update, and the weights after the last one."""
    _, _, create, clip = optimizer
    parameters = {name: shaped(weights, name) for name in weights}
    optimizer = create(list(parameters.values()))
    losses = []
    for step, batch in enumerate(batches):
        loss = loss_of(parameters, batch)
        optimizer.zero_grad()
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_value_(parameters.values(), clip)
        optimizer.step()
        if step % every == 0:
            losses.append(loss.item())
    return {"losses": losses, "weights": {name: value.detach().reshape(-1).tolist() for name, value in parameters.items()}}


def cross_entropy(parameters, batch):
    features = torch.tensor(batch["features"], dtype=torch.float64).reshape(ROWS, INPUTS)
    hidden = torch.relu(features @ parameters["hidden/kernel"] + parameters["hidden/bias"])
    logits = hidden @ parameters["output/kernel"] + parameters["output/bias"]
    return torch.nn.CrossEntropyLoss()(logits, torch.tensor(batch["labels"]))


def xor_loss(parameters, codes):
    features = torch.tensor([[code >> 1, code & 1] for code in codes], dtype=torch.float64)
    labels = torch.tensor([[(code >> 1) ^ (code & 1)] for code in codes], dtype=torch.float64)
    hidden = torch.sigmoid(features @ parameters["hidden/kernel"] + parameters["hidden/bias"])
    output = torch.sigmoid(hidden @ parameters["output/kernel"] + parameters["output/bias"])
    return torch.nn.BCELoss()(output, labels)


# What is added to the loss: l1 · Σ|w| + l2 · Σ w² by parameter.
PENALTIES = {"hidden/kernel": (0.01, 0.02), "hidden/bias": (0.03, 0.0), "output/kernel": (0.0, 0.05)}


def penalized(parameters, batch):
    loss = cross_entropy(parameters, batch)
    for name, (l1, l2) in PENALTIES.items():
        loss = loss + l1 * parameters[name].abs().sum() + l2 * parameters[name].square().sum()
    return loss


# Batch normalization between the layers: its options as PyTorch names them, and gamma and beta.
NORMALIZED = {"epsilon": 0.01, "momentum": 0.25}
NORM_WEIGHTS = {"norm/gamma": [1 + value / 4 for value in numbers(HIDDEN, 9)], "norm/beta": [value / 4 for value in numbers(HIDDEN, 10)]}


def normalized():
    """The ten batches with plain descent, one group of statistics a batch; PyTorch's running variance is unbiased."""
    norm = torch.nn.BatchNorm1d(HIDDEN, eps=NORMALIZED["epsilon"], momentum=NORMALIZED["momentum"]).double()
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(NORM_WEIGHTS["norm/gamma"]))
        norm.bias.copy_(torch.tensor(NORM_WEIGHTS["norm/beta"]))
    parameters = {name: shaped(WEIGHTS, name) for name in WEIGHTS}
    parameters.update({"norm/gamma": norm.weight, "norm/beta": norm.bias})
    optimizer = torch.optim.SGD(list(parameters.values()), lr=0.1)

    def logits_of(batch):
        features = torch.tensor(batch["features"], dtype=torch.float64).reshape(ROWS, INPUTS)
        hidden = torch.relu(norm(features @ parameters["hidden/kernel"] + parameters["hidden/bias"]))
        return hidden @ parameters["output/kernel"] + parameters["output/bias"]

    def flat(values):
        return {name: value.detach().reshape(-1).tolist() for name, value in values.items()}

    losses, gradients = [], {}
    for batch in BATCHES:
        loss = torch.nn.CrossEntropyLoss()(logits_of(batch), torch.tensor(batch["labels"]))
        optimizer.zero_grad()
        loss.backward()
        if not losses:
            gradients = {name: value.grad.reshape(-1).tolist() for name, value in parameters.items()}
        optimizer.step()
        losses.append(loss.item())
    norm.eval()
    return {
        **NORMALIZED,
        "start": {**WEIGHTS, **NORM_WEIGHTS},
        "losses": losses,
        "gradients": gradients,
        "weights": flat(parameters),
        "runningMean": norm.running_mean.tolist(),
        "runningVariance": norm.running_var.tolist(),
        "outputs": torch.softmax(logits_of(BATCHES[0]), 1).reshape(-1).tolist(),
    }


correct_nadam()
xor_batches = [XOR_CODES[at : at + XOR_ROWS] for at in range(0, len(XOR_CODES), XOR_ROWS)]
runs = {}
for key, optimizer in OPTIMIZERS.items():
    kind, options, _, _ = optimizer
    runs[key] = {
        "kind": kind,
        "options": options,
        "steps": train(optimizer, WEIGHTS, BATCHES, cross_entropy, 1),
        "xor": train(optimizer, XOR_WEIGHTS, xor_batches, xor_loss, XOR_EVERY),
    }

regularized = {key: train(OPTIMIZERS[key], WEIGHTS, BATCHES, penalized, 1) for key in ["momentum", "adam", "momentum, clipped by value"]}

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
        "xor": {
            "hidden": XOR_HIDDEN,
            "rows": XOR_ROWS,
            "every": XOR_EVERY,
            "weights": XOR_WEIGHTS,
            "codes": "".join(str(code) for code in XOR_CODES),
        },
        "normalized": normalized(),
        "runs": runs,
        "penalties": PENALTIES,
        "regularized": regularized,
    },
    sys.stdout,
)
sys.stdout.write("\n")
