# SPDX-License-Identifier: Apache-2.0
"""lianyungang_test.py BIN_DIR: a registration drive. 1,800 collectors hand in what
people were willing to say, one agency's adapter sends it, police data lie beside it,
and two judges who know nothing of each other find how much of it is true."""

import datetime
import pathlib
import random
import re

from desks import Flow, population, rows_of, table
from scenario import main
from waystation.v1 import agreement_pb2, person_pb2, registry_service_pb2
from wire import DEADLINE, Caller, read_file

HERE = pathlib.Path(__file__).resolve().parent
POLICE, HEALTH = "public_security.320700", "health.320700"
PEOPLE, COLLECTORS = 1800, 1800
# Of all doors; and what a collector writes down wrongly, of all rows.
DECLINED, SLIP = 0.07, 0.03
SAMPLE = 250
FIELDS = ("name", "sex", "birth_date", "county")
SEXES = {"1": person_pb2.Sex.SEX_MALE, "2": person_pb2.Sex.SEX_FEMALE}


def visit(key, person, collector, rng):
    """What somebody said at the door, as it was written down."""
    name, day = person["name"], datetime.date.fromisoformat(person["birth_date"])
    slip = rng.random()
    if slip < SLIP / 3:
        name = name[:-1] + rng.choice("芳明华军丽")
    elif slip < 2 * SLIP / 3:
        day = day.replace(day=day.day % 28 + 1)
    child = day.year > 2011
    return {
        "登记编号": key, "姓名": name, "身份证号": person["number"],
        "性别": {"1": "男", "2": "女"}.get(person["sex"], "未说明"),
        "出生日期": day.isoformat(), "行政区划": person["residence_division"],
        "现住址": person["residence_address"], "联系电话": person["phone"],
        "监护人同意书编号": f"TY-{key}" if child else "",
        "监护人同意日期": "2026-03-01" if child else "",
        "登记时间": "2026-03-04 09:00:00", "撤回": "",
        "采集员编号": f"CJY-{collector:04d}", "婚姻状况": "仉婚",
        "孕情": "仉孕", "婚育证明编号": "HYZM-仉",
    }


