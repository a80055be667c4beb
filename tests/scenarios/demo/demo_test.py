# SPDX-License-Identifier: Apache-2.0
"""Plays the demo as its readers do: with few people reads what it prints and runs
each printed command again; then plays it as the README says, beside another one
that is on PostgreSQL.

  demo_test.py SOURCE_DIR BIN_DIR
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BIN = map(pathlib.Path, sys.argv[1:3])
PEOPLE = 200
# Each with a call that it may make.
ROLES = {"OPERATOR": "agency list", "OFFICE": "conflict list",
         "AUDITOR": "audit checkpoint", "CLERK": "agency list",
         "PUBLIC_SECURITY_341200": "record list",
         "PUBLIC_SECURITY_320500": "record list",
         "LABOR_341200": "record list", "LABOR_320500": "record list",
         "HEALTH_341200": "record list", "HEALTH_320500": "record list",
         "COMMERCE_341200": "record list", "COMMERCE_320500": "record list"}
# Documented exits of a command whose work is done already: nothing found, rows
# with findings, decided by somebody, not available.
AGAIN = {0, 1, 3, 5, 6}


FEW = ("--people", str(PEOPLE))


def start(folder, *options):
    return subprocess.Popen(
        [SOURCE / "deploy" / "demo.sh", "--bin", BIN, "--dir", folder,
         *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(demo):
    output, _ = demo.communicate()
    return demo.returncode, output


def without_numbers(line):
    return re.sub(r"\d+", "0", line.strip())


def promised():
    """What the README says that the demo prints, without the cuts."""
    text = (SOURCE / "README.md").read_text(encoding="utf-8")
    block = re.search(r"It ends with\n\n```\n(.*?)```", text, re.DOTALL)[1]
    return [without_numbers(line) for line in block.splitlines()
            if line.strip() and line != "..."]


class Demo(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="waystation-demo-"))
        self.folder = self.root / "first"

    def tearDown(self):
        for folder in self.root.iterdir():
            subprocess.run([SOURCE / "deploy" / "demo.sh", "--stop", "--dir",
                            folder], check=True)
        shutil.rmtree(self.root)

    def shell(self, command):
        return subprocess.run(
            ["bash", "-c", f". {self.folder}/env.sh; {command}"], cwd=SOURCE,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)

    def hub_lives(self):
        try:
            pid = (self.folder / "hub.pid").read_text().strip()
            command = pathlib.Path("/proc", pid, "cmdline").read_bytes()
        except FileNotFoundError:
            return False
        return str(self.folder).encode() in command

    def check_output(self, output):
        lines = iter([without_numbers(line) for line in output.splitlines()])
        for wanted in promised():
            # Each behind the one before.
            self.assertIn(wanted, lines, output)

    def check_environment(self):
        names = self.shell("env -0").stdout.split("\0")
        told = dict(name.split("=", 1) for name in names
                    if name.startswith("WAYSTATION_"))
        self.assertLessEqual({
            "WAYSTATION_CONFIG", "WAYSTATION_STATE", "WAYSTATION_POPULATION",
            "WAYSTATION_HUB", "WAYSTATION_CA",
            *(f"WAYSTATION_{role}_{kind}" for role in ROLES
              for kind in ("CERT", "KEY"))}, set(told))
        for name, value in told.items():
            if name != "WAYSTATION_HUB":
                self.assertTrue(os.path.exists(value), f"{name}={value}")
        for role, call in ROLES.items():
            called = self.shell(
                "wayctl --hub $WAYSTATION_HUB --ca $WAYSTATION_CA"
                f" --cert $WAYSTATION_{role}_CERT"
                f" --key $WAYSTATION_{role}_KEY {call}")
            self.assertEqual(called.returncode, 0, f"{role}: {called.stdout}")

    def check_commands(self, output):
        commands = re.findall(r"^   \$ (.*)$", output, re.MULTILINE)
        self.assertGreater(len(commands), 40)
        for command in commands:
            again = self.shell(command)
            self.assertIn(again.returncode, AGAIN,
                          f"{command}\n{again.stdout}")

    def check_claims(self):
        """The commands of the README's claims that need no name filled in."""
        text = (SOURCE / "README.md").read_text(encoding="utf-8")
        table = text.split("| Claim |")[1].split("## ")[0]
        commands = [command for command in re.findall(
            r"`((?:wayctl|grep|cat|python3|waystation-adapter) [^`]*)`", table)
            if not re.search(r"\b[A-Z]+\b(?!_)", re.sub(r"\$\w+", "", command))]
        self.assertGreater(len(commands), 9)
        for command in commands:
            shown = self.shell(command.replace("build/demo", str(self.folder)))
            self.assertIn(shown.returncode, AGAIN,
                          f"{command}\n{shown.stdout}")

    def test_tells_its_story_again_and_again(self):
        code, output = finish(start(self.folder, *FEW, "--keep"))
        self.assertEqual(code, 0, output)
        self.check_output(output)
        self.assertTrue(self.hub_lives())
        self.check_environment()
        self.check_claims()
        self.check_commands(output)

        # Where the first one left its hub, with as many as the README says.
        again = start(self.folder)
        other = start(self.root / "other", *FEW, "--store", "postgres")
        for demo in (again, other):
            code, output = finish(demo)
            self.assertEqual(code, 0, output)
        self.assertFalse(self.hub_lives())

    def test_refuses_what_it_cannot_do(self):
        for options in (["--people"], ["--people", "none"], ["--people", "1"],
                        ["--store", "paper"], ["--what"]):
            code, output = finish(start(self.folder, *FEW, *options))
            self.assertEqual(code, 2, output)
            self.assertIn("usage:", output)
        self.folder.mkdir()
        (self.folder / "mine").touch()
        code, output = finish(start(self.folder, *FEW))
        self.assertEqual(code, 1, output)
        self.assertTrue((self.folder / "mine").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
