# SPDX-License-Identifier: Apache-2.0
"""zhenjiang_test.py BIN_DIR: departments of one city exchange base data, verify
papers with their holder's code, and register a newborn whatever else is missing; the
certificate of marriage and births cannot be said in any way."""

import csv
import json
import pathlib

import grpc
from desks import Flow, population, rows_of, table
from people import with_check
from scenario import SOURCE, SUZHOU_LABOR, SUZHOU_POLICE, main
from waystation.v1 import agreement_pb2, verify_service_pb2
from wire import DEADLINE, caller, reason
from world import person

HERE = pathlib.Path(__file__).resolve().parent
POLICE, LABOR, HEALTH, COMMERCE = (
    f"{sector}.321100"
    for sector in ("public_security", "labor", "health", "commerce")
)
MAPPINGS = {
    POLICE: ("public_security/mapping.yaml", "gb18030"),
    LABOR: ("labor/mapping.yaml", "gb18030"),
    HEALTH: ("health/mapping.yaml", "utf-8"),
    COMMERCE: ("commerce/mapping.yaml", "gb18030"),
}
# What stands in their exports and must reach nobody (tests/population/README.md).
NEVER = ("HYZM0", "仉房东", "仉联系人", "020599")


class BaseData(Flow):
    """人口基础信息定期交换: three exports, a week apart, of four departments."""

    AGENCIES = {POLICE: "镇江市公安局", LABOR: "镇江市人社局",
                HEALTH: "镇江市卫健委", COMMERCE: "镇江市市场监管局"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = pathlib.Path(population(cls.world, 700, ("321100",)))
        for agency, desk in cls.desks.items():
            desk.configure(MAPPINGS[agency][0], mailbox=True)
        cls.counts = []
        for round_ in ("", "changes-01", "changes-02"):
            for agency, desk in cls.desks.items():
                for file in sorted((cls.people / round_ / agency).glob("*")):
                    desk.put(f"{round_}-{file.name}", file.read_bytes())
            # Twice, so that each reads what the others had to say.
            for desk in [*cls.desks.values()] * 2:
                desk.json("once")
            agencies = cls.world.json("operator", "agency", "list")["agencies"]
            cls.counts.append(
                {one["agency"]["id"]: int(one.get("records", 0))
                 for one in agencies}
            )
        cls.truth = {row["person"]: row
                     for row in rows_of(cls.people / "truth_people.csv")}
        cls.records = {}
        for row in rows_of(cls.people / "truth.csv"):
            cls.records[row["agency"], row["record_key"]] = row

    def came(self, agency):
        """Rows that came back to a department, by its own keys: the last one."""
        desk, found = self.desks[agency], {}
        for file in sorted(pathlib.Path(desk.path("imports")).glob("*")):
            text = file.read_bytes().decode(MAPPINGS[agency][1]).lstrip("\ufeff")
            mark = "^" if agency == LABOR else ","
            for row in csv.DictReader(text.splitlines(), delimiter=mark):
                found[next(iter(row.values()))] = row
        return found

    def test_each_round_holds_what_the_truth_says(self):
        for number, counts in enumerate(self.counts):
            for agency in self.desks:
                true = sum(
                    row["agency"] == agency and row["accepted"] == "1"
                    and int(row["since"]) <= number
                    for row in self.records.values()
                )
                self.assertGreater(true, 20)
                self.assertEqual(counts[agency], true, (agency, number))

    def of_police(self, agency, key):
        """The police's records of whom another department has under a key."""
        person_ = self.records[agency, key]["person"]
        return [row for (of, _), row in self.records.items()
                if of == POLICE and row["person"] == person_]

    def test_health_learns_the_area_and_nothing_finer(self):
        said = {}
        for file in self.people.glob(f"**/{POLICE}/ldrk.csv"):
            if "repairs" not in file.parts:
                for row in rows_of(file, "gb18030"):
                    said.setdefault(row["RYBH"], set()).add(
                        (row["XZDXZQH"] or "")[:9])
        areas = 0
        for key, row in self.came(HEALTH).items():
            if row["townSource"] != POLICE or not row["town"]:
                continue
            areas += 1
            self.assertRegex(row["town"], r"^(\d{6}|\d{9})$")
            self.assertIn(row["town"], set().union(*(
                said[one["record_key"]] for one in self.of_police(HEALTH, key))))
        self.assertGreater(areas, 20)
        told = self.desks[HEALTH].came_back().decode("utf-8")
        for row in self.truth.values():
            self.assertNotIn(row["residence_address"], told)
            self.assertNotIn(row["number"], told)

    def test_labor_learns_who_somebody_is_and_the_county(self):
        right = 0
        for key, row in self.came(LABOR).items():
            self.assertRegex(row["XZDXZQH"], r"^(\d{6})?$")
            true = self.truth[self.records[LABOR, key]["person"]]["name"]
            if any(one["defects"] for one in self.of_police(LABOR, key)):
                continue
            # What its system has no character for it is told as the sign for that.
            self.assertRegex(true, "^" + row["AAC003"].replace("〓", ".") + "$")
            right += 1
        self.assertGreater(right, 10)

    def test_commerce_asks_and_is_told_no_value(self):
        """What may only be compared causes no row at all."""
        for row in self.came(COMMERCE).values():
            self.assertNotIn(POLICE, row.values())
        key, record = next(
            (key, row) for (agency, key), row in self.records.items()
            if agency == COMMERCE and row["accepted"] == row["strong"] == "1"
            and not row["defects"]
            and any(one["agency"] == POLICE and one["person"] == row["person"]
                    and one["accepted"] == one["strong"] == "1"
                    and not one["defects"]
                    for one in self.records.values())
        )
        true = self.truth[record["person"]]
        match = ("person", "match", "--record", key, "--attribute",
                 "birth_date", "--purpose", "business_service")
        self.ends(0, COMMERCE, *match, stdin=true["birth_date"] + "\n")
        self.ends(3, COMMERCE, *match, stdin="1950-01-02\n")

    def test_police_learn_nothing_of_the_other_three(self):
        told = self.desks[POLICE].came_back().decode("gb18030")
        for other in (LABOR, HEALTH, COMMERCE):
            self.assertNotIn(other, told)
        state = self.world.json(POLICE, "mailbox", "status")
        self.assertEqual(int(state.get("waiting", 0)), 0)

    def test_what_is_nobodys_business_reached_nobody(self):
        for agency, desk in self.desks.items():
            told = desk.came_back().decode(MAPPINGS[agency][1])
            for mark in NEVER:
                self.assertNotIn(mark, told)
        said = self.desks[POLICE].json("check")
        dropped = {column["column"]: column["reason"]
                   for column in said["files"][0]["columns"]
                   if "reason" in column}
        for column in ("HYZMBH", "SFSY", "SYZN_NAN", "SFCQJYCS", "FZ_SFZH"):
            self.assertEqual(dropped[column], "COLUMN_DENIED")


class Papers(Flow):
    """务工许可、营运证、营业执照: verified with the code that the holder shows."""

    TRANSPORT = "transport.321100"
    AGENCIES = {TRANSPORT: "镇江市交通运输局", POLICE: "镇江市公安局"}
    PURPOSE = ("--purpose", "employment_service")
    ISSUE = ("--asked", "in_person", *PURPOSE, "--yes", "-o", "json")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        desk = cls.desks[cls.TRANSPORT]
        desk.configure("other_sectors/transport.yaml")
        text = SOURCE / "tests/scenarios/sectors/exports/transport.csv"
        text = text.read_text("utf-8").replace("20320229", "20240229")
        desk.put("drivers.csv", text.encode("gbk"))
        desk.json("once")
        cls.does(
            POLICE, "record", "submit", "--yes",
            stdin=person("P-1", residencePermit={
                "number": "JZ321100-1",
                "validUntil": {"year": 2090, "month": 1, "day": 1}}),
        )

    def code(self, agency, kind, record, *more):
        out, _ = self.ends(0, agency, "verify", "issue", kind, "--record",
                           record, *self.ISSUE, *more)
        return json.loads(out)["code"]

    def check(self, kind, code, ends=0, agency=SUZHOU_LABOR):
        out, err = self.ends(ends, agency, "verify", "check", kind,
                             *self.PURPOSE, "-o", "json", stdin=code + "\n")
        return json.loads(out) if ends == 0 else err

    def test_a_licence_at_a_desk_far_away(self):
        for record, answer in (("JS000451", "ANSWER_VALID"),
                               ("JS000452", "ANSWER_NOT_VALID")):
            code = self.code(self.TRANSPORT, "licence", record)
            said = self.check("licence", code)
            self.assertEqual(said["answer"], answer)
            # The answer, when, and what it may not be used for: no more.
            self.assertEqual(set(said), {"answer", "asOfTime", "notice"})
            self.assertIn("不得", said["notice"][0]["text"])
            # A desk that kept the code has nothing.
            self.assertIn("The code is not valid",
                          self.check("licence", code, ends=6))

    def test_a_permit_of_the_police(self):
        code = self.code(POLICE, "residence_permit", "P-1")
        self.assertEqual(
            self.check("residence_permit", code)["answer"], "ANSWER_VALID")

    def test_who_has_no_code_asks_in_vain(self):
        """Neither a name nor a number is asked for in its place."""
        _, err = self.ends(2, SUZHOU_LABOR, "verify", "check", "licence",
                           *self.PURPOSE, stdin="034105198106300152\n")
        self.assertIn("mistyped", err)
        self.ends(2, SUZHOU_LABOR, "verify", "check", "licence",
                  *self.PURPOSE, "--record", "JS000451")


class Abolished(Flow):
    """婚育证明, abolished in 2021: a clerk tries each way in."""

    AGENCIES = {POLICE: "镇江市公安局"}
    WORDS = ("marriage_birth_certificate", "婚育证明", "family_planning",
             "KIND_MARRIAGE_BIRTH")

    def test_as_a_kind_to_verify(self):
        for word in self.WORDS:
            for verb, more in (("issue", ("--record", "P-1", "--asked",
                                          "in_person")), ("check", ())):
                _, err = self.ends(
                    2, SUZHOU_LABOR, "verify", verb, word, *more,
                    "--purpose", "employment_service", stdin="\n",
                )
                self.assertIn("one of residence_permit", err)
        with caller(self.world, SUZHOU_LABOR) as me:
            with self.assertRaises(grpc.RpcError) as caught:
                me.verify.Verify(
                    verify_service_pb2.VerifyRequest(
                        code="0000-0000-0000", kind=7,
                        purpose=agreement_pb2.PURPOSE_EMPLOYMENT_SERVICE,
                    ), timeout=DEADLINE,
                )
        # What is no kind is none.
        self.assertEqual(reason(caught.exception), "FIELD_MISSING")
        self.assertIn("(kind)", caught.exception.details())

    def test_as_a_column(self):
        desk = self.desks[POLICE]
        shipped = (SOURCE / "adapters/public_security/mapping.yaml").read_text(
            "utf-8")
        certificate = (
            "  - attribute: certificates\n    fields:\n"
            "      - {field: kind, constant: licence}\n"
            "      - {field: number, column: %s}\n\ncode_maps:"
        )
        desk.put("ldrk.csv", table([{"RYBH": "P-1", "HYZMBH": "HYZM1",
                                     "婚育证明编号": "HYZM1"}]))
        for column in ("HYZMBH", "婚育证明编号", "JHSYZM", "计生证号"):
            mapping = self.world.write(
                "over.yaml",
                shipped.replace("\ncode_maps:", certificate % column, 1))
            desk.configure(mapping)
            for verb in ("check", "once"):
                said = desk.refuses(verb)
                self.assertIn("COLUMN_DENIED", said)
                self.assertIn(column, said)
                self.assertRegex(said, r"over\.yaml:\d+:\d+")
            # As a clerk reads it.
            said = desk.refuses("check", "--lang", "zh")
            self.assertRegex(said, "2021年废止|妇女权益保障法")

    def test_as_a_kind_in_a_mapping(self):
        desk = self.desks[POLICE]
        shipped = (SOURCE / "adapters/public_security/mapping.yaml").read_text(
            "utf-8")
        desk.put("ldrk.csv", table([{"RYBH": "P-1"}]))
        for kind in ("marriage_birth", "family_planning", "婚育证明"):
            mapping = self.world.write("over.yaml", shipped.replace(
                "\ncode_maps:",
                "  - attribute: certificates\n    fields:\n"
                f"      - {{field: kind, constant: {kind}}}\n"
                "      - {field: number, column: JZZBH}\n\ncode_maps:", 1))
            desk.configure(mapping)
            said = desk.refuses("check")
            self.assertRegex(said, r"over\.yaml:\d+:\d+")

    def test_as_a_certificate_that_is_submitted(self):
        for kind in ("KIND_MARRIAGE_BIRTH", "KIND_FAMILY_PLANNING", 7, 99):
            update = person("P-1", certificates=[
                {"kind": kind, "number": "HYZM1"}])
            out, err = self.ends(
                # By name it is no message; by number it is no code of the list.
                3 if isinstance(kind, int) else 2,
                POLICE, "record", "submit", "--yes", stdin=update)
            self.assertIn(
                "certificates[0].kind: The code does not stand in the named list"
                if isinstance(kind, int) else "the JSON of a", out + err)
        self.ends(6, POLICE, "record", "show", "P-1")
        # Nor is there an attribute beside the list.
        update = json.loads(person("P-1"))
        update["claims"]["marriageCertificate"] = {"number": "HYZM1"}
        self.ends(2, POLICE, "record", "submit", "--yes",
                  stdin=json.dumps(update))
        self.ends(6, POLICE, "record", "show", "P-1")

    def test_as_something_an_agreement_grants(self):
        sound = (SOURCE / "deploy/agreements/labor.yaml").read_text("utf-8")
        file = self.world.write("over.yaml", sound.replace(
            "attribute: sex", "attribute: marriage_certificate", 1))
        _, err = self.ends(2, "operator", "agreement", "lint", file)
        self.assertRegex(err, r"over\.yaml:\d+")
        self.assertIn("grants", err)


class Newborn(Flow):
    """出生婴儿户口登记: whatever is missing, unknown, in doubt or down."""

    AGENCIES = {POLICE: "镇江市公安局", HEALTH: "镇江市卫健委"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desks[POLICE].configure(str(HERE / "newborns.yaml"))
        cls.number = 0

    def row(self, **more):
        type(self).number += 1
        serial = f"{self.number:03d}"
        return {
            "RYBH": "XSE" + serial, "XM": "周小满" + "一二三四五六七八九"[
                self.number % 9],
            "SFZH": with_check("03110220260906" + serial), "XB": "2",
            "CSRQ": "20260906", "HJDXZQH": "321102", "SQSBH": "SQ" + serial,
            "SQRQ": "20260920", "MQXM": "仉某母", "FQXM": "", "CSYXZMBH": "",
            "ZHXGSJ": "2026-09-20 10:00:00", **more,
        }

    def register(self, *rows, ends=(0, 3)):
        """What the station exported, and what became of it."""
        desk = self.desks[POLICE]
        desk.put(f"born-{rows[0]['RYBH']}.csv", table(rows))
        return desk.json("once", ends=ends)

    def stands(self, *rows):
        for row in rows:
            self.ends(0, POLICE, "record", "show", row["RYBH"])

    def test_whatever_is_missing(self):
        rows = (
            self.row(),  # No father, no paper of the birth.
            self.row(SFZH=""),  # Not numbered yet.
            self.row(XM="未取名", SFZH=""),
            self.row(XB="9"),
            self.row(HJDXZQH=""),
            self.row(CSYXZMBH="仉证000001"),
        )
        said = self.register(*rows)
        self.assertEqual(int(said["delivery"]["applied"]), len(rows))
        self.stands(*rows)
        [file] = said["files"]
        dropped = {one["column"]: one.get("reason") for one in file["columns"]
                   if one.get("droppedBecause") or one.get("reason")}
        self.assertLessEqual({"MQXM", "FQXM", "CSYXZMBH"}, set(dropped))
        # Nothing of the mother, nor of the paper, is with the hub.
        for row in rows:
            out, _ = self.ends(0, POLICE, "record", "show", row["RYBH"],
                               "-o", "json")
            self.assertNotRegex(out, "仉|mother|father|birth_cert")

    def test_nobody_elses_word_stands_before_it(self):
        """The one who registers is asked for the guardian's own application, and
        no other agency for anything."""
        # The mother's papers are found wanting; it is no matter here.
        self.does(SUZHOU_POLICE, "record", "submit", "--yes", stdin=person(
            "M-1", residencePermit={
                "number": "JZ1", "validUntil": {"year": 2020, "month": 1,
                                                "day": 1}}))
        issued = self.world.json(
            SUZHOU_POLICE, "verify", "issue", "residence_permit", "--record",
            "M-1", "--asked", "in_person", "--purpose", "employment_service",
            "--yes")
        out, _ = self.ends(
            0, SUZHOU_LABOR, "verify", "check", "residence_permit",
            "--purpose", "employment_service", "-o", "json",
            stdin=issued["code"] + "\n")
        said = json.loads(out)
        self.assertEqual(said["answer"], "ANSWER_NOT_VALID")
        self.assertIn("No service may be refused", said["notice"][1]["text"])
        row = self.row()
        self.register(row)
        self.stands(row)

    def test_no_agreement_is_needed(self):
        agreements = self.world.json("operator", "agreement", "list")
        for one in agreements["agreements"]:
            self.does("operator", "agreement", "revoke",
                      one["agreement"]["id"], "--yes", "--reason", "drill")
        row = self.row()
        self.assertEqual(int(self.register(row)["delivery"]["applied"]), 1)
        self.stands(row)

    def test_a_doubt_is_for_clerks_and_stops_nothing(self):
        """Health knows a child of the same number by another name."""
        row = self.row()
        update = json.loads(person("C-1", number=row["SFZH"]))
        update["claims"]["name"]["full"] = "仉别人"
        update["claims"]["birthDate"] = {
            "date": {"year": 2026, "month": 9, "day": 6}}
        update["guardian"] = {"reference": "K-1",
                              "givenTime": "2026-09-10T00:00:00Z"}
        self.does(HEALTH, "record", "submit", "--yes", stdin=json.dumps(update))
        self.assertEqual(int(self.register(row)["delivery"]["applied"]), 1)
        self.stands(row)

    def test_a_hub_that_is_down_delays_the_news_and_not_the_child(self):
        row, desk = self.row(), self.desks[POLICE]
        self.world.stop()
        desk.put("down.csv", table([row]))
        code, out, err = desk.run("--patience", "1", "once", "-o", "json")
        self.assertIn(code, (0, 3, 7), out + err)
        code, out, err = desk.run("outbox", "list", "-o", "json")
        self.assertEqual(int(json.loads(out)["updates"]), 1)
        self.world.start()
        desk.json("once")
        self.stands(row)

    def test_what_is_a_parents_or_a_paper_cannot_be_mapped(self):
        desk = self.desks[POLICE]
        shipped = (HERE / "newborns.yaml").read_text("utf-8")
        try:
            for column in ("MQXM", "FQXM"):
                desk.configure(self.world.write("over.yaml", shipped.replace(
                    "{field: full, column: XM}",
                    "{field: full, column: %s}" % column)))
                self.assertIn("COLUMN_DENIED", desk.refuses("check"))
        finally:
            desk.configure(str(HERE / "newborns.yaml"))


if __name__ == "__main__":
    main()
