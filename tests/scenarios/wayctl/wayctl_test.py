# SPDX-License-Identifier: Apache-2.0
"""wayctl_test.py BIN_DIR: what people do with wayctl, on a real hub."""

import csv
import io
import json
import os
import shutil
import signal
import sys
import time
import unittest

from world import PATIENCE, World, person

BIN = sys.argv.pop(1)
SUZHOU_POLICE = "public_security.320500"
FUYANG_POLICE = "public_security.341200"
SUZHOU_LABOR = "labor.320500"
FUYANG_LABOR = "labor.341200"


class Scenario(unittest.TestCase):
    """Each class has a hub of its own, which its tests share."""

    @classmethod
    def setUpClass(cls):
        cls.world = World(BIN)

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def submit(self, agency, update):
        code, out, err = self.world.run(
            agency, "record", "submit", "--yes", stdin=update
        )
        self.assertEqual(code, 0, out + err)


class Clerk(Scenario):
    """The reconciliation office settles a conflict, and takes it back."""

    def open_conflicts(self):
        return self.world.json("office", "conflict", "list").get("conflicts", [])

    def standing_birth_date(self, agency, record):
        view = self.world.json(
            agency,
            "person",
            "show",
            "--record",
            record,
            "--purpose",
            "residence_registration",
        )["view"]
        [birth] = [
            a for a in view["attributes"] if a["attribute"] == "birth_date"
        ]
        return view["person"]["birthDate"]["date"]["month"], birth["status"]

    def test_from_list_to_decision_to_undo(self):
        world = self.world
        self.submit(SUZHOU_POLICE, person("A-1"))
        self.submit(FUYANG_POLICE, person("B-1", month=7, day=3))
        [conflict] = self.open_conflicts()
        self.assertEqual(conflict["attribute"], "birth_date")

        code, out, err = world.run("office", "conflict", "show", conflict["id"])
        self.assertEqual(code, 0)
        for shown in ("1990-03-07", "1990-07-03", SUZHOU_POLICE, FUYANG_POLICE):
            self.assertIn(shown, out)
        self.assertIn("wayctl conflict decide " + conflict["id"], err)
        self.assertNotIn("034105199003070424", out, "the number is masked")
        self.assertNotIn("张小花", out, "so is the name")

        # Which letter the other value has is for the screen to say.
        rows = csv.DictReader(
            io.StringIO(
                world.run(
                    "office", "conflict", "show", conflict["id"], "-o", "csv"
                )[1]
            )
        )
        letter = {row["value"]: row["group"] for row in rows}
        code, screen = world.type(
            "office",
            "conflict",
            "decide",
            conflict["id"],
            answers=[
                ("Which value shall stand", letter["1990-07-03"]),
                ("Reason", "the card was read again"),
                ("Record this decision? [y/N]", "y"),
            ],
        )
        self.assertEqual(code, 0, screen)
        self.assertIn("Will be told", screen)
        self.assertIn("wayctl decision undo 1", screen)
        self.assertEqual(self.open_conflicts(), [])
        self.assertEqual(
            self.standing_birth_date(SUZHOU_POLICE, "A-1"),
            (7, "STATUS_DECIDED"),
        )

        # Another decision on it is refused: somebody was faster.
        code, _, err = world.run(
            "office",
            *("conflict", "decide", conflict["id"], "--yes"),
            *("--value", "A", "--reason", "late"),
        )
        self.assertIn(code, (5, 6), err)

        # No is no.
        code, screen = world.type(
            "office",
            *("decision", "undo", "1", "--reason", "the wrong card"),
            answers=[("Take this decision back? [y/N]", "n")],
        )
        self.assertEqual(code, 1, screen)
        self.assertEqual(self.open_conflicts(), [])

        code, screen = world.type(
            "office",
            *("decision", "undo", "1", "--reason", "the wrong card"),
            answers=[("Take this decision back? [y/N]", "y")],
        )
        self.assertEqual(code, 0, screen)
        [again] = self.open_conflicts()
        self.assertEqual(again["id"], conflict["id"])
        self.assertEqual(
            self.standing_birth_date(SUZHOU_POLICE, "A-1")[1],
            "STATUS_CONFLICT",
        )
        [decision] = world.json("office", "decision", "list")["decisions"]
        self.assertEqual(decision["state"], "STATE_UNDONE")

    def test_interrupted_at_a_question_is_130(self):
        code, screen = self.world.type(
            SUZHOU_POLICE,
            *("person", "match", "--record", "A-1"),
            *("--purpose", "residence_registration"),
            *("--attribute", "identifiers"),
            then="to compare:",
        )
        self.assertEqual(code, 130, screen)

    def test_nobody_else_may_look(self):
        for context in (SUZHOU_POLICE, "clerk", "operator", "auditor"):
            code, out, _ = self.world.run(context, "conflict", "list")
            self.assertEqual(code, 4, context)
            self.assertEqual(out, "")


