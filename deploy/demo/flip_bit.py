# SPDX-License-Identifier: Apache-2.0
"""Flips one bit in the middle of an exported log's first file of entries.

  flip_bit.py FOLDER
"""

import pathlib
import sys


def main():
    folder = pathlib.Path(sys.argv[1])
    path = min(p for p in (folder / "tile" / "entries").rglob("*") if p.is_file())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    print(f"   flipped one bit of {path.relative_to(folder)}")


if __name__ == "__main__":
    main()
