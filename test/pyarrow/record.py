#!/usr/bin/env python3
"""Writes Arrow files as pyarrow, Arrow's C++ library, writes them, and expected.json with their values, for test/arrowPrograms.test.ts.

    pip install pyarrow==25.0.1 && python3 test/pyarrow/record.py && npx -y pnpm@12 exec oxfmt test/pyarrow/expected.json

Values are made by arithmetic from the number of their row, and every number is exact in float64. The table comes in record
batches of 7, 0, 9 and 5 rows, the last one a slice that begins inside a byte of its bitmaps.
"""
import json
import os

import pyarrow as pa
import pyarrow.ipc as ipc

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 21
BATCHES = [(0, 7), (7, 0), (7, 9), (16, 5)]
TEXTS = ["pear", "apple", "fig", "Äpfel", ""]


def scattered(i, bound, salt):
    return ((i + 1) * 2654435761 + salt * 40503 >> 9) % bound


INTEGERS = [("int8", 8, True), ("uint8", 8, False), ("int16", 16, True), ("uint16", 16, False),
            ("int32", 32, True), ("uint32", 32, False), ("int64", 52, True), ("uint64", 52, False)]
TIMES = [("day", pa.date32()), ("date64", pa.date64()), ("time_s", pa.time32("s")), ("time_ms", pa.time32("ms")),
         ("time_us", pa.time64("us")), ("time_ns", pa.time64("ns")), ("stamp_s", pa.timestamp("s")),
         ("stamp_ms_utc", pa.timestamp("ms", tz="UTC")), ("stamp_us", pa.timestamp("us")), ("stamp_ns", pa.timestamp("ns")),
         ("duration", pa.duration("ms"))]


