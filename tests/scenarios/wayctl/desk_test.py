# SPDX-License-Identifier: Apache-2.0
"""desk_test.py BIN_DIR: values that a clerk sets, what is left open, and rulings
that a second person has to approve."""

import os

from scenario import (
    FUYANG_POLICE,
    NUMBER,
    SUZHOU_POLICE,
    Scenario,
    main,
)
from world import person

WHY = ("--reason", "the register was seen")


class Desk(Scenario):
    """Two police records disagree on a birth date."""

    rulings = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.rulings:
            cls.world.stop()
            with open(
                cls.world.file("hub/hub.yaml"), "a", encoding="utf-8"
            ) as config:
                config.write(f"second_person:\n  rulings: {cls.rulings}\n")
            cls.world.start()
        for agency, update in (
            (SUZHOU_POLICE, person("A-1")),
            (FUYANG_POLICE, person("B-1", month=7, day=3)),
        ):
            cls.world.run(agency, "record", "submit", "--yes", stdin=update)

    def the_conflict(self):
        [conflict] = self.world.json("office", "conflict", "list")["conflicts"]
        return conflict["id"]

    def decide(self, *how, code=0, context="office", who=(), stdin=""):
        return self.ends(
            *(code, context, "conflict", "decide", self.the_conflict()),
            *(*how, *WHY, "--yes", *who),
            stdin=stdin,
        )

    def last(self):
        return self.world.json("office", "decision", "list")["decisions"][-1]

    def undo(self):
        self.ends(
            *(0, "office", "decision", "undo", self.last()["number"]),
            *("--reason", "for the other tests", "--yes"),
        )

    def birth_date(self):
        view = self.world.json(
            SUZHOU_POLICE,
            *("person", "show", "--record", "A-1"),
            *("--purpose", "residence_registration"),
        )["view"]
        [birth] = [
            a for a in view["attributes"] if a["attribute"] == "birth_date"
        ]
        return view["person"]["birthDate"]["date"]["month"], birth

    def items(self, who=()):
        listed = self.world.json("office", "review", "list", *who)
        return listed.get("items", [])

    def second_clerk(self):
        """Options that make any call one of another clerk of the office."""
        made = self.world.file("wang")
        if not os.path.exists(made + ".pem"):
            _, err = self.ends(
                *(0, "operator", "cert", "request", "--out", made),
                *("--identity", "office/reconciliation-wang"),
            )
            [told] = [
                line for line in err.splitlines() if "wayctl cert sign" in line
            ]
            sign = told.split("wayctl ", 1)[1].split()
            self.ends(0, "operator", *sign, "--days", "30")
        return ("--cert", made + ".pem", "--key", made + ".key")


