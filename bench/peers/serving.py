"""What the peers in Python share: the request, the clock, the data and the answer. See protocol.ts and timeSteps.ts."""

import json
import os
import resource
import sys
import time

STRETCHES = 12
WARM_UP = 0.25
HOPELESS_MS = 5000


def serve(load):
    """Answers this process's request. `load` imports the peer and returns (version, step, accuracy)."""
    request = json.loads(sys.argv[-1])
    try:
        version, step, accuracy = load()
    except ImportError as error:
        print(json.dumps({"absent": str(error)}))
        return
    answer = (step if request["task"] == "step" else accuracy)(request)
    answer["version"] = version
    # Kibibytes on Linux.
    answer["peakRss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(answer), flush=True)
    # Libraries may wait for their threads at exit.
    os._exit(0)


def time_steps(budget_ms, run):
    """Times run(steps) for about budget_ms, warm-up included; the first step only when it takes very long."""
    first = timed(run, 1)
    if first > HOPELESS_MS:
        return {"microseconds": [first * 1e3], "steps": 1}
    begin = time.perf_counter()
    last = timed(run, 1)
    steps = 1
    while (time.perf_counter() - begin) * 1e3 < budget_ms * WARM_UP:
        steps = steps * 2 if last < 1 else steps
        last = timed(run, steps)
    steps = max(1, round(budget_ms * (1 - WARM_UP) / STRETCHES / (last / steps)))
    microseconds = []
    while not microseconds or (time.perf_counter() - begin) * 1e3 < budget_ms:
        microseconds.append(timed(run, steps) / steps * 1e3)
    return {"microseconds": microseconds, "steps": steps * len(microseconds)}


def timed(run, steps):
    """Milliseconds."""
    begin = time.perf_counter()
    run(steps)
    return (time.perf_counter() - begin) * 1e3


def random_rows(request):
    """Random features in [-0.5, 0.5), float32, and classes in turn."""
    import numpy

    rows = request["batchSize"] * request["batches"]
    features = numpy.random.default_rng(request["seed"]).random((rows, request["sizes"][0]), dtype=numpy.float32) - 0.5
    return features, numpy.arange(rows, dtype=numpy.int64) % request["sizes"][-1]


def read_rows(request, part):
    import numpy

    features = numpy.fromfile(os.path.join(request["folder"], part + "-features.f32"), dtype=numpy.float32)
    labels = numpy.fromfile(os.path.join(request["folder"], part + "-labels.i32"), dtype=numpy.int32)
    return features.reshape(len(labels), -1), labels.astype(numpy.int64)
