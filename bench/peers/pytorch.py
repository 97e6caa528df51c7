"""PyTorch: torch.nn on the CPU, in eager mode, batches as contiguous slices of one tensor."""

import time

from serving import random_rows, read_rows, serve, time_steps, timed


def load():
    import torch

    def build(request):
        torch.manual_seed(request["seed"])
        sizes = request["sizes"]
        layers = []
        for index in range(len(sizes) - 1):
            layers.append(torch.nn.Linear(sizes[index], sizes[index + 1]))
            if index < len(sizes) - 2:
                layers.append(torch.nn.ReLU())
        return torch.nn.Sequential(*layers)

    def optimizers(request):
        """Every variant that this version has: one tensor after another, all of them in one call, and fused."""
        kind = torch.optim.Adam if request["optimizer"] == "adam" else torch.optim.SGD
        for name, options in (("default", {}), ("foreach", {"foreach": True}), ("fused", {"fused": True})):

            def create(model, options=options):
                return kind(model.parameters(), lr=request["learningRate"], **options)

            try:
                create(torch.nn.Linear(2, 2))
            except (TypeError, RuntimeError):
                continue  # Not in this version, or not on the CPU.
            yield name, create

    def prepare(request):
        threads = int(request["setting"]["threads"])
        torch.set_num_threads(threads)
        return build(request), torch.nn.CrossEntropyLoss()

    def step(request):
        model, loss = prepare(request)
        features, labels = (torch.from_numpy(array) for array in random_rows(request))
        batches = list(zip(features.split(request["batchSize"]), labels.split(request["batchSize"])))

        def runner(optimizer):
            position = 0

            def run(steps):
                nonlocal position
                for _ in range(steps):
                    x, y = batches[position]
                    position = (position + 1) % len(batches)
                    optimizer.zero_grad(set_to_none=True)
                    loss(model(x), y).backward()
                    optimizer.step()

            return run

        runners = []
        for name, create in optimizers(request):
            try:
                run = runner(create(model))
                timed(run, 1)  # Warms up; some variants only refuse here.
                runners.append((name, run))
            except (RuntimeError, AssertionError):
                continue
        # The fastest variant by the best of its turns, for a fifth of the budget.
        best = {name: float("inf") for name, _ in runners}
        end = time.perf_counter() + request["budgetMs"] / 5e3
        turn = 0
        while turn < 2 or (turn < 50 and time.perf_counter() < end):
            for name, run in runners:
                best[name] = min(best[name], timed(run, 3))
            turn += 1
        name, run = min(runners, key=lambda item: best[item[0]])
        return {**time_steps(request["budgetMs"], run), "note": f"{name} optimizer"}

    def accuracy(request):
        model, loss = prepare(request)
        x, y = (torch.from_numpy(array) for array in read_rows(request, "train"))
        test_x, test_y = (torch.from_numpy(array) for array in read_rows(request, "test"))
        optimizer = torch.optim.Adam(model.parameters(), lr=request["learningRate"], foreach=True)
        result = {"seconds": 0.0, "epochs": 0, "accuracy": 0.0, "note": "foreach optimizer"}
        while result["epochs"] < request["epochs"] and result["seconds"] * 1e3 < request["limitMs"]:
            begin = time.perf_counter()
            for rows in torch.randperm(len(x)).split(request["batchSize"]):
                optimizer.zero_grad(set_to_none=True)
                loss(model(x[rows]), y[rows]).backward()
                optimizer.step()
            result["seconds"] += time.perf_counter() - begin
            result["epochs"] += 1
            with torch.no_grad():
                result["accuracy"] = (model(test_x).argmax(1) == test_y).float().mean().item()
            if result["accuracy"] >= request["target"]:
                break
        return result

    return f"torch {torch.__version__}", step, accuracy


if __name__ == "__main__":
    serve(load)
