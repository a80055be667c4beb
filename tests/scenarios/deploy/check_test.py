# SPDX-License-Identifier: Apache-2.0
"""check_test.py BIN_DIR: a store is checked where no hub runs."""

import os
import sqlite3
import subprocess
import sys
import unittest

from world import PATIENCE, World, person

BIN = sys.argv.pop(1)


class Check(unittest.TestCase):
    def setUp(self):
        self.world = World(BIN)
        self.addCleanup(self.world.close)
        for key in ("A-1", "A-2"):
            code, _, err = self.world.run(
                "labor.320500", "record", "submit", "--yes", stdin=person(key)
            )
            self.assertEqual(code, 0, err)

    def check(self, expected, language="en"):
        done = subprocess.run(
            [os.path.join(BIN, "waystationd"), "check", "--lang", language,
             "--config", self.world.file("hub/hub.yaml")],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )
        self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def alter(self, statement):
        store = sqlite3.connect(self.world.file("hub/store/waystation.db"))
        self.assertEqual(store.execute(statement).rowcount, 1)
        store.commit()
        store.close()

    def test_not_beside_a_hub(self):
        _, err = self.check(1)
        self.assertIn("[STORE_IN_USE]", err)

    def test_a_sound_store(self):
        self.world.stop()
        out, _ = self.check(0)
        self.assertIn("2 sealed rows, 0 findings", out)
        # It took nothing away: the hub goes on with it.
        self.world.start()
        self.assertEqual(
            len(self.world.json("labor.320500", "record", "list")["records"]), 2
        )

    def test_damaged_rows_are_named(self):
        self.world.stop()
        self.alter(
            "UPDATE record SET sealed = "
            "CAST(substr(sealed, 1, 20) || x'0000000000000000' || substr(sealed, 29) AS BLOB) "
            "WHERE uid = 2"
        )
        out, err = self.check(3)
        self.assertIn("record 2: ", out)
        self.assertNotIn("record 1: ", out)
        self.assertIn("[STORE_DAMAGED]", err)
        out, _ = self.check(3, "zh")
        self.assertIn("record 2: ", out)
        self.assertIn("项发现", out)

    def test_no_store(self):
        self.world.stop()
        os.rename(self.world.file("hub/store"), self.world.file("hub/gone"))
        _, err = self.check(6)
        self.assertIn("[FILE_MISSING]", err)
        self.assertFalse(os.path.exists(self.world.file("hub/store")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
