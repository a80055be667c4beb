# SPDX-License-Identifier: Apache-2.0
"""The clock and the disk of programs that run with shim.cc before them."""

import os
import struct

SIZE = 256


class Shim:
    """Takes hold of the hub of a World that is not started yet."""

    def __init__(self, world):
        self.path = world.file("shim")
        with open(self.path, "wb") as file:
            file.write(bytes(SIZE))
        # What other programs need to have the same clock.
        self.environment = {
            "LD_PRELOAD": os.path.join(
                os.path.dirname(world.bin), "tests", "libfaults_shim.so"
            ),
            "WAYSTATION_SHIM": self.path,
        }
        world.hub_environment = self.environment

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
            self.look_at(folder)
        self._put(8, struct.pack("<q", folder is not None))

    def look_at(self, folder):
        """Counts syncs below this folder from now on."""
        self._put(24, folder.encode() + b"\0")

    def syncs(self):
        with open(self.path, "rb") as file:
            file.seek(16)
            return struct.unpack("<q", file.read(8))[0]
