# SPDX-License-Identifier: Apache-2.0
"""sectors_test.py BIN_DIR: sectors beyond the four join a real hub by files
alone, as docs/joining.md says; what the law keeps at home and what no agreement
may give is refused, by the adapter, by `agreement lint` and by the hub.
"""

import csv
import json
import os
import pathlib
import re
import shutil

import yaml
from people import with_check
from scenario import BIN, SOURCE, Scenario, main
from world import World, person

HERE = pathlib.Path(__file__).resolve().parent
MAPPINGS = SOURCE / "adapters/other_sectors"
PAGE = (SOURCE / "docs/joining.md").read_text(encoding="utf-8")
POLICE = "public_security.320500"
LABOR = "labor.320500"

# Of each: what arrives, by the system's own key, and what is left behind.
ARRIVE = {
    "education": ["XS0001", "XS0002", "XS0003", "XS0005"],
    "housing": ["FW-000117", "FW-000118", "FW-000203"],
    # The last one was taken back as soon as it was told.
    "transport": ["JS000451", "JS000452", "JS000453"],
    "agriculture": ["NM2026-0011", "NM2026-0012"],
    "civil_affairs": ["JZ32050500091", "JZ32050500092"],
    "womens_federation": ["FL-20260031", "FL-20260032"],
}
# Sectors with rows that are not sent, or not whole.
FOUND = ("education",)
# What each leaves at the parser, by the reason that `check` gives.
DENIED, LISTED, UNMAPPED = "COLUMN_DENIED", "COLUMN_LISTED", "COLUMN_NOT_MAPPED"
DROPPED = {
    "education": {
        **dict.fromkeys(
            ("民族", "健康状况", "是否留守儿童", "是否孤儿", "监护人姓名",
             "监护人联系电话"), DENIED),
        "班级": LISTED,
    },
    "housing": {
        **dict.fromkeys(("承租人姓名", "承租人身份证号", "承租人电话"), DENIED),
        **dict.fromkeys(("产权人", "租赁起始日期"), LISTED),
        **dict.fromkeys(("房屋类型", "建筑面积"), UNMAPPED),
    },
    "transport": {
        **dict.fromkeys(("WFXW", "LJJF", "GPSWZ"), DENIED), "ZGLB": LISTED,
    },
    "agriculture": {
        **dict.fromkeys(("家庭人口", "是否脱贫户", "一卡通账号", "补贴金额"),
                        DENIED),
        "返乡日期": LISTED,
    },
    "civil_affairs": dict.fromkeys(
        ("婚姻状况", "家庭成员数", "家庭月收入", "致贫原因", "银行账号"), DENIED),
    "womens_federation": dict.fromkeys(
        ("婚姻状况", "子女情况", "是否家暴受害人", "诉求内容"), DENIED),
}
CODECS = {"gb18030": "gb18030", "gbk": "gbk", "utf8": "utf-8"}


