"""scikit-learn: MLPClassifier.partial_fit, which goes once through the rows that it is given in batches of batch_size."""

import time
import warnings

from serving import random_rows, read_rows, serve, time_steps


def load():
    import numpy
    import sklearn
    from sklearn.neural_network import MLPClassifier

    warnings.filterwarnings("ignore")

    def build(request):
        return MLPClassifier(
            hidden_layer_sizes=tuple(request["sizes"][1:-1]),
            activation="relu",
            solver=request["optimizer"],
            alpha=0.0,
            batch_size=request["batchSize"],
            learning_rate_init=request["learningRate"],
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=request["task"] == "accuracy",
            random_state=request["seed"],
        )

    def step(request):
        model = build(request)
        features, labels = random_rows(request)
        classes = numpy.arange(request["sizes"][-1])
        batches = request["batches"]
        size = request["batchSize"]

        def run(steps):
            # As many batches in one call as the data has: the fewer calls, the less of their own work is timed.
            while steps > 0:
                count = min(steps, batches)
                model.partial_fit(features[: count * size], labels[: count * size], classes)
                steps -= count

        return {**time_steps(request["budgetMs"], run), "note": ""}

    def accuracy(request):
        model = build(request)
        x, y = read_rows(request, "train")
        test_x, test_y = read_rows(request, "test")
        classes = numpy.arange(request["sizes"][-1])
        result = {"seconds": 0.0, "epochs": 0, "accuracy": 0.0, "note": ""}
        while result["epochs"] < request["epochs"] and result["seconds"] * 1e3 < request["limitMs"]:
            begin = time.perf_counter()
            model.partial_fit(x, y, classes)
            result["seconds"] += time.perf_counter() - begin
            result["epochs"] += 1
            result["accuracy"] = float((model.predict(test_x) == test_y).mean())
            if result["accuracy"] >= request["target"]:
                break
        return result

    return f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}", step, accuracy


if __name__ == "__main__":
    serve(load)
