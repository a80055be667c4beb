# SPDX-License-Identifier: Apache-2.0
"""suzhou_test.py BIN_DIR: the rental-housing platform has addresses and no tenants;
the platform of the province is a peer like any other; the service card is its
holder's, and nobody is managed by it."""

import collections
import datetime
import json
import pathlib

from desks import Flow, population, rows_of, table
from scenario import (
    FUYANG_POLICE, SOURCE, SUZHOU_LABOR, SUZHOU_POLICE, main, number_of,
)
from world import person

HOUSING = "housing.320500"
PROVINCE, NANTONG = "public_security.320000", "public_security.320600"
PURPOSE = ("--purpose", "residence_registration")


class Dwellings(Flow):
    """出租屋管理平台: what stands where; who lives in it is not its to say."""

    AGENCIES = {HOUSING: "苏州市住建局"}
    TENANTS = ("承租人姓名", "承租人身份证号", "承租人电话")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = cls.desks[HOUSING]
        cls.desk.configure("other_sectors/housing.yaml")
        people = pathlib.Path(population(
            cls.world, 300, ("320500",), ("public_security",)))
        # The flats in which people really live, with their tenants beside.
        cls.living = rows_of(people / "truth_people.csv")
        cls.flats = [
            {
                "房屋编号": f"FW-{number:06d}",
                "行政区划代码": tenant["residence_division"],
                "房屋坐落": tenant["residence_address"], "不动产单元号": "",
                "房屋类型": "成套住宅", "建筑面积": "60", "产权人": "仉某",
                "承租人姓名": tenant["name"], "承租人身份证号": tenant["number"],
                "承租人电话": tenant["phone"], "租赁起始日期": "2025-03-01",
                "登记时间": "2026-03-01 09:30:00",
            }
            for number, tenant in enumerate(cls.living)
        ]
        cls.desk.put("flats.csv", table(cls.flats))
        cls.said = cls.desk.json("once")
        # And somebody who lives in one of them, as the police have it.
        cls.does(SUZHOU_POLICE, "record", "submit", "--yes", stdin=person(
            "P-1", number=cls.living[3]["number"],
            name={"full": cls.living[3]["name"]},
            residence={"division": cls.living[3]["residence_division"],
                       "address": cls.living[3]["residence_address"]}))

    def test_addresses_arrive_and_tenants_do_not(self):
        [file] = self.said["files"]
        reasons = {one["column"]: one.get("reason") for one in file["columns"]}
        for column in self.TENANTS:
            self.assertEqual(reasons[column], "COLUMN_DENIED")
        self.assertEqual(len(self.rows(HOUSING, "record", "list")),
                         len(self.flats))
        out, _ = self.ends(0, HOUSING, "record", "show", "FW-000003", "-o",
                           "json", "--reveal", "residence")
        self.assertIn(self.flats[3]["房屋坐落"], out)
        for column in self.TENANTS:
            self.assertNotIn(self.flats[3][column], out)

    def test_a_tenant_cannot_be_mapped_by_any_name(self):
        shipped = (SOURCE / "adapters/other_sectors/housing.yaml").read_text("utf-8")
        for column in (*self.TENANTS, "房东姓名", "产权人"):
            self.desk.configure(self.world.write("over.yaml", shipped.replace(
                "\ndrop:", "  - attribute: name\n    fields:\n"
                f"      - {{field: full, column: {column}}}\n\ndrop:")))
            said = self.desk.refuses("check")
            self.assertIn("COLUMN_DENIED", said)
            self.assertRegex(said, r"over\.yaml:\d+")
        self.desk.configure("other_sectors/housing.yaml")

    def test_a_flat_is_nobody_and_is_told_of_nobody(self):
        candidates = self.world.json("office", "candidate", "list")
        self.assertEqual(candidates.get("candidates", []), [])
        code, out, _ = self.world.run(
            HOUSING, "person", "show", "--record", "FW-000003", "--purpose",
            "identity_confirmation", "-o", "json")
        self.assertNotIn(SUZHOU_POLICE, out)
        self.assertNotIn(self.living[3]["name"], out)
        out, _ = self.ends(0, SUZHOU_POLICE, "person", "show", "--record", "P-1",
                           *PURPOSE, "-o", "json")
        self.assertNotIn("housing", out)


