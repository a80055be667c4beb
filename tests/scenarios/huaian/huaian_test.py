# SPDX-License-Identifier: Apache-2.0
"""huaian_test.py BIN_DIR: cases from county to county in two provinces, how they
went by county, and that none of them can make anybody come."""

import csv
import io
import re
import sys
import time

import grpc
from desks import Flow, population
from scenario import SOURCE, main
from waystation.v1 import agreement_pb2, notice_service_pb2
from wire import DEADLINE, Caller, read_file, reason
from world import person

sys.path.append(str(SOURCE / "tests/faults"))

from shim import Shim  # noqa: E402

DAY = 86_400
HUAIAN = ("320803", "320826", "320831")
FUYANG = ("341202", "341221", "341226")
NAMES = {
    "320803": "淮安区公安", "320826": "涟水县公安", "320831": "金湖县公安",
    "341202": "颍州区公安", "341221": "临泉县公安", "341226": "颍上县公安",
}
LIANSHUI, JINHU = "public_security.320826", "public_security.320831"
YINGZHOU, LINQUAN, YINGSHANG = (f"public_security.{c}" for c in FUYANG)
PURPOSE = ("--purpose", "residence_registration")


class Counties(Flow):
    AGENCIES = {f"public_security.{code}": NAMES[code]
                for code in (*HUAIAN, *FUYANG)}


# --- 入库率: what a county sent, and what is stored ---


def lines_by_county(export):
    """The header, and the lines of an export by the county that keeps them."""
    with open(export, "rb") as file:
        header, *lines = file.read().splitlines(keepends=True)
    columns = header.decode().strip().split(",")
    place = columns.index("GAJGDM")
    found = {}
    for line in lines:
        fields = next(csv.reader([line.decode("gb18030", "replace").strip()]))
        # A broken line stays with the county of the one before.
        if len(fields) == len(columns) and re.match(r"\d{12}$", fields[place]):
            county = fields[place][:6]
        found.setdefault(county, []).append(line)
    return header, found


