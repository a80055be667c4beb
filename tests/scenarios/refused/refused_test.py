# SPDX-License-Identifier: Apache-2.0
"""refused_test.py BIN_DIR: what the exchange refuses to be, tried as a clerk, an
operator or a developer would: by command, by message, by column, by certificate.

The schema is held by the unit tests that the README names beside each refusal, and
the flows beside this folder try what is theirs; here is the rest of the surface.
"""

import json
import re

import yaml
from desks import Desk, Flow, table
from scenario import (
    FUYANG_POLICE, SOURCE, SUZHOU_LABOR, SUZHOU_POLICE, main, number_of,
)
from google.protobuf import json_format
from waystation.v1 import notice_service_pb2, registry_service_pb2
from wire import DEADLINE, caller
from world import person

# Columns of registers of 2010, by what of them is refused.
COLUMNS = {
    "fertility": ("孕环情检查", "四项手术", "节育措施", "上环日期", "生育子女数",
                  "补救措施落实率", "育龄妇女", "计划生育合同"),
    "Fees, deposits, rewards": ("专项保证金", "举报奖励"),
    "penalties": ("罚款金额", "社会抚养费", "清查情况", "黑名单"),
    "labels": ("重点人员", "包保责任人", "信用分", "风险等级"),
    "another person": ("出租房主", "责任房东"),
    "who somebody is": ("民族", "宗教信仰", "照片", "指纹"),
}
# Of each sector, a mapping in which a column may be put in another's place.
MAPPINGS = {
    "public_security": ("public_security/mapping.yaml", "XM"),
    "labor": ("labor/mapping.yaml", "AAC003"),
    "health": ("health/mapping_csv.yaml", "姓名"),
    "commerce": ("commerce/mapping.yaml", "XM"),
    "transport": ("other_sectors/transport.yaml", "XM"),
}


class Surface(Flow):
    def no_such(self, context, *command, stdin=""):
        """A command that is none: what is said, in both languages."""
        _, err = self.ends(2, context, *command, stdin=stdin)
        _, chinese = self.ends(2, context, *command, "--lang", "zh", stdin=stdin)
        self.assertRegex(chinese, "[\u4e00-\u9fff]")
        return err


class Commands(Surface):
    """5.2, lines 1, 2, 3, 7, 8 and 12: no word for it."""

    def test_nobody_is_listed_searched_ranked_or_tracked(self):
        for context in (SUZHOU_POLICE, "operator"):
            for command in (
                ("person", "list"), ("person", "search", "张"), ("person", "find"),
                ("person", "history", "x"), ("person", "track", "x"),
                ("person", "score", "x"), ("person", "delete", "x"),
                ("person", "merge", "x", "y"), ("person", "flag", "x"),
                ("report", "births"), ("report", "women"), ("report", "ranking"),
                ("report", "compliance"), ("campaign", "start"),
                ("contract", "list"), ("fee", "charge"), ("reward", "pay"),
            ):
                self.assertIn("There is no `", self.no_such(context, *command))

    def test_no_flag_looks_for_somebody(self):
        for flag in ("--sex", "--age", "--name", "--division", "--pregnant",
                     "--children", "--marital-state"):
            self.assertIn(
                "There is no `" + flag,
                self.no_such(SUZHOU_POLICE, "record", "list", flag, "1"))

    def test_nobody_is_found_by_what_is_true_of_them(self):
        """Line 7: by a number that somebody gave, and by nothing else."""
        with caller(self.world, SUZHOU_POLICE) as me:
            self.assertTrue(hasattr(me.registry, "LookUpPerson"))
        fields = registry_service_pb2.LookUpPersonRequest.DESCRIPTOR.fields_by_name
        self.assertEqual(
            set(fields) & {"name", "sex", "birth_date", "division", "residence",
                           "contact"}, set())