def numbers():
    """Of each column of single numbers: its type, what is stored in a row, and the type that has the same bits."""
    for salt, (name, bits, signed) in enumerate(INTEGERS):
        span = 2 ** min(bits, 50)
        low = -(span // 2) if signed else 0
        yield name, getattr(pa, name)(), [low + scattered(i * i, span, salt) for i in range(ROWS)], None
    yield "float16", pa.float16(), [scattered(i, 400, 9) / 4 - 30 for i in range(ROWS)], None
    yield "float32", pa.float32(), [scattered(i, 4096, 10) / 16 - 99 for i in range(ROWS)], None
    yield "float64", pa.float64(), [scattered(i, 9999, 11) / 7 for i in range(ROWS)], None
    yield "bool", pa.bool_(), [scattered(i, 2, 12) == 1 for i in range(ROWS)], None
    for salt, (name, kind) in enumerate(TIMES):
        scale = 86_400_000 if name == "date64" else 1
        stored = pa.int32() if kind.bit_width == 32 else pa.int64()
        yield name, kind, [scattered(i, 20_000, 20 + salt) * scale for i in range(ROWS)], stored


def with_nulls(values, salt):
    return [None if (i * 5 + salt) % 6 == 0 else value for i, value in enumerate(values)]


def build():
    columns, expected = {"id": pa.array(range(ROWS), pa.int32())}, {}
    for salt, (name, kind, values, stored) in enumerate(numbers()):
        for suffix, rows in (("", values), ("_null", with_nulls(values, salt))):
            columns[name + suffix] = pa.array(rows, stored or kind).view(kind) if stored else pa.array(rows, kind)
            expected[name + suffix] = [[value if value is None else float(value)] for value in rows]
    lists = [None if i == 8 else [scattered(i, 90, 1), None if i % 4 == 1 else i, -i] for i in range(ROWS)]
    columns["fixed"] = pa.array(lists, pa.list_(pa.int16(), 3))
    expected["fixed"] = [[None] * 3 if row is None else row for row in lists]
    pairs = [[i / 4, None if i % 5 == 3 else scattered(i, 50, 2) / 2] for i in range(ROWS)]
    columns["list"] = pa.array(pairs, pa.list_(pa.float32()))
    expected["list"] = pairs
    flags = [[i % 2 == 0, i % 3 == 0, i % 5 == 0] for i in range(ROWS)]
    columns["flags"] = pa.array(flags, pa.list_(pa.bool_(), 3))
    expected["flags"] = [[float(flag) for flag in row] for row in flags]
    codes = [None if i % 7 == 5 else (2 * i + i // 5) % 5 for i in range(ROWS)]
    texts = [None if code is None else TEXTS[code] for code in codes]
    for name, index, kind in (("text8", pa.int8(), pa.utf8()), ("text32", pa.int32(), pa.large_utf8())):
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(codes, index), pa.array(TEXTS, kind))
        expected[name] = [[text] for text in texts]
    # Types that are passed over, so that all others are found behind them.
    ints = pa.array(range(ROWS), pa.int8())
    unused = {
        "nothing": pa.nulls(ROWS), "binary": pa.array([b"\x01" * (i % 3) for i in range(ROWS)]),
        "plain": pa.array(texts, pa.utf8()), "view": pa.array([(t or "") * 5 for t in texts], pa.string_view()),
        "struct": pa.StructArray.from_arrays([ints, ints], ["a", "b"]), "decimal": pa.array(range(ROWS), pa.decimal128(9, 2)),
        "map": pa.array([[("k", i)] for i in range(ROWS)], pa.map_(pa.utf8(), pa.int8())),
        "union": pa.UnionArray.from_sparse(pa.array([i % 2 for i in range(ROWS)], pa.int8()), [ints, ints]),
        "interval": pa.array([(1, i, 0) for i in range(ROWS)], pa.month_day_nano_interval()),
    }
    names = list(columns)
    ordered = {}
    for i, name in enumerate(names):
        if i % 4 == 0 and unused:
            key = next(iter(unused))
            ordered[key] = unused.pop(key)
        ordered[name] = columns[name]
    ordered |= unused
    return pa.table(ordered), expected


def write(name, table, stream=False, batches=BATCHES, **options):
    make = ipc.new_stream if stream else ipc.new_file
    with make(os.path.join(HERE, name), table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        for start, count in batches:
            writer.write_batch(table.to_batches()[0].slice(start, count))


def write_dictionaries(name, versions, deltas):
    """A stream whose dictionary is other texts, or more, with every record batch."""
    batches = []
    for number, texts in enumerate(versions):
        codes = pa.array([i % len(texts) for i in range(4)], pa.int8())
        column = pa.DictionaryArray.from_arrays(codes, pa.array(texts))
        batches.append(pa.record_batch({"id": pa.array(range(4 * number, 4 * number + 4)), "text": column}))
    options = ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)
    with ipc.new_stream(os.path.join(HERE, name), batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return [[text] for batch in batches for text in batch["text"].to_pylist()]


def main():
    table, columns = build()
    write("types.arrow", table)
    write("types.arrows", table, stream=True)
    write("types-lz4.arrow", table, compression="lz4")
    write("types-zstd.arrows", table, stream=True, compression="zstd")
    few = table.select(["id", "int16_null", "list", "text8", "float64"])
    # As Arrow 0.14 (2019) wrote them, without a mark before each message.
    legacy = {"use_legacy_format": True, "metadata_version": ipc.MetadataVersion.V4}
    write("legacy.arrow", few, **legacy)
    write("legacy.arrows", few, stream=True, **legacy)
    write("empty.arrow", few, batches=[])
    write("no-rows.arrows", few, stream=True, batches=[(0, 0), (0, 0)])
    ids = pa.array(range(4), pa.int32())
    ends = pa.RunEndEncodedArray.from_arrays(pa.array([2, 4], pa.int32()), pa.array([1.0, 2.0]))
    write("run-ends.arrow", pa.table({"id": ids, "ends": ends}))
    null_text = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 1], pa.int8()), pa.array(["a", None]))
    write("null-text.arrow", pa.table({"id": ids, "text": null_text}))
    dictionaries = {
        "deltas.arrows": write_dictionaries("deltas.arrows", [TEXTS[:2], TEXTS[:3], TEXTS], True),
        "replaced.arrows": write_dictionaries("replaced.arrows", [["b", "a"], ["a", "c", "d"], ["b"]], False),
    }
    document = {"program": f"pyarrow {pa.__version__}", "rows": ROWS, "columns": columns, "dictionaries": dictionaries}
    with open(os.path.join(HERE, "expected.json"), "w", encoding="utf8") as file:
        json.dump(document, file, ensure_ascii=False)


main()