class Storage(Counties):
    """Six county registers of people who left Fuyang for Huai'an."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = population(
            cls.world, 2000, ("320800", "341200"), ("public_security",), 12
        )
        cls.exported = {}
        for prefecture, counties in (("320800", HUAIAN), ("341200", FUYANG)):
            header, found = lines_by_county(
                f"{cls.people}/public_security.{prefecture}/ldrk.csv"
            )
            for county in counties:
                desk = cls.desks[f"public_security.{county}"]
                desk.configure("public_security/mapping.yaml")
                desk.put("ldrk.csv", header + b"".join(found[county]))
                cls.exported[desk.agency] = len(found[county])
        # A clerk of Lianshui's has torn a row.
        desk = cls.desks[LIANSHUI]
        with open(desk.path("exports/ldrk.csv"), "rb") as file:
            lines = file.read().splitlines(keepends=True)
        cls.torn = lines[5]
        lines[5] = cls.torn.rsplit(b",", 6)[0] + b"\r\n"
        desk.put("ldrk.csv", b"".join(lines))

    def stored(self):
        agencies = self.world.json("operator", "agency", "list")["agencies"]
        return {one["agency"]["id"]: int(one.get("records", 0))
                for one in agencies if one["agency"]["id"] in self.AGENCIES}

    def test_what_each_county_sent_is_stored_or_named(self):
        rejected = {}
        for agency, desk in self.desks.items():
            report = desk.json("once")
            [file] = report["files"]
            self.assertEqual(int(file["rows"]), self.exported[agency])
            rejected[agency] = int(file.get("rejected", 0))
        stored = self.stored()
        for agency, sent in self.exported.items():
            with self.subTest(agency):
                self.assertGreater(sent, 20)
                self.assertEqual(stored[agency], sent - rejected[agency])
                self.assertGreater(stored[agency] / sent, 0.9)
        self.assertGreater(rejected[LIANSHUI], 0)
        self.assertLess(stored[LIANSHUI], self.exported[LIANSHUI])
        # Said by line, without what stood in it; mended by the county itself.
        desk = self.desks[LIANSHUI]
        code, out, err = desk.run("quarantine", "list")
        self.assertEqual(code, 3, err)
        self.assertIn("ldrk.csv", out)
        self.assertNotIn(self.torn.decode("gb18030").split(",")[1], out + err)
        with open(desk.path("exports/ldrk.csv"), "rb") as file:
            lines = file.read().splitlines(keepends=True)
        lines[5] = self.torn
        desk.put("ldrk.csv", b"".join(lines))
        desk.json("once")
        self.assertEqual(self.stored()[LIANSHUI], stored[LIANSHUI] + 1)
        # Both sides of one migration: persons are fewer than records.
        status = self.world.json("operator", "hub", "status")
        self.assertLess(int(status["persons"]), int(status["records"]))


# --- 点对点, 反馈率: cases, and how they went ---


class Cases(Counties):
    """15 days to answer; the hub's clock alone moves on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        world = cls.world
        world.stop()
        cls.shim = Shim(world)
        world.start()
        cls.count_calendar_days()
        for agency in (LIANSHUI, JINHU):
            cls.does(agency, "record", "submit", "--yes",
                     stdin=person("W-1", residence={"division": agency[-6:]}))
        cls.desks[YINGSHANG].configure(
            notices={"folder": "notices", "charset": "gb18030"}
        )
        cls.live()

    @classmethod
    def send(cls, sender, town, count, *more, kind="residence"):
        found = []
        for _ in range(count):
            sent = cls.world.json(
                sender, "notice", "send", kind, "--record", "W-1", *PURPOSE,
                *("--about", "name", "--about", "birth_date"),
                *("--sector", "public_security", "--division", town),
                *("--yes", *more),
            )
            found.append(sent["notice"]["id"])
        return found

    @classmethod
    def answer(cls, agency, notices, *more):
        for notice in notices:
            cls.does(agency, "notice", "answer", notice, "--yes", *more)

    @classmethod
    def fill(cls, notices, **values):
        """Forms that the clerk of Yingshang fills in, in a spreadsheet."""
        desk = cls.desks[YINGSHANG]
        for notice in notices:
            with open(desk.path("notices/cases", notice + ".csv"), "rb") as file:
                rows = list(csv.reader(io.StringIO(file.read().decode("gb18030"))))
            out = io.StringIO()
            writer = csv.writer(out)
            for row in rows:
                row[1] = values.get(row[0], row[1])
                writer.writerow(row)
            with open(desk.path("notices/answers", notice + ".csv"), "wb") as file:
                file.write(out.getvalue().encode("gb18030"))

    @classmethod
    def at_day(cls, number):
        cls.shim.set_clock(number * DAY)
        while cls.as_of() < time.time() + (number - 0.5) * DAY:
            time.sleep(0.1)

    @classmethod
    def as_of(cls):
        told = cls.world.json(YINGZHOU, "report", "rates")
        text = told["asOfTime"].split(".")[0].rstrip("Z")
        return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S")) - time.timezone

    @classmethod
    def live(cls):
        folder = cls.desks[YINGSHANG]
        cls.began = time.time()
        found = ("--result", "found")
        yingshang = cls.send(LIANSHUI, "341226101", 12)
        yingzhou = cls.send(LIANSHUI, "341202001", 11)
        linquan = cls.send(JINHU, "341221100", 14)
        cls.astray = cls.send(JINHU, "341202001", 1)
        cls.taken_back = cls.send(JINHU, "341221100", 1)
        cls.forms = folder.json("once")["notices"]["cases"]
        # Two of Linquan's were never looked at.
        for notice in linquan[:12]:
            cls.does(LINQUAN, "notice", "show", notice)
        cls.does(JINHU, "notice", "close", cls.taken_back[0], "--yes",
                 "--reason", "sent twice")
        cls.at_day(3)
        cls.fill(yingshang[:9], result="found", evidence="third_party")
        folder.json("once")
        cls.answer(YINGZHOU, yingzhou, *found)
        cls.answer(LINQUAN, linquan[:4], "--result", "not_found")
        cls.does(YINGZHOU, "notice", "reroute", cls.astray[0], "--yes",
                 "--sector", "public_security", "--division", "341226101",
                 "--reason", "a town of Yingshang")
        folder.json("once")
        cls.at_day(17)
        # The last day was two days ago; the one that was passed on has time.
        cls.fill(yingshang[9:11], result="found", evidence="declared")
        cls.fill(cls.astray, result="found", evidence="declared")
        folder.json("once")
        cls.answer(LINQUAN, linquan[4:10], *found)
        cls.all = [*yingshang, *yingzhou, *linquan, *cls.astray, *cls.taken_back]

    def period(self, whole_months=False):
        first = time.localtime(self.began - DAY)
        last = time.localtime(self.began + 2 * DAY)
        if whole_months:
            # Of the day on which all were sent.
            first = time.gmtime(self.began + 8 * 3600)
            ends = (31, 29 if first.tm_year % 4 == 0 else 28, 31, 30, 31, 30,
                    31, 31, 30, 31, 30, 31)[first.tm_mon - 1]
            begin = time.strftime("%Y-%m", first)
            return ("--from", f"{begin}-01", "--to", f"{begin}-{ends}")
        return ("--from", time.strftime("%Y-%m-%d", first),
                "--to", time.strftime("%Y-%m-%d", last))

    def by_county(self, context, whole_months=False):
        report = self.world.json(
            context, "report", "rates", *self.period(whole_months),
            "--by", "county",
        )
        return {row["values"][0]: row for row in report["rows"]}, report

    def rate(self, row, name):
        return (int(row[name].get("numerator", 0)),
                int(row[name].get("denominator", 0)))

    def test_rates_by_county_are_what_was_done(self):
        # What each of the three did, by hand: of so many that are with it,
        # delivered, answered, answered in time.
        expected = {
            "341226": (13, 13, 12, 10),
            "341202": (11, 11, 11, 11),
            "341221": (14, 12, 10, 4),
        }
        self.assertEqual(int(self.forms), 12)
        rows, report = self.by_county("auditor", whole_months=True)
        self.assertEqual(report["leastShown"], 10)
        for county, (standing, delivered, answered, in_time) in expected.items():
            with self.subTest(county):
                row = rows[county]
                self.assertEqual(self.rate(row, "delivery"), (delivered, standing))
                self.assertEqual(self.rate(row, "feedback"), (answered, standing))
                self.assertEqual(
                    self.rate(row, "timelyFeedback"), (in_time, standing))
                late = answered - in_time
                self.assertEqual(int(row["counts"].get("late", 0)), late)
        self.assertEqual(int(rows["341226"]["counts"]["rerouted"]), 1)
        self.assertEqual(int(rows["341226"]["counts"]["overdue"]), 1)
        self.assertEqual(int(rows["341221"]["counts"]["withdrawn"]), 1)
        # The county reads its own, the same and exactly.
        mine, report = self.by_county(LINQUAN)
        self.assertEqual(report["extent"], "EXTENT_OWN")
        self.assertEqual(set(mine), {"341221"})
        self.assertEqual(mine["341221"]["feedback"], rows["341221"]["feedback"])

    def test_the_monthly_sheet_says_of_how_many_and_nothing_of_whom(self):
        out, _ = self.ends(
            0, "auditor", "report", "rates", *self.period(True),
            "--by", "county", "--lang", "zh",
        )
        for told in ("安徽省阜阳市颍上县", "反馈率", "12 / 13", "10 / 13"):
            self.assertIn(told, out)
        out, _ = self.ends(
            0, "auditor", "report", "timeliness", *self.period(True),
            "--by", "county",
        )
        self.assertNotIn("张小花", out)
        self.assertNotIn("W-1", out)
        # Nobody's rate: a person is no group.
        _, err = self.ends(
            2, "auditor", "report", "rates", "--by", "person")
        self.assertIn("one of kind", err)

    def test_between_two_counties_and_nobody_else(self):
        notice = self.all[0]
        for other in (YINGZHOU, LINQUAN, JINHU):
            self.ends(6, other, "notice", "show", notice)
        self.ends(0, LIANSHUI, "notice", "show", notice)
        # Both have the way that the one led astray took.
        shown = self.world.json(JINHU, "notice", "show", self.astray[0])
        self.assertEqual(
            [(event["kind"], event.get("to")) for event in shown["history"]
             if event.get("to")],
            [("KIND_SENT", YINGZHOU), ("KIND_REROUTED", YINGSHANG)],
        )
        self.assertEqual(shown["notice"]["result"], "RESULT_FOUND")
        self.assertFalse(shown["notice"].get("overdue", False))

    def test_late_is_an_answer_without_credit(self):
        shown = self.world.json(LIANSHUI, "notice", "show", self.all[9])
        self.assertEqual(shown["notice"]["result"], "RESULT_FOUND")
        self.assertTrue(shown["notice"]["overdue"])
        self.assertEqual(
            shown["text"]["answer"]["evidence"], "EVIDENCE_DECLARED")