class Messages(Surface):
    """5.2, lines 1 to 4, 8 and 11: no field for it, and no notice."""

    def test_no_attribute_holds_it(self):
        for name in ("pregnancy", "contraception", "births", "children",
                     "maritalStatus", "policyStatus", "remedialMeasures",
                     "socialMaintenanceFee", "guaranteeDeposit", "penalty",
                     "reward", "blacklisted", "keyPerson", "riskScore",
                     "ethnicity", "religion", "photo", "fingerprint", "face",
                     "landlord", "collector"):
            update = json.loads(person("X-1"))
            update["claims"][name] = {"value": "x"}
            err = self.no_such(SUZHOU_POLICE, "record", "submit", "--yes",
                               stdin=json.dumps(update))
            self.assertIn("the JSON of a waystation.v1.Update", err)
        self.ends(6, SUZHOU_POLICE, "record", "show", "X-1")

    def test_a_service_costs_nothing(self):
        """1.6, 杜绝收费: a service has no price."""
        for name in ("fee", "price", "deposit", "fine"):
            update = json.loads(person("X-1"))
            update["claims"]["services"] = [
                {"code": "education.school_place", name: 5}]
            self.no_such(SUZHOU_POLICE, "record", "submit", "--yes",
                         stdin=json.dumps(update))

    def test_no_notice_is_of_this_kind(self):
        """Line 2; 举报奖励, 案件查处, 社会抚养费征收, 清理清查."""
        for kind in ("penalty", "fee", "deposit", "reward", "informing",
                     "enforcement", "sweep", "remedial_measure", "contract"):
            err = self.no_such(
                SUZHOU_POLICE, "notice", "send", kind, "--record", "X-1",
                "--about", "name", "--to", FUYANG_POLICE,
                "--purpose", "residence_registration")
            self.assertIn("one of residence", err)
        for field in ("fee", "fine", "reward", "penalty", "comeBy"):
            with self.assertRaises(json_format.ParseError):
                json_format.ParseDict(
                    {"recordKey": "X-1", field: "5"},
                    notice_service_pb2.SendNoticeRequest())

    def test_a_service_of_health_is_nobodys(self):
        """Line 4: what is health's is in no record."""
        for code in ("health.pregnancy_check", "health.contraception"):
            update = json.loads(person("X-2"))
            update["claims"]["services"] = [{
                "code": code, "provider": "某中心",
                "offered": {"year": 2026, "month": 3, "day": 2}}]
            out, _ = self.ends(3, SUZHOU_LABOR, "record", "submit", "--yes",
                               stdin=json.dumps(update))
            self.assertIn("rejected", out)
            self.assertIn("services[0].code", out)

    def test_a_child_is_nobodys_without_its_guardian(self):
        """Line 11."""
        update = json.loads(person("X-3"))
        del update["claims"]["identifiers"]
        update["claims"]["birthDate"] = {
            "date": {"year": 2020, "month": 1, "day": 2}}
        out, _ = self.ends(3, SUZHOU_POLICE, "record", "submit", "--yes",
                           stdin=json.dumps(update))
        self.assertIn("A child under 14 needs a guardian's consent", out)
        update["guardian"] = {"reference": "G-1",
                              "givenTime": "2026-01-01T00:00:00Z"}
        self.ends(0, SUZHOU_POLICE, "record", "submit", "--yes",
                  stdin=json.dumps(update))


class Columns(Surface):
    """5.2, lines 3, 4 and 11, and what 1.1 to 1.6 refuse: registers have such columns,
    and no mapping may read one, whatever it calls the value."""

    AGENCIES = {f"{sector}.321100": sector for sector in MAPPINGS}

    def test_each_is_refused_in_each_sector(self):
        for agency, desk in self.desks.items():
            shipped, place = MAPPINGS[desk.sector]
            text = (SOURCE / "adapters" / shipped).read_text("utf-8")
            for what, columns in COLUMNS.items():
                for column in columns:
                    with self.subTest(agency, column=column):
                        spoilt = re.sub(
                            r"\{field: full, column: %s\}" % place,
                            "{field: full, column: %s}" % column, text)
                        self.assertNotEqual(spoilt, text, what)
                        desk.configure(self.world.write("over.yaml", spoilt))
                        said = desk.refuses("check")
                        self.assertIn("COLUMN_DENIED", said)
                        self.assertRegex(said, r"over\.yaml:\d+:\d+")
            said = desk.refuses("check", "--lang", "zh")
            self.assertRegex(said, "[\u4e00-\u9fff]")

    def test_left_unread_they_end_at_the_parser(self):
        desk = self.desks["public_security.321100"]
        desk.configure("public_security/mapping.yaml")
        columns = [one for some in COLUMNS.values() for one in some]
        header = (SOURCE / "adapters/public_security/mapping.yaml").read_text("utf-8")
        known = sorted(set(re.findall(r"column: (\w+)[,}]", header)
                           ) | {"RYBH", "ZHXGSJ"})
        row = dict.fromkeys(known, "") | dict.fromkeys(columns, "仉某")
        row |= {"RYBH": "R-1", "XM": "张小花", "XB": "2", "CSRQ": "1990-03-07",
                "SFZH": number_of(1990, 42), "ZHXGSJ": "2026-03-04 09:00:00"}
        desk.put("ldrk.csv", table([row]))
        [file] = desk.json("once")["files"]
        reasons = {one["column"]: one.get("reason") for one in file["columns"]}
        for column in columns:
            self.assertEqual(reasons[column], "COLUMN_DENIED", column)
        out, _ = self.ends(0, desk.agency, "record", "show", "R-1", "-o", "json")
        self.assertNotIn("仉", out)