class Values(Desk):
    def test_a_value_is_the_offices_own_claim(self):
        conflict = self.the_conflict()
        out, _ = self.decide("--value", "1990-05-05", "--dry-run")
        self.assertIn("1990-05-05 (decided)", out)
        self.assertEqual(self.the_conflict(), conflict)

        self.decide("--value", "1990-05-05", "--evidence", "document_seen")
        month, birth = self.birth_date()
        self.assertEqual(month, 5)
        self.assertEqual(birth["sourceAgency"], "office/reconciliation")
        self.assertEqual(birth["status"], "STATUS_DECIDED")
        out, _ = self.ends(
            *(0, SUZHOU_POLICE, "person", "show", "--record", "A-1"),
            *("--purpose", "residence_registration"),
        )
        self.assertIn("reconciliation office", out)
        out, _ = self.ends(0, "office", "conflict", "show", conflict)
        for shown in (
            *("office/reconciliation", "1990-05-05", "document seen"),
            *("Decided by decision", "What they see now"),
        ):
            self.assertIn(shown, out)
        [event] = self.world.json(
            "auditor", "audit", "list", "--act", "decision.set_value"
        )["events"]
        self.assertEqual(event["event"]["actor"], "office/reconciliation")
        self.undo()
        self.assertEqual(self.the_conflict(), conflict)

    def test_the_screen_takes_a_value_too(self):
        code, screen = self.world.type(
            *("office", "review", "next"),
            answers=[
                ("? > ", "t"),
                ("as it shall stand", "1990-05-05"),
                ("Reason", "the register was seen"),
                ("z q > ", "q"),
            ],
        )
        self.assertEqual(code, 0, screen)
        self.assertEqual(self.birth_date()[0], 5)
        self.undo()

    def test_from_a_file(self):
        [item] = self.items()
        row = f"{item['id']},{{}},{WHY[1]},{item['etag']},birth_date\n"
        heading = "id,answer,reason,etag,attribute\n"
        answers = self.world.write(
            "answers.csv", heading + row.format("value=1990-05-05")
        )
        self.ends(0, "office", "review", "decide", answers, "--yes")
        self.assertEqual(self.birth_date()[0], 5)
        self.undo()
        [item] = self.items()
        row = f"{item['id']},{{}},{WHY[1]},{item['etag']},birth_date\n"
        answers = self.world.write(
            "answers.csv",
            heading + row.format("value=some day") + row.format("keep-open"),
        )
        out, _ = self.ends(3, "office", "review", "decide", answers, "--yes")
        self.assertIn("was recorded", out)
        self.assertEqual(self.last()["kind"], "KIND_KEEP_OPEN")
        self.undo()

    def test_what_is_wrong_is_named(self):
        for how, code, said in (
            (("--value", "32 March"), 2, "birth_date"),
            (("--value", "1990-02-31"), 2, "birth_date"),
            (("--value", "1990"), 2, "leaves the conflict as it is"),
            (("--value", "A"), 2, "--take A"),
            (("--value", "2020-01-01"), 2, "PIPL art. 31"),
            (("--value", "1990-05-05", "--evidence", "hearsay"), 2, "evidence"),
            (("--take", "labor.320500"), 2, SUZHOU_POLICE),
            (("--take", "A", "--value", "1990-05-05"), 2, "--value"),
            (("--take", "A", "--keep-open"), 2, "--keep-open"),
            (("--value", NUMBER), 2, "command line"),
        ):
            out, err = self.decide(*how, code=code)
            self.assertEqual(out, "")
            self.assertIn(said, err, how)
        self.the_conflict()

    def test_an_agency_is_taken_by_its_name(self):
        self.decide("--take", FUYANG_POLICE)
        self.assertEqual(self.birth_date()[0], 7)
        self.undo()

    def test_what_is_left_open_comes_back_with_what_is_new(self):
        conflict = self.the_conflict()
        self.decide("--keep-open")
        out, err = self.ends(0, "office", "conflict", "show", conflict)
        self.assertIn("Left open by decision", out)
        code, screen = self.world.type(
            "office", "review", "next", answers=[]
        )
        self.assertEqual(code, 0, screen)
        self.assertIn("Nothing is left for you", screen)
        [item] = self.items()
        self.assertEqual(item["why"], "KEPT_OPEN")
        self.decide("--keep-open", code=5)
        self.submit(FUYANG_POLICE, person("B-1", revision=2, month=8, day=3))
        out, _ = self.ends(0, "office", "conflict", "show", conflict)
        self.assertIn("new since the decision", out)
        code, screen = self.world.type(
            *("office", "review", "next"), answers=[("? > ", "q")]
        )
        self.assertIn("new since the decision", screen)
        self.submit(FUYANG_POLICE, person("B-1", revision=3, month=7, day=3))
        self.undo()


