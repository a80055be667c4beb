# SPDX-License-Identifier: Apache-2.0
"""report_test.py BIN_DIR: how well records are linked, against the truth of
generated people and without one."""

import csv
import itertools
import json
import os
import pathlib
import shutil
import subprocess

from scenario import (
    BIN,
    FUYANG_LABOR,
    SUZHOU_LABOR,
    Scenario,
    main,
    number_of,
)
from world import person

SOURCE = pathlib.Path(__file__).resolve().parents[3]
# Where each puts what it exports, and what its adapter makes of that.
AGENCIES = {
    "public_security.341200": ("ldrk", "mapping.yaml"),
    "public_security.320500": ("ldrk", "mapping.yaml"),
    "labor.341200": ("ac01", "mapping.yaml"),
    "labor.320500": ("ac01", "mapping.yaml"),
    "health.320500": ("patients", "mapping.yaml"),
    "commerce.320500": ("jyz", "mapping.yaml"),
}
PEOPLE = 150


def pairs(records):
    return itertools.combinations(sorted(records), 2)


class AgainstTruth(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(cls.world.path)
        cls.population = cls.folder / "population"
        subprocess.run(
            [
                os.path.join(BIN, "waystation-population"),
                *("--people", str(PEOPLE), "--seed", "11"),
                *("--out", str(cls.population)),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        cls.truth = cls.population / "truth.csv"
        # Scores join nobody: clerks are asked instead.
        cls.world.write(
            "rules.yaml",
            "version: strict\nlinking:\n  thresholds: {upper: 60}\n",
        )
        code, _, err = cls.world.run(
            *("operator", "rules", "apply", cls.world.file("rules.yaml")),
            "--yes",
        )
        assert code == 0, err
        for agency, (source, mapping) in AGENCIES.items():
            cls.load(agency, source, mapping)

    @classmethod
    def load(cls, agency, source, mapping):
        """The agency's first export goes through its adapter."""
        sector = agency.partition(".")[0]
        folder = cls.folder / agency
        (folder / "exports").mkdir(parents=True)
        for path in (cls.population / agency).iterdir():
            shutil.copy(path, folder / "exports")
        hub = cls.world.hub_folder
        mapping = SOURCE / "adapters" / sector / mapping
        (folder / "adapter.yaml").write_text(
            f"agency: {agency}\n"
            "state: state\n"
            "demo_numbers: true\n"
            "hub:\n"
            f'  hubs: ["{cls.world.listen}"]\n'
            f"  ca: {hub}/tls/ca.pem\n"
            f"  cert: {hub}/clients/{agency}.pem\n"
            f"  key: {hub}/clients/{agency}.key\n"
            "submission_key:\n"
            f"  {{key_id: dev, key: {hub}/clients/{agency}.signing}}\n"
            "sources:\n"
            f'  - {{name: {source}, files: "exports/*", mapping: {mapping}}}\n',
            encoding="utf-8",
        )
        with open(folder / "adapter.log", "ab") as log:
            done = subprocess.run(
                [
                    os.path.join(BIN, "waystation-adapter"),
                    sector,
                    *("--config", str(folder / "adapter.yaml"), "once"),
                ],
                stdout=log,
                stderr=log,
                check=False,
            )
        # 3: some rows are broken, as exports are.
        assert done.returncode in (0, 3), cls.world.read(agency + "/adapter.log")

    def told(self):
        """Who is who by what the hub answers one by one: the records of each
        person, and pairs of records that are a candidate."""
        with open(self.truth, encoding="utf-8", newline="") as file:
            truly = {
                (row["agency"], row["record_key"]): row["person"]
                for row in csv.DictReader(file)
            }
        persons, asked, seen = [], set(), set()

        def key(reference):
            return reference["agency"], reference["recordKey"]

        for record in truly:
            if record in seen:
                continue
            code, out, err = self.world.run(
                *("office", "person", "how", "/".join(record), "-o", "json")
            )
            if code == 6:
                continue
            self.assertEqual(code, 0, err)
            how = json.loads(out)
            persons.append({key(one) for one in how["records"]})
            seen |= persons[-1]
            for aside in how.get("asides", []):
                if aside.get("candidate"):
                    asked.add((key(aside["recordA"]), key(aside["recordB"])))
        return truly, persons, asked

    def count(self):
        truly, persons, asked = self.told()
        place = {
            record: number
            for number, person in enumerate(persons)
            for record in person
        }
        people = {}
        for record in place:
            people.setdefault(truly[record], set()).add(record)
        between = {frozenset((place[a], place[b])) for a, b in asked}
        joined = [p for person in persons for p in pairs(person)]
        one = [p for records in people.values() for p in pairs(records)]

        def same_person(pair):
            return place[pair[0]] == place[pair[1]]

        def is_seen(pair):
            return same_person(pair) or (
                frozenset((place[pair[0]], place[pair[1]])) in between
            )

        whole = {frozenset(records) for records in people.values()}
        exact = sum(frozenset(person) in whole for person in persons)
        return {
            "records": len(place),
            "records_not_held": len(truly) - len(place),
            "people": len(people),
            "persons": len(persons),
            "precision": (
                sum(truly[a] == truly[b] for a, b in joined),
                len(joined),
            ),
            "recall": (sum(map(same_person, one)), len(one)),
            "recall_with_candidates": (sum(map(is_seen, one)), len(one)),
            "cluster_precision": (exact, len(persons)),
            "cluster_recall": (exact, len(people)),
        }

    def measured(self, report):
        counted = {
            name: int(report[name])
            for name in ("records", "recordsNotHeld", "people", "persons")
        }
        counted["records_not_held"] = counted.pop("recordsNotHeld")
        for name in (
            "precision",
            "recall",
            "recallWithCandidates",
            "clusterPrecision",
            "clusterRecall",
        ):
            share = report[name]
            spelled = "".join(
                "_" + c.lower() if c.isupper() else c for c in name
            )
            counted[spelled] = (int(share.get("hits", 0)), int(share["all"]))
            self.assertLessEqual(share["low"], share["value"])
            self.assertLessEqual(share["value"], share["high"])
        return counted

    def test_it_counts_what_the_hub_says_one_by_one(self):
        report = self.world.json(
            *("office", "report", "linkage", "--truth", str(self.truth))
        )
        counted = self.measured(report)
        self.assertEqual(counted, self.count())
        # There is something to count of each kind.
        self.assertGreater(counted["recall"][0], 100)
        self.assertGreater(counted["recall"][1], counted["recall"][0])
        self.assertGreater(
            counted["recall_with_candidates"][0], counted["recall"][0]
        )
        precision, recall = (
            counted[name][0] / counted[name][1]
            for name in ("precision", "recall")
        )
        self.assertAlmostEqual(
            report["f1"], 2 * precision * recall / (precision + recall)
        )

    def test_each_wrong_line_is_named_and_harms_no_other(self):
        truth = ("report", "linkage", "--truth")
        sound = self.world.json("office", *truth, str(self.truth))
        lines = self.truth.read_text(encoding="utf-8").splitlines()
        width = lines[0].count(",")
        wrong = self.folder / "wrong.csv"
        wrong.write_text(
            "\n".join(
                [
                    lines[0],
                    "," * width,
                    "labor.320500," + "," * (width - 1),
                    *lines[1:],
                    "labor.320500",
                    lines[1],
                ]
            ),
            encoding="utf-8",
        )
        out, err = self.ends(3, "office", *truth, str(wrong), "-o", "json")
        report = json.loads(out)
        self.assertEqual(int(report["rowsWrong"]), 3)
        for told in (
            f"{wrong}:3:2 record_key: is missing",
            f"{wrong}:{len(lines) + 3}:2 record_key: as many cells as the "
            "heading has",
            f"{wrong}:{len(lines) + 4}:2 record_key: is named in line 4 already",
        ):
            self.assertIn(told, err)
        for report_of in (sound, report):
            for field in ("rowsWrong", "asOfTime"):
                report_of.pop(field, None)
        self.assertEqual(report, sound)

    def test_a_file_that_is_none(self):
        empty = self.world.write("empty.csv", "")
        _, err = self.ends(2, "office", "report", "linkage", "--truth", empty)
        self.assertIn("agency, record_key, person", err)
        nowhere = self.world.file("nowhere.csv")
        self.ends(6, "office", "report", "linkage", "--truth", nowhere)

    def figures(self, who, verb, by):
        """The numbers of a report, by row and figure."""
        rows = self.rows(who, "report", verb, "--by", by)
        return {
            (row[by] or row["row"], row["figure"]): (
                row["numerator"],
                row["denominator"],
            )
            for row in rows
            if not row["row"].endswith("left_out")
        }

    def test_how_good_the_records_of_each_agency_are(self):
        told = self.figures("office", "quality", "agency")
        total = 0
        for agency in AGENCIES:
            held = len(self.rows(agency, "record", "list"))
            total += held
            self.assertEqual(told[agency, "records"], (str(held), ""))
            # The agency reads the same of itself, and of nobody else.
            own = self.figures(agency, "quality", "agency")
            self.assertEqual(own[agency, "core"], told[agency, "core"])
            self.assertEqual(
                {who for who, _ in own}, {agency, "total"}, agency
            )
            numerator, denominator = map(int, own[agency, "number"])
            self.assertEqual(denominator, held)
            self.assertLess(0, numerator)
            self.assertLessEqual(numerator, held)
        self.assertEqual(told["total", "records"], (str(total), ""))

    def test_who_knows_of_people_that_moved(self):
        _, persons, _ = self.told()
        police = ("public_security.341200", "public_security.320500")
        both = sum(
            set(police) <= {agency for agency, _ in person}
            for person in persons
        )
        self.assertGreater(both, 10)
        told = self.figures("auditor", "coverage", "agency")
        known, asked = map(int, told[police[1], "joint_registration"])
        self.assertLess(10, known)
        self.assertLessEqual(known, min(both, asked))
        self.assertLessEqual(asked, int(told[police[1], "moved"][0]))
        # Their origin's records do not say where they live.
        self.assertEqual(told[police[0], "joint_registration"], ("0", "0"))
        # One sector's agency in one place: nobody has the other side.
        self.assertEqual(
            told["commerce.320500", "joint_registration"], ("0", "0")
        )
        for agency in police:
            _, err = self.ends(2, agency, "report", "coverage")
            self.assertIn("with_sides", err)
        page = self.folder / "coverage.html"
        self.ends(
            *(0, "office", "report", "coverage", "--by", "sector"),
            *("--html", str(page)),
        )
        self.assertIn("<svg", page.read_text(encoding="utf-8"))
        _, err = self.ends(
            *(5, "office", "report", "coverage", "--html", str(page))
        )
        self.assertIn("--force", err)

    def test_who_may_ask(self):
        truth = ("report", "linkage", "--truth", str(self.truth))
        for reader in ("operator", "auditor"):
            rows = self.rows(reader, "report", "linkage")
            self.assertTrue(rows)
            self.ends(4, reader, *truth)
        self.ends(4, "labor.320500", "report", "linkage")
        self.ends(4, "labor.320500", *truth)

    def test_what_was_looked_up_is_in_the_log(self):
        self.ends(0, "office", "report", "linkage", "--truth", str(self.truth))
        out, _ = self.ends(0, "auditor", "audit", "list", "-o", "csv")
        self.assertIn("record.group", out)


class BySample(Scenario):
    """Nobody knows the truth: clerks answer for pairs that were drawn."""

    KEYS = "? > "
    REASON = "Reason"

    def add_pair(self, sequence, **other):
        year = 1940 + sequence
        more = {
            "number": number_of(year, sequence),
            "birthDate": {"date": {"year": year, "month": 3, "day": 7}},
        }
        self.submit(SUZHOU_LABOR, person(f"E-{sequence}", **more))
        self.submit(FUYANG_LABOR, person(f"F-{sequence}", **more, **other))

    def report(self):
        return self.world.json("office", "report", "linkage")

    def strata(self):
        return {
            stratum["band"]: {
                name: int(count)
                for name, count in stratum.items()
                if name in ("drawn", "same", "different", "waiting")
            }
            for stratum in self.report()["sample"]["strata"]
            if "drawn" in stratum
        }

    def test_drawn_answered_and_told(self):
        self.assertEqual(self.report()["precision"], {"why": "NO_SAMPLE"})
        for sequence in range(11, 19):
            self.add_pair(sequence)
        for sequence in (19, 20):
            self.add_pair(sequence, name={"full": "欧阳李大年"})
        draw = ("review", "sample", "--pairs", "50", "--seed", "5")
        self.ends(2, "office", *draw)
        self.ends(4, "operator", *draw, "--yes")
        drawn = json.loads(
            self.ends(0, "office", *draw, "--yes", "-o", "json")[0]
        )["sample"]
        self.assertEqual(drawn["seed"], "5")
        self.assertEqual(drawn["recordsLookedAt"], "20")
        self.assertEqual(
            self.strata(),
            {
                "LINKAGE_BAND_NUMBER": {"drawn": 8, "waiting": 8},
                "LINKAGE_BAND_CANDIDATE": {"drawn": 2, "waiting": 2},
            },
        )
        self.assertEqual(self.report()["recall"], {"why": "TOO_FEW_ANSWERS"})
        listed = self.rows("office", "review", "list", "--kind", "sample")
        self.assertEqual(len(listed), 10)
        self.assertEqual({row["score"] for row in listed}, {""})
        self.assertEqual({row["why"] for row in listed}, {"DRAWN_AT_RANDOM"})

        # In the order in which the records came: one link is wrong, and one of
        # the two candidates is right.
        keys = ["s"] * 7 + ["d", "s", "d"]
        code, screen = self.world.type(
            *("office", "review", "next", "--kind", "sample"),
            answers=[
                (self.KEYS, "w"),
                (self.KEYS, keys[0]),
                (self.REASON, "both cards were seen"),
                *[
                    answer
                    for key in keys[1:]
                    for answer in ((self.KEYS, key), (self.REASON, ""))
                ],
                ("z q > ", "q"),
            ],
        )
        self.assertEqual(code, 0, screen)
        self.assertIn("ruled on blind", screen)
        self.assertNotIn("vidence", screen, "neither before nor after")
        self.assertEqual(
            self.strata(),
            {
                "LINKAGE_BAND_NUMBER": {"drawn": 8, "same": 7, "different": 1},
                "LINKAGE_BAND_CANDIDATE": {
                    "drawn": 2,
                    "same": 1,
                    "different": 1,
                },
            },
        )
        report = self.report()
        self.assertEqual(report["precision"]["value"], 7 / 8)
        self.assertEqual(report["precision"]["low"], 7 / 8)
        self.assertEqual(report["recall"]["value"], 1)
        self.assertEqual(report["joinsByRules"], "7")
        self.assertEqual(report["joinsByDecision"], "1")
        # What was answered was ruled: a false link is none any more.
        for sequence, together in ((11, True), (18, False), (19, True)):
            how = self.world.json(
                "office", "person", "how", f"{SUZHOU_LABOR}/E-{sequence}"
            )
            self.assertEqual(len(how["records"]) == 2, together, sequence)
        for language, told in (
            ("en", "Of what the rules joined"),
            ("zh", "按规则合并"),
        ):
            out, _ = self.ends(
                0, "auditor", "report", "linkage", "--lang", language
            )
            self.assertIn(told, out)
        out, _ = self.ends(0, "auditor", "audit", "list", "-o", "csv")
        self.assertIn("review.sample", out)


if __name__ == "__main__":
    main()
