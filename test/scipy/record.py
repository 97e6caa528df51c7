#!/usr/bin/env python3
"""Records minima that numpy and scipy find in float64, for test/lbfgs.test.ts.

    /usr/bin/python3 test/scipy/record.py > test/scipy/recorded.json && npx -y pnpm@12 exec oxfmt test/scipy/recorded.json

- "linear", "ridge": a linear regression of five features by the normal equations, without and with 0.1 · Σ w² of the kernel;
- "logistic": softmax regression of four classes with 0.01 · Σ w² of the kernel, a convex problem, by scipy's L-BFGS-B;
- "network": 5-8-1 with tanh and a mean squared error, 0.001 · Σ w² of both kernels, from given weights, by scipy's L-BFGS-B.

Weights and data are made by arithmetic from integers, so nothing depends on a random generator, and every number is a multiple of
1/256, exact in float32. Kernels are recorded as [inputs, units], row-major.
"""
import json
import sys

import numpy
import scipy
from scipy.optimize import minimize

ROWS, INPUTS, HIDDEN, CLASSES = 60, 5, 8, 4


def number(i, salt):
    """A multiple of 1/64 in (-1, 1), spread evenly by a product modulo a prime."""
    return ((i * 7919 + salt * 104729) % 127 - 63) / 64


def numbers(count, salt):
    return numpy.array([number(i, salt) for i in range(count)])


FEATURES = numbers(ROWS * INPUTS, 1).reshape(ROWS, INPUTS)
NOISE = numbers(ROWS, 2)
VALUES = numpy.round((FEATURES @ numpy.array([1.0, -2.0, 0.5, 0.25, 3.0]) + 0.75 + NOISE / 4) * 256) / 256
WAVES = numpy.round(numpy.sin(3 * FEATURES[:, 0]) * FEATURES[:, 1] * 256) / 256 + NOISE / 16
LABELS = numpy.argmax(FEATURES @ numbers(INPUTS * CLASSES, 3).reshape(INPUTS, CLASSES) + NOISE[:, None] * [1, 0, -1, 0.5], axis=1)
OPTIONS = {"gtol": 1e-9, "ftol": 1e-15, "maxiter": 20000, "maxfun": 40000, "maxcor": 10}


def linear(penalty):
    """Mean of squares plus penalty · Σ w²: the bias is not penalized."""
    x = numpy.hstack([FEATURES, numpy.ones((ROWS, 1))])
    squares = numpy.diag([penalty] * INPUTS + [0.0])
    w = numpy.linalg.solve(x.T @ x / ROWS + squares, x.T @ VALUES / ROWS)
    loss = numpy.mean((x @ w - VALUES) ** 2) + penalty * numpy.sum(w[:INPUTS] ** 2)
    return {"kernel": w[:INPUTS].tolist(), "bias": w[INPUTS:].tolist(), "loss": loss}


def logistic(w):
    kernel, bias = w[: INPUTS * CLASSES].reshape(INPUTS, CLASSES), w[INPUTS * CLASSES :]
    logits = FEATURES @ kernel + bias
    logits -= logits.max(axis=1, keepdims=True)
    probabilities = numpy.exp(logits) / numpy.exp(logits).sum(axis=1, keepdims=True)
    loss = -numpy.mean(numpy.log(probabilities[range(ROWS), LABELS])) + 0.01 * numpy.sum(kernel**2)
    slope = probabilities.copy()
    slope[range(ROWS), LABELS] -= 1
    slope /= ROWS
    return loss, numpy.concatenate([(FEATURES.T @ slope + 0.02 * kernel).ravel(), slope.sum(axis=0)])


def network(w):
    sizes = [INPUTS * HIDDEN, HIDDEN, HIDDEN, 1]
    kernel1, bias1, kernel2, bias2 = numpy.split(w, numpy.cumsum(sizes)[:-1])
    kernel1, kernel2 = kernel1.reshape(INPUTS, HIDDEN), kernel2.reshape(HIDDEN, 1)
    hidden = numpy.tanh(FEATURES @ kernel1 + bias1)
    error = hidden @ kernel2 + bias2 - WAVES[:, None]
    loss = numpy.mean(error**2) + 0.001 * (numpy.sum(kernel1**2) + numpy.sum(kernel2**2))
    slope = 2 * error / ROWS
    below = (slope @ kernel2.T) * (1 - hidden**2)
    gradients = [FEATURES.T @ below + 0.002 * kernel1, below.sum(axis=0), hidden.T @ slope + 0.002 * kernel2, slope.sum(axis=0)]
    return loss, numpy.concatenate([gradient.ravel() for gradient in gradients])


def search(function, start):
    result = minimize(function, start, jac=True, method="L-BFGS-B", options=OPTIONS)
    return {
        "loss": float(result.fun),
        "evaluations": int(result.nfev),
        "largestSlope": float(numpy.abs(result.jac).max()),
        "weights": result.x.tolist(),
    }


START = numpy.concatenate([numbers(INPUTS * HIDDEN, 5) / 2, numbers(HIDDEN, 6) / 4, numbers(HIDDEN, 7) / 2, numbers(1, 8) / 4])
json.dump(
    {
        "program": "test/scipy/record.py",
        "command": "/usr/bin/python3 test/scipy/record.py > test/scipy/recorded.json && npx -y pnpm@12 exec oxfmt test/scipy/recorded.json",
        "scipy": scipy.__version__,
        "numpy": numpy.__version__,
        "python": sys.version.split()[0],
        "precision": "float64",
        "rows": ROWS,
        "inputs": INPUTS,
        "hidden": HIDDEN,
        "classes": CLASSES,
        "features": FEATURES.ravel().tolist(),
        "values": VALUES.tolist(),
        "waves": WAVES.tolist(),
        "labels": LABELS.tolist(),
        "start": START.tolist(),
        "linear": linear(0),
        "ridge": linear(0.1),
        "logistic": search(logistic, numpy.zeros(INPUTS * CLASSES + CLASSES)),
        "network": search(network, START),
    },
    sys.stdout,
)
sys.stdout.write("\n")
