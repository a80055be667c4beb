# SPDX-License-Identifier: Apache-2.0
"""calendar_test.py BIN_DIR: a year's working days are announced, and amended.

No hub: what counts are the files that a site has. The year 2027 below is made up.
"""

import datetime
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from scenario import BIN, main

DEPLOY = pathlib.Path(__file__).resolve().parents[3] / "deploy"
CHINA = datetime.timezone(datetime.timedelta(hours=8))

# As somebody types it in a hurry: 27 September is a Monday, 7 October lies in the
# holiday, and the Mid-Autumn Festival is forgotten.
IN_A_HURRY = """\
  - year: 2027
    sources:
      - a notice that nobody gave
    holidays:
      - {festivals: [new_year], since: 2027-01-01, until: 2027-01-03}
      - {festivals: [spring_festival], since: 2027-02-05, until: 2027-02-11,
         make_up: [2027-01-31, 2027-02-20]}
      - {festivals: [qingming], since: 2027-04-05}
      - {festivals: [labour_day], since: 2027-05-01, until: 2027-05-05,
         make_up: [2027-04-25, 2027-05-08]}
      - {festivals: [dragon_boat], since: 2027-06-09}
      - {festivals: [national_day], since: 2027-10-01, until: 2027-10-07,
         make_up: [2027-09-27, 2027-10-07]}
"""
AS_IT_WAS = IN_A_HURRY.replace(
    "2027-09-27, 2027-10-07", "2027-09-26, 2027-10-09"
).replace(
    "      - {festivals: [national_day]",
    "      - {festivals: [mid_autumn], since: 2027-09-15}\n"
    "      - {festivals: [national_day]",
)
OFF = [("2027-01-01", 3), ("2027-02-05", 7), ("2027-04-05", 1),
       ("2027-05-01", 5), ("2027-06-09", 1), ("2027-09-15", 1),
       ("2027-10-01", 7)]
MAKE_UP = {"2027-01-31", "2027-02-20", "2027-04-25", "2027-05-08",
           "2027-09-26", "2027-10-09"}


def day(text):
    return datetime.date.fromisoformat(text)


def working_after(start, count):
    """By the list above, one by one; days of December 2026 have no holidays."""
    off = {day(first) + datetime.timedelta(n)
           for first, days in OFF for n in range(days)}
    while count:
        start += datetime.timedelta(1)
        if str(start) in MAKE_UP or (start.weekday() < 5 and start not in off):
            count -= 1
    return start


class Announced(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.file = pathlib.Path(scratch.name) / "cn.yaml"
        self.shipped = (DEPLOY / "calendars/cn.yaml").read_text("utf-8")
        self.file.write_text(self.shipped, "utf-8")

    def calendar(self, expected, *arguments, language="en", zone="UTC"):
        done = subprocess.run(
            [f"{BIN}/wayctl", "--lang", language, "calendar", *arguments],
            cwd=self.file.parent, capture_output=True, text=True,
            timeout=60, check=False, env={**os.environ, "TZ": zone},
        )
        self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def last_day(self, start, count, *more):
        out, _ = self.calendar(
            0, "due", "--calendar", "cn.yaml", "--start", str(start),
            "--count", str(count), *more, "-o", "csv")
        return out.splitlines()[1].split(",")[2]

    def test_a_year_is_added(self):
        due = ("due", "--calendar", "cn.yaml", "--start", "2026-12-20",
               "--count", "15")
        out, err = self.calendar(1, *due)
        self.assertEqual(out, "")
        self.assertIn("calendar cn does not cover 2027", err)
        self.assertIn("日历 cn 未包含 2027 年",
                      self.calendar(1, *due, language="zh")[1])

        lines = len(self.shipped.splitlines())
        self.file.write_text(self.shipped + IN_A_HURRY, "utf-8")
        _, err = self.calendar(2, "check", "cn.yaml")
        for says in (f"cn.yaml:{lines + 13}:20", "is a working day anyhow",
                     f"cn.yaml:{lines + 13}:32", "2027-10-07 is in a holiday",
                     f"cn.yaml:{lines + 4}:5",
                     "half a year: mid_autumn is missing"):
            self.assertIn(says, err)
        self.assertIn("该年不完整：缺少 mid_autumn",
                      self.calendar(2, "check", "cn.yaml", language="zh")[1])
        # What is wrong is not counted by.
        self.calendar(2, *due)

        self.file.write_text(self.shipped + AS_IT_WAS, "utf-8")
        out, _ = self.calendar(0, "check", "cn.yaml", "-o", "json")
        self.assertEqual(json.loads(out)["years"][-1]["year"], 2027)
        for start in ("2026-12-20", "2027-01-25", "2027-04-23", "2027-09-14",
                      "2027-09-30", "2027-10-03"):
            for count in (1, 3, 7, 15):
                with self.subTest(start=start, count=count):
                    self.assertEqual(self.last_day(start, count),
                                     str(working_after(day(start), count)))
        out, _ = self.calendar(0, "show", "cn.yaml", "--year", "2027",
                               language="zh")
        self.assertIn("中秋节", out)

    def test_a_year_that_has_begun_is_amended(self):
        now = ("since: 2020-01-24, until: 2020-02-02,\n"
               "         make_up: [2020-01-19]")
        self.assertIn(now, self.shipped)
        self.assertEqual(self.last_day("2020-01-20", 7), "2020-02-06")
        self.file.write_text(self.shipped.replace(
            now, "since: 2020-01-24, until: 2020-01-30, "
                 "make_up: [2020-01-19, 2020-02-01]"), "utf-8")
        self.assertEqual(self.last_day("2020-01-20", 7), "2020-02-04")

    def test_half_a_file_is_no_file(self):
        whole = json.loads(
            self.calendar(0, "check", "cn.yaml", "-o", "json")[0])["years"]
        lines = self.shipped.splitlines(keepends=True)
        taken = 0
        for end in range(len(lines)):
            text = "".join(lines[:end])
            for cut in (text, text + lines[end][: len(lines[end]) // 2]):
                self.file.write_text(cut, "utf-8")
                done = subprocess.run(
                    [f"{BIN}/wayctl", "calendar", "check", "cn.yaml", "-o",
                     "json"], cwd=self.file.parent, capture_output=True,
                    text=True, timeout=60, check=False)
                if done.returncode == 0:
                    # What is left are whole years. December of the last is as
                    # the next year's notice leaves it (in 2018 it changed it).
                    years = json.loads(done.stdout)["years"]
                    self.assertEqual(years[:-1], whole[: len(years) - 1])
                    self.assertEqual(years[-1]["year"],
                                     whole[len(years) - 1]["year"])
                    taken += 1
                else:
                    self.assertEqual(done.returncode, 2, done.stderr)
                    self.assertRegex(done.stderr, r"cn\.yaml")
        # Cut behind a year, or behind the line that begins the next one's list.
        self.assertGreaterEqual(taken, len(whole) - 1)

    def test_today_is_today_in_china(self):
        for zone in ("Pacific/Auckland", "America/New_York", "Asia/Shanghai"):
            before = datetime.datetime.now(CHINA).date()
            out, _ = self.calendar(0, "due", "--unit", "calendar", "--count",
                                   "1", "-o", "csv", zone=zone)
            after = datetime.datetime.now(CHINA).date()
            self.assertIn(out.splitlines()[1].split(",")[0],
                          (str(before), str(after)))


if __name__ == "__main__":
    main()
