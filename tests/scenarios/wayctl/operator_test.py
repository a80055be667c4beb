# SPDX-License-Identifier: Apache-2.0
"""operator_test.py BIN_DIR: certificates, agencies, agreements, the hub."""

import json
import os
import time

from scenario import FUYANG_LABOR, FUYANG_POLICE, SUZHOU_LABOR, Scenario, main
from world import PATIENCE, person


class Certificates(Scenario):
    def make(self, name, identity):
        """Request and signature as the printed commands say."""
        made = self.world.file(name)
        _, err = self.ends(
            *(0, "operator", "cert", "request"),
            *("--identity", identity, "--out", made),
        )
        self.assertEqual(os.stat(made + ".key").st_mode & 0o777, 0o600)
        [told] = [line for line in err.splitlines() if "wayctl cert sign" in line]
        sign = told.split("wayctl ", 1)[1].split()
        self.ends(0, "operator", *sign, "--days", "30")
        return made

    def serial(self, made):
        inspect = ("cert", "inspect", made + ".pem")
        return self.world.json("operator", *inspect)["serial"]

    def test_from_request_to_revocation(self):
        made = self.make("li", "operator/li")
        out, _ = self.ends(0, "operator", "cert", "inspect", made + ".pem")
        self.assertIn("/operator/li", out)
        as_li = ("--cert", made + ".pem", "--key", made + ".key")
        self.ends(0, "operator", "agency", "list", *as_li)

        serial = self.serial(made)
        [issued] = self.rows(
            "operator", "cert", "list", "--identity", "operator/li"
        )
        self.assertEqual(issued["serial"], serial)
        revoke = ("cert", "revoke", serial, "--reason", "left the office")
        self.ends(0, "operator", *revoke, "--dry-run")
        self.ends(0, "operator", "agency", "list", *as_li)
        self.ends(2, "operator", *revoke)
        code, screen = self.world.type(
            "operator", *revoke, answers=[("[y/N]", "y")]
        )
        self.assertEqual(code, 0, screen)
        _, err = self.ends(4, "operator", "agency", "list", *as_li)
        self.assertIn("revoked", err)
        [issued] = self.rows(
            "operator", "cert", "list", "--identity", "operator/li"
        )
        self.assertEqual(issued["state"], "revoked")

    def test_revocation_ends_what_runs(self):
        made = self.make("watching", "agency/" + SUZHOU_LABOR)
        self.submit(SUZHOU_LABOR, person("S-1"))
        self.submit(
            FUYANG_LABOR, person("F-1", employment={"employer": "first"})
        )
        watcher = self.world.follow(
            SUZHOU_LABOR,
            *("--cert", made + ".pem", "--key", made + ".key", "-o", "json"),
            *("mailbox", "watch", "--purpose", "social_insurance_transfer"),
        )
        try:
            self.assertIn("first", watcher.stdout.readline())
            self.ends(
                *(0, "operator", "cert", "revoke", self.serial(made)),
                *("--reason", "key was lost", "--yes"),
            )
            self.assertEqual(watcher.wait(PATIENCE), 4)
        finally:
            watcher.kill()
            watcher.wait()
            watcher.stdout.close()

    def test_what_cannot_be_signed(self):
        made = self.world.file("wang")
        self.ends(
            *(0, "operator", "cert", "request"),
            *("--identity", "auditor/wang", "--out", made),
        )
        sign = ("cert", "sign", made + ".csr", "--out", made + ".pem")
        # Auditors' certificates come from elsewhere.
        for refused in (
            ("--identity", "auditor/wang"),
            ("--identity", "operator/../auditor"),
            ("--identity", "operator/wang", "--days", "900"),
        ):
            self.ends(2, "operator", *sign, *refused)
            self.assertFalse(os.path.exists(made + ".pem"))
        _, err = self.ends(1, "operator", "cert", "inspect", made + ".csr")
        self.assertIn("a request, not signed yet", err)
        self.ends(6, "operator", "cert", "inspect", made + ".pem")

    def test_what_is_shut_out_is_named_first(self):
        revoke = ("cert", "revoke", "00ff", "--reason", "stolen")
        code, screen = self.world.type(
            "operator", *revoke, answers=[("[y/N]", "n")]
        )
        self.assertEqual(code, 1, screen)
        self.assertIn("has not issued it", screen)

    def test_what_ends_soon_is_listed_until_it_is_renewed(self):
        self.make("soon", "operator/soon")
        expiring = ("operator", "cert", "expiring", "-o", "csv")
        out, _ = self.ends(3, *expiring, "--days", "31")
        self.assertIn("operator/soon", out)
        out, _ = self.ends(0, *expiring, "--days", "29")
        self.assertNotIn("operator/soon", out)
        sign = ("cert", "sign", self.world.file("soon.csr"))
        self.ends(
            *(0, "operator", *sign, "--identity", "operator/soon"),
            *("--days", "60", "--out", self.world.file("renewed.pem")),
        )
        out, _ = self.world.run(*expiring, "--days", "31")[1:]
        self.assertNotIn("operator/soon", out)

    def test_an_agency_sees_its_own(self):
        identities = {
            row["identity"] for row in self.rows(SUZHOU_LABOR, "cert", "list")
        }
        self.assertEqual(identities, {"agency/" + SUZHOU_LABOR})
        self.ends(4, SUZHOU_LABOR, "cert", "revoke", "00", "--reason", "x", "-y")


