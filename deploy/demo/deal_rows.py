# SPDX-License-Identifier: Apache-2.0
"""Deals the rows of an export out over several files with the same header, in
their order.

  deal_rows.py EXPORT PARTS FOLDER

Part N is written to FOLDER/N, unless it has no rows.
"""

import pathlib
import sys


def main():
    export, parts, folder = (pathlib.Path(sys.argv[1]), int(sys.argv[2]),
                             pathlib.Path(sys.argv[3]))
    header, *rows = export.read_bytes().splitlines(keepends=True)
    for part in range(parts):
        dealt = rows[len(rows) * part // parts:
                     len(rows) * (part + 1) // parts]
        if not dealt:
            continue
        path = folder / str(part + 1)
        path.mkdir(parents=True)
        path /= f"{export.parent.parent.name}-{part + 1}-{export.name}"
        path.write_bytes(header + b"".join(dealt))


if __name__ == "__main__":
    main()