def rows(export):
    text = (HERE / "exports" / export).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def consoles(title):
    """Commands of one section of the page, one list for each block."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [
        [line.removeprefix("$ ") for line in block.splitlines()]
        for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    ]


def files(title):
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)


class Sectors(Scenario):
    """Each sector has a folder, its desk."""

    # --- the programs ---

    def shell(self, desk, command, ends=0):
        """A command at a desk; all that it said."""
        code, screen = self.world.talk(
            ["/bin/bash", "-c", command], [], folder=desk
        )
        self.assertEqual(code, ends, f"{command}\n{screen}")
        return screen.replace("\r\n", "\n")

    def adapter(self, sector, *verb, ends=0):
        command = f"waystation-adapter {sector} --config adapter.yaml -q "
        return self.shell(self.desk(sector), command + " ".join(verb), ends)

    def desk(self, sector):
        return self.world.file(f"desk-{sector}")

    def put(self, desk, name, text):
        with open(os.path.join(desk, name), "w", encoding="utf-8") as file:
            file.write(text)

    def refused(self, desk, command, reason, *parts):
        """A command that names the reason and each of the parts."""
        code, screen = self.world.talk(
            ["/bin/bash", "-c", command + " -o json"], [], folder=desk
        )
        self.assertNotEqual(code, 0, screen)
        for part in (reason, *parts):
            self.assertIn(part, screen)
        return code

    # --- a desk ---

    def join(self, sector, mapping=None):
        """A sector's folder: keys, certificate, entry, mapping and export."""
        desk = self.desk(sector)
        if os.path.isdir(desk):
            return desk
        os.makedirs(os.path.join(desk, "exports"))
        shutil.copy(self.world.file("hub/tls/ca.pem"), desk)
        agency = f"{sector}.320500"

        def of_this(text):
            text = text.replace("education.320500", agency)
            return text.replace("sector: education", f"sector: {sector}")

        made, entered = consoles("Keys and certificate")
        printed = ""
        for command in made:
            printed = self.shell(desk, of_this(command))
        [public_key] = re.findall(r"[A-Za-z0-9+/]{43}=", printed)
        [entry] = files("Keys and certificate")
        entry = of_this(entry).replace("PUBLIC-KEY", f'"{public_key}"')
        self.put(desk, "agency.yaml", entry)
        for command in entered:
            self.shell(desk, of_this(command))
        [config] = files("The mapping")
        config = of_this(config).replace("HUB", self.world.listen)
        config += "demo_numbers: true\n"  # Nobody's, as all numbers here.
        self.put(desk, "adapter.yaml", config)
        if mapping is None:
            mapping = (MAPPINGS / f"{sector}.yaml").read_text(encoding="utf-8")
        self.put(desk, "mapping.yaml", mapping)
        if os.path.exists(HERE / "exports" / f"{sector}.csv"):
            text = (HERE / "exports" / f"{sector}.csv").read_text("utf-8")
            charset = yaml.safe_load(mapping)["table"]["charset"]
            with open(os.path.join(desk, "exports/all.csv"), "wb") as file:
                file.write(text.encode(CODECS[charset]))
        return desk

    def context(self, sector):
        """Flags that make wayctl the sector's agency."""
        desk = self.desk(sector)
        return (
            *("--hub", self.world.listen, "--ca", f"{desk}/ca.pem"),
            *("--cert", f"{desk}/{sector}.320500.pem"),
            *("--key", f"{desk}/{sector}.320500.key"),
        )

    def once_ends(self, sector):
        """3 at first where rows are found wanting, 0 once they were taken."""
        return 3 if sector in FOUND and not self.records(sector) else 0

    def records(self, sector):
        code, out, err = self.world.run(
            None, *self.context(sector), "record", "list", "-o", "csv"
        )
        self.assertEqual(code, 0, err)
        return sorted(row["record_key"] for row in csv.DictReader(out.splitlines()))

    def match(self, sector, key, attribute, value):
        """What the hub says of a value that somebody gave."""
        code, out, err = self.world.run(
            None, *self.context(sector), "person", "match", "--record", key,
            *("--purpose", "identity_confirmation"),
            *("--attribute", attribute, "-o", "json"), stdin=value + "\n",
        )
        if code not in (0, 3):
            return re.search(r'"reason": "(\w+)"', err).group(1)
        return json.loads(out)["answer"]


