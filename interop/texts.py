"""Takes texts from a CSV file, evenly spread.

Usage: texts.py FILE.csv COLUMN COUNT OUT     writes OUT.csv (column text) and OUT.json
"""

import csv
import json
import sys


def main():
    path, column, count, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    with open(path, newline="", encoding="utf-8") as f:
        texts = [row[column] for row in csv.DictReader(f)]
    texts = texts[:: max(1, len(texts) // count)][:count]
    if len(texts) < count:
        sys.exit(f"{path} has {len(texts)} rows; {count} are needed")
    with open(out + ".csv", "w", newline="", encoding="utf-8") as f:
        writer = csv.writer(f)
        writer.writerow(["text"])
        writer.writerows([t] for t in texts)
    with open(out + ".json", "w", encoding="utf-8") as f:
        json.dump(texts, f)


main()
