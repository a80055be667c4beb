# SPDX-License-Identifier: Apache-2.0
"""service_test.py BIN_DIR: a city says what services it has, and where.

No hub: what counts are the files that a site has.
"""

import csv
import io
import json
import pathlib
import subprocess
import tempfile
import unittest

from scenario import BIN, main

SERVICES = pathlib.Path(__file__).resolve().parents[3] / "deploy" / "services"


class Directory(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        for name in ("catalogue.yaml", "points.yaml"):
            text = (SERVICES / name).read_text("utf-8")
            (self.folder / name).write_text(text, "utf-8")

    def service(self, expected, *arguments, language="en"):
        ended = subprocess.run(
            [f"{BIN}/wayctl", "--lang", language, "service", *arguments],
            cwd=self.folder, capture_output=True, text=True, timeout=30,
            check=False, env={"HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
        )
        self.assertEqual(expected, ended.returncode, ended.stderr)
        return ended.stdout, ended.stderr

    def change(self, name, old, new):
        """The line of the file that is another one now."""
        text = (self.folder / name).read_text("utf-8")
        self.assertIn(old, text)
        (self.folder / name).write_text(text.replace(old, new, 1), "utf-8")
        return text[: text.index(old)].count("\n") + 1

    def nearest(self, *arguments, expected=0):
        out, _ = self.service(expected, "nearest", *arguments, "-o", "json")
        found = json.loads(out)
        return (
            found.get("level"),
            found.get("division"),
            [point["id"] for point in found.get("points", [])],
        )

    def test_what_ships_is_sound(self):
        out, _ = self.service(
            0, "lint", "catalogue.yaml", "--points", "points.yaml", "-o", "json"
        )
        linted = json.loads(out)["files"]
        self.assertEqual(["jiangsu-1", "jiangsu-demo-1"],
                         [file["version"] for file in linted])
        self.assertGreater(linted[0]["services"], 30)
        self.assertGreater(linted[1]["points"], 5)

    def test_lists_in_both_languages(self):
        rows = {}
        for language in ("en", "zh"):
            out, err = self.service(
                0, "catalogue", "--class", "health", "-o", "csv",
                language=language,
            )
            rows[language] = list(csv.DictReader(io.StringIO(out)))
            self.assertIn({"en": "free", "zh": "免费"}[language], err)
        codes = [row["code"] for row in rows["en"]]
        self.assertEqual(codes, [row["code"] for row in rows["zh"]])
        self.assertTrue(all(code.startswith("health.") for code in codes))
        self.assertIn("health.contraceptives", codes)
        self.assertNotEqual(rows["en"][0]["title"], rows["zh"][0]["title"])

    def test_finds_up_and_across_the_tree(self):
        vaccination = ("--service", "health.vaccination")
        self.assertEqual(
            ("LEVEL_STREET", "320102002", ["nj_xuanwu_station_2"]),
            self.nearest("320102002002", *vaccination),
        )
        # The street has none of its own.
        self.assertEqual(
            ("LEVEL_COUNTY", "320102",
             ["nj_xuanwu_centre", "nj_xuanwu_station_2"]),
            self.nearest("320102003", *vaccination),
        )
        # Nor has the county: across the city.
        level, division, points = self.nearest("320106", *vaccination)
        self.assertEqual(("LEVEL_CITY", "3201"), (level, division))
        self.assertIn("nj_qinhuai_centre", points)
        self.assertEqual(
            ("LEVEL_UNIT", "320102002001007", ["nj_xuanwu_unit_2_1_7"]),
            self.nearest("320102002001007"),
        )
        # Never in another city.
        self.assertEqual(
            (None, None, []),
            self.nearest("320106", "--service", "business.licence_advice",
                         expected=3),
        )

    def test_names_the_line_of_what_a_city_must_not_offer(self):
        for old, new, rule in (
            ("title_en: Placement and job fairs",
             "title_en: Placement with a deposit", "no duty"),
            ("title_zh: 困难帮扶", "title_zh: 孕环情检查", "no duty"),
            ("title_zh: 免费夜校与生活课堂", "title_zh: 已婚育龄妇女课堂",
             "for whoever lives there"),
            ("    title_en: Evening classes", "    fee: 5", "fee"),
            ("    title_en: Evening classes", "    sex: female", "sex"),
            ("    title_en: Evening classes", "    age_from: 15", "age_from"),
        ):
            with self.subTest(new):
                self.setUp()
                line = self.change("catalogue.yaml", old, new)
                _, err = self.service(2, "lint", "catalogue.yaml")
                self.assertIn(f"catalogue.yaml:{line}:", err)
                self.assertIn(rule, err)
                _, err = self.service(2, "lint", "catalogue.yaml",
                                      language="zh")
                self.assertIn("服务目录文件内容有误", err)

    def test_keeps_a_pregnancy_in_the_class_health(self):
        line = self.change("catalogue.yaml", "code: health.maternity_benefit",
                           "code: social_aid.maternity_benefit")
        _, err = self.service(2, "lint", "catalogue.yaml")
        self.assertIn(f"catalogue.yaml:{line}:", err)
        self.assertIn("of the class health", err)

    def test_points_have_services_of_the_catalogue(self):
        line = self.change("points.yaml", "services: [health.check_up,",
                           "services: [health.unheard_of,")
        _, err = self.service(2, "nearest", "320102", "--points", "points.yaml")
        self.assertIn(f"points.yaml:{line}:", err)
        self.service(2, "lint", "--points", "points.yaml")

    def test_says_what_is_wrong_with_a_question(self):
        for asked in ("32", "320000", "32010", "999999", "320102A02"):
            _, err = self.service(2, "nearest", asked)
            self.assertIn("DIVISION", err)
            self.assertNotIn(asked, err)
        _, err = self.service(2, "nearest", "320102", "--service", "health.x")
        self.assertIn("a service of the catalogue", err)
        self.service(2, "lint")
        self.service(2, "catalogue", "--class", "control")


if __name__ == "__main__":
    main()