class Readers(Surface):
    """5.2, line 6; 1.2 and 1.6: 三集中, 三级责任体系, 联合执法."""

    SECTORS = ("landlord", "employer", "market_owner", "informer",
               "city_appearance", "owners_committee")

    def test_no_certificate_names_one(self):
        with open(self.world.file("any.csr"), "w", encoding="ascii") as file:
            file.write("")
        for identity in ("landlord/x", "employer/x", "informer/x",
                         "agency/public_security.320500/landlord/x"):
            _, err = self.ends(
                2, "operator", "cert", "sign", self.world.file("any.csr"),
                "--identity", identity, "--out", self.world.file("any.pem"))
            self.assertIn("No certificate can be issued for this identity", err)

    def test_whoever_calls_itself_an_agency_may_know_nothing(self):
        """Sectors are an open list; what is not named in the ceiling is denied."""
        for sector in self.SECTORS:
            with self.subTest(sector):
                desk = Desk(self.world, f"{sector}.320500", "某单位")
                for source, attribute, form in (
                    ("public_security", "residence", "exists"),
                    ("public_security", "name", "match"),
                    ("public_security", "residence_permit", "predicate"),
                    ("health", "name", "exists"),
                    ("labor", "employment", "value"),
                ):
                    grant = {"source_sector": source, "attribute": attribute,
                             "form": form}
                    if form == "predicate":
                        grant["predicate"] = "permit_valid"
                    agreement = yaml.safe_load((
                        SOURCE / "deploy/agreements/labor.yaml").read_text("utf-8"))
                    agreement |= {"id": "over", "recipient_sector": sector,
                                  "grants": [grant]}
                    file = self.world.write("over.yaml", yaml.safe_dump(
                        agreement, allow_unicode=True))
                    _, err = self.ends(4, "operator", "agreement", "apply",
                                       file, "--yes")
                    self.assertIn(f"never from {source} to {sector}", err)
                # Somebody who lives at its house, or works for it, by a record
                # of its own: nothing of anybody else's.
                self.does(SUZHOU_POLICE, "record", "submit", "--yes",
                          stdin=person("L-1", residence={"division": "320505"}))
                self.does(desk.agency, "record", "submit", "--yes",
                          stdin=person("T-1"))
                state = self.world.json(desk.agency, "mailbox", "status")
                self.assertEqual(int(state.get("waiting", 0)), 0)
                code, out, _ = self.world.run(
                    desk.agency, "person", "show", "--record", "T-1",
                    "--purpose", "identity_confirmation", "-o", "json")
                self.assertNotIn("320505", out)
                self.assertNotIn(SUZHOU_POLICE, out)


class Registers(Surface):
    """5.2, lines 8 to 10."""

    def test_no_bulk_copy(self):
        """Line 9: a page is a page, however large one asks for, and of one's own."""
        for serial in range(3):
            self.does(SUZHOU_POLICE, "record", "submit", "--yes", stdin=person(
                f"B-{serial}", number=number_of(1990, 100 + serial)))
        with caller(self.world, SUZHOU_LABOR) as me:
            listed = me.registry.ListRecords(
                registry_service_pb2.ListRecordsRequest(page_size=1000),
                timeout=DEADLINE)
        self.assertEqual(list(listed.records), [])
        out, _ = self.ends(0, SUZHOU_LABOR, "record", "list", "-o", "csv")
        self.assertNotIn("B-", out)

    def test_no_common_key(self):
        """Line 10: one person, two agencies, two handles, good for one each."""
        handles = {}
        for agency in (SUZHOU_POLICE, SUZHOU_LABOR):
            self.does(agency, "record", "submit", "--yes", stdin=person("C-1"))
            handles[agency] = next(
                row["handle"] for row in self.rows(agency, "record", "list")
                if row["record_key"] == "C-1")
        self.assertNotEqual(*handles.values())
        ask = ("person", "show", "--purpose", "social_insurance_transfer")
        _, theirs = self.ends(6, SUZHOU_LABOR, *ask, handles[SUZHOU_POLICE])
        _, nobodys = self.ends(6, SUZHOU_LABOR, *ask, "p-" + "a" * 26)
        self.assertEqual(theirs, nobodys)

    def test_an_address_that_was_left_is_shown_to_nobody(self):
        """Line 8: no way that somebody went."""
        for revision, division in ((1, "320505001"), (2, "320506002")):
            self.does(SUZHOU_POLICE, "record", "submit", "--yes", stdin=person(
                "H-1", revision=revision, number=number_of(1991, 7),
                residence={"division": division}))
        for command in (("record", "show", "H-1"),
                        ("person", "show", "--record", "H-1", "--purpose",
                         "residence_registration")):
            out, _ = self.ends(0, SUZHOU_POLICE, *command, "-o", "json",
                               *(("--reveal", "residence")
                                 if command[0] == "record" else ()))
            self.assertNotIn("320505001", out)


if __name__ == "__main__":
    main()
