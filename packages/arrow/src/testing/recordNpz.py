"""Writes numpyArchives.json: archives of NumPy as base64. Run: python3 packages/arrow/src/testing/recordNpz.py"""

import base64
import io
import json
import pathlib

import numpy as np

arrays = {
    "x": np.arange(24, dtype="<f4").reshape(4, 2, 3) / 8,
    "y": np.array([3, 0, 2, 3], dtype=">i2"),
    "big": np.array([1.5, -2.25, 1e300, 0], dtype=">f8"),
    "half": np.array([1, 2, 0.5, -1], dtype="<f2"),
    "flag": np.array([True, False, False, True]),
    "count": np.array([2**63, 1, 2, 3], dtype=">u8"),
    "column": np.asfortranarray(np.array([[7], [8], [9], [10]], dtype="<i4")),
}


def archive(save, *unnamed, **named):
    target = io.BytesIO()
    save(target, *unnamed, **named)
    return base64.b64encode(target.getvalue()).decode()


written = {
    "numpy": np.__version__,
    "stored": archive(np.savez, **arrays),
    "deflated": archive(np.savez_compressed, **arrays),
    "unnamed": archive(np.savez, arrays["x"], arrays["y"]),
    "twoDeflated": archive(np.savez_compressed, arrays["x"], arrays["y"]),
    "scalar": archive(np.savez, x=arrays["x"], epochs=np.array(3)),
    "rows": archive(np.savez, x=arrays["x"], other=np.arange(5)),
    "objects": archive(np.savez, x=arrays["x"], names=np.array(["a", "b", "c", "d"])),
    "fortran": archive(np.savez, x=np.asfortranarray(np.ones((4, 2)))),
}
path = pathlib.Path(__file__).with_name("numpyArchives.json")
path.write_text(json.dumps(written, indent=1) + "\n")