class Sent(Sectors):
    """What a mapping sends, and what becomes of it."""

    def test_each_sends_what_its_mapping_names_and_nothing_else(self):
        for sector, keys in ARRIVE.items():
            with self.subTest(sector):
                self.join(sector)
                # A child without its guardian's consent, a service that is
                # health: rows that are not sent, or not whole.
                found = 3 if sector in FOUND else 0
                said = json.loads(
                    self.adapter(sector, "check -o json", ends=found)
                )
                [file] = said["files"]
                dropped = {
                    column["column"]: column["reason"]
                    for column in file["columns"]
                    if "reason" in column
                }
                self.assertEqual(dropped, DROPPED[sector])
                self.adapter(sector, "once", ends=self.once_ends(sector))
                self.assertEqual(self.records(sector), keys)
                # Again: nothing is sent twice.
                again = json.loads(self.adapter(sector, "once -o json"))
                self.assertEqual(again.get("delivery", {}), {})
                self.assertEqual(self.records(sector), keys)

    def test_what_arrives_is_whole(self):
        for sector, key, attribute, value in (
            ("education", "XS0003", "services", "education.school_place"),
            ("housing", "FW-000117", "residence", "新市路18号2幢301室"),
            ("transport", "JS000451", "certificates", "CY3205000451"),
            ("agriculture", "NM2026-0011", "training", "设施蔬菜栽培"),
            ("civil_affairs", "JZ32050500091", "services",
             "social_aid.temporary_relief"),
            ("womens_federation", "FL-20260032", "services",
             "legal_aid.advice"),
        ):
            self.join(sector)
            self.adapter(sector, "once", ends=self.once_ends(sector))
            code, out, err = self.world.run(
                None, *self.context(sector), "record", "show", key,
                *("-o", "json", "--reveal", attribute),
            )
            self.assertEqual(code, 0, err)
            self.assertIn(value, out)
        # What a service of health is, the mapping does not say.
        code, out, _ = self.world.run(
            None, *self.context("civil_affairs"), "record", "show",
            "JZ32050500092", "-o", "json",
        )
        self.assertEqual(code, 0)
        self.assertNotIn("services", out)
        self.assertIn("residence", out)

    def test_a_dwelling_is_nobody(self):
        self.join("housing")
        self.adapter("housing", "once")
        before = self.world.json("office", "candidate", "list")
        # Somebody lives where the register has a dwelling.
        update = person(
            "H-1", number=with_check("034105198502140" + "11"),
            residence={"division": "320505010",
                       "address": "新市路18号2幢301室"},
        )
        code, _, err = self.world.run(
            POLICE, "record", "submit", "--yes", stdin=update
        )
        self.assertEqual(code, 0, err)
        # Nobody is asked whether they are one, and neither hears of the other.
        after = self.world.json("office", "candidate", "list")
        self.assertEqual(after, before)
        code, out, err = self.world.run(
            None, *self.context("housing"), "person", "show", "--record",
            "FW-000117", "--purpose", "identity_confirmation", "-o", "json",
        )
        self.assertNotIn(POLICE, out)


class Told(Sectors):
    """What an agreement gives."""

    def test_an_agreement_gives_what_the_ceiling_lets(self):
        desk = self.join("education")
        self.adapter("education", "once", ends=self.once_ends("education"))
        [pupil] = [row for row in rows("education.csv")
                   if row["学生标识码"] == "XS0001"]
        update = json.loads(person("E-1", number=pupil["身份证件号"]))
        update["claims"].update(
            name={"full": "陈晓雨"},
            birthDate={"date": {"year": 2009, "month": 3, "day": 7}},
            residencePermit={
                "number": "JZ1",
                "validUntil": {"year": 2099, "month": 1, "day": 1},
            },
        )
        code, _, err = self.world.run(
            POLICE, "record", "submit", "--yes", stdin=json.dumps(update)
        )
        self.assertEqual(code, 0, err)
        # Without an agreement, nothing.
        before = self.match("education", "XS0001", "birth_date", "2009-03-07")
        self.assertEqual(before, "NOT_AVAILABLE")

        shutil.copy(
            SOURCE / "deploy/agreements/other_sectors/education.yaml",
            os.path.join(desk, "agreement.yaml"),
        )
        [commands] = consoles("The agreement")
        for command in commands:
            self.shell(desk, command)
        for attribute, value, answer in (
            ("birth_date", "2009-03-07", "ANSWER_MATCH"),
            ("birth_date", "2009-03-08", "ANSWER_DIFFERS"),
            ("name", "陈晓雨", "ANSWER_MATCH"),
        ):
            self.assertEqual(
                self.match("education", "XS0001", attribute, value), answer
            )
        # The permit, and no value of anything.
        code, out, err = self.world.run(
            None, *self.context("education"), "person", "show", "--record",
            "XS0001", "--purpose", "identity_confirmation", "-o", "json",
        )
        self.assertEqual(code, 0, err)
        view = json.loads(out)["view"]
        self.assertIn(
            ("permit_valid", "ANSWER_YES"),
            [(one["predicate"], one["answer"]) for one in view["predicates"]],
        )
        self.assertEqual(
            {one["sourceAgency"] for one in view.get("attributes", [])}
            - {"education.320500"}, set(),
        )
        # The police learn nothing of the school, and their mailbox neither.
        code, out, err = self.world.run(
            POLICE, "person", "show", "--record", "E-1",
            *("--purpose", "residence_registration", "-o", "json"),
        )
        self.assertEqual(code, 0, err)
        self.assertNotIn("education.320500", out)
        self.assertNotIn("services", out)


