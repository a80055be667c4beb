# SPDX-License-Identifier: Apache-2.0
"""The clock and the disk of a program that runs with shim.cc before it."""

import os
import struct

SIZE = 256


class Shim:
    """Takes hold of the hub of a World that is not started yet."""

    def __init__(self, world):
        self.path = world.file("shim")
        with open(self.path, "wb") as file:
            file.write(bytes(SIZE))
        world.hub_environment = {
            "LD_PRELOAD": os.path.join(
                os.path.dirname(world.bin), "tests", "libfaults_shim.so"
            ),
            "WAYSTATION_SHIM": self.path,
        }

    def _put(self, at, content):
        with open(self.path, "r+b") as file:
            file.seek(at)
            file.write(content)

    def set_clock(self, seconds):
        """So many seconds ahead of the true time; less than 0 is behind."""
        self._put(0, struct.pack("<q", seconds))

    def set_full(self, folder):
        """Nothing more fits below the folder; None frees it again."""
        if folder is not None:
            self._put(16, folder.encode() + b"\0")
        self._put(8, struct.pack("<q", folder is not None))