class Rules(Scenario):
    STRICT = "version: strict\nlinking:\n  thresholds: {upper: 60}\n"

    def setUp(self):
        # One name, birth date and sex, and no number.
        for agency, key in ((SUZHOU_LABOR, "S-1"), (FUYANG_POLICE, "A-1")):
            self.submit(
                agency,
                json.dumps(
                    {
                        "recordKey": key,
                        "revision": 1,
                        "claims": {
                            "name": {"full": "欧阳小花"},
                            "sex": {"value": "SEX_FEMALE"},
                            "birthDate": {
                                "date": {"year": 1990, "month": 3, "day": 7}
                            },
                        },
                        "evidence": "EVIDENCE_DOCUMENT_SEEN",
                    }
                ),
            )

    def in_force(self):
        return self.world.json("operator", "rules", "show")["status"]

    def persons(self):
        status = self.world.json("operator", "hub", "status")
        return int(status["persons"])

    def reviewed(self):
        deadline = time.monotonic() + PATIENCE
        while int(self.in_force().get("recordsToReview", 0)) > 0:
            self.assertLess(time.monotonic(), deadline)

    def test_from_show_to_restart(self):
        self.assertEqual(self.in_force()["version"], "default")
        self.assertEqual(self.persons(), 1)
        how = self.world.json("office", "person", "how", SUZHOU_LABOR + "/S-1")
        [step] = how["steps"]
        self.assertEqual(step["basis"], "LINK_BASIS_SCORE")

        # What show writes is a file that the hub would take.
        out, _ = self.ends(0, "operator", "rules", "show", "--file")
        self.ends(0, "operator", "rules", "check", "-", stdin=out)
        self.ends(0, "operator", "rules", "try", "-", stdin=out)

        strict = self.world.write("strict.yaml", self.STRICT)
        code, out, err = self.world.run(
            "operator", "rules", "try", strict, "-o", "json"
        )
        self.assertEqual(code, 3, err)
        effect = json.loads(out)
        [links] = effect["links"]
        self.assertEqual(links["parted"], "1")
        self.assertEqual(
            {one["kind"] for one in effect["examples"]},
            {"KIND_PARTED", "KIND_CANDIDATE_OPENED"},
        )
        self.assertNotIn("欧阳", out)
        self.assertEqual(self.in_force()["version"], "default")

        # It asks, and without a terminal there is nobody to ask.
        self.ends(2, "operator", "rules", "apply", strict)
        apply = ("operator", "rules", "apply", strict)
        code, screen = self.world.type(*apply, answers=[("[y/N]", "n")])
        self.assertEqual(code, 1, screen)
        self.ends(0, *apply, "--dry-run")
        self.assertEqual(self.in_force()["version"], "default")
        code, screen = self.world.type(*apply, answers=[("[y/N]", "y")])
        self.assertEqual(code, 0, screen)
        self.reviewed()
        self.assertEqual(self.persons(), 2)
        how = self.world.json("office", "person", "how", SUZHOU_LABOR + "/S-1")
        [aside] = how["asides"]
        self.assertEqual(aside["why"], "SCORE_BETWEEN_THRESHOLDS")
        self.assertEqual(aside["recordB"]["recordKey"], "A-1")

        self.world.kill()
        self.world.start()
        status = self.in_force()
        self.assertEqual(status["version"], "strict")
        self.assertTrue(status["appliedBy"].startswith("operator/"))
        events, _ = self.ends(0, "auditor", "audit", "list", "-o", "json")
        acts = [event["event"].get("act") for event in json.loads(events)["events"]]
        for act in ("rules.try", "rules.apply", "rules.reviewed"):
            self.assertIn(act, acts)

    def test_what_is_wrong_is_named_with_its_place(self):
        for text, place in (
            ("version: x\nlinkin: {}\n", ":2:1"),
            (
                "version: x\nlinking:\n  thresholds:\n"
                "    upper: 10\n    lower: 12\n",
                ":5:5",
            ),
            (
                "version: x\nlinking:\n  levels:\n"
                "    - {field: name, level: exakt, m: 0.5, u: 0.5}\n",
                ":4:21",
            ),
        ):
            file = self.world.write("wrong.yaml", text)
            for verb in (("check",), ("try",), ("apply", "--yes")):
                _, err = self.ends(
                    2, "operator", "rules", verb[0], file, *verb[1:]
                )
                self.assertIn(file + place, err)
        self.ends(1, "operator", "rules", "train")
        self.ends(4, SUZHOU_LABOR, "rules", "show")
        self.ends(4, "auditor", "rules", "train")


