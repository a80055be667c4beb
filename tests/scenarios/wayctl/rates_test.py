# SPDX-License-Identifier: Apache-2.0
"""rates_test.py BIN_DIR: how cases went, counted by the hub, and counted again
from the audit log's leaves alone by other code than ours."""

import calendar
import datetime
import html.parser
import json
import os
import pathlib
import struct
import sys
import time

import openpyxl
from scenario import (
    FUYANG_LABOR,
    FUYANG_POLICE,
    SOURCE,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    Scenario,
    main,
)
from waystation.v1 import audit_service_pb2, notice_service_pb2
from world import person

sys.path.append(str(SOURCE / "tests/faults"))

from shim import Shim  # noqa: E402

HEFEI_POLICE = "public_security.340100"
CHINA = datetime.timezone(datetime.timedelta(hours=8))
DAY = 86_400
SERVICE = "KIND_SERVICE"
GROUPS = ("kind", "sender", "recipient")


def leaves(folder):
    """The events of an exported log, as docs/audit-export.md lays them out."""
    tiles = [
        path
        for path in sorted((folder / "tile/entries").rglob("*"))
        if path.is_file()
    ]
    size = int((folder / "checkpoint").read_text("utf-8").splitlines()[1])
    events = []
    for tile in tiles:
        content = tile.read_bytes()
        while content:
            (length,) = struct.unpack_from(">H", content)
            events.append(
                audit_service_pb2.AuditEvent.FromString(content[2 : 2 + length])
            )
            content = content[2 + length :]
    assert len(events) == size, "one part of one tile, or whole tiles"
    return events


class Case:
    """One notice, as its leaves tell of it."""

    def __init__(self, sender, event):
        self.kind = notice_service_pb2.Notice.Kind.Name(event.notice_kind)
        self.sender = sender
        self.sent = event.time.ToMicroseconds()
        self.rerouted = self.withdrawn = False
        self.come(event)

    def come(self, event):
        self.recipient = event.agency
        self.came = event.time.ToMicroseconds()
        self.delivered = False
        self.accepted = self.answered = None
        self.due = self.due_of(event)

    @staticmethod
    def due_of(event):
        if not event.HasField("due_time"):
            return None
        return event.due_time.ToMicroseconds()

    @property
    def done(self):
        return self.accepted if self.kind == SERVICE else self.answered

    def in_time(self, time):
        return self.due is None or time < self.due


def cases_of(events):
    """The notices of a log, by the acts of its leaves."""
    cases = {}
    for event in events:
        agency = event.actor.removeprefix("agency/").partition("/")[0]
        time = event.time.ToMicroseconds()
        case = cases.get(event.object)
        if event.act == "notice.send":
            cases[event.object] = Case(agency, event)
        elif case is None:
            continue
        elif event.act == "NoticeService.GetNotice":
            case.delivered |= agency == case.recipient
        elif event.act == "notice.accept":
            case.delivered, case.accepted = True, time
        elif event.act == "notice.answer":
            case.delivered, case.answered = True, time
            case.accepted = case.accepted or time
        elif event.act == "notice.reroute":
            case.rerouted = True
            case.come(event)
        elif event.act == "notice.extend":
            case.due = case.due_of(event)
        elif event.act == "notice.close" and case.done is None:
            case.withdrawn = True
    return list(cases.values())


def day(time):
    return datetime.datetime.fromtimestamp(time / 1e6, CHINA).date()


def days_taken(case):
    return (day(case.done) - day(case.came)).days


