# SPDX-License-Identifier: Apache-2.0
"""planted_test.py SOURCE_DIR BUILD_DIR: the bugs that tests/planted.sh plants
still fit the tree, and name tests that exist. Needs no history: what is asked is
only whether each patch applies to the files as they are.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE, BUILD = map(pathlib.Path, sys.argv[1:])
PATCHES = sorted((SOURCE / "tests/faults/planted").glob("*.patch"))
KEYS = ["Breaks", "Against", "Targets", "Red"]


def head(patch):
    """The lines before the patch proper, by key."""
    text = patch.read_text(encoding="utf-8").partition("--- a/")[0]
    return dict(re.findall(r"^(\w+): (.+)$", text, re.MULTILINE))


class Planted(unittest.TestCase):
    def test_each_applies(self):
        self.assertGreaterEqual(len(PATCHES), 12)
        # Of a repository around the tree git shall know nothing.
        alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(SOURCE.parent)}
        for patch in PATCHES:
            with self.subTest(patch.stem):
                done = subprocess.run(
                    ["git", "apply", "--check", str(patch)],
                    cwd=SOURCE,
                    env=alone,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_says_what_it_breaks_and_who_finds_it(self):
        listed = subprocess.run(
            ["ctest", "--show-only=json-v1"],
            cwd=BUILD,
            capture_output=True,
            check=True,
        )
        tests = {test["name"] for test in json.loads(listed.stdout)["tests"]}
        for patch in PATCHES:
            with self.subTest(patch.stem):
                said = head(patch)
                self.assertEqual(list(said), KEYS)
                self.assertEqual(set(said["Red"].split()) - tests, set())

    def test_the_page_lists_each_and_no_other(self):
        page = (SOURCE / "tests/README.md").read_text(encoding="utf-8")
        rows = re.findall(
            r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
            page,
            re.MULTILINE,
        )
        self.assertEqual(
            {name: (breaks, against, red) for name, breaks, against, red in rows},
            {
                patch.stem: (
                    head(patch)["Breaks"],
                    head(patch)["Against"],
                    ", ".join(f"`{t}`" for t in head(patch)["Red"].split()),
                )
                for patch in PATCHES
            },
        )


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