# --- 不得强制返乡: what no message can demand ---

# As names spell it that somebody has to come, or to be examined.
COMING = re.compile(
    r"presence|appear|attend|summon|travel|visit|journey|come_home|check_?up|"
    r"examin|recall|oblig|demand|require_person|in_person|at_origin|penalt|fine$",
    re.IGNORECASE,
)
# Given out in person: by whom a code was asked for, its holder's own choice.
TRIED_KINDS = ("summons", "recall", "presence_at_origin", "pregnancy_check",
               "check_up")


def names_of(message):
    """All names under a message: fields, enums and their values."""
    for field in message.fields:
        yield field.full_name
        if field.enum_type:
            yield from (value.name for value in field.enum_type.values)
    for nested in message.nested_types:
        yield from names_of(nested)
    for enum in message.enum_types:
        yield from (value.name for value in enum.values)


class NobodyHasToCome(Counties):
    AGENCIES = {one: Counties.AGENCIES[one] for one in (LIANSHUI, YINGSHANG)}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count_calendar_days()
        cls.does(YINGSHANG, "record", "submit", "--yes", stdin=person("O-1"))

    def send(self, kind, *more, ends=2):
        given = {"--about": "name", "--purpose": "residence_registration"}
        given.update(zip(more[::2], more[1::2]))
        return self.ends(
            ends, YINGSHANG, "notice", "send", kind, "--record", "O-1",
            "--to", LIANSHUI, "--yes",
            *(part for pair in given.items() for part in pair),
        )

    def test_no_name_in_the_contract_says_so(self):
        names = set()
        for message in notice_service_pb2.DESCRIPTOR.message_types_by_name.values():
            names.update(names_of(message))
        self.assertGreater(len(names), 80)
        self.assertEqual({name for name in names if COMING.search(name)}, set())
        self.assertEqual(
            {name for name in agreement_pb2.Purpose.keys() if COMING.search(name)},
            set(),
        )
        # Words of the deadlines' file neither: nothing is due from a person.
        shipped = (SOURCE / "deploy/deadlines/default.yaml").read_text("utf-8")
        self.assertEqual(COMING.findall(shipped), [])

    def test_tried_by_name(self):
        for kind in TRIED_KINDS:
            _, err = self.send(kind)
            self.assertIn("one of residence", err)
        for flag, value, rule in (
            ("--about", "pregnancy", "attribute"),
            ("--about", "contraception", "attribute"),
            ("--purpose", "check_at_origin", "one of residence_registration"),
        ):
            _, err = self.send("verification", flag, value)
            self.assertIn(rule, err)
        # A clerk at a Chinese terminal.
        _, err = self.ends(
            2, YINGSHANG, "notice", "send", "summons", "--record", "O-1",
            "--to", LIANSHUI, "--about", "name", *PURPOSE, "--lang", "zh",
        )
        self.assertRegex(err, "[\u4e00-\u9fff]")
        self.assertEqual(self.rows(LIANSHUI, "notice", "list", "--box", "received"), [])

    def test_tried_by_form(self):
        desk = self.desks[YINGSHANG]
        desk.configure(notices={"folder": "notices", "charset": "utf8"})
        desk.json("once")
        with open(desk.path("notices/new-case.csv"), encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
        self.assertEqual(
            [row[0] for row in rows if COMING.search(row[0])], [])
        values = {
            "reference": "YS-1", "kind": "summons", "record": "O-1",
            "purpose": "residence_registration", "attributes": "name",
            "to": LIANSHUI,
        }
        out = io.StringIO()
        writer = csv.writer(out)
        for row in rows[:-1]:
            writer.writerow([row[0], values.get(row[0], row[1]), ""])
        writer.writerow(["come_by", "2026-12-31", ""])
        writer.writerow(rows[-1])
        with open(desk.path("notices/outgoing/come.csv"), "w",
                  encoding="utf-8-sig") as file:
            file.write(out.getvalue())
        self.assertEqual(int(desk.json("once")["notices"]["rejected"]), 1)
        with open(desk.path("notices/rejected/come.csv.txt"),
                  encoding="utf-8-sig") as file:
            said = file.read()
        self.assertIn("one of residence", said)
        self.assertIn("no row of this form", said)

    def test_tried_by_number(self):
        """A program that sends a kind which the contract does not have."""
        prefix = self.desks[YINGSHANG].path("agency")
        with Caller(self.world, read_file(prefix + ".pem"),
                    read_file(prefix + ".key")) as me:
            with self.assertRaises(grpc.RpcError) as caught:
                me.notices.SendNotice(
                    notice_service_pb2.SendNoticeRequest(
                        kind=99, record_key="O-1", agency=LIANSHUI,
                        purpose=agreement_pb2.PURPOSE_RESIDENCE_REGISTRATION,
                        attributes=["name"],
                    ), timeout=DEADLINE,
                )
        self.assertEqual(reason(caught.exception), "INVALID_REQUEST")

    def test_an_answer_from_afar_is_an_answer(self):
        """What she showed where she lives, or another agency saw, is enough."""
        self.does(LIANSHUI, "record", "submit", "--yes", stdin=person("R-1"))
        for evidence in ("document_seen", "transferred", "declared", "third_party"):
            sent = self.world.json(
                LIANSHUI, "notice", "send", "verification", "--record", "R-1",
                "--about", "name", "--to", YINGSHANG, *PURPOSE, "--yes",
            )["notice"]["id"]
            self.does(YINGSHANG, "notice", "answer", sent, "--yes", "--result",
                      "found", "--field", "name=match", "--evidence", evidence)
            # "She has to come" is no result.
            self.ends(2, YINGSHANG, "notice", "answer", sent, "--yes",
                      "--result", "presence_required")
            self.does(LIANSHUI, "notice", "close", sent, "--yes")


if __name__ == "__main__":
    main()
