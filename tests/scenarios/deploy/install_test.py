# SPDX-License-Identifier: Apache-2.0
"""install_test.py BUILD_DIR CMAKE SOURCE_DIR: what is installed runs where it
lies, and programs of others are built with it."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from world import PATIENCE, World

BUILD, CMAKE, SOURCE = sys.argv[1:4]


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="waystation-")
        cls.root = pathlib.Path(cls.folder.name)
        subprocess.run(
            [CMAKE, "--install", BUILD, "--prefix", cls.root / "usr"],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_installed(self, program, *arguments, **environment):
        return subprocess.run(
            [self.root / "usr/bin" / program, *arguments],
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": str(self.root), **environment},
            check=False,
        )

    def test_programs_run(self):
        for program in ("waystationd", "waystation-adapter", "wayctl"):
            done = self.run_installed(program, "--help")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_wayctl_finds_its_chinese(self):
        done = self.run_installed("wayctl", "--lang", "zh", "--help")
        self.assertIn("选项", done.stdout)

    def test_programs_of_others_are_built_with_the_library(self):
        # A copy, so that nothing of the checkout is at hand.
        example = self.root / "example"
        shutil.copytree(f"{SOURCE}/client/examples/cpp", example)
        for step in (
            ["-S", example, "-B", example / "build",
             f"-DCMAKE_PREFIX_PATH={self.root}/usr"],
            ["--build", example / "build"],
        ):
            done = subprocess.run([CMAKE, *step], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        world = World(self.root / "usr/bin")
        self.addCleanup(world.close)
        submit = f"{example}/build/submit_record labor.320500 A-1"
        for revision, outcome in ((1, "APPLIED"), (1, "UNCHANGED"), (2, "APPLIED")):
            done = subprocess.run(
                ["/bin/bash", "-c",
                 f". {world.file('hub/env.sh')}; {submit} {revision}"],
                capture_output=True, text=True, timeout=PATIENCE, check=False,
            )
            self.assertRegex(done.stdout, f"^OUTCOME_{outcome} p-", done.stderr)
        # The cases of an agency: none is asked for here.
        watch = f"{example}/build/watch_notices labor.320500 0"
        done = subprocess.run(
            ["/bin/bash", "-c", f". {world.file('hub/env.sh')}; {watch}"],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_units_start_what_is_installed(self):
        for name in ("waystationd.service", "waystation-adapter@.service"):
            unit = (self.root / "usr/lib/systemd/system" / name).read_text()
            [program] = re.findall(r"^ExecStart=(/usr/bin/\S+)", unit, re.MULTILINE)
            self.assertTrue((self.root / program[1:]).exists(), program)
            [page] = re.findall(r"^Documentation=file://(\S+)", unit, re.MULTILINE)
            self.assertTrue((self.root / page[1:]).exists(), page)

    def test_a_site_finds_what_it_starts_from(self):
        share = self.root / "usr/share/waystation"
        for name in (
            "agreements/labor.yaml",
            "agreements/other_sectors/education.yaml",
            "ceiling/other_sectors.yaml",
            "services/catalogue.yaml",
            "services/points.yaml",
            "rules/default.yaml",
            "prometheus/alerts.yaml",
            "adapters/labor/mapping.yaml",
            "adapters/other_sectors/education.yaml",
            "proto/waystation/v1/person.proto",
        ):
            self.assertTrue((share / name).exists(), name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