class Agency(Scenario):
    """An agency's own records, and what it may know."""

    def test_records_by_file_and_line(self):
        lines = "\n".join(
            person(f"R-{i}", number=f"0341051990{i:04d}0000"[:18])
            for i in range(600)
        )
        code, out, err = self.world.run(
            SUZHOU_LABOR, "record", "submit", "--yes", "-o", "csv", stdin=lines
        )
        self.assertEqual(code, 0, err)
        self.assertEqual(out.count(",applied,"), 600)
        code, out, _ = self.world.run(SUZHOU_LABOR, "record", "list", "-o", "csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        self.assertEqual(len(rows), 600)
        self.assertTrue(all(row["handle"] for row in rows))

        # Again: nothing changes. Other content under the revision: refused.
        first = person("R-1", number="034105199000010000")
        code, out, _ = self.world.run(
            SUZHOU_LABOR, "record", "submit", "--yes", stdin=first
        )
        self.assertEqual(code, 0)
        self.assertIn("unchanged", out)
        other = person("R-1", number="034105199000010000", month=4)
        code, out, _ = self.world.run(
            SUZHOU_LABOR, "record", "submit", "--yes", "-o", "csv", stdin=other
        )
        self.assertEqual(code, 3)
        self.assertIn("REVISION_REUSED", out)

    def test_dry_run_writes_nothing(self):
        before = self.world.json("operator", "hub", "status")
        code, out, _ = self.world.run(
            FUYANG_LABOR,
            *("record", "submit", "--dry-run"),
            stdin=person("D-1"),
        )
        self.assertEqual(code, 0)
        self.assertIn("applied", out)
        after = self.world.json("operator", "hub", "status")
        self.assertEqual(before["logSize"], after["logSize"])
        code, _, _ = self.world.run(FUYANG_LABOR, "record", "show", "D-1")
        self.assertEqual(code, 6)

    def test_without_terminal_or_yes_is_a_usage_error(self):
        code, _, err = self.world.run(
            FUYANG_LABOR, "record", "submit", stdin=person("D-2")
        )
        self.assertEqual(code, 2)
        self.assertIn("no terminal", err)

    def test_match_takes_the_number_from_a_pipe(self):
        self.submit(FUYANG_POLICE, person("P-1"))
        match = ("person", "match", "--record", "P-1", "--purpose")
        match += ("residence_registration", "--attribute", "identifiers")
        code, out, _ = self.world.run(
            FUYANG_POLICE, *match, stdin="034105199003070424\n"
        )
        self.assertEqual((code, "match" in out), (0, True), out)
        code, out, _ = self.world.run(
            FUYANG_POLICE, *match, stdin="034105199003070440\n"
        )
        self.assertEqual((code, "differs" in out), (3, True), out)

    def test_what_may_not_be_known_is_not_there(self):
        purpose = ("--purpose", "business_service")
        known = self.world.run(
            FUYANG_POLICE, "person", "show", "--record", "P-1", *purpose
        )
        unknown = self.world.run(
            FUYANG_POLICE, "person", "show", "--record", "no-such", *purpose
        )
        self.assertEqual(known[0], 6)
        self.assertEqual(known, unknown)


class Mailbox(Scenario):
    """A watcher outlives a hub that is killed; nothing is told in between."""

    def changes(self, watcher, wanted):
        """Reads lines until one tells of the wanted employer."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            page = json.loads(watcher.stdout.readline())["page"]
            for entry in page.get("entries", []):
                employment = entry["view"]["person"].get("employment", {})
                if employment.get("employer") == wanted:
                    return
        self.fail("the change was not told")

    def test_watch_goes_on_after_kill_9(self):
        world = self.world
        self.submit(SUZHOU_LABOR, person("S-1"))
        self.submit(
            FUYANG_LABOR, person("F-1", employment={"employer": "first"})
        )
        watcher = world.follow(
            SUZHOU_LABOR,
            *("mailbox", "watch", "--purpose", "social_insurance_transfer"),
            *("--ack", "-o", "json"),
        )
        try:
            self.changes(watcher, "first")
            world.kill()
            world.start()
            self.submit(
                FUYANG_LABOR,
                person("F-1", revision=2, employment={"employer": "second"}),
            )
            self.changes(watcher, "second")
            watcher.send_signal(signal.SIGINT)
            self.assertEqual(watcher.wait(PATIENCE), 130)
        finally:
            watcher.kill()
            watcher.wait()
            watcher.stdout.close()

    def test_status_and_acknowledge(self):
        world = self.world
        self.submit(FUYANG_LABOR, person("F-9"))
        self.submit(
            SUZHOU_LABOR, person("S-9", employment={"employer": "third"})
        )
        page = world.json(
            FUYANG_LABOR,
            *("mailbox", "pull", "--purpose", "social_insurance_transfer"),
        )["page"]
        self.assertTrue(page["entries"])
        code, _, _ = world.run(FUYANG_LABOR, "mailbox", "ack", page["lastToken"])
        self.assertEqual(code, 0)
        status = world.json(FUYANG_LABOR, "mailbox", "status")
        self.assertEqual(status.get("waiting", "0"), "0")
        code, _, _ = world.run(FUYANG_LABOR, "mailbox", "ack", "no-token")
        self.assertEqual(code, 2)


class Operator(Scenario):
    """Certificates, agencies and agreements."""

    def test_certificate_from_request_to_revocation(self):
        world = self.world
        made = world.file("li")
        code, _, err = world.run(
            "operator", "cert", "request", "--identity", "operator/li",
            "--out", made,
        )
        self.assertEqual(code, 0, err)
        self.assertEqual(os.stat(made + ".key").st_mode & 0o777, 0o600)
        code, _, err = world.run(
            "operator", "cert", "sign", made + ".csr", "--identity",
            "operator/li", "--days", "30", "--out", made + ".pem",
        )
        self.assertEqual(code, 0, err)
        code, out, _ = world.run("operator", "cert", "inspect", made + ".pem")
        self.assertEqual(code, 0)
        self.assertIn("/operator/li", out)

        as_li = ("--cert", made + ".pem", "--key", made + ".key")
        code, _, err = world.run("operator", "agency", "list", *as_li)
        self.assertEqual(code, 0, err)
        [issued] = world.json(
            "operator", "cert", "list", "--identity", "operator/li"
        )["certificates"]
        code, _, err = world.run(
            "operator", "cert", "revoke", issued["serial"], "--reason", "left",
            "--yes",
        )
        self.assertEqual(code, 0, err)
        code, _, _ = world.run("operator", "agency", "list", *as_li)
        self.assertEqual(code, 4)
        code, out, _ = world.run("operator", "cert", "list")
        self.assertIn("revoked", out)

    def test_auditors_certificates_come_from_elsewhere(self):
        world = self.world
        made = world.file("wang")
        world.run(
            "operator", "cert", "request", "--identity", "auditor/wang",
            "--out", made,
        )
        code, _, _ = world.run(
            "operator", "cert", "sign", made + ".csr", "--identity",
            "auditor/wang", "--out", made + ".pem",
        )
        self.assertEqual(code, 2)
        self.assertFalse(os.path.exists(made + ".pem"))

    def test_agency_is_added_by_a_file(self):
        world = self.world
        file = world.write(
            "agency.yaml",
            "id: housing.320500\n"
            "sector: housing\n"
            'jurisdiction: "3205"\n'
            "name_zh: 苏州市住房公积金管理中心\n",
        )
        self.assertEqual(world.run("operator", "agency", "put", file)[0], 0)
        code, out, _ = world.run("operator", "agency", "show", "housing.320500")
        self.assertEqual(code, 0)
        self.assertIn("住房", out)
        self.assertEqual(
            world.run("operator", "agency", "show", "housing.1")[0], 6
        )

    AGREEMENT = (
        "id: {id}\n"
        "version: 1\n"
        "recipient_sector: labor\n"
        "purpose: employment_service\n"
        "legal_basis: {{statute: 就业促进法, article: art. 35}}\n"
        "impact_assessment: PIA-1\n"
        "scope: own_records\n"
        "valid_from: 2024-01-01\n"
        "valid_until: 2034-12-31\n"
        "retention_days: 365\n"
        "grants:\n"
        "  - {{source_sector: labor, attribute: name, form: value}}\n"
        "  - {{source_sector: {source}, attribute: {attribute}, form: value}}\n"
    )

    def test_agreement_is_checked_applied_and_revoked(self):
        world = self.world
        file = world.write(
            "agreement.yaml",
            self.AGREEMENT.format(
                id="labor-trial", source="labor", attribute="training"
            ),
        )
        code, _, err = world.run("operator", "agreement", "check", file)
        self.assertEqual(code, 0, err)
        self.assertEqual(
            world.run("operator", "agreement", "show", "labor-trial")[0], 6
        )
        code, screen = world.type(
            "operator", "agreement", "apply", file,
            answers=[("[y/N]", "y")],
        )
        self.assertEqual(code, 0, screen)
        code, _, err = world.run(
            "operator", "agreement", "revoke", "labor-trial", "--reason",
            "trial is over", "--yes",
        )
        self.assertEqual(code, 0, err)
        code, out, _ = world.run("operator", "agreement", "list", "-o", "csv")
        self.assertIn("labor-trial,1,revoked", out)

    def test_agreement_over_the_ceiling_names_the_line(self):
        world = self.world
        file = world.write(
            "over.yaml",
            self.AGREEMENT.format(
                id="labor-over", source="health", attribute="residence"
            ),
        )
        code, _, err = world.run("operator", "agreement", "apply", file, "--yes")
        self.assertEqual(code, 4, err)
        self.assertIn("over.yaml:13:", err)

    def test_hub_status_and_check(self):
        code, out, _ = self.world.run("operator", "hub", "status")
        self.assertEqual(code, 0)
        self.assertIn("Ready", out)
        self.assertEqual(self.world.run("operator", "hub", "check")[0], 0)


class Auditor(Scenario):
    """The log is verified where it is, and where it was taken."""

    def setUp(self):
        for i in range(3):
            self.submit(SUZHOU_POLICE, person(f"{self.id()}-{i}"))

    def verify(self, *arguments):
        code, out, err = self.world.run(
            "auditor", "audit", "verify", *arguments, "-o", "json"
        )
        return code, json.loads(out) if out else err

    def test_live_log_is_intact(self):
        code, report = self.verify()
        self.assertEqual(code, 0, report)
        self.assertEqual(report["entries"], report["entriesCovered"])
        self.assertGreaterEqual(int(report["signatures"]), 3)
        self.assertNotIn("keyFromLog", report)

    def test_agencies_may_not_read_it_all(self):
        code, _, _ = self.world.run(SUZHOU_POLICE, "audit", "verify")
        self.assertEqual(code, 4)
        code, out, _ = self.world.run(SUZHOU_POLICE, "audit", "list", "-o", "csv")
        self.assertEqual(code, 0)
        self.assertNotIn("operator", out)

    def test_export_is_verified_continued_and_catches_one_bit(self):
        world = self.world
        folder = world.file(self.id())
        code, _, err = world.run("auditor", "audit", "export", folder)
        self.assertEqual(code, 0, err)
        self.assertEqual(self.verify(folder)[0], 0)

        self.submit(SUZHOU_POLICE, person("later"))
        report = world.json("auditor", "audit", "export", folder)
        self.assertGreater(int(report["newEntries"]), 0)
        code, intact = self.verify(folder)
        self.assertEqual(code, 0, intact)

        size = int(intact["entries"])
        copy = folder + "-copy"
        shutil.copytree(folder, copy)
        bundle = os.path.join(copy, f"tile/entries/000.p/{size}")
        with open(bundle, "r+b") as file:
            # The first entry's bytes stand behind its two of length.
            file.seek(2)
            byte = file.read(1)[0]
            file.seek(2)
            file.write(bytes([byte ^ 1]))
        code, report = self.verify(copy)
        self.assertEqual(code, 3, report)
        self.assertEqual(report["findings"][0]["reason"], "LEAF_CHANGED")
        self.assertEqual(report["findings"][0]["place"], "entry 0")

    def test_checkpoint_is_kept_and_held_against_the_log(self):
        world = self.world
        code, note, err = world.run("auditor", "audit", "checkpoint")
        self.assertEqual(code, 0, err)
        kept = world.write("kept", note)
        code, report = self.verify("--checkpoint", kept)
        self.assertEqual(code, 0, report)

        # A log that does not reach so far has been cut.
        folder = world.file(self.id())
        self.submit(SUZHOU_POLICE, person("one more"))
        world.run("auditor", "audit", "export", folder)
        self.submit(SUZHOU_POLICE, person("and one"))
        later = world.write(
            "later",
            world.run("auditor", "audit", "checkpoint", "--at-least",
                      str(self.log_size()))[1],
        )
        code, report = self.verify(folder, "--checkpoint", later)
        self.assertEqual(code, 3, report)
        self.assertEqual(report["findings"][0]["reason"], "LOG_TRUNCATED")

    def log_size(self):
        return int(self.world.json("operator", "hub", "status")["logSize"])

    def test_prove_an_entry(self):
        code, out, err = self.world.run("auditor", "audit", "prove", "0")
        self.assertEqual(code, 0, err)
        self.assertIn("it is in the log", out)
        self.assertEqual(
            self.world.run("auditor", "audit", "prove", "999999")[0], 2
        )

    def test_filters(self):
        listed = self.world.json(
            "auditor",
            *("audit", "list", "--kind", "updates", "--agency", SUZHOU_POLICE),
            *("--newest-first", "--limit", "2"),
        )["events"]
        self.assertEqual(len(listed), 2)
        self.assertGreater(int(listed[0]["index"]), int(listed[1]["index"]))
        for event in listed:
            self.assertEqual(event["event"]["agency"], SUZHOU_POLICE)


class Unreachable(Scenario):
    def test_is_7_and_says_so(self):
        self.world.stop()
        code, out, err = self.world.run("operator", "hub", "status")
        self.assertEqual((code, out), (7, ""))
        self.assertIn("does not answer", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
