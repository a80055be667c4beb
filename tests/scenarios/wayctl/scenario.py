# SPDX-License-Identifier: Apache-2.0
"""What the scenarios of this folder share."""

import csv
import io
import pathlib
import sys
import unittest

from world import World

SOURCE = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(SOURCE / "tests/harness"))

from people import with_check  # noqa: E402

SUZHOU_POLICE = "public_security.320500"
FUYANG_POLICE = "public_security.341200"
SUZHOU_LABOR = "labor.320500"
FUYANG_LABOR = "labor.341200"

# Of generated people.
NUMBER = "034105199003070424"


def number_of(year, sequence):
    """A number of generated people, born on 7 March, of a division of none."""
    return with_check(f"034105{year}0307{sequence:03d}")


class Scenario(unittest.TestCase):
    """Each class has a hub of its own, which its tests share."""

    @classmethod
    def setUpClass(cls):
        cls.world = World(BIN)

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    @classmethod
    def count_calendar_days(cls):
        """Deadlines in calendar days: a test does not end with the last year
        whose holidays were announced."""
        world = cls.world
        world.stop()
        shipped = SOURCE / "deploy/deadlines/default.yaml"
        text = shipped.read_text(encoding="utf-8")
        text = text.replace("unit: working_day", "unit: calendar_day")
        text = text.replace("      calendar: cn\n", "")
        world.write("hub/deadlines.yaml", text)
        with open(world.file("hub/hub.yaml"), "a", encoding="utf-8") as file:
            file.write("notices:\n  deadlines: deadlines.yaml\n")
        world.start()

    def submit(self, agency, update):
        code, out, err = self.world.run(
            agency, "record", "submit", "--yes", stdin=update
        )
        self.assertEqual(code, 0, out + err)

    def ends(self, expected, context, *arguments, stdin=""):
        """Runs a command that shall end so; what it said on both streams."""
        code, out, err = self.world.run(context, *arguments, stdin=stdin)
        self.assertEqual(code, expected, f"{arguments}\n{out}{err}")
        return out, err

    def rows(self, context, *arguments):
        out, _ = self.ends(0, context, *arguments, "-o", "csv")
        return list(csv.DictReader(io.StringIO(out)))


def main():
    unittest.main(verbosity=2)


BIN = sys.argv.pop(1)
