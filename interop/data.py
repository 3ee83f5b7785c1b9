#!/usr/bin/env python3
"""Read with pyarrow what "ortrain convert" wrote, and compare.

    data.py ORIGINAL.csv COLUMN FILE...

FILE is Parquet or Arrow, made of the columns text and COLUMN of the CSV file.
Also prints how many values agree. Needs pyarrow.
"""
import csv
import json
import sys

import pyarrow.ipc as ipc
import pyarrow.parquet as pq


def main(original, column, *files):
    with open(original, newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    for path in files:
        table = pq.read_table(path) if path.endswith(".parquet") else ipc.open_file(path).read_all()
        table.validate(full=True)
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        names = features["label"]["names"]
        texts, labels = table.column("text").to_pylist(), table.column("label").to_pylist()
        wrong = sum(text != row["text"] or names[label] != row[column] for text, label, row in zip(texts, labels, rows))
        print(f"pyarrow reads {path.rsplit('.', 1)[1]}: {len(texts)} of {len(rows)} rows, {len(names)} classes, {wrong} differ")
        if wrong or len(texts) != len(rows):
            sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