class Province(Flow):
    """省人口综合信息平台: one of the agencies, for where there is none below it."""

    AGENCIES = {PROVINCE: "江苏省公安厅", NANTONG: "南通市公安局"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count_calendar_days()
        desk = cls.desks[PROVINCE]
        # "32", and not one city of that name.
        file = cls.world.write(
            "province.yaml", (pathlib.Path(desk.path("agency.yaml")).read_text(
                "utf-8")).replace("'320000'", "'32'"))
        cls.does("operator", "agency", "put", file, "--yes")
        cls.people = pathlib.Path(population(
            cls.world, 300, ("341200", "320500"), ("public_security",)))
        desk.configure("public_security/mapping.yaml", mailbox=True)

    def send(self, division, agency=FUYANG_POLICE):
        self.does(agency, "record", "submit", "--yes", stdin=person(
            "F-1", number=number_of(1985, 21)))
        return self.world.json(
            agency, "notice", "send", "residence", "--record", "F-1",
            *PURPOSE, "--about", "name", "--sector", "public_security",
            "--division", division, "--yes")["notice"]

    def test_batches_go_in_and_come_back(self):
        """A register of the whole province goes in as any other does; what the cities
        say later of the same people comes back."""
        desk = self.desks[PROVINCE]
        export = self.people / "public_security.320500/ldrk.csv"
        desk.put("ldrk.csv", export.read_bytes())
        [file] = desk.json("once")["files"]
        stored = len(self.rows(PROVINCE, "record", "list"))
        self.assertEqual(
            stored, int(file["rows"]) - int(file.get("rejected", 0)))
        key, row = next(
            (row["RYBH"], row) for row in rows_of(export, "gb18030")
            if row["SFZH"] and row["CSRQ"]
            and any(one["record_key"] == row["RYBH"]
                    and one["agency"] == "public_security.320500"
                    and one["strong"] == "1" and not one["defects"]
                    for one in rows_of(self.people / "truth.csv")))
        self.does(SUZHOU_POLICE, "record", "submit", "--yes", stdin=person(
            "SZ-1", number=row["SFZH"], name={"full": row["XM"]},
            birthDate={"date": dict(zip(
                ("year", "month", "day"), map(int, row["CSRQ"].split("-"))))},
            sex={"value": ("", "SEX_MALE", "SEX_FEMALE")[int(row["XB"])]},
            residence={"division": "320508", "since": {
                "year": 2026, "month": 3, "day": 1}}))
        desk.json("once")
        told = desk.came_back().decode("gb18030")
        self.assertIn(key, told)
        self.assertIn(SUZHOU_POLICE, told)

    def test_a_case_goes_to_the_province_where_nobody_is_below(self):
        # Suzhou and Nantong take their own; Yancheng is not here.
        self.assertEqual(self.send("320508001")["to"], SUZHOU_POLICE)
        self.assertEqual(self.send("320612001")["to"], NANTONG)
        notice = self.send("320902001")
        self.assertEqual(notice["to"], PROVINCE)
        # Its desk finds that Nantong has the person, and passes it on.
        self.ends(0, PROVINCE, "notice", "show", notice["id"])
        self.does(PROVINCE, "notice", "reroute", notice["id"], "--to", NANTONG,
                  "--reason", "moved within the province", "--yes")
        self.does(NANTONG, "notice", "answer", notice["id"], "--result", "found",
                  "--yes")
        seen = self.world.json(FUYANG_POLICE, "notice", "show", notice["id"])
        self.assertEqual(seen["notice"]["to"], NANTONG)
        self.assertEqual(int(seen["notice"]["hops"]), 1)
        self.assertEqual(seen["notice"]["result"], "RESULT_FOUND")
        # Whom it has passed on is no case of the province's any more.
        self.ends(6, PROVINCE, "notice", "show", notice["id"])

    def test_the_province_sees_no_more_than_a_city(self):
        """Being above others is no ground to look at what they have."""
        self.does(NANTONG, "record", "submit", "--yes", stdin=person(
            "NT-1", number=number_of(1977, 3)))
        self.ends(6, PROVINCE, "person", "show", "--record", "NT-1", *PURPOSE)
        notice = self.send("320612001")
        self.ends(6, PROVINCE, "notice", "show", notice["id"])


class ServiceCard(Flow):
    """流动人口服务卡: verified by the code that its holder shows, or not at all."""

    def test_the_card_is_its_holders(self):
        self.does(SUZHOU_LABOR, "record", "submit", "--yes", stdin=person(
            "K-1", certificates=[{"kind": "KIND_SERVICE_CARD", "number": "SZ-7"}]))
        issued = self.world.json(
            SUZHOU_LABOR, "verify", "issue", "service_card", "--record", "K-1",
            "--asked", "in_person", "--purpose", "employment_service", "--yes")
        out, _ = self.ends(
            0, "labor.341200", "verify", "check", "service_card", "--purpose",
            "employment_service", "-o", "json", stdin=issued["code"] + "\n")
        said = json.loads(out)
        self.assertEqual(said["answer"], "ANSWER_VALID")
        # 以证管人: whoever has none is refused nothing because of it.
        self.assertIn("不得", said["notice"][0]["text"])
        for verb in ("list", "missing", "holders"):
            self.ends(2, SUZHOU_POLICE, "verify", verb, "service_card")


class Coverage(Flow):
    """服务卡发放率: counted by who issues the cards, and naming nobody."""

    CIVIL = "civil_affairs.320500"
    AGENCIES = {CIVIL: "苏州市民政局"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What the issuer has, a row a card; some are over by the end of the month.
        today = datetime.date.today()
        cls.month_ends = today.replace(day=1) - datetime.timedelta(days=1)
        cls.cards = []
        for county, issued in (("320505", 900), ("320508", 7), ("320581", 430)):
            for number in range(issued):
                over = cls.month_ends + datetime.timedelta(
                    days=-20 if number % 50 == 7 else 200)
                cls.cards.append({"county": county, "holder": f"{county}-{number}",
                                  "valid_until": over.isoformat()})
        cls.valid = collections.Counter(
            card["county"] for card in cls.cards
            if card["valid_until"] >= cls.month_ends.isoformat())
        cls.does(cls.CIVIL, "service", "count", "-", stdin=json.dumps({
            "year": cls.month_ends.year, "month": cls.month_ends.month,
            "cards": [{"division": county, "holders": holders}
                      for county, holders in sorted(cls.valid.items())]}))
        cls.migrants = {"320505": 1100, "320508": 400, "320581": 500,
                        "320582": 100}
        cls.residents = cls.world.write("residents.yaml", json.dumps({
            "version": "trial", "source": "Register of Suzhou, as of that day",
            "as_of": f"{cls.month_ends}",
            "counties": [{"division": county, "locals": 9000, "migrants": number}
                         for county, number in cls.migrants.items()]}))

    def test_coverage_is_that_of_the_issuers_list(self):
        shown = dict(self.valid)
        # Seven are too few to be told, of whoever asks.
        self.assertEqual(shown.pop("320508"), 7)
        for who in (SUZHOU_POLICE, SUZHOU_LABOR, "office", "auditor", self.CIVIL):
            report = self.world.json(
                who, "report", "cards", "--residents", self.residents)
            rows = {row["values"][0]: row for row in report["rows"]}
            self.assertEqual(set(rows), set(self.migrants))
            for county, migrants in self.migrants.items():
                row = rows[county]
                self.assertEqual(int(row["coverage"].get("numerator", 0)),
                                 shown.get(county, 0), county)
                self.assertEqual(int(row["coverage"]["denominator"]), migrants)
            self.assertEqual(rows["320508"]["leftOut"], 1)
            self.assertEqual(rows["320582"]["notCounted"], 1)
            self.assertGreaterEqual(rows["320505"]["coverage"]["value"], 0.8)
            total = report["total"]
            self.assertEqual(int(total["coverage"]["numerator"]),
                             sum(shown.values()))
            self.assertEqual(int(total["coverage"]["denominator"]),
                             sum(self.migrants.values()))
            self.assertEqual(report["newestMonth"], f"{self.month_ends:%Y-%m}")
            self.assertEqual(report["residents"]["source"],
                             "Register of Suzhou, as of that day")

    def test_what_stands_beside_the_figure(self):
        out, _ = self.ends(0, "auditor", "report", "cards", "--residents",
                           self.residents, "--by", "city")
        self.assertIn(f"≥ {self.valid['320505'] + self.valid['320581']} / 2100",
                      out)
        for words in ("Register of Suzhou", "numbers under 10",
                      "holders of a valid card"):
            self.assertIn(words, out)
        chinese, _ = self.ends(0, "auditor", "report", "cards", "--residents",
                               self.residents, "--lang", "zh")
        self.assertIn("服务卡持有率＝", chinese)

    def test_no_card_no_list(self):
        """Nobody can be asked for, and no other group is counted."""
        for by in ("month", "provider", "service", "person", "city,city"):
            self.ends(2, "office", "report", "cards", "--residents",
                      self.residents, "--by", by)
        self.ends(4, SUZHOU_LABOR, "service", "count", "-", stdin=json.dumps({
            "year": self.month_ends.year, "month": self.month_ends.month,
            "cards": [{"division": "320505", "holders": 5}]}))


if __name__ == "__main__":
    main()
