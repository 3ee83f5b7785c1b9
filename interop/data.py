#!/usr/bin/env python3
"""Read with pyarrow what "ortrain convert" and "ortrain prepare" wrote, and compare.

    data.py ORIGINAL.csv COLUMN TOKENIZER.json FILE...

FILE is Parquet or Arrow, made of the columns text and COLUMN of the CSV file;
one that "ortrain prepare" made has tokens too, which are compared with those of
the tokenizers package at most 128 long. Prints how many values differ. Needs
pyarrow and tokenizers.
"""
import csv
import json
import sys

import pyarrow.ipc as ipc
import pyarrow.parquet as pq
from tokenizers import Tokenizer


def tokens_differ(table, texts, tokenizer):
    """Counts the rows whose tokens are others than those of the package."""
    tokenizer = Tokenizer.from_file(tokenizer)
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    wanted = tokenizer.encode_batch(texts)
    ids, types = table.column("input_ids").to_pylist(), table.column("token_type_ids").to_pylist()
    wrong = sum(i != e.ids or t != e.type_ids for i, t, e in zip(ids, types, wanted))
    print(f"tokens of the prepared file: {sum(map(len, ids))}, {wrong} rows differ")
    return wrong


def main(original, column, tokenizer, *files):
    with open(original, newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    for path in files:
        table = pq.read_table(path) if path.endswith(".parquet") else ipc.open_file(path).read_all()
        table.validate(full=True)
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        label = column if column in features else "label"
        names = features[label]["names"]
        texts, labels = table.column("text").to_pylist(), table.column(label).to_pylist()
        wrong = sum(text != row["text"] or names[label] != row[column] for text, label, row in zip(texts, labels, rows))
        print(f"pyarrow reads {path.rsplit('.', 1)[1]}: {len(texts)} of {len(rows)} rows, {len(names)} classes, {wrong} differ")
        if "input_ids" in table.column_names:
            wrong += tokens_differ(table, texts, tokenizer)
        if wrong or len(texts) != len(rows):
            sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
