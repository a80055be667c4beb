# SPDX-License-Identifier: Apache-2.0
"""What a person with an editor does: puts the right row in the place of each
broken one in an adapter's quarantine.

  mend_row.py ADAPTER_FOLDER REPAIRS...

Rows are told apart by what stands before their first separator, the record key.
"""

import pathlib
import sys


def key(row):
    return row.replace(b"^", b",").split(b",")[0]


def main():
    folder = pathlib.Path(sys.argv[1])
    right = {}
    for path in sys.argv[2:]:
        for row in pathlib.Path(path).read_bytes().splitlines()[1:]:
            right[key(row)] = row
    mended = 0
    for path in sorted(folder.glob("state/quarantine/*")):
        if path.suffix not in (".csv", ".txt"):
            continue
        lines = path.read_bytes().splitlines(keepends=True)
        for i, line in enumerate(lines):
            row = line.rstrip(b"\r\n")
            if i > 0 and key(row) in right:
                lines[i] = right[key(row)] + line[len(row):]
                mended += 1
        path.write_bytes(b"".join(lines))
    print(f"   mended {mended} rows")
    return 0 if mended else 1


if __name__ == "__main__":
    sys.exit(main())
