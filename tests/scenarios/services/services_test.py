# SPDX-License-Identifier: Apache-2.0
"""services_test.py BIN_DIR: services are offered by place, to everybody there; what
was delivered is counted by providers and names nobody; locals and people who moved
are held against each other. All of it is counted again here, from the providers' files
alone, by other code than ours."""

import collections
import csv
import datetime
import html.parser
import io
import itertools
import json

import openpyxl
import yaml
from desks import Flow
from scenario import FUYANG_POLICE, SUZHOU_LABOR, SUZHOU_POLICE, main

HEALTH, CIVIL = "health.320500", "civil_affairs.320500"
COURSE, JOBS = "training.vocational_course", "employment.job_placement"
VACCINATION = "health.vaccination"
COUNTIES = ("320505", "320508", "320581")
TALLIES = ("offered", "delivered", "declined")
LEAST = 10


def months():
    """The two whole months before this one, as (year, month)."""
    first = datetime.datetime.now(
        datetime.timezone(datetime.timedelta(hours=8))).date().replace(day=1)
    newer = first - datetime.timedelta(days=1)
    older = newer.replace(day=1) - datetime.timedelta(days=1)
    return [(older.year, older.month), (newer.year, newer.month)]


def text_of(month):
    return f"{month[0]:04d}-{month[1]:02d}"


class Offers(Flow):
    """Whoever lives there sees it; nothing says for whom."""

    AGENCIES = {CIVIL: "苏州市民政局"}

    def offer(self, *more, agency=SUZHOU_LABOR, ends=0, service=COURSE,
              division="320505"):
        return self.ends(
            ends, agency, "service", "offer", "welding", "--service", service,
            "--division", division, *more)

    def seen(self, who, *asked):
        return [(row["agency"], row["id"], row["divisions"])
                for row in self.rows(who, "service", "offers", *asked)]

    def test_what_is_offered_is_everybodys(self):
        self.offer("--dry-run")
        self.assertEqual(self.seen("office"), [])
        self.offer()
        mine = [(SUZHOU_LABOR, "welding", "320505")]
        for who in (FUYANG_POLICE, HEALTH, CIVIL, "office", "auditor", "operator"):
            self.assertEqual(self.seen(who), mine, who)
        # From a community in it, and from the province above it.
        self.assertEqual(self.seen(CIVIL, "--division", "320505010003"), mine)
        self.assertEqual(self.seen(CIVIL, "--division", "32"), mine)
        self.assertEqual(self.seen(CIVIL, "--division", "320508"), [])
        # It moves; it is one offer still. Nobody else takes it back.
        self.offer(division="320508")
        self.assertEqual(self.seen("office"), [(SUZHOU_LABOR, "welding", "320508")])
        self.ends(6, HEALTH, "service", "withdraw", "welding")
        self.ends(0, SUZHOU_LABOR, "service", "withdraw", "welding")
        self.assertEqual(self.seen("office"), [])
        acts = [row["about"] for row in self.rows("auditor", "audit", "list")]
        self.assertEqual(
            [act for act in acts if act.startswith("offer.")],
            ["offer.put; welding training.vocational_course"] * 2
            + ["offer.withdraw; welding training.vocational_course"])

    def test_what_an_agency_may_not_offer(self):
        _, err = self.offer(ends=4, service=VACCINATION)
        self.assertIn("do not provide this service", err)
        self.offer(ends=4, agency=SUZHOU_POLICE)
        _, err = self.offer(ends=4, division="320102")
        self.assertIn("outside the agency's jurisdiction", err)
        self.offer(ends=2, service="training.unheard_of")
        self.offer(ends=4, agency="operator")
        self.offer("--until", "2020-01-01", "--since", "2019-01-01", ends=2)
        # It has no words of its own, and says for whom in no way but by place.
        for option in ("--text", "--sex", "--age-from", "--married", "--person",
                       "--record", "--fee"):
            self.offer(option, "1", ends=2)
        self.assertEqual(self.seen("office"), [])

    def test_points_are_the_hubs(self):
        near = self.world.json(
            FUYANG_POLICE, "service", "points", "--next-to", "320102002002",
            "--service", VACCINATION)
        self.assertEqual(near["level"], "LEVEL_STREET")
        points = self.rows("auditor", "service", "points", "--division", "3201")
        self.assertIn("nj_xuanwu_unit_2_1_7", [row["id"] for row in points])
        self.assertEqual(
            [row["id"] for row in points],
            [row["id"] for row in self.rows(
                "auditor", "service", "points", "--division", "3201",
                "--limit", "100")])


