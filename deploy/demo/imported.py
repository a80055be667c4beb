# SPDX-License-Identifier: Apache-2.0
"""Shows what came back to an agency's system: the rows with all of the words, in
the order in which they came, each value behind the name of its column.

  imported.py FOLDER WORD...

Exit code 1 if there is none.
"""

import csv
import pathlib
import sys


def rows(path):
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    delimiter = "^" if "^" in text.partition("\n")[0] else ","
    quoting = csv.QUOTE_NONE if delimiter == "^" else csv.QUOTE_MINIMAL
    return csv.DictReader(text.splitlines(), delimiter=delimiter,
                          quoting=quoting)


def holds(row, word):
    return any(word in value.split(";") for value in row.values())


def main():
    folder, *words = sys.argv[1:]
    found = 0
    for path in sorted(pathlib.Path(folder).iterdir()):
        for row in rows(path):
            if all(holds(row, word) for word in words):
                found += 1
                print(path.name)
                print(" ", "  ".join(f"{column}={value}" for column, value
                                     in row.items() if value))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
