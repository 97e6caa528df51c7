#!/usr/bin/env python3
"""Records what scikit-learn's multilayer perceptrons reach, for test/sklearn.test.ts and docs/accuracy.md.

    /usr/bin/python3 test/sklearn/record.py ../shared/data/housing/housing.csv > test/sklearn/recorded.json && npx -y pnpm@12 exec oxfmt test/sklearn/recorded.json

Ten times for each data set of scikit-learn: a split, standardised by its training rows, and a network from the same seed, trained for
a number of epochs without early stopping. Recorded are the data as it was before it was standardised (float32, gzip, base64), the
test rows of each split, and the score on them: accuracy, or R². The digits are those of examples/digits/data, in whose order the
rows are numbered. alpha is a penalty of kernels: the loss of a batch has alpha / (2 · rows of the batch) · Σ w² more.

Of the table of houses, which is not part of the repository, only the errors are recorded: root mean squared, in dollars, on every
fifth row. Missing numbers are medians of the training rows, as in examples/housing; a neighbourhood is one-hot.
"""
import base64
import csv
import gzip
import hashlib
import json
import sys
import warnings

import numpy
import sklearn
from sklearn import datasets
from sklearn.metrics import r2_score
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore", category=sklearn.exceptions.ConvergenceWarning)

SEEDS = 10
TEST_SHARE = 0.25
TASKS = {
    "digits": {"kind": "classification", "hidden": [64], "learningRate": 0.001, "alpha": 1e-4, "batchSize": 64, "epochs": 30},
    "breast_cancer": {"kind": "classification", "hidden": [32, 16], "learningRate": 0.001, "alpha": 1e-4, "batchSize": 32, "epochs": 40},
    "wine": {"kind": "classification", "hidden": [16], "learningRate": 0.003, "alpha": 1e-4, "batchSize": 16, "epochs": 40},
    "diabetes": {"kind": "regression", "hidden": [32], "learningRate": 0.003, "alpha": 1, "batchSize": 32, "epochs": 40},
}
HOUSING = {"hidden": [64, 32], "alpha": 0, "batchSize": 64, "epochs": 30, "learningRates": [0.001, 0.003, 0.01], "seeds": 5}


def network(create, task, learning_rate, seed):
    """Everything that is not told has scikit-learn's defaults: ReLU, Adam, shuffled every epoch."""
    return create(
        hidden_layer_sizes=task["hidden"],
        learning_rate_init=learning_rate,
        batch_size=task["batchSize"],
        max_iter=task["epochs"],
        alpha=task["alpha"],
        tol=0,
        n_iter_no_change=task["epochs"] + 1,
        random_state=seed,
    )


def permutation(count, seed=1998):
    """The order of the digits: see examples/digits/makeData.ts."""
    def hashed(index):
        bits = ((seed * 0x9E3779B1) ^ ((index + 1) * 0x85EBCA77)) & 0xFFFFFFFF
        for factor in (0x7FEB352D, 0x846CA68B, 0x9E3779B1):
            bits = ((bits ^ (bits >> 16)) * factor) & 0xFFFFFFFF
        return bits ^ (bits >> 15)

    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = hashed(i) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def load(name):
    loaded = getattr(datasets, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {}))
    features, labels = loaded.data.astype(numpy.float32), loaded.target
    if name == "digits":
        order = permutation(len(labels))
        order = order[360:] + order[:360]
        features, labels = features[order], labels[order]
    return features, labels


def pack(values):
    return base64.b64encode(gzip.compress(values.tobytes(), 9, mtime=0)).decode()


def record(name, task):
    features, labels = load(name)
    classifies = task["kind"] == "classification"
    splits = (StratifiedShuffleSplit if classifies else ShuffleSplit)
    test_rows, scores = [], []
    for seed in range(SEEDS):
        [(train, test)] = splits(n_splits=1, test_size=TEST_SHARE, random_state=seed).split(features, labels)
        test = numpy.sort(test)
        train = numpy.setdiff1d(numpy.arange(len(labels)), test)
        scaler = StandardScaler().fit(features[train].astype(numpy.float64))
        x = scaler.transform(features.astype(numpy.float64))
        model = network(MLPClassifier if classifies else MLPRegressor, task, task["learningRate"], seed)
        if classifies:
            model.fit(x[train], labels[train])
            scores.append(model.score(x[test], labels[test]))
        else:
            mean, deviation = labels[train].mean(), labels[train].std()
            model.fit(x[train], (labels[train] - mean) / deviation)
            scores.append(r2_score(labels[test], model.predict(x[test]) * deviation + mean))
        assert model.n_iter_ == task["epochs"]
        test_rows.append(pack(test.astype("<u2")))
    recorded = {**task, "columns": features.shape[1], "rows": len(labels), "testRows": test_rows, "scores": scores}
    if name == "digits":
        # They are in the repository; this tells that they are the same, in the same order.
        recorded["sha256"] = hashlib.sha256(features.astype(numpy.uint8).tobytes() + labels.astype(numpy.uint8).tobytes()).hexdigest()
    else:
        recorded["features"] = pack(features.astype("<f4"))
        recorded["labels"] = pack(labels.astype("<f4"))
    return recorded


def record_housing(path):
    with open(path) as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("median_house_value", "ocean_proximity")]
    numbers = numpy.array([[float(row[name]) if row[name] else numpy.nan for name in names] for row in rows])
    dollars = numpy.array([float(row["median_house_value"]) for row in rows])
    places = sorted({row["ocean_proximity"] for row in rows})
    is_test = numpy.arange(len(rows)) % 5 == 4
    medians = numpy.nanmedian(numbers[~is_test], axis=0)
    numbers = numpy.where(numpy.isnan(numbers), medians, numbers)
    scaled = StandardScaler().fit(numbers[~is_test]).transform(numbers)
    one_hot = numpy.array([[float(row["ocean_proximity"] == place) for place in places] for row in rows])
    x, y = numpy.hstack([scaled, one_hot]), dollars / 100_000
    errors = {}
    for learning_rate in HOUSING["learningRates"]:
        errors[str(learning_rate)] = []
        for seed in range(HOUSING["seeds"]):
            model = network(MLPRegressor, HOUSING, learning_rate, seed).fit(x[~is_test], y[~is_test])
            assert model.n_iter_ == HOUSING["epochs"]
            difference = model.predict(x[is_test]) - y[is_test]
            errors[str(learning_rate)].append(float(numpy.sqrt(numpy.mean(difference**2)) * 100_000))
    return {**HOUSING, "trainRows": int((~is_test).sum()), "testRows": int(is_test.sum()), "errors": errors}


json.dump(
    {
        "program": "test/sklearn/record.py",
        "command": "/usr/bin/python3 test/sklearn/record.py ../shared/data/housing/housing.csv > test/sklearn/recorded.json && npx -y pnpm@12 exec oxfmt test/sklearn/recorded.json",
        "sklearn": sklearn.__version__,
        "numpy": numpy.__version__,
        "python": sys.version.split()[0],
        "tasks": {name: record(name, task) for name, task in TASKS.items()},
        "housing": record_housing(sys.argv[1]),
    },
    sys.stdout,
)
sys.stdout.write("\n")
