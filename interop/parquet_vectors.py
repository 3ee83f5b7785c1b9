#!/usr/bin/env python3
"""Write what pyarrow reads of a folder of Parquet files, as hashes.

    parquet_vectors.py FOLDER OUT.json

For every file: either the error's first line, or for each column the number of
rows and the SHA-256 of all values in the form that canonical() gives them. The
tests of pipeline/source compare their own reading with it. Needs pyarrow.
"""
import hashlib
import json
import pathlib
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq


def text(kind, value):
    return f"{kind}{len(value.encode())}:{value}"


def raw(value):
    try:
        return text("s", value.decode())
    except UnicodeDecodeError:
        return text("x", value.hex())


def canonical(scalar):
    """A string in which equal values are equal, whatever reads them."""
    kind = scalar.type
    if isinstance(scalar, pa.ExtensionScalar):
        return canonical(scalar.value)
    if not scalar.is_valid or pa.types.is_null(kind):
        return "n"
    if pa.types.is_boolean(kind):
        return "b1" if scalar.as_py() else "b0"
    if pa.types.is_integer(kind):
        return f"i{scalar.as_py()}"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        number = float(scalar.as_py())
        return "fnan" if number != number else "f" + struct.pack(">d", number).hex()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return text("s", scalar.as_py())
    if pa.types.is_fixed_size_binary(kind):
        return text("h", scalar.as_py().hex())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return raw(scalar.as_py())
    if pa.types.is_temporal(kind):
        return f"t{scalar.value}"
    if pa.types.is_map(kind):
        entries = scalar.values
        return "[" + "".join(pair(entries[i]) for i in range(len(entries))) + "]"
    if pa.types.is_nested(kind) and isinstance(scalar, pa.StructScalar):
        return "{" + "".join(text("k", name) + canonical(scalar[name]) for name in sorted(scalar.keys())) + "}"
    items = scalar.values
    return "[" + "".join(canonical(items[i]) for i in range(len(items))) + "]"


def pair(entry):
    key, value = list(entry.values())
    return "{" + text("k", "key") + canonical(key) + text("k", "value") + canonical(value) + "}"


def describe(path):
    try:
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
    except Exception as error:  # whatever a damaged file makes of it
        return {"error": str(error).splitlines()[0]}
    columns = []
    for name, column in zip(table.column_names, table.columns):
        digest = hashlib.sha256()
        for value in column:
            digest.update(canonical(value).encode() + b"\n")
        columns.append({"name": name, "rows": len(column), "sha256": digest.hexdigest()})
    return {"columns": columns}


def main(folder, out):
    found = sorted(pathlib.Path(folder).glob("**/*.parquet"))
    vectors = {str(path.relative_to(folder)): describe(path) for path in found}
    pathlib.Path(out).write_text(json.dumps({"pyarrow": pa.__version__, "files": vectors}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
