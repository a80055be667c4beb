# SPDX-License-Identifier: Apache-2.0
"""clerk_test.py BIN_DIR: the reconciliation office at its desk."""

from scenario import (
    FUYANG_LABOR,
    FUYANG_POLICE,
    NUMBER,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    Scenario,
    main,
)
from world import person


class Office(Scenario):
    """Two police records disagree on a birth date."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for agency, update in (
            (SUZHOU_POLICE, person("A-1")),
            (FUYANG_POLICE, person("B-1", month=7, day=3)),
        ):
            cls.world.run(agency, "record", "submit", "--yes", stdin=update)

    def open_conflicts(self):
        return self.world.json("office", "conflict", "list").get("conflicts", [])

    def the_conflict(self):
        [conflict] = self.open_conflicts()
        return conflict["id"]

    def letter(self, conflict, value):
        """Which letter a value has is for the screen to say."""
        [row] = [
            row
            for row in self.rows("office", "conflict", "show", conflict)
            if row["value"] == value
        ]
        return row["group"]

    def standing_birth_date(self):
        view = self.world.json(
            SUZHOU_POLICE,
            *("person", "show", "--record", "A-1"),
            *("--purpose", "residence_registration"),
        )["view"]
        [birth] = [
            a for a in view["attributes"] if a["attribute"] == "birth_date"
        ]
        return view["person"]["birthDate"]["date"]["month"], birth["status"]


class Way(Office):
    """A conflict is settled, the decision taken back and made again."""

    def test_from_list_to_decision_to_undo_and_again(self):
        world = self.world
        _, err = self.ends(0, "office", "conflict", "list")
        self.assertIn("wayctl conflict show ID", err)
        conflict = self.the_conflict()

        out, err = self.ends(0, "office", "conflict", "show", conflict)
        for shown in (
            *("1990-03-07", "1990-07-03", SUZHOU_POLICE, FUYANG_POLICE),
            *("document seen", "2024-05-01", "Rule, in order"),
            *("Why it is open", "Would be told", "安徽省阜阳市"),
        ):
            self.assertIn(shown, out)
        self.assertIn("wayctl conflict decide " + conflict, err)
        self.assertNotIn(NUMBER, out, "the number is masked")
        self.assertNotIn("张小花", out, "so is the name")

        answers = [
            ("Which value shall stand", self.letter(conflict, "1990-07-03")),
            ("Reason", "the card was read again"),
            ("Record this decision? [y/N]", "y"),
        ]
        code, screen = world.type(
            "office", "conflict", "decide", conflict, answers=answers
        )
        self.assertEqual(code, 0, screen)
        for shown in (
            *("Stands now", "1990-03-07 (conflict)"),
            *("Will stand", "1990-07-03 (decided)"),
            *("Will be told", SUZHOU_POLICE, "wayctl decision undo 1"),
        ):
            self.assertIn(shown, screen)
        self.assertEqual(self.open_conflicts(), [])
        self.assertEqual(self.standing_birth_date(), (7, "STATUS_DECIDED"))

        # Somebody else comes late, at the prompt and in a script.
        for late in ((), ("--take", "A", "--reason", "late", "--yes")):
            _, err = self.ends(
                5, "office", "conflict", "decide", conflict, *late
            )
            self.assertIn("decided already (decision 1)", err)
        out, err = self.ends(0, "office", "conflict", "show", conflict)
        self.assertIn("Why it is settled", out)
        self.assertIn("wayctl decision undo 1", err)

        # No is no, and nothing to be called an error.
        undo = ("decision", "undo", "1", "--reason", "the wrong card")
        question = "Take this decision back? [y/N]"
        code, screen = world.type("office", *undo, answers=[(question, "n")])
        self.assertEqual(code, 1, screen)
        self.assertNotIn("error", screen)
        self.assertEqual(self.open_conflicts(), [])

        code, screen = world.type("office", *undo, answers=[(question, "y")])
        self.assertEqual(code, 0, screen)
        self.assertIn("1990-07-03 (decided)", screen)
        self.assertEqual(self.the_conflict(), conflict)
        self.assertEqual(self.standing_birth_date()[1], "STATUS_CONFLICT")
        [decision] = world.json("office", "decision", "list")["decisions"]
        self.assertEqual(decision["state"], "STATE_UNDONE")
        self.ends(5, "office", *undo, "--yes")

        code, screen = world.type(
            "office", "conflict", "decide", conflict, answers=answers
        )
        self.assertEqual(code, 0, screen)
        self.assertEqual(self.standing_birth_date(), (7, "STATUS_DECIDED"))
        self.ends(0, "office", "decision", "undo", "2", "--reason", "x", "--yes")


class Conflict(Office):
    """What else happens at the desk."""

    def test_what_was_seen_must_still_stand(self):
        world = self.world
        conflict = self.the_conflict()
        seen = world.json("office", "conflict", "show", conflict)["conflict"]
        self.submit(SUZHOU_LABOR, person("C-1", month=9))
        decide = ("conflict", "decide", conflict, "--take", "A")
        decide += ("--reason", "seen", "--yes", "--etag", seen["etag"])
        _, err = self.ends(5, "office", *decide)
        self.assertIn("changed since", err)
        self.submit(SUZHOU_LABOR, person("C-1", revision=2))
        self.assertEqual(self.the_conflict(), conflict)

    def test_another_decides_between_preview_and_yes(self):
        world = self.world
        conflict = self.the_conflict()
        decide = ("conflict", "decide", conflict, "--take", "A")

        def someone_else():
            self.ends(0, "office", *decide, "--reason", "faster", "--yes")

        code, screen = world.type(
            "office",
            *(*decide, "--reason", "slower"),
            answers=[("Record this decision? [y/N]", "y")],
            before_last=someone_else,
        )
        self.assertEqual(code, 5, screen)
        self.assertIn("decided already", screen)
        [last] = world.json("office", "decision", "list")["decisions"][-1:]
        self.assertEqual(last["reason"], "faster")
        number = last["number"]
        self.ends(
            *(0, "office", "decision", "undo", number),
            *("--reason", "for the other tests", "--yes"),
        )

    def test_dry_run_writes_nothing(self):
        conflict = self.the_conflict()
        before = self.world.json("office", "decision", "list")
        out, _ = self.ends(
            *(0, "office", "conflict", "decide", conflict, "--take", "B"),
            *("--reason", "tried", "--dry-run"),
        )
        self.assertIn("Will stand", out)
        self.assertEqual(self.world.json("office", "decision", "list"), before)
        self.assertEqual(self.the_conflict(), conflict)

    def test_wrong_ids_are_not_there(self):
        for command in (
            ("conflict", "show", "c-" + "a" * 26),
            ("conflict", "show", "nonsense"),
            ("conflict", "decide", "nonsense", "--take", "A"),
            ("candidate", "show", "k-" + "a" * 26),
            ("decision", "show", "4711"),
            ("decision", "undo", "4711", "--reason", "x", "--yes"),
        ):
            out, err = self.ends(6, "office", *command)
            self.assertEqual(out, "")
            self.assertIn("not available", err)

    def test_first_letters_of_an_id_are_enough(self):
        conflict = self.the_conflict()
        out, _ = self.ends(0, "office", "conflict", "show", conflict[:8])
        self.assertIn(conflict, out)

    def test_without_terminal_nothing_is_decided(self):
        conflict = self.the_conflict()
        for command in (
            ("conflict", "decide", conflict),
            ("conflict", "decide", conflict, "--take", "A"),
            ("conflict", "decide", conflict, "--take", "A", "--reason", "x"),
            ("conflict", "show", conflict, "--reveal", "residence"),
        ):
            _, err = self.ends(2, "office", *command)
            self.assertIn("no terminal", err)
        self.assertEqual(self.the_conflict(), conflict)

    def test_what_is_revealed_is_in_the_log_first(self):
        conflict = self.the_conflict()
        show = ("conflict", "show", conflict, "--reveal", "identifiers")
        out, _ = self.ends(
            0, "office", *show, "--reason", "compared with the card"
        )
        self.assertIn(NUMBER, out)
        [event] = self.world.json(
            "auditor",
            *("audit", "list", "--act", "conflict.show", "--object", conflict),
            *("--newest-first", "--limit", "1"),
        )["events"]
        self.assertEqual(
            sorted(event["event"]["attributes"]), ["birth_date", "identifiers"]
        )
        self.assertEqual(event["event"]["actor"], "office/reconciliation")

    def test_reasons_hold_no_numbers(self):
        conflict = self.the_conflict()
        code, screen = self.world.type(
            *("office", "conflict", "decide", conflict, "--take", "A"),
            answers=[("Reason", "card " + NUMBER)],
        )
        self.assertEqual(code, 2, screen)
        self.assertIn("citizen number", screen)

    def test_nobody_else_may_look(self):
        for context in (SUZHOU_POLICE, "operator", "auditor"):
            for noun in ("conflict", "candidate", "decision"):
                out, _ = self.ends(4, context, noun, "list")
                self.assertEqual(out, "")
        # An agency's own clerk has lists: of conflicts as the agency sees them,
        # and nothing else of this.
        [row] = self.rows("clerk", "conflict", "list")
        self.assertNotIn(row["id"], [c["id"] for c in self.open_conflicts()])
        self.assertEqual(row["agencies"], SUZHOU_POLICE)
        for noun in ("candidate", "decision"):
            self.assertEqual(self.rows("clerk", noun, "list"), [])

    def test_in_chinese(self):
        conflict = self.the_conflict()
        code, screen = self.world.type(
            *("office", "--lang", "zh", "conflict", "decide", conflict),
            answers=[
                ("以哪个值为准", self.letter(conflict, "1990-07-03")),
                ("理由", "复核证件"),
                ("确认记录此裁定？", "否"),
            ],
        )
        self.assertEqual(code, 1, screen)
        for shown in (
            *("出生日期", "为何待处理", "江苏省苏州市公安", "出示证件"),
            *("将采用", "将告知", "已按您的回答放弃操作"),
        ):
            self.assertIn(shown, screen)


class Candidate(Scenario):
    """Two records of one number and two names."""

    def test_different_and_undone_and_same(self):
        self.submit(SUZHOU_LABOR, person("E-1"))
        self.submit(FUYANG_LABOR, person("E-2", name={"full": "李大年"}))
        [row] = self.rows("office", "candidate", "list")
        self.assertEqual(row["why"], "NAME_CONTRADICTS")
        candidate = row["id"]
        out, err = self.ends(0, "office", "candidate", "show", candidate)
        self.assertIn("wayctl candidate decide " + candidate, err)
        self.assertNotIn(NUMBER, out)
        # What speaks for and against: the number does, the names do not.
        self.assertRegex(out, r"(?m)^number +same +\+\d+\.\d +\+{20,}")
        self.assertRegex(out, r"(?m)^name +differs +-\d\.\d +-{4,}")

        code, screen = self.world.type(
            *("office", "candidate", "decide", candidate),
            answers=[
                ("One person or two?", "perhaps"),
                ("One person or two?", "different"),
                ("Reason", "two cards were seen"),
                ("[y/N]", "y"),
            ],
        )
        self.assertEqual(code, 0, screen)
        _, err = self.ends(0, "office", "candidate", "show", candidate)
        self.assertIn("It is settled", err)
        decide = ("candidate", "decide", candidate, "--same", "--reason", "x")
        self.ends(5, "office", *decide, "--yes")
        self.ends(0, "office", "decision", "undo", "1", "--reason", "x", "--yes")
        self.ends(0, "office", *decide, "--yes")
        self.assertEqual(self.rows("office", "candidate", "list"), [])
        status = self.world.json("operator", "hub", "status")
        self.assertEqual(status["persons"], "1")


if __name__ == "__main__":
    main()
