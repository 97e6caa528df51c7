"""Prints how long this process takes to import the modules of its argument, a JSON list. See importTime.ts."""

import importlib
import json
import os
import sys
import time

names = json.loads(sys.argv[1])
begin = time.perf_counter()
try:
    for name in names:
        importlib.import_module(name)
    print(json.dumps({"milliseconds": (time.perf_counter() - begin) * 1e3}), flush=True)
except ImportError as error:
    print(json.dumps({"absent": str(error)}), flush=True)
os._exit(0)
