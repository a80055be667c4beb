# SPDX-License-Identifier: Apache-2.0
"""Copies an exported log and flips one bit of one entry in the copy.

  flip_bit.py EXPORT COPY

The entry is the middle one of the first bundle (docs/audit-export.md). COPY is
made anew.
"""

import pathlib
import shutil
import sys


def entries(bundle):
    """Where each entry of a bundle begins and ends."""
    at = 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at:at + 2], "big")
        yield at + 2, at + 2 + size
        at += 2 + size


def main():
    export, copy = map(pathlib.Path, sys.argv[1:])
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(export, copy)
    path = copy / "tile" / "entries" / "000"
    if not path.exists():  # Not full yet; the fullest is the newest.
        path = max(path.with_suffix(".p").iterdir(),
                   key=lambda part: int(part.name))
    data = bytearray(path.read_bytes())
    places = list(entries(data))
    index = len(places) // 2
    begin, end = places[index]
    data[(begin + end) // 2] ^= 1
    path.write_bytes(data)
    print(f"flipped one bit in {path.relative_to(copy)}, entry {index}")


if __name__ == "__main__":
    main()