class Counts(Flow):
    """同服务: the same for people who moved, or not; counted again from the files."""

    AGENCIES = {CIVIL: "苏州市民政局"}
    SERVICES = {
        SUZHOU_LABOR: (COURSE, JOBS),
        HEALTH: (VACCINATION, "registration.service_card"),
        CIVIL: ("registration.leaflet", "registration.service_card"),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.months = months()
        # Numbers on both sides of the least that is shown.
        numbers = itertools.cycle(
            (0, 9, 10, 57, 3, 480, 11, 1, 96, 24, 8, 133, 70, 12, 241))
        cls.files = {}
        for (agency, services), month in itertools.product(
                cls.SERVICES.items(), cls.months):
            counts = []
            for service, county in itertools.product(services, COUNTIES):
                one = {"service": service, "division": county}
                for group in ("locals", "migrants"):
                    tally = {"delivered": next(numbers), "declined": next(numbers)}
                    # One service of which nothing is left out.
                    if service == JOBS:
                        tally = {name: 20 + number for name, number
                                 in tally.items()}
                    tally["offered"] = tally["delivered"] + tally["declined"]
                    one[group] = tally
                counts.append(one)
            cls.count(agency, month, counts, rehearse=True)
        # What it said of the month before counts no more.
        cls.files[SUZHOU_LABOR, cls.months[0]][0]["locals"]["delivered"] = 77
        cls.count(SUZHOU_LABOR, cls.months[0],
                  cls.files[SUZHOU_LABOR, cls.months[0]])
        cls.residents = {
            county: {"locals": 4000 * number, "migrants": 700 * number}
            for number, county in enumerate(COUNTIES[:2], 3)}
        cls.file = cls.world.write("residents.yaml", yaml.safe_dump({
            "version": "trial", "source": "Yearbook of nowhere",
            "as_of": "2025-12-31",
            "counties": [{"division": county, **numbers}
                         for county, numbers in cls.residents.items()]}))
        cls.period = ("--from", text_of(cls.months[0]), "--to",
                      text_of(cls.months[1]))

    @classmethod
    def count(cls, agency, month, counts, rehearse=False):
        cls.files[agency, month] = counts
        said = yaml.safe_dump(
            {"year": month[0], "month": month[1], "counts": counts})
        if rehearse:
            cls.does(agency, "service", "count", "-", "--dry-run", stdin=said)
        cls.does(agency, "service", "count", "-", stdin=said)

    def shown(self, own=False, health=True):
        """(agency, month, service, county, group, tally, number) that may be shown;
        the number is None where it is left out."""
        for (agency, month), counts in self.files.items():
            for one in counts:
                if one["service"].startswith("health.") and not health:
                    continue
                for group in ("locals", "migrants"):
                    tally = one[group]
                    small = {name for name in TALLIES
                             if 0 < tally[name] < LEAST and not own}
                    # The offers would be the sum of the other two.
                    if small and tally["offered"]:
                        small.add("offered")
                    for name in TALLIES:
                        yield (agency, month, one["service"], one["division"],
                               group, name,
                               None if name in small else tally[name])

    def report(self, who, *asked):
        """{(values of groups): {figure: numerator}}"""
        found = collections.defaultdict(dict)
        for row in self.lines(who, "service", "report", *self.period, *asked):
            groups = tuple(row[name] for name in
                           ("service", "county", "month", "provider")
                           if name in row)
            key = groups if row["row"].startswith("row") else "total"
            found[key][row["figure"]] = int(row["numerator"])
        return dict(found)

    def lines(self, who, *asked):
        out, _ = self.ends(0, who, *asked, "-o", "csv")
        return list(csv.DictReader(io.StringIO(out)))

    def expected(self, key_of, **how):
        found = collections.defaultdict(lambda: collections.Counter(
            {f"{group}_{name}": 0 for group in ("locals", "migrants")
             for name in TALLIES} | {"left_out": 0}))
        for agency, month, service, county, group, name, number in self.shown(**how):
            for key in (key_of(agency, month, service, county), "total"):
                if number is None:
                    found[key]["left_out"] += 1
                else:
                    found[key][f"{group}_{name}"] += number
        return {key: dict(counter) for key, counter in found.items()}

    def test_sums_are_those_of_the_files(self):
        by_service = self.expected(lambda _a, _m, service, _c: (service,))
        for who in (HEALTH, "office", "auditor"):
            self.assertEqual(self.report(who, "--by", "service"), by_service, who)
        self.assertGreater(by_service["total"]["left_out"], 10)
        self.assertEqual(
            self.report("office", "--by", "service,county", "--by",
                        "month,provider"),
            self.expected(lambda agency, month, service, county: (
                service, county, text_of(month), agency)))

    def test_counts_of_health_stay_with_health(self):
        others = self.expected(lambda _a, _m, service, _c: (service,),
                               health=False)
        for who in (SUZHOU_LABOR, FUYANG_POLICE, CIVIL, "operator"):
            self.assertEqual(self.report(who, "--by", "service"), others, who)
        self.assertEqual(
            self.report(SUZHOU_LABOR, "--by", "service", "--service",
                        VACCINATION), {"total": dict.fromkeys(others["total"], 0)})

    def test_small_numbers_are_their_providers(self):
        own = self.report(SUZHOU_LABOR, "--by", "service,county,month", "--own")
        self.assertEqual(own["total"]["left_out"], 0)
        for (agency, month), counts in self.files.items():
            if agency != SUZHOU_LABOR:
                continue
            for one in counts:
                row = own[one["service"], one["division"], text_of(month)]
                self.assertEqual(row["locals_delivered"],
                                 one["locals"]["delivered"])
        self.ends(2, "office", "service", "report", "--own")

    def test_a_file_that_counts_what_it_may_not(self):
        def said(**changes):
            return yaml.safe_dump({
                "year": self.months[1][0], "month": self.months[1][1],
                "counts": [{"service": COURSE, "division": "320505",
                            "locals": {"delivered": 1}} | changes]})

        for changes, ends, words in (
            ({"service": VACCINATION}, 4, "do not provide"),
            ({"division": "320102"}, 4, "jurisdiction"),
            ({"division": "320505010"}, 2, "a county, six digits"),
            ({"sex": "female"}, 2, "sex"),
            ({"age_from": 15}, 2, "age_from"),
            ({"locals": {"pregnant": 1}}, 2, "pregnant"),
            ({"person": "LD-1"}, 2, "person"),
        ):
            with self.subTest(words):
                _, err = self.ends(ends, SUZHOU_LABOR, "service", "count", "-",
                                   stdin=said(**changes))
                self.assertIn(words, err)
                self.assertRegex(err, r"stdin:\d+")

    def fairness(self, key_of):
        """{key: (locals, of, migrants, of, left out)}, naively."""
        found = collections.defaultdict(lambda: [
            collections.Counter(), collections.Counter(), set()])
        for agency, month, service, county, group, name, number in self.shown():
            if name != "delivered" or county not in self.residents:
                continue
            for key in (key_of(service, county), "total"):
                sums, left_out, counties = found[key]
                counties.add(county)
                if number is None:
                    left_out[group] += 1
                else:
                    sums[group] += number
        return {
            key: tuple(itertools.chain(*(
                (sums[group], sum(self.residents[county][group]
                                  for county in counties))
                for group in ("locals", "migrants")))) + (
                    left_out["locals"], left_out["migrants"])
            for key, (sums, left_out, counties) in found.items()}

    def test_locals_and_people_who_moved(self):
        for by, key_of in (
            ("service", lambda service, _: (service,)),
            ("service,county", lambda service, county: (service, county)),
        ):
            expected = self.fairness(key_of)
            rows = collections.defaultdict(dict)
            for line in self.lines(
                    "auditor", "report", "fairness", "--residents", self.file,
                    *self.period, "--by", by):
                key = tuple(line[name] for name in by.split(","))
                whole = "at_least" not in line["row"]
                if line["row"].startswith("total"):
                    key = "total"
                rows[key][line["figure"]] = (line, whole)
            self.assertEqual(set(rows), set(expected))
            for key, (local, locals_, moved, migrants, *left_out) in (
                    expected.items()):
                row = rows[key]
                for figure, numerator, of, out in (
                    ("locals", local, locals_, left_out[0]),
                    ("migrants", moved, migrants, left_out[1]),
                ):
                    line, whole = row[figure]
                    self.assertEqual(int(line["numerator"]), numerator, key)
                    self.assertEqual(int(line["denominator"]), of, key)
                    self.assertEqual(whole, out == 0, key)
                    self.assertIn("每千人", line["convention"])
                ratio = row["ratio"][0]["value"]
                if any(left_out) or local == 0:
                    self.assertEqual(ratio, "", key)
                else:
                    self.assertAlmostEqual(
                        float(ratio), moved / migrants / (local / locals_), 6)
            self.assertTrue(
                any(row["ratio"][0]["value"] for row in rows.values()))

    def test_the_source_stands_beside_the_figure(self):
        page, book = self.world.file("fair.html"), self.world.file("fair.xlsx")
        out, _ = self.ends(
            0, "office", "report", "fairness", "--residents", self.file,
            *self.period, "--html", page, "--xlsx", book)
        report = self.world.json(
            "office", "report", "fairness", "--residents", self.file,
            *self.period)
        self.assertEqual(report["residents"]["source"], "Yearbook of nowhere")
        self.assertEqual(report["residents"]["countiesWithout"], 1)
        self.assertEqual(report["fromMonth"], text_of(self.months[0]))
        html_text = self.world.read("fair.html")
        words = " ".join(itertools.chain.from_iterable(
            (str(cell.value) for cell in row if cell.value is not None)
            for sheet in openpyxl.load_workbook(book) for row in sheet))
        for text in (out, html_text, words):
            self.assertIn("Yearbook of nowhere", text)
            self.assertIn("2025-12-31", text)
            self.assertIn("the residents of the same group", text)
        html.parser.HTMLParser().feed(html_text)
        self.assertNotIn("http://", html_text.replace("http://www.w3.org", ""))
        self.assertEqual(html_text.count("<svg"), 2)

    def test_a_file_of_residents_is_held_to_its_lines(self):
        for old, new, words in (
            ("source: Yearbook of nowhere", "source: ''", "source"),
            ("'320505'", "'320500'", "a county, six digits"),
            ("'320508'", "'320505'", "stands twice"),
            ("as_of: '2025-12-31'", "as_of: '2025-02-30'", "no such day"),
            ("locals:", "women:", "women"),
        ):
            with self.subTest(new):
                text = self.world.read("residents.yaml")
                self.assertIn(old, text)
                file = self.world.write("wrong.yaml", text.replace(old, new))
                _, err = self.ends(2, "office", "report", "fairness",
                                   "--residents", file)
                self.assertIn(words, err)
                self.assertRegex(err, r"wrong\.yaml:\d+")
        self.ends(2, "office", "report", "fairness", "--residents", self.file,
                  "--division", "3401")
        out, _ = self.ends(
            0, "office", "report", "fairness", "--residents", self.file,
            *self.period, "--division", "320508", "-o", "json")
        self.assertEqual(json.loads(out)["residents"]["counties"], 1)


if __name__ == "__main__":
    main()
