#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs waystation-population and reads what it wrote with nothing but Python.

    population_test.py PROGRAM
"""
import collections
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from exports import (EXPORTS, FORMS, SECTORS, form_of, path_of, read_bytes,
                     read_export, read_truth)

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = None
AGENCIES = [f"{sector}.{place}" for sector in SECTORS
            for place in ("341200", "320500")]


def generate(out, people=2000, seed=1, *more):
    subprocess.run([PROGRAM, "--people", str(people), "--seed", str(seed),
                    "--out", out, *more], check=True)


def citizen_check(digits):
    remainder = 0
    for digit in digits:  # ISO 7064 MOD 11-2, the recursive way.
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def registration_check(digits):
    product = 10  # ISO 7064 MOD 11,10
    for digit in digits[:14]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


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
    """(year, month, day) where a day that exists is stated, or less of it."""
    if re.fullmatch(r"\d{4}(-\d\d)?", text):
        return tuple(int(part) for part in text.split("-"))
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


# Who stands before whom: by evidence, then public security before all others.
STANDING = {"public_security": 0, "commerce": 1, "health": 1, "labor": 2}


def in_conflict(dates):
    """Whether equals are behind several dates, and nobody better behind one.

    `dates` are pairs: the sector that states it, and the date.
    """
    finest = {date for _, date in dates
              if not any(other != date and refines(other, date)
                         for _, other in dates)}
    standing = [min(STANDING[sector] for sector, other in dates
                    if refines(date, other)) for date in finest]
    return standing.count(min(standing)) > 1


def letters(name):
    return re.sub(r"[·.。●•‧∙⋅・ㆍ\s]", "", name)


def is_cut(agency, name, whole):
    """Whether the column was too narrow for the end of the name."""
    return agency.startswith("commerce") and len(whole) > 8 and (
        len(letters(name)) < len(letters(whole)))


def kinds_of(agency):
    """What the column "Records" of the table in README.md may say of it."""
    form = form_of(agency)
    kind = ("dbf" if form is FORMS["commerce"]
            else "fhir" if form is FORMS["health"] else "text")
    return {"all", kind, agency.split(".")[0]}


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
        few = read_truth(self.small, "truth_people.csv")
        many = read_truth(more, "truth_people.csv")
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
            truth = read_truth(root, "truth.csv")
            people = read_truth(root, "truth_people.csv")
            self.assertEqual({row["person"] for row in truth},
                             {row["person"] for row in people})
            keys = {(row["agency"], row["record_key"]): row for row in truth}
            self.assertEqual(len(keys), len(truth))
            seen = set()
            for agency in AGENCIES:
                for number, export in enumerate(EXPORTS):
                    rows, broken = read_export(root, export, agency)
                    told = [row for row in truth if row["agency"] == agency
                            and row["since"] == f"0{number}"]
                    self.assertEqual(
                        len(broken),
                        sum(row["accepted"] == "0" for row in told))
                    new = {row["key"] for row in rows} - seen
                    self.assertEqual(new, {
                        row["record_key"] for row in told
                        if row["accepted"] == "1"})
                    seen |= new

    def test_what_follows_is_what_the_exports_say(self):
        """Recomputes persons and birth-date conflicts from the exports."""
        for root in (self.small, self.large):
            truth = read_truth(root, "truth.csv")
            names = {row["person"]: row["name"] for row in
                     read_truth(root, "truth_people.csv")}
            told = {(r["agency"], r["record_key"]): r for r in truth}
            summary = {r["measure"]: r for r in read_truth(
                root, "truth_summary.csv")}
            # By number, name, and whether only its beginning is known.
            joined = collections.defaultdict(set)
            dates = collections.defaultdict(set)
            alone = 0
            known = set()
            for number, export in enumerate(EXPORTS):
                for agency in AGENCIES:
                    sector = agency.split(".")[0]
                    for row in read_export(root, export, agency)[0]:
                        record = (agency, row["key"])
                        if record in known:
                            continue
                        known.add(record)
                        truth_row = told[record]
                        citizen = normal_number(row["number"])
                        self.assertEqual(truth_row["strong"] == "1",
                                         citizen is not None, record)
                        if citizen is None:
                            alone += 1
                            continue
                        name = names[truth_row["person"]]
                        cut = is_cut(agency, row["name"], name)
                        self.assertEqual(
                            cut, "name_cut" in truth_row["defects"])
                        person = (citizen, name, cut)
                        joined[person].add(record)
                        date = stated_date(row["birth"])
                        if date:
                            dates[person].add((sector, date))
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
        people = read_truth(self.large, "truth_people.csv")
        truth = read_truth(self.large, "truth.csv")
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
                r"^\| `(\w+)` \| ([\w, ]+) \| (\d+) \| (yes|no|–) \|",
                file.read(), re.MULTILINE)
        records = collections.Counter()  # of each kind
        seeded = collections.defaultdict(list)
        for row in read_truth(self.large, "truth.csv"):
            kinds = kinds_of(row["agency"])
            records.update(kinds)
            for defect in filter(None, row["defects"].split(";")):
                seeded[defect].append((kinds, row))
        self.assertEqual(set(seeded), {row[0] for row in table})
        for defect, kinds, rate, links in table:
            kinds = kinds.split(", ")
            having = [row for own, row in seeded[defect]
                      if own.intersection(kinds)]
            expected = sum(records[k] for k in kinds) * int(rate) / 10000
            tolerance = 0.1 * expected + 4 * expected ** 0.5
            self.assertAlmostEqual(len(having), expected, delta=tolerance,
                                   msg=defect)
            if links == "no":
                self.assertTrue(all(r["strong"] == "0" for r in having))
            if links == "–":
                self.assertTrue(all(r["accepted"] == "0" for r in having))

    def test_kinds_come_as_often_as_the_readme_says(self):
        with open(os.path.join(HERE, "README.md"), encoding="utf-8") as file:
            table = re.findall(r"^\| `(\w+)` \| (\d+) \| \D", file.read(),
                               re.MULTILINE)
        kinds = collections.Counter()
        for kind_list in {row["person"]: row["kinds"] for row in read_truth(
                self.large, "truth.csv")}.values():
            kinds.update(filter(None, kind_list.split(";")))
        self.assertEqual(set(kinds), {row[0] for row in table})
        summary = {r["measure"]: r for r in read_truth(
            self.large, "truth_summary.csv")}
        for kind, rate in table:
            expected = 30000 * int(rate) / 10000
            # They come in twos and more.
            tolerance = 0.1 * expected + 8 * expected ** 0.5
            self.assertAlmostEqual(kinds[kind], expected, delta=tolerance,
                                   msg=kind)
            self.assertEqual(int(summary["kind:" + kind]["00"]), kinds[kind])

    def test_kin_are_what_they_are_called(self):
        people = {row["person"]: row for row in read_truth(
            self.large, "truth_people.csv")}
        told = {row["person"]: row for row in read_truth(
            self.large, "truth.csv")}
        groups = collections.defaultdict(list)
        for person, row in told.items():
            self.assertEqual(row["kin"] != "", any(
                kind in row["kinds"].split(";")
                for kind in ("twin", "family", "namesake")))
            if row["kin"]:
                groups[row["kin"]].append((people[person], row["kinds"]))

        def columns(members, *names):
            return {tuple(person[name] for name in names)
                    for person, _ in members}
        seen = collections.Counter()
        for members in groups.values():
            if len(members) == 1:
                continue  # The last of all.
            kind = members[0][1].split(";")[0]
            seen[kind] += 1
            self.assertTrue(all(kinds.startswith(kind)
                                for _, kinds in members))
            names = [person["name"] for person, _ in members]
            self.assertEqual(len(columns(members, "number")), len(members))
            if kind == "namesake":
                self.assertEqual(len(columns(
                    members, "name", "sex", "birth_date",
                    "household_division")), 1)
                self.assertEqual(len(columns(members, "household_address")), 2)
                continue
            self.assertEqual(len(columns(
                members, "household_address", "residence_address")), 1)
            seen["one phone"] += len(columns(members, "phone")) < len(members)
            if kind == "twin":
                self.assertEqual(len(columns(members, "sex", "birth_date")), 1)
                self.assertEqual(len(names[0]), len(names[1]))
                self.assertEqual(sum(a != b for a, b in zip(*names)), 1)
                self.assertEqual(names[0][0], names[1][0])
            both = [person["name"] for person, kinds in members
                    if "father_and_son" in kinds]
            if both:
                self.assertEqual(len(both), 2)
                seen["same name"] += both[0] == both[1]
                self.assertEqual(both[0][:-1], both[1][:-1])
        for what in ("twin", "family", "namesake", "one phone", "same name"):
            self.assertGreater(seen[what], 0, what)
        self.assertGreater(seen["family"], 500)

    def test_common_names_are_as_common_as_they_are(self):
        people = read_truth(self.large, "truth_people.csv")
        count = collections.Counter(p["name"] for p in people)
        with open(os.path.join(HERE, "data", "common_names.tsv"),
                  encoding="utf-8") as file:
            rows = [line.split("\t") for line in file
                    if not line.startswith(("#", "name", "*"))]
        expected = sum(int(row[2]) for row in rows) / 1281e6 * len(people)
        having = sum(count[row[0]] for row in rows)
        self.assertGreater(having, expected * 0.9)
        self.assertLess(having, expected * 2.5)  # Others are called so by chance.
        for surname, share in (("王", 0.0725), ("李", 0.0719), ("张", 0.0683)):
            self.assertAlmostEqual(
                sum(p["name"].startswith(surname) for p in people),
                len(people) * share, delta=len(people) * 0.008)

    def test_repairs_mend_the_broken_rows(self):
        found = collections.Counter()
        for export in EXPORTS:
            for agency in AGENCIES:
                _, broken = read_export(self.large, export, agency)
                folder = os.path.join("repairs", export or "base")
                if not broken:
                    self.assertFalse(os.path.exists(
                        path_of(self.large, folder, agency)))
                    continue
                rows, still = read_export(self.large, folder, agency)
                self.assertEqual((len(rows), still), (len(broken), []))
                for row, line in zip(rows, broken):
                    if agency.startswith("commerce") or (
                            agency == "health.320500"):
                        self.assertIn(row["changed"].encode(), line)
                    else:
                        self.assertTrue(line.startswith(row["key"].encode()))
                found[agency] += len(rows)
        self.assertEqual(set(found), set(AGENCIES))
        self.assertGreater(found.total(), 80)

    def test_names_hold_what_registers_hold(self):
        people = read_truth(self.large, "truth_people.csv")
        names = [person["name"] for person in people]
        self.assertTrue(any("·" in name for name in names))
        self.assertTrue(any(len(name) >= 25 for name in names))
        self.assertTrue(any(name.startswith("欧阳") for name in names))
        for rare in "䶮㛃𬭎":
            self.assertTrue(any(rare in name for name in names), rare)
        seen = "".join(row["XM"] for row in read_export(
            self.large, "", "public_security.320500")[0])
        for sign in "䶮㛃𬭎▀•・":
            self.assertIn(sign, seen)
        for agency in ("labor.320500", "commerce.320500"):
            self.assertIn("?", "".join(row["name"] for row in read_export(
                self.large, "", agency)[0]))

    def test_what_is_to_be_dropped_is_filled_and_marked(self):
        for agency in AGENCIES:
            rows, _ = read_export(self.small, "", agency)
            for row in rows:
                if agency.startswith("labor"):
                    self.assertTrue(row["AAC005"] and row["AAC017"])
                    continue
                if agency.startswith("commerce"):
                    self.assertTrue(row["MZ"] and row["HYZK"])
                    continue
                if agency == "health.341200":
                    self.assertTrue(row["婚姻状况"])
                    self.assertEqual(row["孕情"], "不详")
                    continue
                if agency == "health.320500":
                    self.assertTrue(row["maritalStatus"]["coding"])
                    self.assertIs(row["multipleBirthBoolean"], False)
                    self.assertEqual(
                        [one["url"] for one in row["extension"]],
                        ["urn:oid:2.16.156.10011.2.3.3.3",
                         "urn:waystation:demo:pregnancy-status"])
                    self.assertEqual(row["extension"][1]["valueCode"],
                                     "unknown")
                    self.assertTrue(row["contact"][0]["name"]["text"]
                                    .startswith("仉联系人"))
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

    def test_businesses_have_codes_of_both_times(self):
        seen = collections.Counter()
        for place in ("341200", "320500"):
            agency = "commerce." + place
            truth = {row["record_key"]: row["defects"].split(";")
                     for row in read_truth(self.large, "truth.csv")
                     if row["agency"] == agency}
            for row in read_export(self.large, "", agency)[0]:
                defects = truth[row["key"]]
                code, number = row["TYSHXYDM"], row["ZCH"]
                if number:
                    self.assertTrue(number.startswith("0"))
                    self.assertEqual(registration_check(number), number[14])
                    if row["CLRQ"]:
                        self.assertLess(row["CLRQ"], "20151001")
                if "uscc_old_form" in defects:
                    self.assertEqual(code, number)
                elif "uscc_missing" in defects:
                    self.assertEqual(code, "")
                else:
                    self.assertRegex(code, "^9[12]0")
                    self.assertEqual(unified_check(code) == code[17],
                                     "uscc_wrong_check" not in defects)
                    if number:  # 6 to 9 begin what one person runs
                        self.assertEqual(number[6] >= "6", code[1] == "2")
                seen.update(["number" if number else "no number",
                             "state " + row["JYZT"], "code " + code[:2]])
                self.assertLessEqual(len(row["ZTMC"].encode("gbk")), 40)
                if "title_cut" in defects:
                    self.assertGreater(len(row["ZTMC"].encode("gbk")), 38)
        for kind in ("number", "no number", "state 1", "state 2", "state 4",
                     "code 91", "code 92"):
            self.assertGreater(seen[kind], 20, kind)
        # In the later exports some have closed.
        keys = {row["key"] for row in
                read_export(self.large, "", "commerce.320500")[0]
                if row["JYZT"] == "1"}
        closed = [row for row in read_export(
            self.large, "changes-01", "commerce.320500")[0]
                  if row["key"] in keys and row["JYZT"] == "4"]
        self.assertGreater(len(closed), 10)

    def test_tables_hold_what_dbase_leaves_behind(self):
        for place, charset in (("341200", 0), ("320500", 0x4D)):
            data = read_bytes(self.large, "", "commerce." + place)
            rows, _, deleted, found = FORMS["commerce"].read_all(data)
            self.assertEqual(found, charset)
            live = {row["key"]: row for row in rows}
            self.assertGreater(len(deleted), 5)
            for row in deleted:
                if row["key"] in live:
                    self.assertNotEqual(row["JYZT"], live[row["key"]]["JYZT"])
                    self.assertLess(row["changed"],
                                    live[row["key"]]["changed"])
            self.assertIn(b"\0\0\0\0", data.split(b"\r", 1)[1])

    def test_patients_are_written_in_every_way(self):
        data = read_bytes(self.large, "", "health.320500")
        rows, _ = read_export(self.large, "", "health.320500")
        truth = {row["record_key"]: row["defects"].split(";")
                 for row in read_truth(self.large, "truth.csv")
                 if row["agency"] == "health.320500"}
        people = {row["record_key"]: row["person"] for row in
                  read_truth(self.large, "truth.csv")
                  if row["agency"] == "health.320500"}
        phones = {row["person"]: row["phone"] for row in
                  read_truth(self.large, "truth_people.csv")}
        seen = collections.Counter()
        for row in rows:
            defects = truth[row["key"]]
            given = row["official"].get("given", [])
            seen["given in %d" % min(len(given), 2)] += 1
            self.assertEqual(row["gender"] in "MF", "gender_of_v2" in defects)
            self.assertEqual(len(row["identifier"]),
                             1 if "number_missing" in defects else 2)
            seen[row["identifier"][0]["use"]] += 1
            self.assertEqual("telecom" in row,
                             "phone_of_contact" not in defects)
            told = (row["contact"] if "phone_of_contact" in defects
                    else [row])[0]["telecom"][0]["value"]
            self.assertEqual(told.startswith("+86 "),
                             "phone_spaced" in defects
                             and "phone_of_contact" not in defects)
            self.assertEqual(told[-14:].replace(" ", "")[-11:],
                             phones[people[row["key"]]])
            self.assertEqual("address" in row,
                             "address_missing" not in defects)
            if "address" not in row:
                continue
            district = row["address"][0].get("district", "")
            self.assertEqual(district == "", "district_missing" in defects)
            self.assertRegex(district, r"^(3205\d{5})?$")
        for way in ("usual", "official", "given in 0", "given in 1",
                    "given in 2"):
            self.assertGreater(seen[way], 100, way)
        for text in (b'"family":', b'"use":"usual","text":"\xe5\xb0\x8f',
                     b'"use":"temp"', b"\\u5c0f", b"\\ud8", b"\\ud87e\""):
            self.assertIn(text, data)

    def test_an_agency_does_not_depend_on_who_else_exports(self):
        alone = os.path.join(self.root, "alone")
        generate(alone, 2000, 1, "--sectors", "health")
        known, known_alone = (
            {(row["agency"], row["person"], row["since"])
             for row in read_truth(root, "truth.csv")
             if row["agency"].startswith("health")}
            for root in (self.small, alone))
        self.assertGreater(len(known), 1000)
        # Alone it also knows those whom nobody else would.
        self.assertLess(known, known_alone)

    def test_the_story(self):
        people = read_truth(self.small, "truth_people.csv")
        story, neighbour, employer = people[:3]
        self.assertEqual([person["role"] for person in people[:4]],
                         ["story", "broken_row", "employer", ""])
        truth = read_truth(self.small, "truth.csv")
        hers = {row["agency"]: row for row in truth
                if row["person"] == story["person"]}
        self.assertEqual({a: row["since"] for a, row in hers.items()},
                         {"public_security.341200": "00",
                          "labor.341200": "00",
                          "health.341200": "00",
                          "public_security.320500": "01",
                          "labor.320500": "02",
                          "health.320500": "02"})
        self.assertEqual({row["birth_conflict"] for row in hers.values()},
                         {"01;02"})

        def row_of(export, agency):
            return next(row for row in read_export(
                self.small, export, agency)[0]
                if row["key"] == hers[agency]["record_key"])
        origin = row_of("", "public_security.341200")
        city = row_of("changes-01", "public_security.320500")
        work = row_of("changes-02", "labor.320500")
        self.assertEqual(origin["CSRQ"], story["birth_date"])
        self.assertNotEqual(city["CSRQ"], story["birth_date"])
        self.assertEqual(city["XJZDZZ"], story["residence_address"])
        self.assertEqual(work["AAE006"], story["filed_address"])
        self.assertNotEqual(work["AAE006"], city["XJZDZZ"])
        self.assertRegex(city["XZDXZQH"], r"^\d{12}$")
        patient = row_of("changes-02", "health.320500")
        self.assertNotIn("address", patient)
        _, broken = read_export(self.small, "changes-01",
                                "public_security.320500")
        self.assertEqual(len(broken), 1)
        self.assertIn(neighbour["name"], broken[0].decode("gb18030"))

        # She works for him; his business is open, and his permit valid.
        hers.update((row["agency"], row) for row in truth
                    if row["person"] == employer["person"])
        business = row_of("", "commerce.320500")
        self.assertEqual(business["name"], employer["name"])
        self.assertEqual(business["TYSHXYDM"], story["employer_uscc"])
        self.assertEqual((business["JYZT"], work["AAB003"]),
                         ("1", story["employer_uscc"]))
        self.assertEqual(row_of("", "public_security.320500")["JZZYXQ"],
                         "2034-12-31")

    def test_more_places(self):
        out = os.path.join(self.root, "places")
        generate(out, 500, 1, "--places", "411600,320100,320700")
        self.assertEqual(
            {name for name in os.listdir(out) if "." in name} - {
                "truth.csv", "truth_people.csv", "truth_summary.csv"},
            {f"{sector}.{place}" for sector in SECTORS
             for place in ("411600", "320100", "320700")})
        self.assertEqual({row["role"] for row in read_truth(
            out, "truth_people.csv")}, {""})


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
