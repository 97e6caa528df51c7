#!/usr/bin/env python3
"""Records what scikit-learn says of outputs and labels, for test/metrics.test.ts.

    /usr/bin/python3 test/sklearn/recordMetrics.py > test/sklearn/metrics.json && npx -y pnpm@12 exec oxfmt test/sklearn/metrics.json

Each case has the numbers that a model's last activation is given ("scores" [rows, outputs]), labels, weights of rows, and
metrics without and with the weights. Scores and weights are made by arithmetic from integers, so nothing depends on a random
generator, and every number is exact in float32. Metrics of probabilities are those of sigmoid or softmax in float64.

Scores of "binary" are multiples of 1/4, which bins of a score keep apart, and many rows of either class have the same.
Those of "close scores" are not.
"""
import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m

warnings.simplefilter("ignore")  # Of classes that are never answered: 0, which is what is recorded.


def spread(i, salt, prime=8191):
    """A number in [0, 1), spread evenly by a product modulo a prime. Another salt has another multiplier, and so no relation."""
    return ((i * (1009 + 634 * salt) + salt * 104729 + (i * i) % 97 * 31) % prime) / prime


def grid(count, salt, step, most):
    """Multiples of `step` in (-most, most)."""
    return np.array([round((2 * spread(i, salt) - 1) * most / step) * step for i in range(count)])


def weights_of(rows, salt):
    """Multiples of 1/8, some of them 0."""
    return np.array([int(spread(i, salt) * 20) / 8 for i in range(rows)])


def class_metrics(truth, answers, weights, labels=None):
    found = {}
    for average in ("macro", "micro", "weighted"):
        options = {"average": average, "sample_weight": weights, "zero_division": 0, "labels": labels}
        found[f"{average}Precision"] = m.precision_score(truth, answers, **options)
        found[f"{average}Recall"] = m.recall_score(truth, answers, **options)
        found[f"{average}F1"] = m.f1_score(truth, answers, **options)
    return found


def errors(truth, values, weights):
    return {
        "meanSquaredError": m.mean_squared_error(truth, values, sample_weight=weights),
        "meanAbsoluteError": m.mean_absolute_error(truth, values, sample_weight=weights),
        # Keras takes the root of the mean over all outputs; scikit-learn's `squared=False` the mean of roots.
        "rootMeanSquaredError": np.sqrt(m.mean_squared_error(truth, values, sample_weight=weights)),
        "r2": m.r2_score(truth, values, sample_weight=weights),
    }


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def case(scores, labels, weights, metrics_of):
    """`metrics_of(weights)`: the metrics, for weights or None."""
    return {
        "outputs": 1 if scores.ndim == 1 else scores.shape[1],
        "scores": scores.ravel().tolist(),
        "labels": np.asarray(labels).ravel().tolist(),
        "weights": weights.tolist(),
        "plain": metrics_of(None),
        "weighted": metrics_of(weights),
    }


def classes_case(rows, classes, salt, absent=()):
    # Columns are shifted by 1/64 each, so that no two outputs of a row are equal.
    scores = grid(rows * classes, salt, 1 / 8, 2).reshape(rows, classes) + np.arange(classes) / 64
    noisy = scores + grid(rows * classes, salt + 1, 1 / 8, 3).reshape(rows, classes)
    noisy[:, list(absent)] = -9
    scores[:, list(absent)] -= 9
    labels = noisy.argmax(axis=1)
    onehot = np.eye(classes)[labels]
    probabilities = softmax(scores)

    def metrics_of(weights):
        answers = scores.argmax(axis=1)
        top = {
            f"top{k}Accuracy": m.top_k_accuracy_score(labels, scores, k=k, sample_weight=weights, labels=range(classes))
            for k in (1, 2, 3)
        }
        return {
            "accuracy": m.accuracy_score(labels, answers, sample_weight=weights),
            **top,
            **class_metrics(labels, answers, weights),
            "confusionMatrix": m.confusion_matrix(labels, answers, sample_weight=weights, labels=range(classes)).tolist(),
            "errors": errors(onehot, probabilities, weights),
        }

    return case(scores, labels, weights_of(rows, salt + 2), metrics_of)


def binary_case(rows, salt, step, most):
    scores = grid(rows, salt, step, most)
    labels = (scores + grid(rows, salt + 1, 1 / 8, most) > 0.5).astype(int)
    probabilities = sigmoid(scores)

    def metrics_of(weights):
        by_threshold = {}
        for threshold in (0.5, 0.3):
            answers = (probabilities > threshold).astype(int)
            by_threshold[str(threshold)] = {
                "binaryAccuracy": m.accuracy_score(labels, answers, sample_weight=weights),
                "precision": m.precision_score(labels, answers, sample_weight=weights),
                "recall": m.recall_score(labels, answers, sample_weight=weights),
                "f1": m.f1_score(labels, answers, sample_weight=weights),
                "confusionMatrix": m.confusion_matrix(labels, answers, sample_weight=weights).tolist(),
            }
        return {
            "auc": m.roc_auc_score(labels, scores, sample_weight=weights),
            "thresholds": by_threshold,
            "errors": errors(labels, probabilities, weights),
        }

    return case(scores, labels, weights_of(rows, salt + 2), metrics_of)


def several_case(rows, outputs, salt):
    """Outputs that are a yes or no each; the last is never truly one."""
    scores = grid(rows * outputs, salt, 1 / 16, 3).reshape(rows, outputs)
    labels = (scores + grid(rows * outputs, salt + 1, 1 / 8, 3).reshape(rows, outputs) > 0.7).astype(int)
    labels[:, -1] = 0

    def metrics_of(weights):
        answers = (scores > 0).astype(int)
        share = (labels == answers).mean(axis=1)
        return {"binaryAccuracy": np.average(share, weights=weights), **class_metrics(labels, answers, weights)}

    return case(scores, labels, weights_of(rows, salt + 2), metrics_of)


def numbers_case(rows, outputs, salt, offset):
    """Values far from 0, as prices are; labels of the last output are all the same."""
    values = grid(rows * outputs, salt, 1 / 16, 100).reshape(rows, outputs) + offset
    labels = values + grid(rows * outputs, salt + 1, 1 / 16, 20).reshape(rows, outputs)
    if outputs > 1:
        labels[:, -1] = offset + 0.5
    return case(values, labels, weights_of(rows, salt + 2), lambda weights: errors(labels, values, weights))


json.dump(
    {
        "sklearn": sklearn.__version__,
        "command": "/usr/bin/python3 test/sklearn/recordMetrics.py > test/sklearn/metrics.json",
        "cases": {
            "classes": classes_case(90, 4, 1),
            "classes that do not occur": classes_case(45, 6, 20, absent=(1, 4)),
            "binary": binary_case(130, 40, 1 / 4, 6),
            "close scores": binary_case(130, 50, 1 / 4096, 6),
            "several": several_case(61, 3, 60),
            "numbers": numbers_case(75, 1, 70, 1000),
            "several numbers": numbers_case(50, 3, 80, 1000),
        },
    },
    sys.stdout,
)