class Approval(Desk):
    rulings = "[choose_claim, set_value, undo]"

    def test_two_have_to_agree(self):
        wang = self.second_clerk()
        before = self.birth_date()
        out, err = self.decide("--value", "1990-05-05")
        self.assertIn("proposed", out)
        number = self.last()["number"]
        self.assertIn(f"wayctl decision approve {number}", err)
        self.assertEqual(self.birth_date(), before)
        self.assertEqual(self.items(), [])
        [item] = self.items(wang)
        self.assertEqual(item["id"], f"p-{number}")

        approve = ("decision", "approve", number)
        _, err = self.ends(4, "office", *approve, "--yes")
        self.assertIn("cannot approve", err)
        self.decide("--take", "A", code=5, who=wang)
        code, screen = self.world.type(
            *("office", *approve, *wang),
            answers=[("Approve this? [y/N]", "y")],
        )
        self.assertEqual(code, 0, screen)
        for shown in ("1990-05-05 (decided)", "office/reconciliation-wang"):
            self.assertIn(shown, screen)
        self.assertEqual(self.birth_date()[0], 5)
        # The same word again is the same answer, another one comes too late.
        self.ends(0, "office", *approve, "--yes", *wang)
        _, err = self.ends(
            *(5, "office", "decision", "refuse", number, *wang),
            *("--reason", "after all"),
        )
        self.assertIn("office/reconciliation-wang", err)

        # To take it back needs two as well; in the loop this time.
        self.undo()
        self.assertEqual(self.birth_date()[0], 5)
        out, _ = self.ends(0, "office", "decision", "list")
        self.assertIn("undo proposed", out)
        code, screen = self.world.type(
            *("office", "review", "next", *wang),
            answers=[
                ("? > ", "a"),
                ("Reason", "seen as well"),
                ("? > ", "q"),
            ],
        )
        self.assertEqual(code, 0, screen)
        self.assertIn("undo of set value", screen)
        self.assertEqual(self.birth_date()[0], before[0])
        # What came next is on Wang's screen still.
        self.ends(
            0, "office", "review", "release", self.the_conflict(), *wang
        )

    def test_refused_withdrawn_and_overtaken(self):
        wang = self.second_clerk()
        conflict = self.the_conflict()
        self.decide("--take", "B")
        refuse = ("decision", "refuse", self.last()["number"], *wang)
        self.ends(0, "office", *refuse, "--reason", "the card is another's")
        out, _ = self.ends(0, "office", "decision", "show", refuse[2])
        for shown in ("refused", "the card is another's"):
            self.assertIn(shown, out)
        self.assertEqual([i["id"] for i in self.items()], [conflict])

        self.decide("--take", "B")
        withdraw = ("decision", "withdraw", self.last()["number"])
        self.ends(4, "office", *withdraw, "--reason", "not mine", *wang)
        self.ends(0, "office", *withdraw, "--reason", "the wrong one")

        self.decide("--take", "B")
        number = self.last()["number"]
        self.submit(FUYANG_POLICE, person("B-1", revision=2, month=8, day=3))
        _, err = self.ends(
            5, "office", "decision", "approve", number, "--yes", *wang
        )
        self.assertIn(FUYANG_POLICE, err)
        [item] = self.items(wang)
        answers = self.world.write(
            "answers.csv",
            "id,answer,reason,etag\n"
            f"{item['id']},refuse,it has changed,{item['etag']}\n",
        )
        self.ends(0, "office", "review", "decide", answers, "--yes", *wang)
        self.assertEqual(self.last()["state"], "STATE_REFUSED")
        self.submit(FUYANG_POLICE, person("B-1", revision=3, month=7, day=3))

    def test_what_waits_outlives_a_kill(self):
        wang = self.second_clerk()
        self.decide("--take", "B")
        number = self.last()["number"]
        self.world.kill()
        self.world.start()
        self.assertEqual(self.items(), [])
        self.ends(
            *(0, "office", "decision", "refuse", number, *wang),
            *("--reason", "for the other tests"),
        )


class Configuration(Scenario):
    def test_a_ruling_that_is_none_is_named(self):
        self.world.stop()
        with open(
            self.world.file("hub/hub.yaml"), "a", encoding="utf-8"
        ) as config:
            config.write("second_person:\n  rulings: [sme]\n")
        self.world.spawn()
        self.assertFalse(self.world.comes_up())
        self.assertIn("one of same, different", self.world.read("hub.log"))


if __name__ == "__main__":
    main()
