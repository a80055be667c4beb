# SPDX-License-Identifier: Apache-2.0
"""What the pages name must exist: tests, files, folders.

  docs_test.py SOURCE_DIR
"""

import pathlib
import re
import sys
import unittest

SOURCE = pathlib.Path(sys.argv[1])
PAGES = [page for page in SOURCE.rglob("*.md")
         if not {"build", "node_modules"} & set(page.relative_to(SOURCE).parts)]


class Docs(unittest.TestCase):
    def test_tests_that_are_named_exist(self):
        known = set()
        for source in (SOURCE / "tests").rglob("*_test.cc"):
            known.update(
                ".".join(names) for names in re.findall(
                    r"^(?:TEST(?:_F|_P)?|RC_GTEST_(?:FIXTURE_)?PROP)"
                    r"\(\s*(\w+),\s*(\w+)", source.read_text(encoding="utf-8"),
                    re.MULTILINE))
        named = set()
        for page in PAGES:
            named.update(re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`",
                                    page.read_text(encoding="utf-8")))
        self.assertGreater(len(named), 12)
        self.assertEqual(named - known, set())

    def test_each_refusal_names_a_test(self):
        text = (SOURCE / "README.md").read_text(encoding="utf-8")
        refusals = re.findall(r"^\| (\d+)\. .*\| .*`\w+\.\w+`.* \|$", text,
                              re.MULTILINE)
        self.assertEqual(refusals, [str(n) for n in range(1, 13)])

    def test_links_lead_somewhere(self):
        found = 0
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text):
                if "://" in link:
                    continue
                found += 1
                self.assertTrue((page.parent / link).exists(),
                                f"{page}: {link}")
        self.assertGreater(found, 5)

    def test_operators_find_each_alert_and_each_reason(self):
        text = (SOURCE / "docs/operators.md").read_text(encoding="utf-8")
        sections = set()
        for title in re.findall(r"^### (.*)$", text, re.MULTILINE):
            sections.update(title.split(", "))
        rules = (SOURCE / "deploy/prometheus/alerts.yaml").read_text(
            encoding="utf-8")
        alerts = re.findall(r"^  - alert: (\w+)$", rules, re.MULTILINE)
        self.assertGreater(len(alerts), 5)
        self.assertEqual(set(alerts) - sections, set())
        reasons = set()
        for source in (SOURCE / "server/hub").glob("*.cc"):
            reasons.update(re.findall(
                r'add_not_ready_reasons\(\s*"(\w+)"\)',
                source.read_text(encoding="utf-8")))
        self.assertGreater(len(reasons), 2)
        self.assertEqual(reasons - sections, set())
        tested = (SOURCE / "deploy/prometheus/alerts_test.yaml").read_text(
            encoding="utf-8")
        for alert in alerts:
            self.assertIn(f"alertname: {alert}\n    exp_alerts:", tested)

    def test_rooms_of_the_architecture_exist(self):
        text = (SOURCE / "ARCHITECTURE.md").read_text(encoding="utf-8")
        rooms = re.findall(r"^\| `([\w/]+/)` \|", text, re.MULTILINE)
        self.assertGreater(len(rooms), 10)
        for room in rooms:
            self.assertTrue((SOURCE / room).is_dir(), room)

    def test_each_scenario_has_its_line_and_each_flow_its_page(self):
        folder = SOURCE / "tests/scenarios"
        text = (folder / "README.md").read_text(encoding="utf-8")
        flows = set(re.findall(r"^\| \[`(\w+)`\]\(\1/README\.md\) \| .+ \|$",
                               text, re.MULTILINE))
        folders = {one.parent.name for one in folder.glob("*/CMakeLists.txt")}
        pages = {one.parent.name for one in folder.glob("*/README.md")}
        self.assertGreater(len(flows), 0)
        self.assertEqual(flows, pages)
        named = set(re.findall(r"`(\w+)`", text))
        self.assertEqual(folders - named, set())
        for file in re.findall(r"`(\w+/\w+\.py)`", text):
            self.assertTrue((folder / file).exists(), file)
        # Each item says what became of it, and what is here says where.
        items = re.findall(
            r"^\| [^|]+ \| [^|]+ \| (built|recast|refused|not yet|names)\b[^|]*"
            r"\| ([^|]*)\|$", text, re.MULTILINE)
        lines = re.findall(r"^\| [^|]+ \| [^|]+ \| [^|]+ \| [^|]*\|$", text,
                           re.MULTILINE)
        headings = len(re.findall(r"^\| Named in 2010 ", text, re.MULTILINE))
        self.assertEqual(len(items), len(lines) - headings)
        self.assertGreater(len(items), 60)
        for state, where in items:
            if state in ("built", "recast", "refused"):
                for name in re.findall(r"`(\w+)`", where):
                    self.assertIn(name, folders)
                self.assertRegex(where, "`")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
