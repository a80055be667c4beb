#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs waystation-population and reads what it wrote with nothing but Python.

    population_test.py PROGRAM
"""
import collections
import csv
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = None
EXPORTS = ("", "changes-01", "changes-02")
FORMATS = {
    "public_security": dict(file="ldrk.csv", charset="gb18030", delimiter=",",
                            key="RYBH", number="SFZH", name="XM",
                            birth="CSRQ", changed="ZHXGSJ"),
    "labor": dict(file="ac01.txt", charset="gbk", delimiter="^",
                  key="AAC001", number="AAC002", name="AAC003",
                  birth="AAC006", changed="AAE036"),
}
AGENCIES = [f"{sector}.{place}" for sector in FORMATS
            for place in ("341200", "320500")]


def generate(out, people=2000, seed=1, *more):
    subprocess.run([PROGRAM, "--people", str(people), "--seed", str(seed),
                    "--out", out, *more], check=True)


def read_table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decode(line, charset):
    """The text of a row, or None where it is not text."""
    try:
        text = line.decode(charset)
    except UnicodeDecodeError:
        return None
    assert text.encode(charset) == line, "not a round trip"
    return text


def read_export(root, export, agency):
    """Rows as dicts, and the raw lines that are none."""
    form = FORMATS[agency.split(".")[0]]
    path = os.path.join(root, export, agency, form["file"])
    with open(path, "rb") as file:
        lines = file.read().split(b"\r\n")
    assert lines.pop() == b"", "the last line ends in CR LF"
    header = lines[0].decode("ascii").split(form["delimiter"])
    rows, broken = [], []
    for line in lines[1:]:
        text = decode(line, form["charset"])
        fields = [] if text is None else next(
            csv.reader([text], delimiter=form["delimiter"],
                       quoting=csv.QUOTE_MINIMAL))
        if len(fields) == len(header):
            rows.append(dict(zip(header, fields)))
        else:
            broken.append(line)
    return header, rows, broken


def citizen_check(digits):
    remainder = 0
    for digit in digits:  # ISO 7064 MOD 11-2, the recursive way.
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def unified_check(code):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(c) * 3 ** i for i, c in enumerate(code[:17]))
    return alphabet[-total % 31]


def normal_number(text):
    """The 18 characters that a reader would see, or None."""
    text = text.translate({0xFF01 + i: 0x21 + i for i in range(94)})
    text = text.replace(" ", "").upper()
    if re.fullmatch(r"\d{15}", text):
        text = text[:6] + "19" + text[6:]
        text += citizen_check(text)
    if not re.fullmatch(r"\d{17}[\dX]", text):
        return None
    if text.startswith("000000") or citizen_check(text[:17]) != text[17]:
        return None
    return text


DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")}


def chinese_number(text):
    if "十" not in text:
        return int(DIGITS[text])
    tens, ones = text.split("十")
    return int(DIGITS.get(tens, "1")) * 10 + int(DIGITS.get(ones, "0"))


def stated_date(text):
    """(year, month, day) where a day that exists is stated, or (year,)."""
    if re.fullmatch(r"\d{4}", text):
        return (int(text),)
    match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text) or re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    if match:
        day = tuple(int(part) for part in match.groups())
    elif match := re.fullmatch(r"(.{4})年(.{1,3})月(.{1,3})日", text):
        day = (int("".join(DIGITS[c] for c in match[1])),
               chinese_number(match[2]), chinese_number(match[3]))
    else:
        return None
    lengths = [31, 29 if day[0] % 4 == 0 else 28] + [31, 30, 31, 30, 31, 31,
                                                     30, 31, 30, 31]
    if day[0] == 1900 or not 1 <= day[2] <= lengths[day[1] - 1]:
        return None
    return day


def refines(fine, coarse):
    return fine[:len(coarse)] == coarse


def in_conflict(dates):
    """Whether public security, or nobody of it, is behind several dates.

    `dates` are pairs: whether public security states it, and the date.
    """
    finest = {date for _, date in dates
              if not any(other != date and refines(other, date)
                         for _, other in dates)}
    of_police = {date for date in finest
                 if any(police and refines(date, other)
                        for police, other in dates)}
    return len(of_police) > 1 or (not of_police and len(finest) > 1)


class Population(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="population-")
        cls.small = os.path.join(cls.root, "small")
        generate(cls.small)
        cls.large = os.path.join(cls.root, "large")
        generate(cls.large, 30000, 7)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def same_files(self, left, right):
        def files(root):
            return {os.path.relpath(os.path.join(folder, name), root)
                    for folder, _, names in os.walk(root) for name in names}
        if files(left) != files(right):
            return False
        _, differ, errors = filecmp.cmpfiles(left, right, files(left),
                                             shallow=False)
        return not differ and not errors

    def test_same_seed_same_bytes(self):
        again = os.path.join(self.root, "again")
        generate(again)
        self.assertTrue(self.same_files(self.small, again))
        other = os.path.join(self.root, "other")
        generate(other, 2000, 2)
        self.assertFalse(self.same_files(self.small, other))

    def test_more_people_leave_the_first_as_they_were(self):
        more = os.path.join(self.root, "more")
        generate(more, 2500)
        few = read_table(os.path.join(self.small, "truth_people.csv"))
        many = read_table(os.path.join(more, "truth_people.csv"))
        self.assertEqual(few, many[:2000])

    def test_refuses_a_folder_in_use_and_wrong_options(self):
        def exit_code(*options):
            return subprocess.run([PROGRAM, *options],
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode
        fresh = os.path.join(self.root, "fresh")
        self.assertEqual(exit_code("--out", self.small), 1)
        self.assertEqual(exit_code(), 2)
        self.assertEqual(exit_code("--out", fresh, "--people", "0"), 2)
        self.assertEqual(exit_code("--out", fresh, "--places", "999900"), 2)
        self.assertEqual(exit_code("--out", fresh, "--sectors", "choirs"), 2)
        self.assertEqual(exit_code("--out", fresh, "--people", "99999999"), 2)
        self.assertFalse(os.path.exists(fresh))

    def test_truth_tells_every_row(self):
        for root in (self.small, self.large):
            truth = read_table(os.path.join(root, "truth.csv"))
            people = read_table(os.path.join(root, "truth_people.csv"))
            self.assertEqual({row["person"] for row in truth},
                             {row["person"] for row in people})
            keys = {(row["agency"], row["record_key"]): row for row in truth}
            self.assertEqual(len(keys), len(truth))
            seen = set()
            for agency in AGENCIES:
                form = FORMATS[agency.split(".")[0]]
                for number, export in enumerate(EXPORTS):
                    _, rows, broken = read_export(root, export, agency)
                    told = [row for row in truth if row["agency"] == agency
                            and row["since"] == f"0{number}"]
                    self.assertEqual(
                        len(broken),
                        sum(row["accepted"] == "0" for row in told))
                    new = {row[form["key"]] for row in rows} - seen
                    self.assertEqual(new, {
                        row["record_key"] for row in told
                        if row["accepted"] == "1"})
                    seen |= new

    def test_what_follows_is_what_the_exports_say(self):
        """Recomputes persons and birth-date conflicts from the exports."""
        for root in (self.small, self.large):
            truth = read_table(os.path.join(root, "truth.csv"))
            names = {row["person"]: row["name"] for row in
                     read_table(os.path.join(root, "truth_people.csv"))}
            told = {(r["agency"], r["record_key"]): r for r in truth}
            summary = {r["measure"]: r for r in read_table(
                os.path.join(root, "truth_summary.csv"))}
            joined = collections.defaultdict(set)  # number and name: records
            dates = collections.defaultdict(set)
            alone = 0
            known = set()
            for number, export in enumerate(EXPORTS):
                for agency in AGENCIES:
                    form = FORMATS[agency.split(".")[0]]
                    _, rows, _ = read_export(root, export, agency)
                    for row in rows:
                        record = (agency, row[form["key"]])
                        if record in known:
                            continue
                        known.add(record)
                        truth_row = told[record]
                        citizen = normal_number(row[form["number"]])
                        self.assertEqual(truth_row["strong"] == "1",
                                         citizen is not None, record)
                        if citizen is None:
                            alone += 1
                            continue
                        person = (citizen, names[truth_row["person"]])
                        joined[person].add(record)
                        date = stated_date(row[form["birth"]])
                        if date:
                            dates[person].add(
                                (agency.startswith("public_security"), date))
                at = f"0{number}"
                self.assertEqual(int(summary["records"][at]), len(known))
                self.assertEqual(int(summary["persons"][at]),
                                 alone + len(joined))
                conflicts = {p for p, stated in dates.items()
                             if in_conflict(stated)}
                self.assertEqual(int(summary["birth_conflicts"][at]),
                                 len(conflicts))
                for person in conflicts:
                    for record in joined[person]:
                        self.assertIn(
                            at, told[record]["birth_conflict"].split(";"))
                numbers = collections.Counter(p[0] for p in joined)
                self.assertEqual(
                    int(summary["candidates"][at]),
                    sum(count > 1 for count in numbers.values()))

    def test_numbers_are_nobodys_and_hold(self):
        people = read_table(os.path.join(self.large, "truth_people.csv"))
        truth = read_table(os.path.join(self.large, "truth.csv"))
        shared = {r["person"] for r in truth if r["same_number_as"]}
        alone = [p["number"] for p in people if p["person"] not in shared]
        self.assertEqual(len(set(alone)), len(alone))
        self.assertEqual(len({p["number"] for p in people}),
                         len(alone) + len(shared) // 2)
        self.assertGreater(len(shared), 50)
        for person in people:
            number = person["number"]
            self.assertTrue(number.startswith("0"))
            self.assertEqual(citizen_check(number[:17]), number[17])
            self.assertEqual(number[6:14],
                             person["birth_date"].replace("-", ""))
            self.assertEqual(int(number[16]) % 2, int(person["sex"]) % 2)
            code = person["employer_uscc"]
            self.assertTrue(code.startswith("910"))
            self.assertEqual(unified_check(code), code[17])
            self.assertTrue(person["phone"].startswith("140"))

    def test_defects_come_as_often_as_the_readme_says(self):
        with open(os.path.join(HERE, "README.md"), encoding="utf-8") as file:
            table = re.findall(
                r"^\| `(\w+)` \| (\w+) \| (\d+) \| (yes|no|–) \|", file.read(),
                re.MULTILINE)
        truth = read_table(os.path.join(self.large, "truth.csv"))
        seeded = set()
        for row in truth:
            seeded.update(filter(None, row["defects"].split(";")))
        self.assertEqual(seeded, {row[0] for row in table})
        for defect, sector, rate, links in table:
            rows = [row for row in truth if sector == "all"
                    or row["agency"].startswith(sector)]
            having = [row for row in rows
                      if defect in row["defects"].split(";")]
            expected = len(rows) * int(rate) / 10000
            tolerance = 0.1 * expected + 4 * expected ** 0.5
            self.assertAlmostEqual(len(having), expected, delta=tolerance,
                                   msg=defect)
            if links == "no":
                self.assertTrue(all(r["strong"] == "0" for r in having))
            if links == "–":
                self.assertTrue(all(r["accepted"] == "0" for r in having))

    def test_repairs_mend_the_broken_rows(self):
        found = 0
        for export in EXPORTS:
            for agency in AGENCIES:
                _, _, broken = read_export(self.large, export, agency)
                folder = os.path.join("repairs", export or "base")
                form = FORMATS[agency.split(".")[0]]
                path = os.path.join(self.large, folder, agency, form["file"])
                if not broken:
                    self.assertFalse(os.path.exists(path))
                    continue
                _, rows, still = read_export(self.large, folder, agency)
                self.assertEqual((len(rows), still), (len(broken), []))
                for row, line in zip(rows, broken):
                    key = row[form["key"]].encode()
                    self.assertTrue(line.startswith(key))
                found += len(rows)
        self.assertGreater(found, 50)

    def test_names_hold_what_registers_hold(self):
        people = read_table(os.path.join(self.large, "truth_people.csv"))
        names = [person["name"] for person in people]
        self.assertTrue(any("·" in name for name in names))
        self.assertTrue(any(len(name) >= 25 for name in names))
        self.assertTrue(any(name.startswith("欧阳") for name in names))
        for rare in "䶮㛃𬭎":
            self.assertTrue(any(rare in name for name in names), rare)
        seen = "".join(row["XM"] for row in read_export(
            self.large, "", "public_security.320500")[1])
        for sign in "䶮㛃𬭎▀•・":
            self.assertIn(sign, seen)
        self.assertIn("?", "".join(row["AAC003"] for row in read_export(
            self.large, "", "labor.320500")[1]))

    def test_columns_to_drop_are_filled_and_marked(self):
        for agency in AGENCIES:
            _, rows, _ = read_export(self.small, "", agency)
            for row in rows:
                if agency.startswith("labor"):
                    self.assertTrue(row["AAC005"] and row["AAC017"])
                    continue
                self.assertTrue(row["HYZMBH"].startswith("HYZM"))
                self.assertTrue(row["MZ"] and row["HYZK"] and row["ZZMM"])
                if agency.endswith("320500"):
                    self.assertTrue(row["FZ"].startswith("仉房东"))
                    self.assertTrue(row["FZ_SFZH"].startswith("020599"))
                rest = "".join(value for column, value in row.items()
                               if column not in ("HYZMBH", "FZ", "FZ_SFZH"))
                for mark in ("HYZM", "仉房东", "020599"):
                    self.assertNotIn(mark, rest)

    def test_the_story(self):
        people = read_table(os.path.join(self.small, "truth_people.csv"))
        story, neighbour = people[0], people[1]
        self.assertEqual([person["role"] for person in people[:3]],
                         ["story", "broken_row", ""])
        truth = read_table(os.path.join(self.small, "truth.csv"))
        hers = {row["agency"]: row for row in truth
                if row["person"] == story["person"]}
        self.assertEqual({a: row["since"] for a, row in hers.items()},
                         {"public_security.341200": "00",
                          "labor.341200": "00",
                          "public_security.320500": "01",
                          "labor.320500": "02"})
        self.assertEqual({row["birth_conflict"] for row in hers.values()},
                         {"01;02"})

        def row_of(export, agency):
            form = FORMATS[agency.split(".")[0]]
            return next(row for row in read_export(
                self.small, export, agency)[1]
                if row[form["key"]] == hers[agency]["record_key"])
        origin = row_of("", "public_security.341200")
        city = row_of("changes-01", "public_security.320500")
        work = row_of("changes-02", "labor.320500")
        self.assertEqual(origin["CSRQ"], story["birth_date"])
        self.assertNotEqual(city["CSRQ"], story["birth_date"])
        self.assertEqual(city["XJZDZZ"], story["residence_address"])
        self.assertEqual(work["AAE006"], story["filed_address"])
        self.assertNotEqual(work["AAE006"], city["XJZDZZ"])
        _, _, broken = read_export(self.small, "changes-01",
                                   "public_security.320500")
        self.assertEqual(len(broken), 1)
        self.assertIn(neighbour["name"], broken[0].decode("gb18030"))

    def test_more_places(self):
        out = os.path.join(self.root, "places")
        generate(out, 500, 1, "--places", "411600,320100,320700")
        self.assertEqual(
            {name for name in os.listdir(out) if "." in name} - {
                "truth.csv", "truth_people.csv", "truth_summary.csv"},
            {f"{sector}.{place}" for sector in FORMATS
             for place in ("411600", "320100", "320700")})
        self.assertEqual({row["role"] for row in read_table(
            os.path.join(out, "truth_people.csv"))}, {""})


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