def rank(days, share):
    """Nearest rank: the smallest within which so many of 100 are."""
    days = sorted(days)
    return days[-(-len(days) * share // 100) - 1]


def figures(cases, now):
    standing = [case for case in cases if not case.withdrawn]
    asked = [case for case in standing if case.kind != SERVICE]
    done = [case for case in standing if case.done is not None]
    open_ones = [case for case in standing if case.done is None]
    accepted = [case for case in standing if case.accepted is not None]
    answered = [case for case in asked if case.answered is not None]

    def timely(some, time):
        return sum(case.in_time(time(case)) for case in some)

    in_time = timely(done, lambda case: case.done)
    overdue = sum(not case.in_time(now) for case in open_ones)
    days = [days_taken(case) for case in done]
    return {
        "sent": len(cases),
        "withdrawn": len(cases) - len(standing),
        "rerouted": sum(case.rerouted for case in cases),
        "delivery": (
            sum(case.delivered for case in standing),
            len(standing),
        ),
        "acceptance": (
            timely(accepted, lambda case: case.accepted),
            len(standing),
        ),
        "feedback": (len(answered), len(asked)),
        "timely_feedback": (
            timely(answered, lambda case: case.answered),
            len(asked),
        ),
        "timeliness": (in_time, len(done) + overdue),
        "late": len(done) - in_time,
        "overdue": overdue,
        "pending": len(open_ones) - overdue,
        "days": (len(days), rank(days, 50), rank(days, 90)) if days else (0,),
    }


def shown(row):
    """The same of a row of the report, as JSON spells it."""
    counts = row["counts"]

    def rate(name):
        told = row[name]
        return int(told.get("numerator", 0)), int(told.get("denominator", 0))

    days = row["calendarDays"]
    assert int(row["workingDays"].get("count", 0)) == 0
    return {
        **{
            name: int(counts.get(name, 0))
            for name in (
                *("sent", "withdrawn", "rerouted", "late", "overdue"),
                "pending",
            )
        },
        "delivery": rate("delivery"),
        "acceptance": rate("acceptance"),
        "feedback": rate("feedback"),
        "timely_feedback": rate("timelyFeedback"),
        "timeliness": rate("timeliness"),
        "days": (int(days["count"]), days["median"], days["ninetieth"])
        if "count" in days
        else (0,),
    }


class Page(html.parser.HTMLParser):
    """A page of HTML: its text, its cells, and whatever it points at."""

    POINTS = ("src", "href", "action", "data", "poster", "srcset")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.pointed = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.pointed += [
            value
            for name, value in attrs
            if name.split(":")[-1] in self.POINTS
        ]
        if tag not in ("meta", "rect"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} is closed and was not open"

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


class Rates(Scenario):
    """Cases of eight weeks; the hub's clock alone moves on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.stop()
        cls.shim = Shim(cls.world)
        cls.world.start()
        cls.count_calendar_days()
        cls.folder = pathlib.Path(cls.world.path)
        world = cls.world
        hefei = world.write(
            "hefei.yaml",
            f"id: {HEFEI_POLICE}\nsector: public_security\n"
            "jurisdiction: '3401'\nname_zh: '<b>合肥</b>'\n",
        )
        cls.does("operator", "agency", "put", hefei, "--yes")
        for agency in (SUZHOU_POLICE, FUYANG_POLICE, SUZHOU_LABOR):
            code, out, err = world.run(
                agency, "record", "submit", "--yes", stdin=person("S-1")
            )
            assert code == 0, out + err
        cls.live()
        cls.does("auditor", "audit", "export", world.file("log"))
        cls.cases = cases_of(leaves(cls.folder / "log"))
        cls.period = cls.whole_months()

    @classmethod
    def does(cls, context, *arguments):
        code, out, err = cls.world.run(context, *arguments)
        assert code == 0, f"{arguments}\n{out}{err}"
        return out

    @classmethod
    def send(cls, kind, sender, recipient, count):
        purpose = (
            "social_insurance_transfer"
            if sender.startswith("labor")
            else "residence_registration"
        )
        more = ("--text", "the year is wrong") if kind == "correction" else ()
        return [
            json.loads(
                cls.does(
                    *(sender, "notice", "send", kind, "--record", "S-1"),
                    *("--about", "name", "--purpose", purpose),
                    *("--to", recipient, "--yes", "-o", "json", *more),
                )
            )["notice"]["id"]
            for _ in range(count)
        ]

    @classmethod
    def step(cls, agency, step, notices, *more):
        for notice in notices:
            cls.does(agency, "notice", step, notice, "--yes", *more)

    @classmethod
    def at_day(cls, number):
        cls.shim.set_clock(number * DAY)
        # The hub's libraries ask the kernel for the time every other second.
        while cls.hub_time() < time.time() + (number - 0.5) * DAY:
            time.sleep(0.1)

    @classmethod
    def hub_time(cls):
        told = cls.does(FUYANG_POLICE, "report", "rates", "-o", "json")
        return cls.as_of(json.loads(told)) / 1e6

    @classmethod
    def live(cls):
        """15 days to answer a residence notice, 30 to accept a service."""
        found = ("--result", "found")
        residence = cls.send("residence", SUZHOU_POLICE, FUYANG_POLICE, 14)
        corrections = cls.send("correction", SUZHOU_POLICE, FUYANG_POLICE, 3)
        services = cls.send("service", SUZHOU_LABOR, FUYANG_LABOR, 11)
        few = cls.send("residence", FUYANG_POLICE, SUZHOU_POLICE, 3)
        cls.at_day(3)
        cls.step(FUYANG_POLICE, "answer", residence[:5], *found)
        cls.step(FUYANG_POLICE, "accept", residence[5:8])
        cls.step(FUYANG_LABOR, "accept", services[:6])
        cls.step(SUZHOU_POLICE, "close", residence[8:9], "--reason", "twice")
        cls.step(SUZHOU_POLICE, "close", residence[:2])
        cls.step(
            *(FUYANG_POLICE, "reroute", residence[9:11]),
            *("--to", HEFEI_POLICE, "--reason", "moved"),
        )
        cls.step(FUYANG_POLICE, "extend", residence[11:12], "--reason", "files")
        cls.does(FUYANG_POLICE, "notice", "show", residence[12])
        cls.at_day(9)
        cls.step(
            *(FUYANG_POLICE, "answer", corrections[:1]),
            *("--result", "rejected", "--note", "as the card has it"),
        )
        cls.at_day(20)
        cls.step(FUYANG_POLICE, "answer", residence[5:7], *found)
        cls.step(FUYANG_POLICE, "answer", residence[11:12], *found)
        cls.step(SUZHOU_POLICE, "answer", few[:1], *found)
        cls.step(FUYANG_POLICE, "accept", residence[13:14])
        cls.at_day(40)
        cls.step(FUYANG_LABOR, "accept", services[6:8])
        cls.send("residence", SUZHOU_POLICE, FUYANG_POLICE, 2)

    @classmethod
    def whole_months(cls):
        first = day(min(case.sent for case in cls.cases)).replace(day=1)
        last = day(max(case.sent for case in cls.cases))
        last = last.replace(day=calendar.monthrange(last.year, last.month)[1])
        return ("--from", first.isoformat(), "--to", last.isoformat())

    def report(self, context, *more, period=None):
        return self.world.json(
            context, "report", "rates", *(period or self.period), *more
        )

    @staticmethod
    def as_of(report):
        time = datetime.datetime.fromisoformat(
            report["asOfTime"].replace("Z", "+00:00")
        )
        return time.timestamp() * 1e6

    # --- the same figures, counted twice ---

    def test_what_an_agency_reads_is_what_the_log_says(self):
        for agency in (
            *(SUZHOU_POLICE, FUYANG_POLICE, SUZHOU_LABOR, FUYANG_LABOR),
        ):
            report = self.report(agency, "--by", ",".join(GROUPS))
            self.assertEqual(report["extent"], "EXTENT_OWN")
            mine = [
                case
                for case in self.cases
                if agency in (case.sender, case.recipient)
            ]
            now = self.as_of(report)
            self.assertEqual(shown(report["total"]), figures(mine, now))
            by_group = {}
            for case in mine:
                key = tuple(getattr(case, group) for group in GROUPS)
                by_group.setdefault(key, []).append(case)
            self.assertEqual(
                {tuple(r["values"]): shown(r) for r in report["rows"]},
                {key: figures(some, now) for key, some in by_group.items()},
            )

    def test_there_is_something_of_each_to_count(self):
        report = self.report(SUZHOU_POLICE)
        told = shown(report["total"])
        for name in ("withdrawn", "rerouted", "late", "overdue", "pending"):
            self.assertGreater(told[name], 0, name)
        hits, of = told["timely_feedback"]
        self.assertLess(0, hits)
        self.assertLess(hits, told["feedback"][0])
        self.assertLess(told["feedback"][0], of)

    def test_by_month_and_by_days(self):
        report = self.report(SUZHOU_POLICE, "--by", "month")
        months = {}
        for case in self.cases:
            if SUZHOU_POLICE in (case.sender, case.recipient):
                month = day(case.sent).isoformat()[:7]
                months[month] = months.get(month, 0) + 1
        self.assertEqual(
            {
                row["values"][0]: int(row["counts"]["sent"])
                for row in report["rows"]
            },
            months,
        )
        self.assertGreater(len(months), 1)
        only = day(self.cases[0].sent)
        some = self.report(
            SUZHOU_POLICE,
            period=("--from", only.isoformat(), "--to", only.isoformat()),
        )
        self.assertEqual(
            int(some["total"]["counts"]["sent"]),
            sum(
                day(case.sent) == only
                and SUZHOU_POLICE in (case.sender, case.recipient)
                for case in self.cases
            ),
        )

    # --- what others see ---

    def test_nobody_is_found_in_what_others_read(self):
        for context in ("office", "operator", "auditor"):
            report = self.report(context, "--by", "sender,recipient")
            self.assertEqual(report["leastShown"], 10)
            sent = {}
            for case in self.cases:
                key = [case.sender, case.recipient]
                sent[tuple(key)] = sent.get(tuple(key), 0) + 1
            left_out = 0
            for row in report["rows"]:
                true = sent.pop(tuple(row["values"]))
                if row.get("suppressed"):
                    self.assertEqual(set(row), {"values", "suppressed"})
                    left_out += true
                else:
                    self.assertGreaterEqual(true, 10)
                    self.assertEqual(int(row["counts"]["sent"]), true)
            self.assertEqual(sent, {})
            # What is known of those left out is no small number either.
            self.assertGreaterEqual(left_out, 10)
            now = self.as_of(report)
            self.assertEqual(shown(report["total"]), figures(self.cases, now))
        out, _ = self.ends(
            *(0, "auditor", "report", "rates", *self.period),
            *("--by", "recipient"),
        )
        self.assertIn("left out", out)
        rows = self.rows(
            "auditor", "report", "rates", *self.period, "--by", "recipient"
        )
        hidden = [row for row in rows if "left_out" in row["row"]]
        self.assertTrue(hidden)
        self.assertEqual(
            {row["numerator"] + row["denominator"] + row["value"]
             for row in hidden},
            {""},
        )
        out, _ = self.ends(
            *(0, "auditor", "audit", "list", "-o", "csv"),
            *("--act", "NoticeService.GetNoticeRates"),
        )
        self.assertIn("by sender,recipient", out)

    # --- each form says what it is of, when and how ---

    def test_each_form_shows_numerator_denominator_time_and_convention(self):
        report = self.report(FUYANG_POLICE)
        feedback = report["total"]["feedback"]
        hits, of = feedback["numerator"], feedback["denominator"]
        command = (FUYANG_POLICE, "report", "rates", *self.period)
        for language, told in (
            ("en", "late acceptance is work but no credit"),
            ("zh", "逾期接收计工作量，不计入分子"),
        ):
            out, _ = self.ends(0, *command, "--lang", language)
            self.assertIn(f"{hits} / {of} (", out)
            self.assertIn(told, out.replace("\n", " "))
        out, _ = self.ends(0, *command, "-o", "yaml")
        self.assertIn("late acceptance is work", out)
        self.assertIn("as_of_time", out)
        [line] = [
            row
            for row in self.rows(*command)
            if row["figure"] == "feedback" and row["row"] == "total"
        ]
        self.assertEqual(
            (line["numerator"], line["denominator"]), (hits, of)
        )
        self.assertAlmostEqual(float(line["value"]), int(hits) / int(of))
        self.assertTrue(line["as_of_time"].endswith("Z"))
        self.assertIn("反馈率", line["convention"])

    def test_timeliness(self):
        now = self.as_of(self.report(FUYANG_POLICE))
        mine = [
            case
            for case in self.cases
            if FUYANG_POLICE in (case.sender, case.recipient)
        ]
        want = figures(mine, now)
        rows = {
            row["figure"]: row
            for row in self.rows(
                FUYANG_POLICE, "report", "timeliness", *self.period
            )
        }
        line = rows["timeliness"]
        self.assertEqual(
            (int(line["numerator"]), int(line["denominator"])),
            want["timeliness"],
        )
        for name, place in (("median", 1), ("ninetieth", 2)):
            line = rows[f"calendar_days.{name}"]
            self.assertEqual(int(line["denominator"]), want["days"][0])
            self.assertEqual(int(line["value"]), want["days"][place])
        self.assertEqual(rows["working_days.median"]["value"], "")
        for figure in ("late", "overdue", "pending"):
            self.assertEqual(int(rows[figure]["numerator"]), want[figure])
        out, _ = self.ends(
            *(0, FUYANG_POLICE, "report", "timeliness", *self.period),
            *("--by", "month,city", "--lang", "zh"),
        )
        self.assertIn("按期办结率", out)
        self.assertIn("3412 安徽省阜阳市", out)

    def test_a_workbook(self):
        path = self.world.file("rates.xlsx")
        _, err = self.ends(
            *(0, "office", "report", "rates", *self.period),
            *("--by", "recipient", "--xlsx", path),
        )
        self.assertIn(path, err)
        report = self.report("office", "--by", "recipient")
        book = openpyxl.load_workbook(path)
        figures_sheet, notes = book.worksheets
        lines = list(figures_sheet.iter_rows(values_only=True))
        [head] = [i for i, line in enumerate(lines) if line[0] == "RECIPIENT"]
        titles = lines[head]
        at = titles.index("ANSWERED")
        self.assertEqual(
            titles[at - 2 : at], ("ANSWERED numerator", "ANSWERED denominator")
        )
        told = lines[head + 1 :]
        self.assertEqual(len(told), len(report["rows"]) + 1)
        for row, line in zip([*report["rows"], report["total"]], told):
            if row.get("suppressed"):
                self.assertEqual(line[1], "left out")
                self.assertEqual(set(line[2:]), {None})
                continue
            rate = row["feedback"]
            hits, of = (
                int(rate.get(name, 0)) for name in ("numerator", "denominator")
            )
            self.assertEqual(line[1], int(row["counts"]["sent"]))
            self.assertEqual(line[at - 2 : at], (hits, of))
            if of:
                self.assertAlmostEqual(line[at], hits / of)
            else:
                self.assertIsNone(line[at])
        self.assertEqual(told[-1][0], "total")
        self.assertIn("As of", [line[0] for line in lines[:head]])
        words = [cell.value for cell in notes["A"]]
        self.assertTrue(any("no credit" in str(word) for word in words))

    def test_a_page(self):
        path = self.world.file("rates.html")
        self.ends(
            *(0, FUYANG_POLICE, "report", "rates", *self.period),
            *("--by", "recipient,kind", "--html", path, "--lang", "zh"),
        )
        text = pathlib.Path(path).read_text("utf-8")
        page = Page(text)
        self.assertEqual(page.open, [])
        # It loads nothing and runs nothing.
        self.assertEqual(page.pointed, [])
        for word in ("http://", "https://", "url(", "@import", "//cdn"):
            self.assertNotIn(word, text)
        self.assertNotIn("script", page.tags)
        self.assertIn("@media print", text)
        self.assertIn('lang="zh-CN"', text)
        self.assertIn("逾期接收计工作量，不计入分子", text)
        report = self.report(FUYANG_POLICE, "--by", "recipient,kind")
        head, *rows = page.rows
        self.assertEqual(len(rows), len(report["rows"]) + 1)
        at = head.index("反馈率")
        for row, cells in zip([*report["rows"], report["total"]], rows):
            rate = row["feedback"]
            hits = rate.get("numerator", "0")
            of = rate.get("denominator", "0")
            self.assertTrue(cells[at].startswith(f"{hits} / {of}"), cells)
        # A bar for each share that there is, a chart for each rate.
        self.assertEqual(page.tags.count("svg"), 4)
        bars = text.count('<rect class="bar"')
        shares = sum(
            row[name].get("denominator", "0") != "0"
            for row in [*report["rows"], report["total"]]
            for name in ("delivery", "acceptance", "feedback",
                         "timelyFeedback")
        )
        self.assertEqual(bars, shares)

    # --- what is no report ---

    def test_files_are_written_whole_or_not_at_all(self):
        world = self.world
        report = (FUYANG_POLICE, "report", "rates", *self.period)
        there = world.write("there.html", "mine")
        new = world.file("new.xlsx")
        _, err = self.ends(5, *report, "--html", there, "--xlsx", new)
        self.assertIn("there.html", err)
        self.assertEqual(world.read("there.html"), "mine")
        self.assertFalse(os.path.exists(new))
        self.ends(0, *report, "--html", there, "--force")
        self.assertIn("<!doctype html>", world.read("there.html"))
        out, err = self.ends(
            1, *report, "--xlsx", world.file("nowhere/rates.xlsx")
        )
        self.assertEqual(out, "")
        self.assertIn("nowhere", err)
        self.assertEqual(
            [name for name in os.listdir(world.path) if ".tmp" in name], []
        )

    def test_what_is_no_period_and_no_group(self):
        def says(text, *arguments, code=2, context=FUYANG_POLICE):
            _, err = self.ends(code, context, "report", "rates", *arguments)
            self.assertIn(text, err)

        says("must not be before", "--from", "2026-12-02", "--to", "2026-12-01")
        says("a day such as", "--from", "2026-02-29", "--to", "2026-03-01")
        says("a day such as", "--from", "yesterday", "--to", "2026-03-01")
        says("a first and a last day", "--from", "2026-12-02")
        says("--by", "--by", "weather")
        says("each once", *self.period, "--by", "kind,kind")
        says("at most 4", *self.period, "--by",
             "kind,month,sender,recipient,city")
        says(
            *("whole months", "--from", "2026-12-02", "--to", "2026-12-31"),
            context="office",
        )
        # A period in which nothing was sent is no mistake.
        empty = self.report(
            FUYANG_POLICE,
            *("--by", "kind"),
            period=("--from", "2020-01-01", "--to", "2020-01-31"),
        )
        self.assertNotIn("rows", empty)
        self.assertNotIn("value", empty["total"]["feedback"])
        out, _ = self.ends(
            *(0, FUYANG_POLICE, "report", "rates", "--from", "2020-01-01"),
            *("--to", "2020-01-31"),
        )
        self.assertIn("0 / 0", out)


if __name__ == "__main__":
    main()