class Agencies(Scenario):
    def test_ping_tells_whether_an_adapter_reaches_the_hub(self):
        ping = ("operator", "agency", "ping")
        self.ends(3, *ping, FUYANG_POLICE, "--within", "0")
        self.ends(6, *ping, "health.999999")
        self.ends(0, SUZHOU_LABOR, "record", "list")
        self.ends(0, *ping, SUZHOU_LABOR)
        watcher = self.world.follow(
            SUZHOU_LABOR,
            *("mailbox", "watch", "--purpose", "social_insurance_transfer"),
        )
        try:
            deadline = time.monotonic() + PATIENCE
            watching = None
            while not watching and time.monotonic() < deadline:
                watching = self.world.json(*ping, SUZHOU_LABOR).get("watching")
        finally:
            watcher.kill()
            watcher.wait()
            watcher.stdout.close()
        self.assertEqual(watching, 1)

    def test_is_added_by_a_file(self):
        world = self.world
        file = world.write(
            "agency.yaml",
            "id: housing.320500\n"
            "sector: housing\n"
            'jurisdiction: "3205"\n'
            "name_zh: 苏州市住房公积金管理中心\n",
        )
        self.ends(0, "operator", "agency", "put", file, "--dry-run")
        self.ends(6, "operator", "agency", "show", "housing.320500")
        self.ends(0, "operator", "agency", "put", file)
        out, _ = self.ends(0, "operator", "agency", "show", "housing.320500")
        self.assertIn("住房", out)

    def test_mistakes_in_a_file_name_its_lines(self):
        world = self.world
        file = world.write(
            "bad.yaml", "id: housing.320500\nsector: health\njurisdiction: x\n"
        )
        _, err = self.ends(2, "operator", "agency", "put", file)
        self.assertIn("bad.yaml:2:1 sector", err)
        self.assertIn("bad.yaml:3:1 jurisdiction", err)
        file = world.write("typo.yaml", "id: housing.320500\nsektor: housing\n")
        _, err = self.ends(2, "operator", "agency", "put", file)
        self.assertIn("typo.yaml:2:1", err)
        self.assertIn("sector", err, "what was meant")

    def test_list_tells_how_fresh_data_is(self):
        self.submit(SUZHOU_LABOR, person("S-1"))
        rows = {
            row["id"]: row for row in self.rows("operator", "agency", "list")
        }
        self.assertEqual(rows[SUZHOU_LABOR]["records"], "1")
        self.assertTrue(rows[SUZHOU_LABOR]["last_seen_time"])
        self.assertGreaterEqual(int(rows[SUZHOU_LABOR]["data_age_seconds"]), 0)
        self.assertEqual(rows[FUYANG_LABOR]["data_age_seconds"], "")
        # An agency sees its own line.
        own = self.rows(SUZHOU_LABOR, "agency", "list")
        self.assertEqual([row["id"] for row in own], [SUZHOU_LABOR])


AGREEMENT = """\
id: {id}
version: {version}
recipient_sector: labor
purpose: employment_service
legal_basis: {{statute: 就业促进法, article: art. 35}}
impact_assessment: PIA-1
scope: own_records
valid_from: 2024-01-01
valid_until: 2034-12-31
retention_days: 365
grants:
  - {{source_sector: labor, attribute: name, form: value}}
  - {{source_sector: {source}, attribute: {attribute}, form: value}}
"""