class Refused(Sectors):
    """What no file can say."""

    def test_a_tenant_is_refused_by_name_and_by_field(self):
        desk = self.join("housing")
        mapping = (MAPPINGS / "housing.yaml").read_text(encoding="utf-8")
        tenant = mapping.replace("column: 房屋坐落}", "column: 承租人姓名}")
        renamed = mapping.replace(
            "\ndrop:", "  - attribute: name\n    fields:\n"
            "      - {field: full, column: 产权人}\n\ndrop:"
        )
        since = mapping.replace(
            "\ndrop:", "      - {field: since, column: 租赁起始日期}\n\ndrop:"
        )
        for text, rules in (
            (tenant, ("承租人姓名", "a tenant", "PIPL art. 6")),
            (renamed, ("name.full", "addresses and dwellings only")),
            (since, ("residence.since", "addresses and dwellings only")),
        ):
            self.put(desk, "mapping.yaml", text)
            try:
                for verb in ("check", "once"):
                    said = self.adapter("housing", verb, ends=2)
                    self.assertIn("COLUMN_DENIED", said)
                    self.assertRegex(said, r"mapping\.yaml:\d+:\d+")
                    for rule in rules:
                        self.assertIn(rule, said)
                said = self.adapter("housing", "check --lang zh", ends=2)
                self.assertIn("仅交换地址", said)
            finally:
                self.put(desk, "mapping.yaml", mapping)

    def test_other_sectors_keep_theirs(self):
        for sector, column, rule in (
            ("education", "监护人姓名", "another person"),
            ("education", "是否留守儿童", "the state of a family"),
            ("transport", "GPSWZ", "no movement history"),
            ("agriculture", "一卡通账号", "accounts"),
            ("civil_affairs", "致贫原因", "labels"),
            ("womens_federation", "是否家暴受害人", "in confidence"),
        ):
            desk = self.join(sector)
            mapping = (MAPPINGS / f"{sector}.yaml").read_text(encoding="utf-8")
            spoilt = re.sub(
                r"\{field: full, column: [^}]*\}",
                "{field: full, column: %s}" % column, mapping, count=1,
            )
            self.assertNotEqual(spoilt, mapping)
            self.put(desk, "mapping.yaml", spoilt)
            try:
                said = self.adapter(sector, "check", ends=2)
            finally:
                self.put(desk, "mapping.yaml", mapping)
            self.assertIn("COLUMN_DENIED", said)
            self.assertIn(rule, said)

    def test_finance_joins_without_a_person(self):
        mapping = (MAPPINGS / "agriculture.yaml").read_text(encoding="utf-8")
        desk = self.join("finance", mapping.replace(
            "sector: agriculture", "sector: finance"))
        said = self.adapter("finance", "check", ends=2)
        self.assertIn("COLUMN_DENIED", said)
        self.assertIn("finance has aggregates only", said)
        # As a witness it needs no mapping.
        with open(os.path.join(desk, "adapter.yaml"), encoding="utf-8") as file:
            config = yaml.safe_load(file)
        del config["sources"]
        with open(self.world.file("hub/log.key"), encoding="utf-8") as file:
            config["witness"] = {"log_key": file.read().strip()}
        self.put(desk, "adapter.yaml", yaml.safe_dump(config))
        said = json.loads(self.adapter("finance", "once -o json"))
        self.assertGreater(int(said["witness"]["seen_size"]), 0)
        for command in consoles("Finance")[0]:
            out = self.shell(desk, "WAYSTATION_CONTEXT=operator; " + command)
            self.assertNotRegex(out, r"\d{17}[0-9X]")
        self.assertEqual(self.records("finance"), [])

    def over(self, **changes):
        agreement = {
            "id": "too-much", "version": 1, "recipient_sector": "education",
            "purpose": "identity_confirmation",
            "legal_basis": {"statute": "义务教育法", "article": "art. 12"},
            "impact_assessment": "PIA-9", "scope": "own_records",
            "valid_from": "2024-01-01", "valid_until": "2034-12-31",
            "retention_days": 30,
            "grants": [{"source_sector": "public_security",
                        "attribute": "name", "form": "match"}],
        }
        agreement.update(changes)
        return yaml.safe_dump(agreement, allow_unicode=True)

    def test_an_agreement_over_the_ceiling_is_refused_twice(self):
        desk = self.join("education")

        def grant(source, attribute, form, **more):
            return {"source_sector": source, "attribute": attribute,
                    "form": form, **more}

        for changes, rule in (
            ({"grants": [grant("public_security", "name", "value")]},
             "at most match"),
            ({"grants": [grant("health", "name", "match")]},
             "never from health to education"),
            ({"grants": [grant("public_security", "residence", "partial",
                               partial_digits=2)]},
             "never from public_security to education"),
            ({"recipient_sector": "labor",
              "grants": [grant("education", "name", "match")]},
             "never from education to labor"),
            ({"recipient_sector": "public_security",
              "grants": [grant("housing", "residence", "exists")]},
             "never from housing to public_security"),
            # Compiled in for any other sector, and in no row of this one.
            ({"recipient_sector": "housing"},
             "never from public_security to housing"),
            ({"recipient_sector": "finance"},
             "finance has aggregates only"),
            ({"recipient_sector": "landlord"},
             "never from public_security to landlord"),
        ):
            with self.subTest(rule):
                self.put(desk, "over.yaml", self.over(**changes))
                for verb in ("lint", "check", "apply --yes"):
                    self.assertEqual(
                        self.refused(
                            desk, f"wayctl agreement {verb} over.yaml",
                            "OVER_CEILING", rule, "over.yaml:",
                        ), 4,
                    )
        # Of several files each complaint is told, and each sound one passes.
        self.put(desk, "sound.yaml", self.over())
        self.put(desk, "over.yaml", self.over(recipient_sector="housing"))
        self.put(desk, "wrong.yaml", self.over(purpose="curiosity"))
        self.shell(desk, "wayctl agreement lint sound.yaml")
        self.refused(
            desk, "wayctl agreement lint sound.yaml over.yaml wrong.yaml",
            "OVER_CEILING", "over.yaml:", "wrong.yaml:",
        )
        self.refused(desk, "wayctl agreement lint", "USAGE")

    def test_a_file_takes_away_and_cannot_add(self):
        world = World(BIN, start=False)
        self.addCleanup(world.close)
        world.start()
        sound = self.over()
        world.write("sound.yaml", sound)
        applied = ("agreement", "apply", world.file("sound.yaml"), "--yes")
        self.assertEqual(world.run("operator", *applied)[0], 0)
        rows_file = world.file("hub/other_sectors.yaml")
        shipped = SOURCE / "deploy/ceiling/other_sectors.yaml"
        with open(shipped, encoding="utf-8") as file:
            given = yaml.safe_load(file)
        with open(world.file("hub/hub.yaml"), "a", encoding="utf-8") as file:
            file.write("ceiling_file: other_sectors.yaml\n")

        def put(**row):
            changed = json.loads(json.dumps(given))
            if row:
                changed["rows"].append({
                    "attributes": ["name"], "form": "match",
                    "legal_basis": {"statute": "法", "article": "1"}, **row,
                })
            else:
                changed["rows"] = [
                    one for one in changed["rows"] if one["to"] != "education"
                ]
            with open(rows_file, "w", encoding="utf-8") as file:
                yaml.safe_dump(changed, file, allow_unicode=True)

        for row, rule in (
            ({"from": "health", "to": "education"},
             "never from health to education"),
            ({"from": "public_security", "to": "education", "form": "value"},
             "MATCH or PREDICATE"),
            ({"from": "public_security", "to": "finance"},
             "finance has aggregates only"),
            ({"from": "public_security", "to": "labor"},
             "one of the two must be a sector beyond the four"),
            ({"from": "education", "to": "public_security"},
             "never from education to public_security"),
        ):
            put(**row)
            code, _, err = world.run(
                None, "agreement", "lint", "--ceiling", rows_file
            )
            self.assertEqual(code, 2)
            self.assertIn(rule, err)
            self.assertRegex(err, r"other_sectors\.yaml:\d+:\d+")
            world.stop()
            world.spawn()
            self.assertFalse(world.comes_up())
            world.hub.wait(60)
            world.hub.stdout.close()
            self.assertIn(rule, world.read("hub.log"))
            os.remove(world.file("hub.log"))
            shutil.copy(shipped, rows_file)
            world.start()
        # A row less: what stood is told no more, and cannot be applied anew.
        put()
        world.stop()
        world.start()
        code, out, _ = world.run(
            None, "agreement", "lint", "--ceiling", rows_file,
            world.file("sound.yaml"),
        )
        self.assertEqual(code, 4)
        world.write("sound.yaml", self.over(version=2))
        code, _, err = world.run("operator", *applied)
        self.assertEqual(code, 4)
        self.assertIn("never from public_security to education", err)


if __name__ == "__main__":
    main()