class Drive(Flow):
    AGENCIES = {POLICE: "连云港市公安局", HEALTH: "连云港市卫健委"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = pathlib.Path(population(
            cls.world, PEOPLE, ("320700",), ("public_security",)))
        # Whoever really lives there: the denominator, and the truth.
        cls.living = rows_of(cls.people / "truth_people.csv")
        cls.police, cls.health = cls.desks[POLICE], cls.desks[HEALTH]
        cls.police.configure("public_security/mapping.yaml", mailbox=True)
        cls.police.put("ldrk.csv", (
            cls.people / POLICE / "ldrk.csv").read_bytes())
        cls.police.json("once")
        cls.knock()
        cls.health.configure(str(HERE / "visits.yaml"))
        cls.said = cls.health.json("once")
        cls.police.json("once")

    @classmethod
    def knock(cls):
        """Visits; whoever declines is written down by nobody."""
        rng = random.Random(320700)
        batches = {}
        cls.told, cls.declined = {}, []
        for number, person in enumerate(cls.living):
            if rng.random() < DECLINED:
                cls.declined.append(person)
                continue
            key = f"LYG{number:06d}"
            collector = rng.randrange(COLLECTORS)
            batches.setdefault(collector, []).append(
                visit(key, person, collector, rng))
            cls.told[key] = person
        # In the order in which devices were read out, whoever's they are.
        order = sorted(batches)
        rng.shuffle(order)
        empty = next(iter(batches.values()))[0]
        for serial in range(COLLECTORS):
            rows = batches[order[serial]] if serial < len(order) else None
            text = table(rows or [empty], "utf-8")
            if rows is None:  # Nobody was in, or nobody wanted to.
                text = text.split(b"\r\n")[0] + b"\r\n"
            cls.health.put(f"batch-{serial:04d}.csv", text)
        # Two devices broke while they were read out.
        for serial in (17, 1042):
            path = pathlib.Path(cls.health.path(
                "exports", f"batch-{serial:04d}.csv"))
            path.write_bytes(path.read_bytes()[:-90] + b"\r\n")

    def stored(self):
        return {row["record_key"] for row in self.rows(HEALTH, "record", "list")
                if row["retracted"] == "false"}

    # --- 采集率 ---

    def test_collection_is_of_all_who_live_there(self):
        stored = self.stored()
        rate = len(stored) / len(self.living)
        print(f"collection rate {len(stored)}/{len(self.living)}"
              f" of whoever lives there by the truth file: {rate:.1%}")
        self.assertGreaterEqual(rate, 0.85)
        self.assertLess(len(stored), len(self.living))
        self.assertLessEqual(stored, set(self.told))
        rejected = sum(int(one.get("rejected", 0)) for one in self.said["files"])
        self.assertEqual(rejected, 2)
        self.assertEqual(len(stored) + rejected, len(self.told))
        self.assertEqual(len(self.said["files"]), COLLECTORS)

    # --- 信息准确率 ---

    def judge(self, seed):
        """One judge's sample: what the agency is told of each, and whether it is
        true; knows neither who collected it nor what another judge found."""
        rng = random.Random(seed)
        keys = rng.sample(sorted(self.stored()), SAMPLE)
        prefix = self.health.path("agency")
        verdicts = {}
        with Caller(self.world, read_file(prefix + ".pem"),
                    read_file(prefix + ".key")) as me:
            for key in keys:
                shown = me.registry.GetPerson(
                    registry_service_pb2.GetPersonRequest(
                        record_key=key,
                        purpose=agreement_pb2.PURPOSE_PUBLIC_HEALTH_SERVICE,
                    ), timeout=DEADLINE).view.person
                true = self.told[key]
                date = shown.birth_date.date
                verdicts[key] = {
                    "name": shown.name.full == true["name"],
                    "sex": shown.sex.value == SEXES.get(true["sex"]),
                    "birth_date": f"{date.year:04d}-{date.month:02d}-"
                                  f"{date.day:02d}" == true["birth_date"],
                    "county": shown.residence.division[:6]
                    == true["residence_division"],
                }
        return verdicts

    def test_accuracy_by_a_double_blind_sample(self):
        first, second = self.judge(1), self.judge(2)
        self.assertNotEqual(set(first), set(second))
        rates = []
        for verdicts in (first, second):
            right = sum(sum(fields.values()) for fields in verdicts.values())
            rates.append(right / (SAMPLE * len(FIELDS)))
            print(f"accuracy {right}/{SAMPLE * len(FIELDS)} fields:"
                  f" {rates[-1]:.2%}",
                  {f: sum(not v[f] for v in verdicts.values()) for f in FIELDS})
            self.assertGreaterEqual(rates[-1], 0.98)
        # Whom both drew they judge alike, and the two are no far apart.
        both = set(first) & set(second)
        self.assertGreater(len(both), 10)
        for key in both:
            self.assertEqual(first[key], second[key])
        self.assertLess(abs(rates[0] - rates[1]), 0.02)

    # --- 自愿 ---

    def test_who_declines_leaves_no_row(self):
        self.assertGreater(len(self.declined), 50)
        spoken = b"".join(
            path.read_bytes() for path in
            pathlib.Path(self.health.path("exports")).glob("batch-*"))
        for person in self.declined:
            self.assertNotIn(person["number"].encode(), spoken)
        # Nor is there a word for it: neither outcome nor attribute is a refusal.
        names = [field.name for field in person_pb2.Person.DESCRIPTOR.fields]
        self.assertEqual([name for name in names
                          if re.search("declin|refus|consent", name)], [])

    def test_who_thinks_better_of_it_is_out(self):
        key = sorted(self.stored())[5]
        row = visit(key, self.told[key], 0, random.Random(5))
        row |= {"撤回": "1", "登记时间": "2026-03-09 09:00:00"}
        self.health.put("batch-9001.csv", table([row], "utf-8"))
        try:
            self.health.json("once")
            self.assertNotIn(key, self.stored())
            # That there was a record is all that is left of it.
            out, _ = self.ends(0, HEALTH, "record", "show", key, "-o", "json")
            self.assertNotIn(self.told[key]["name"], out)
            self.assertNotIn("claims", out)
            self.ends(6, HEALTH, "person", "show", "--record", key,
                      "--purpose", "public_health_service")
        finally:
            row |= {"撤回": "", "登记时间": "2026-03-10 09:00:00"}
            self.health.put("batch-9002.csv", table([row], "utf-8"))
            self.health.json("once")
        self.assertIn(key, self.stored())

    # --- 采集员 ---

    def test_collectors_are_told_nobodys_values(self):
        """What comes of their batches is counts; they have no part in it."""
        told = str(self.said)
        for person in self.living:
            for value in (person["name"], person["number"], person["phone"],
                          person["residence_address"]):
                self.assertNotIn(value, told)
        self.assertFalse(pathlib.Path(self.health.path("imports")).exists())
        # Nobody signs a certificate for one: there is no such role.
        self.does(None, "cert", "request", "--identity", f"agency/{HEALTH}",
                  "--out", self.world.file("collector"))
        for role in (f"agency/{HEALTH}/collector/c1", "collector/c1",
                     "landlord/l1"):
            code, out, err = self.world.run(
                "operator", "cert", "sign", self.world.file("collector.csr"),
                "--identity", role, "--out", self.world.file("collector.pem"))
            self.assertEqual(code, 2, out + err)

    def test_nothing_is_counted_by_person_or_collector(self):
        [first, *_] = self.said["files"]
        dropped = {column["column"] for column in first["columns"]
                   if column.get("droppedBecause") or column.get("reason")}
        self.assertLessEqual({"采集员编号", "孕情", "婚姻状况", "婚育证明编号"},
                             dropped)
        # Neither record nor log has a collector in it.
        key = sorted(self.stored())[0]
        out, _ = self.ends(0, HEALTH, "record", "show", key, "-o", "json")
        self.assertNotIn("CJY-", out)
        self.does("auditor", "audit", "export", self.world.file("log"))
        for path in pathlib.Path(self.world.file("log")).rglob("*"):
            if path.is_file():
                self.assertNotIn(b"CJY-", path.read_bytes())
        # No report can be asked for it.
        for group in ("collector", "person", "clerk", "record"):
            for report in ("rates", "timeliness"):
                _, err = self.ends(
                    2, "auditor", "report", report, "--by", group)
                self.assertIn("one of kind", err)
        # And a mapping that would say it names no attribute.
        mapping = (HERE / "visits.yaml").read_text("utf-8").replace(
            "  - attribute: contact", "  - attribute: collector")
        self.health.configure(self.world.write("over.yaml", mapping))
        try:
            self.assertRegex(self.health.refuses("check"), r"over\.yaml:\d+")
        finally:
            self.health.configure(str(HERE / "visits.yaml"))

    def test_police_learn_nothing_of_the_drive(self):
        state = self.world.json(POLICE, "mailbox", "status")
        self.assertEqual(int(state.get("waiting", 0)), 0)
        self.assertEqual(self.police.came_back(), b"")


if __name__ == "__main__":
    main()