class Agreements(Scenario):
    def file(self, name, version=1, source="labor", attribute="training"):
        return self.world.write(
            name + ".yaml",
            AGREEMENT.format(
                id=name, version=version, source=source, attribute=attribute
            ),
        )

    def test_is_checked_applied_shown_and_revoked(self):
        world = self.world
        file = self.file("labor-trial")
        apply = ("agreement", "apply", file)
        self.ends(0, "operator", "agreement", "check", file)
        self.ends(0, "operator", *apply, "--dry-run")
        self.ends(6, "operator", "agreement", "show", "labor-trial")
        self.ends(2, "operator", *apply)
        code, screen = world.type("operator", *apply, answers=[("[y/N]", "y")])
        self.assertEqual(code, 0, screen)
        self.assertIn("training", screen)
        out, _ = self.ends(0, "operator", "agreement", "show", "labor-trial")
        self.assertIn("就业促进法", out)

        # Other content asks for a higher version.
        other = self.file("labor-trial", attribute="employment")
        _, err = self.ends(5, "operator", "agreement", "apply", other, "--yes")
        self.assertIn("labor-trial.yaml:2:1 version", err)

        revoke = ("agreement", "revoke", "labor-trial", "--reason", "it is over")
        self.ends(0, "operator", *revoke, "--dry-run")
        self.ends(2, "operator", *revoke)
        self.ends(0, "operator", *revoke, "--yes")
        rows = {
            row["id"]: row for row in self.rows("operator", "agreement", "list")
        }
        self.assertEqual(rows["labor-trial"]["state"], "revoked")
        out, _ = self.ends(0, "operator", "agreement", "show", "labor-trial")
        self.assertIn("it is over", out)
        newer = self.file("labor-trial", version=2)
        self.ends(5, "operator", "agreement", "apply", newer, "--yes")

    def test_each_grant_over_the_ceiling_is_named_with_its_line(self):
        file = self.world.write(
            "over.yaml",
            AGREEMENT.format(
                id="over", version=1, source="health", attribute="residence"
            )
            + "  - {source_sector: public_security, attribute: residence, "
            "form: partial, partial_digits: 9}\n",
        )
        _, err = self.ends(4, "operator", "agreement", "apply", file, "--yes")
        self.assertIn("over.yaml:13:51 grants[1].form: never from health", err)
        self.assertIn("over.yaml:14:60 grants[2].form: at most partial with 6", err)
        code, _, err = self.world.run(
            "operator", "agreement", "apply", file, "--yes", "-o", "json"
        )
        self.assertEqual(code, 4)
        self.assertEqual(json.loads(err)["code"], 9)

    def test_without_legal_basis_nothing_is_in_force(self):
        text = AGREEMENT.format(
            id="none", version=1, source="labor", attribute="training"
        ).splitlines(True)
        file = self.world.write(
            "none.yaml", "".join(x for x in text if "legal_basis" not in x)
        )
        _, err = self.ends(4, "operator", "agreement", "apply", file, "--yes")
        self.assertIn("no legal basis", err)

    def test_an_agency_sees_those_that_concern_it(self):
        """Those by which it is told, and those by which it tells."""
        rows = self.rows(SUZHOU_LABOR, "agreement", "list")
        self.assertEqual({row["recipient"] for row in rows}, {"health", "labor"})


class Hub(Scenario):
    def test_status_and_check(self):
        out, _ = self.ends(0, "operator", "hub", "status")
        self.assertIn("Ready", out)
        self.ends(0, "operator", "hub", "check")
        self.ends(0, "auditor", "hub", "status")
        self.ends(4, SUZHOU_LABOR, "hub", "status")

    def test_operators_read_no_person_and_no_log(self):
        self.submit(SUZHOU_LABOR, person("S-1"))
        purpose = ("--purpose", "identity_confirmation")
        for command in (
            ("record", "list"),
            ("record", "show", "S-1"),
            ("person", "show", "--record", "S-1", *purpose),
            ("mailbox", "pull", *purpose),
            ("conflict", "list"),
            ("candidate", "list"),
            ("decision", "list"),
            ("audit", "list"),
            ("audit", "checkpoint"),
            ("audit", "verify"),
        ):
            out, err = self.ends(4, "operator", *command)
            self.assertEqual(out, "")
            self.assertIn("--context", err)


if __name__ == "__main__":
    main()
