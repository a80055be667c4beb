# SPDX-License-Identifier: Apache-2.0
"""agency_test.py BIN_DIR: an agency's records, persons and mailbox."""

import json
import signal
import time

from scenario import (
    FUYANG_LABOR,
    FUYANG_POLICE,
    NUMBER,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    Scenario,
    main,
)
from world import PATIENCE, person


class Records(Scenario):
    """What an agency has told the hub."""

    def test_records_by_file_and_line(self):
        lines = "\n".join(
            person(f"R-{i}", number=f"0341051990{i:04d}0000") for i in range(600)
        )
        out, _ = self.ends(
            *(0, SUZHOU_LABOR, "record", "submit", "--yes", "-o", "csv"),
            stdin=lines,
        )
        self.assertEqual(out.count(",applied,"), 600)
        rows = self.rows(SUZHOU_LABOR, "record", "list")
        self.assertEqual(len(rows), 600)
        self.assertTrue(all(row["handle"] for row in rows))
        few = self.rows(SUZHOU_LABOR, "record", "list", "--limit", "7")
        self.assertEqual(len(few), 7)

        # Again: nothing changes. Other content under the revision: refused.
        submit = ("record", "submit", "--yes", "-o", "csv")
        first = person("R-1", number="034105199000010000")
        out, _ = self.ends(0, SUZHOU_LABOR, *submit, stdin=first)
        self.assertIn("unchanged", out)
        other = person("R-1", number="034105199000010000", month=4)
        out, _ = self.ends(3, SUZHOU_LABOR, *submit, stdin=other)
        self.assertIn("REVISION_REUSED", out)

    def test_dry_run_writes_nothing(self):
        before = self.world.json("operator", "hub", "status")
        submit = ("record", "submit", "--dry-run")
        out, _ = self.ends(0, FUYANG_LABOR, *submit, stdin=person("D-1"))
        self.assertIn("applied", out)
        after = self.world.json("operator", "hub", "status")
        self.assertEqual(before["logSize"], after["logSize"])
        self.ends(6, FUYANG_LABOR, "record", "show", "D-1")

    def test_without_terminal_or_yes_is_a_usage_error(self):
        _, err = self.ends(
            2, FUYANG_LABOR, "record", "submit", stdin=person("D-2")
        )
        self.assertIn("no terminal", err)

    def test_what_is_shown_is_masked_until_it_is_asked_for(self):
        self.submit(FUYANG_POLICE, person("M-1"))
        show = ("record", "show", "M-1")
        for form in ("table", "json", "yaml", "csv"):
            out, _ = self.ends(0, FUYANG_POLICE, *show, "-o", form)
            self.assertNotIn(NUMBER, out)
            self.assertNotIn("张小花", out)
        out, _ = self.ends(
            0, FUYANG_POLICE, *show, "--reveal", "identifiers"
        )
        self.assertIn(NUMBER, out)
        self.assertNotIn("张小花", out)

    def test_scripts_read_the_same_in_each_language(self):
        self.submit(FUYANG_POLICE, person("M-2"))
        show = ("record", "show", "M-2", "-o")
        for form in ("json", "yaml", "csv"):
            english, _ = self.ends(0, FUYANG_POLICE, *show, form, "--lang", "en")
            chinese, _ = self.ends(0, FUYANG_POLICE, *show, form, "--lang", "zh")
            self.assertEqual(english, chinese)

    def test_nobody_but_agencies_has_records(self):
        for context in ("office", "operator", "auditor"):
            self.ends(4, context, "record", "list")
            self.ends(4, context, "mailbox", "status")


