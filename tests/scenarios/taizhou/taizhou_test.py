# SPDX-License-Identifier: Apache-2.0
"""taizhou_test.py BIN_DIR: what health and police of one city agree on, from the
first draft to the revocation, and what the two adapters exchange meanwhile."""

import json
import pathlib

import yaml
from desks import Flow, population, rows_of
from scenario import SOURCE, main
from world import person

HERE = pathlib.Path(__file__).resolve().parent
POLICE, HEALTH = "public_security.321200", "health.321200"
ID = "taizhou-police-to-health"
PURPOSE = ("--purpose", "public_health_service")


def agreement(**changes):
    found = yaml.safe_load((HERE / "agreement.yaml").read_text("utf-8"))
    found.update(changes)
    for name in [name for name, value in found.items() if value is None]:
        del found[name]
    return found


def grant(attribute, form, source="public_security", **more):
    return {"source_sector": source, "attribute": attribute, "form": form,
            **more}


class City(Flow):
    AGENCIES = {POLICE: "泰州市公安局", HEALTH: "泰州市卫健委"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What two departments agree is tried without what all of them have.
        for one in cls.world.json("operator", "agreement", "list")["agreements"]:
            cls.does("operator", "agreement", "revoke", one["agreement"]["id"],
                     "--yes", "--reason", "bilateral only")


class Draft(City):
    """What the two departments first wrote down, and what is wrong with it."""

    def file(self, **changes):
        return self.world.write("draft.yaml", yaml.safe_dump(
            agreement(**changes), allow_unicode=True, sort_keys=False))

    def test_over_the_ceiling(self):
        for changes, rule in (
            ({"grants": [grant("residence", "value")]}, "at most partial"),
            ({"grants": [grant("residence_permit", "value")]},
             "never from public_security to health"),
            ({"grants": [grant("contact", "value")]},
             "never from public_security to health"),
            ({"grants": [grant("household_registration", "exists")]},
             "never from public_security to health"),
            # The way back, in whatever form.
            ({"recipient_agency": POLICE, "purpose": "residence_registration",
              "grants": [grant("residence", "value", "health")]},
             "never from health to public_security"),
            ({"recipient_agency": POLICE, "purpose": "residence_registration",
              "grants": [grant("name", "exists", "health")]},
             "never from health to public_security"),
        ):
            with self.subTest(rule, grants=changes["grants"]):
                file = self.file(**changes)
                for verb in (("lint",), ("check",), ("apply", "--yes")):
                    _, err = self.ends(
                        4, "operator", "agreement", verb[0], file, *verb[1:],
                        "-o", "json")
                    self.assertIn("OVER_CEILING", err)
                    self.assertIn(rule, err)
                    self.assertIn("draft.yaml:", err)
        # As the clerk reads it who drafted it.
        _, err = self.ends(4, "operator", "agreement", "lint", file,
                           "--lang", "zh")
        self.assertRegex(err, "[\u4e00-\u9fff]")
        # Finer than the town cannot even be written down.
        file = self.file(
            grants=[grant("residence", "partial", partial_digits=12)])
        _, err = self.ends(2, "operator", "agreement", "lint", file)
        self.assertIn("2, 4, 6 or 9", err)
        self.assertNotIn(ID, self.active())

    def test_without_basis_or_assessment(self):
        for name in ("legal_basis", "impact_assessment", "purpose",
                     "valid_until"):
            with self.subTest(name):
                file = self.file(**{name: None})
                code, out, err = self.world.run(
                    "operator", "agreement", "apply", file, "--yes")
                self.assertIn(code, (2, 4), out)
                self.assertIn(name, err)
        for word in ("birth_status", "marital_state", "pregnancy",
                     "reproductive_health"):
            file = self.file(grants=[grant(word, "exists")])
            self.ends(2, "operator", "agreement", "lint", file)
        self.assertNotIn(ID, self.active())

    def test_departments_do_not_apply_it_themselves(self):
        file = str(HERE / "agreement.yaml")
        for department in (POLICE, HEALTH):
            self.ends(4, department, "agreement", "apply", file, "--yes")

    def active(self):
        listed = self.world.json("operator", "agreement", "list")
        return [one["agreement"]["id"] for one in listed["agreements"]
                if one["state"] == "STATE_ACTIVE"]


class InForce(City):
    """One story, told once; the tests look at its chapters."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = pathlib.Path(population(
            cls.world, 600, ("321200",), ("public_security", "health")))
        cls.desks[POLICE].configure("public_security/mapping.yaml", mailbox=True)
        cls.desks[HEALTH].configure("health/mapping.yaml", mailbox=True)
        cls.shown = {}
        for agency in (POLICE, HEALTH):
            cls.export(agency, "")
        cls.turn()
        cls.before = cls.came()
        cls.person = cls.known_to_both()
        cls.look("before", cls.person[HEALTH])

        file = str(HERE / "agreement.yaml")
        cls.does("operator", "agreement", "lint", file)
        cls.does("operator", "agreement", "check", file)
        cls.does("operator", "agreement", "apply", file, "--yes")
        for agency in (POLICE, HEALTH):
            cls.export(agency, "changes-01")
        cls.turn()
        cls.during = cls.came()
        told = next(row["id"] for row in cls.during
                    if row["townSource"] == POLICE)
        cls.look("during", told)

        # More is on its way when the agreement ends.
        cls.export(POLICE, "changes-02")
        cls.desks[POLICE].json("once")
        cls.waiting = int(cls.world.json(HEALTH, "mailbox", "status").get(
            "waiting", 0))
        cls.does("operator", "agreement", "revoke", ID, "--yes", "--reason",
                 "the joint meeting ended it")
        cls.turn()
        cls.after = cls.came()
        cls.look("after", told)

    @classmethod
    def export(cls, agency, round_):
        for file in (cls.people / round_ / agency).glob("*"):
            cls.desks[agency].put(f"{round_}-{file.name}", file.read_bytes())

    @classmethod
    def turn(cls):
        for desk in [*cls.desks.values()] * 2:
            desk.json("once")

    @classmethod
    def came(cls):
        """Rows that health's adapter has brought so far."""
        rows = []
        folder = pathlib.Path(cls.desks[HEALTH].path("imports"))
        for file in sorted(folder.glob("*.csv")):
            rows += rows_of(file, "utf-8-sig")
        return rows

    @classmethod
    def known_to_both(cls):
        """Health's key of somebody whom the police have too, without a slip."""
        rows = rows_of(cls.people / "truth.csv")
        sound = {}
        for row in rows:
            if (row["since"], row["accepted"], row["defects"]) == ("00", "1", ""):
                sound.setdefault(row["person"], {})[row["agency"]] = row[
                    "record_key"]
        return next(keys for keys in sound.values()
                    if {POLICE, HEALTH} <= set(keys))

    @classmethod
    def look(cls, when, key):
        """What the clinic's clerk sees of somebody."""
        cls.shown[when] = cls.world.run(
            HEALTH, "person", "show", "--record", key, *PURPOSE, "-o", "json")

    def sources(self, when):
        code, out, err = self.shown[when]
        if code != 0:
            return code
        return {one["attribute"]: one["sourceAgency"]
                for one in json.loads(out)["view"].get("attributes", [])}

    def test_before_it_health_knows_its_own(self):
        self.assertEqual(self.before, [])
        self.assertNotIn(POLICE, self.shown["before"][1])

    def test_in_force_health_learns_the_area(self):
        said = {}
        for file in self.people.glob(f"**/{POLICE}/ldrk.csv"):
            if "repairs" not in file.parts:
                for row in rows_of(file, "gb18030"):
                    said.setdefault((row["XZDXZQH"] or "")[:9], 0)
        areas = [row["town"] for row in self.during
                 if row["townSource"] == POLICE]
        self.assertGreater(len(areas), 5)
        for area in areas:
            self.assertRegex(area, r"^(\d{6}|\d{9})$")
            self.assertIn(area, said)
        self.assertTrue([area for area in areas if len(area) == 9])
        self.assertEqual(self.sources("during")["residence"], POLICE)
        told = self.shown["during"][1] + json.dumps(
            self.during, ensure_ascii=False)
        for row in rows_of(self.people / "truth_people.csv"):
            self.assertNotIn(row["residence_address"], told)
            self.assertNotIn(row["phone"], told)

    def test_nothing_goes_back(self):
        self.assertEqual(self.desks[POLICE].came_back(), b"")
        state = self.world.json(POLICE, "mailbox", "status")
        self.assertEqual(int(state.get("waiting", 0)), 0)
        code, out, _ = self.world.run(
            POLICE, "person", "show", "--record", self.person[POLICE],
            "--purpose", "residence_registration", "-o", "json")
        self.assertNotIn("health.", out)
        self.ends(6, POLICE, "person", "show", "--record", self.person[HEALTH],
                  "--purpose", "residence_registration")

    def test_revoked_is_at_once(self):
        self.assertGreater(self.waiting, 0)
        # What had come stays in the agency's files; the next page has nothing.
        fresh = self.after[len(self.during):]
        self.assertEqual(
            [row for row in fresh if POLICE in row.values() or row["town"]], [])
        self.assertNotIn(POLICE, self.shown["after"][1])
        self.assertNotEqual(self.shown["after"], self.shown["during"])
        listed = self.world.json("operator", "agreement", "list")["agreements"]
        [state] = [one["state"] for one in listed
                   if one["agreement"]["id"] == ID]
        self.assertEqual(state, "STATE_REVOKED")
        # The same file does not bring it back: the two sign a new one, or none.
        _, err = self.ends(5, "operator", "agreement", "apply",
                           str(HERE / "agreement.yaml"), "--yes")
        self.assertIn("has been revoked", err)

    def test_the_log_has_all_of_it(self):
        rows = self.rows("auditor", "audit", "list", "--object", ID)
        self.assertEqual(
            [(row["about"], row["agency"]) for row in rows],
            [(f"agreement.apply; {ID}", HEALTH),
             (f"agreement.revoke; {ID}", HEALTH)])
        # And each page that told health something, as a disclosure to it.
        pages = self.rows("auditor", "audit", "list", "--kind", "page",
                          "--agency", HEALTH)
        self.assertGreater(len(pages), 0)


class Catalogue(City):
    """五免、六到人、八项待遇: offered to whoever lives there, and free."""

    FILE = str(SOURCE / "deploy/services/catalogue.yaml")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.services = cls.world.json(
            None, "service", "catalogue", "--catalogue", cls.FILE)["services"]

    def test_what_the_city_named_is_in_it(self):
        for bundle, least in (("五免", 4), ("六到人", 5), ("八项待遇", 5)):
            found = [one["code"] for one in self.services
                     if bundle in one["sourceZh"]]
            self.assertGreaterEqual(len(found), least, bundle)
        # Help in hardship and the care funds: to be asked for.
        codes = {one["code"] for one in self.services}
        self.assertLessEqual(
            {"social_aid.hardship_help", "social_aid.relief_fund"}, codes)

    def test_contracts_bonds_and_chains_are_not_in_it(self):
        told = json.dumps(self.services, ensure_ascii=False)
        for word in ("合同", "责任书", "保证金", "三级责任", "婚育证明", "手术",
                     "环情", "罚", "举报", "育龄"):
            self.assertNotIn(word, told)

    def test_of_a_person_none_of_health_is_held(self):
        """Of each entry: a record may say that it was offered, or it is health's."""
        kept = {True: 0, False: 0}
        for one in self.services:
            is_health = one["code"].startswith("health.")
            kept[is_health] += 1
            code, out, err = self.world.run(
                POLICE, "record", "submit", "--dry-run",
                stdin=person("S-1", services=[{
                    "code": one["code"], "provider": "泰州市服务中心",
                    "offered": {"year": 2026, "month": 3, "day": 2}}]))
            self.assertEqual(code, 3 if is_health else 0, one["code"] + out + err)
            if is_health:
                self.assertIn("services[0].code", out)
        self.assertGreater(kept[True], 10)
        self.assertGreater(kept[False], 10)


if __name__ == "__main__":
    main()