class Persons(Scenario):
    """What an agreement lets an agency know."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for agency, key in ((FUYANG_POLICE, "P-1"), (SUZHOU_POLICE, "Q-1")):
            cls.world.run(
                *(agency, "record", "submit", "--yes"), stdin=person(key)
            )

    MATCH = ("person", "match", "--record", "P-1")
    MATCH += ("--purpose", "residence_registration", "--attribute")

    def test_match_takes_the_value_from_a_pipe_or_a_prompt(self):
        match = (FUYANG_POLICE, *self.MATCH, "birth_date")
        out, _ = self.ends(0, *match, stdin="1990-03-07\n")
        self.assertIn("match", out)
        out, _ = self.ends(3, *match, stdin="1990-03-08\n")
        self.assertIn("differs", out)
        code, screen = self.world.type(
            *match, answers=[("to compare: ", "1990-03-07")]
        )
        self.assertEqual(code, 0, screen)

    def test_a_number_is_typed_unseen(self):
        code, screen = self.world.type(
            *(FUYANG_POLICE, *self.MATCH, "identifiers"),
            answers=[("to compare: ", NUMBER)],
        )
        self.assertEqual(code, 0, screen)
        self.assertNotIn(NUMBER, screen)
        # Nobody may match numbers, so the answer is always the same.
        self.assertIn("unknown", screen)

    def test_interrupted_at_a_question_is_130(self):
        code, screen = self.world.type(
            FUYANG_POLICE, *self.MATCH, "identifiers", then="to compare:"
        )
        self.assertEqual(code, 130, screen)

    ASK = ("person", "ask", "--purpose", "residence_registration")
    SAID = f"{NUMBER}\n张小花\n1990-03-07\n"

    def test_asking_before_a_record_is_made(self):
        found = self.world.json(SUZHOU_POLICE, *self.ASK, stdin=self.SAID)
        self.assertEqual(found["recordKey"], "Q-1")
        answers = {
            one["attribute"]: one.get("answer") for one in found["answers"]
        }
        self.assertEqual(answers["name"], "ANSWER_MATCH")
        # What else was said, and a difference is a finding.
        out, _ = self.ends(
            *(3, SUZHOU_POLICE, *self.ASK, "--attribute", "sex"),
            stdin=self.SAID + "male\n",
        )
        self.assertIn("differs", out)
        # Of nobody, and of somebody under another name, nothing is said.
        out, err = self.ends(
            0, SUZHOU_POLICE, *self.ASK, stdin=self.SAID.replace("张小花", "李大年")
        )
        self.assertNotIn("match", out)
        self.assertIn("no record by this number", err)

    def test_asking_names_what_cannot_be_read(self):
        _, err = self.ends(
            *(2, SUZHOU_POLICE, *self.ASK),
            stdin=self.SAID.replace("1990-03-07", "1990-13-07"),
        )
        self.assertIn("birth_date", err)

    def test_a_presented_number_is_typed_unseen(self):
        code, screen = self.world.type(
            *(SUZHOU_POLICE, *self.ASK),
            answers=[
                ("as presented: ", NUMBER),
                ("as presented: ", "张小花"),
                ("as presented: ", "1990-03-07"),
            ],
        )
        self.assertEqual(code, 0, screen)
        self.assertNotIn(NUMBER, screen)

    def test_a_view_says_where_each_value_comes_from(self):
        show = ("person", "show", "--record", "P-1")
        show += ("--purpose", "residence_registration")
        out, _ = self.ends(0, FUYANG_POLICE, *show)
        for shown in ("1990-03-07", FUYANG_POLICE, "All claims agree"):
            self.assertIn(shown, out)
        self.assertNotIn("张小花", out)
        [event] = self.world.json(
            *("auditor", "audit", "list", "--kind", "read"),
            *("--actor", "agency/" + FUYANG_POLICE),
            *("--newest-first", "--limit", "1"),
        )["events"]
        self.assertIn("birth_date", event["event"]["attributes"])

    def test_what_may_not_be_known_is_not_there(self):
        show = ("person", "show", "--purpose", "business_service", "--record")
        known = self.world.run(FUYANG_POLICE, *show, "P-1")
        unknown = self.world.run(FUYANG_POLICE, *show, "no-such")
        self.assertEqual(known[0], 6)
        self.assertEqual(known, unknown)

    def test_purpose_and_one_subject_are_asked_for(self):
        for command in (
            ("person", "show", "--record", "P-1"),
            ("person", "show", "--purpose", "residence_registration"),
            ("person", "show", "--record", "P-1", "--purpose", "curiosity"),
        ):
            self.ends(2, FUYANG_POLICE, *command)


PURPOSE = ("--purpose", "social_insurance_transfer")


class Pages(Scenario):
    """A mailbox is read page by page."""

    def test_pull_and_acknowledge(self):
        world = self.world
        self.submit(FUYANG_LABOR, person("F-9"))
        self.submit(
            SUZHOU_LABOR, person("S-9", employment={"employer": "third"})
        )
        page = world.json(FUYANG_LABOR, "mailbox", "pull", *PURPOSE)["page"]
        self.assertTrue(page["entries"])
        # Not acknowledged: the same again.
        again = world.json(FUYANG_LABOR, "mailbox", "pull", *PURPOSE)
        self.assertEqual(again["page"]["entries"], page["entries"])
        self.ends(0, FUYANG_LABOR, "mailbox", "ack", page["lastToken"])
        status = world.json(FUYANG_LABOR, "mailbox", "status")
        self.assertEqual(status.get("waiting", "0"), "0")
        self.ends(2, FUYANG_LABOR, "mailbox", "ack", "no-token")
        self.ends(2, SUZHOU_LABOR, "mailbox", "ack", page["lastToken"])


class Watch(Scenario):
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
            SUZHOU_LABOR, "mailbox", "watch", *PURPOSE, "--ack", "-o", "json"
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


if __name__ == "__main__":
    main()
