# SPDX-License-Identifier: Apache-2.0
"""review_test.py BIN_DIR: clerks work through the review queue."""

import csv
import io
import json
import os
import re
import unicodedata

from scenario import (
    FUYANG_LABOR,
    FUYANG_POLICE,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    Scenario,
    main,
    number_of,
)
from world import person

KEYS = "? > "
# What the pairs are asked about is typed once; Enter says it again.
REASON = "Reason"
LAST = "z q > "


def width(line):
    """Columns that a line takes on a terminal."""
    plain = re.sub("\x1b\\[[0-9;]*m", "", line)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in plain
    )


class Desk(Scenario):
    """Pairs whose names contradict, none of them like another."""

    pairs = 3

    def setUp(self):
        super().setUp()
        self.sequence = getattr(type(self), "next_sequence", 11)
        type(self).next_sequence = self.sequence + self.pairs
        for i in range(self.pairs):
            self.add_pair(self.sequence + i)

    def tearDown(self):
        # What a test left open would be the next one's.
        for item in self.items():
            holder = item.get("claimedBy", "")
            if holder.endswith("-wang"):
                wang = self.second_clerk()
                self.ends(0, "office", "review", "release", item["id"], *wang)
            conflict = item["kind"] == "KIND_CONFLICT"
            self.ends(
                *(0, "office", "conflict" if conflict else "candidate"),
                *("decide", item["id"], "--reason", "cleared away", "--yes"),
                *(("--take", "A") if conflict else ("--different",)),
            )

    def add_pair(self, sequence):
        year = 1940 + sequence
        more = {
            "number": number_of(year, sequence),
            "birthDate": {"date": {"year": year, "month": 3, "day": 7}},
        }
        self.submit(SUZHOU_LABOR, person(f"E-{sequence}", **more))
        self.submit(
            FUYANG_LABOR,
            person(f"F-{sequence}", name={"full": "欧阳李大年"}, **more),
        )

    def items(self):
        return self.world.json("office", "review", "list").get("items", [])

    def ids(self):
        return [item["id"] for item in self.items()]

    def next(self, *answers, context="office", options=(), code=0, **more):
        got, screen = self.world.type(
            context, "review", "next", *options, answers=answers, **more
        )
        self.assertEqual(got, code, screen)
        for line in screen.splitlines():
            self.assertLessEqual(width(line), 80, line)
        return screen

    def decisions(self):
        return self.world.json("office", "decision", "list").get("decisions", [])

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


class TwentyPairs(Desk):
    """A morning at the desk."""

    pairs = 20

    def test_from_the_first_to_the_last(self):
        number = number_of(1940 + self.sequence, self.sequence)
        ids = self.ids()
        self.assertEqual(len(ids), 20)
        screen = self.next(
            # The first one: everything there is to look at.
            (KEYS, "?"),
            (KEYS, "w"),
            (KEYS, "h"),
            (KEYS, "v"),
            ("Which attribute", "identifiers"),
            ("Why must it be seen", "compared with the card"),
            (KEYS, "x"),
            (KEYS, "s"),
            (REASON, "both cards were seen"),
            # Enter repeats the reason, - thinks again.
            (KEYS, "d"),
            ("Enter: both cards were seen", "-"),
            (KEYS, "d"),
            (REASON, ""),
            # Wrong: back to it, and once more.
            (KEYS, "z"),
            (REASON, "the wrong key"),
            (KEYS, "h"),
            (KEYS, "s"),
            (REASON, "both cards were seen"),
            # Unsure; the item is not seen again.
            (KEYS, "u"),
            (REASON, "one card is missing"),
            # Passed over, and back.
            (KEYS, "n"),
            (KEYS, "b"),
            *[answer for _ in range(17) for answer in ((KEYS, "d"), (REASON, ""))],
            # One person has one name: the queue asks which of the two.
            *[answer for _ in range(2) for answer in ((KEYS, "1"), (REASON, ""))],
            (LAST, "q"),
        )
        self.assertIn("same person", screen, "? explains")
        self.assertRegex(screen, r"name +differs +-\d")
        self.assertIn("Nothing has been ruled on it yet", screen)
        # Wrapped in the narrow column.
        self.assertEqual(screen.count(number[:16]), 2, "what was revealed")
        self.assertIn("欧阳李大年", screen)
        self.assertIn("22 answered in this sitting", screen)
        self.assertRegex(screen, r"name +! +张小花 +欧阳李大年")
        self.assertRegex(screen, r"birth date +=")
        kinds = {}
        for decision in self.decisions():
            kinds.setdefault(decision["subject"], []).append(decision)
        self.assertEqual(
            set(kinds), set(ids) | set(re.findall("c-[a-z2-7]{26}", screen))
        )
        self.assertEqual(
            [d["kind"] for d in kinds[ids[1]]], ["KIND_DIFFERENT", "KIND_SAME"]
        )
        self.assertEqual(kinds[ids[1]][0]["state"], "STATE_UNDONE")
        self.assertEqual(kinds[ids[2]][0]["kind"], "KIND_UNSURE")
        self.assertEqual(self.ids(), [ids[2]], "the unsure one is open still")
        self.assertEqual(kinds[ids[19]][0]["reason"], "one card is missing")



class Clerks(Desk):
    """More than one, and the same one again."""

    def test_it_resumes_where_it_stopped(self):
        first, second, _ = self.ids()
        screen = self.next((KEYS, "n"), (KEYS, "q"))
        self.assertIn(second + " stays yours until", screen)
        for ends in ({"code": 130, "then": KEYS}, {}):
            screen = self.next(*([] if ends else [(KEYS, "q")]), **ends)
            self.assertIn(second, screen)
            self.assertNotIn(first, screen)

    def test_two_clerks_do_not_collide(self):
        wang = self.second_clerk()
        first, second, _ = self.ids()
        self.assertIn(first, self.next((KEYS, "q")))
        for answer in (("--same",), ("--same", "--dry-run")):
            _, err = self.ends(
                *(5, "office", "candidate", "decide", first, *answer, *wang),
                *("--reason", "x", "--yes"),
            )
            self.assertIn("Another clerk is at work on this", err)
            self.assertRegex(err, r"office/reconciliation, until 20\d\d-")
        screen = self.next((KEYS, "q"), options=wang)
        self.assertIn(second, screen)
        self.assertNotIn(first, screen)
        rows = {r["id"]: r for r in self.rows("office", "review", "list")}
        self.assertEqual(rows[first]["claimed_by"], "office/reconciliation")
        self.assertEqual(rows[second]["claimed_by"], "office/reconciliation-wang")
        self.assertEqual(
            len(self.rows("office", "review", "list", "--free")), 1
        )
        out, _ = self.ends(0, "office", "review", "list")
        self.assertIn("office/reconciliation-wang, until", out)
        self.next((KEYS, "s"), (REASON, "x"), (KEYS, "q"), options=wang)

    def test_unsure_goes_to_another_reader(self):
        wang = self.second_clerk()
        first, second, third = self.ids()
        self.next((KEYS, "u"), (REASON, "no card"), (KEYS, "n"), (KEYS, "q"))
        screen = self.next((KEYS, "h"), (KEYS, "n"), (KEYS, "q"), options=wang)
        self.assertIn(first, screen)
        self.assertIn("Others were unsure, by decision", screen)
        self.assertIn("no card", screen)
        self.assertIn("free; 1 unsure", self.ends(0, "office", "review", "list")[0])
        self.assertIn(second, screen)
        self.next((KEYS, "n"), (KEYS, "q"))
        self.assertIn(third, self.ids())

    def test_blind_hides_the_score_until_it_is_answered(self):
        screen = self.next(
            (KEYS, "w"),
            (KEYS, "d"),
            (REASON, "two cards"),
            (KEYS, "q"),
            options=("--blind",),
        )
        before, after = screen.split("Decision ", 1)
        self.assertNotIn("Evidence", before)
        self.assertIn("you work blind", before)
        self.assertIn("Evidence for one person", after.splitlines()[1])

    def test_somebody_else_changes_it_meanwhile(self):
        def changes():
            year = 1940 + self.sequence
            self.submit(
                SUZHOU_LABOR,
                person(
                    f"E-{self.sequence}",
                    revision=2,
                    name={"full": "张小华"},
                    number=number_of(year, self.sequence),
                    birthDate={"date": {"year": year, "month": 3, "day": 7}},
                ),
            )
            return "two cards"

        first = self.ids()[0]
        screen = self.next((KEYS, "d"), (REASON, changes), (KEYS, "q"))
        self.assertIn("has changed since it was read", screen)
        self.assertIn("张小华", screen.split("has changed since", 1)[1])
        self.assertIn(first, self.ids())

    def test_in_chinese(self):
        screen = self.next(
            (KEYS, "?"),
            (KEYS, "w"),
            (KEYS, "d"),
            ("理由", "两张证件均已查看"),
            (KEYS, "q"),
            options=("--lang", "zh"),
        )
        for shown in ("同一人", "疑似同一人", "由您占用至", "按 z 可撤回"):
            self.assertIn(shown, screen)

    def test_without_a_terminal(self):
        _, err = self.ends(2, "office", "review", "next")
        self.assertIn("wayctl review decide FILE", err)
        self.assertIn("no terminal", err)
        self.assertEqual([i for i in self.items() if "claimedBy" in i], [])


class Values(Scenario):
    """A conflict stands in the same queue."""

    def test_a_value_is_taken_by_its_number(self):
        self.submit(SUZHOU_POLICE, person("A-1"))
        self.submit(FUYANG_POLICE, person("B-1", month=7, day=3))
        code, screen = self.world.type(
            *("office", "review", "next", "--kind", "conflict"),
            answers=[
                (KEYS, "7"),
                (KEYS, "s"),
                (KEYS, "w"),
                (KEYS, "2"),
                (REASON, "the card was read"),
                (LAST, "z"),
                (REASON, "read again"),
                (KEYS, "1"),
                (REASON, "the card was read"),
                (LAST, "q"),
            ],
        )
        self.assertEqual(code, 0, screen)
        self.assertRegex(screen, r"birth date +! +1990-0\d-0\d +1990-0\d-0\d")
        self.assertIn("Rule, in order", screen)
        self.assertNotIn("张小花", screen)
        first, second = self.world.json("office", "decision", "list")["decisions"]
        self.assertEqual(first["state"], "STATE_UNDONE")
        self.assertEqual(second["kind"], "KIND_CHOOSE_CLAIM")
        self.assertNotEqual(first["claim"], second["claim"])


class Batch(Desk):
    """Answers in a file."""

    pairs = 4

    def filled_in(self, answers):
        """The list as a clerk fills it in: by place, answer and reason."""
        rows = self.rows("office", "review", "list")
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\r\n")
        writer.writeheader()
        for row, (answer, reason, *etag) in zip(rows, answers):
            row.update(answer=answer, reason=reason)
            if etag:
                row["etag"] = etag[0]
            writer.writerow(row)
        return self.world.write("answers.csv", "\ufeff" + text.getvalue())

    def test_a_bad_row_harms_no_other(self):
        ids = self.ids()
        file = self.filled_in(
            [
                ("different", "two cards, both seen"),
                ("perhaps", "who knows"),
                ("unsure", 'he said "no"'),
                ("same", "read long ago", "aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ]
        )
        with open(file, "a", encoding="utf-8") as more:
            more.write('k-,"broken\r\n')
        before = self.decisions()
        out, _ = self.ends(3, "office", "review", "decide", file, "--dry-run")
        self.assertEqual(out.count("can be recorded"), 2)
        self.assertEqual(self.decisions(), before)
        _, err = self.ends(2, "office", "review", "decide", file)
        self.assertIn("no terminal", err)
        self.assertEqual(self.decisions(), before)

        code, screen = self.world.type(
            *("office", "review", "decide", file),
            answers=[("Record 2 decisions, and leave 3 rows aside?", "y")],
        )
        self.assertEqual(code, 3, screen)
        self.assertIn("2 recorded, 3 not", screen)
        # Words that are wrapped in a narrow column.
        flat = re.sub(r"\s", "", screen)
        self.assertIn("same,different,unsure,keep-open,value=Vortheidofaclaim", flat)
        self.assertIn("changedsince", flat)
        made = self.decisions()[len(before):]
        self.assertEqual(
            [(d["subject"], d["kind"], d["reason"]) for d in made],
            [
                (ids[0], "KIND_DIFFERENT", "two cards, both seen"),
                (ids[2], "KIND_UNSURE", 'he said "no"'),
            ],
        )
        self.assertEqual(self.ids(), ids[1:])

    def test_json_lines_and_lines_by_number(self):
        items = self.items()
        lines = [
            json.dumps(
                {
                    "id": items[0]["id"],
                    "answer": "same",
                    "reason": "one card",
                    "etag": items[0]["etag"],
                }
            ),
            '{"id": 7}',
            json.dumps({"id": items[1]["id"], "answer": ""}),
        ]
        decide = ("review", "decide", "-", "--yes", "-o", "json")
        out, err = self.ends(3, "office", *decide, stdin="\n".join(lines) + "\n")
        [made] = json.loads(out)["decisions"]
        self.assertEqual(made["subject"], items[0]["id"])
        self.assertIn("line 2: ", err)
        self.assertNotIn("line 3", err)
        self.ends(2, "office", *decide, stdin="")

    def test_what_is_no_file_of_answers(self):
        for text in ("id,answer\nk-1,same\n", "nonsense", "\xff\xfe"):
            file = self.world.file("wrong.csv")
            with open(file, "w", encoding="latin-1") as out:
                out.write(text)
            self.ends(2, "office", "review", "decide", file, "--yes")
        self.ends(6, "office", "review", "decide", "/nowhere", "--yes")

    def test_facets(self):
        count = lambda *facets: len(self.rows("office", "review", "list", *facets))
        self.assertEqual(count(), 4)
        self.assertEqual(count("--agency", SUZHOU_LABOR), 4)
        self.assertEqual(count("--division", "3412", "--why", "NAME_CONTRADICTS"), 4)
        self.assertEqual(count("--kind", "conflict"), 0)
        self.assertEqual(count("--older-than", "1d"), 0)
        self.assertEqual(count("--newer-than", "1d"), 4)
        self.assertEqual(count("--score-from", "-200", "--score-to", "-100"), 0)
        self.assertEqual(count("--limit", "3"), 3)
        for wrong in (
            ("--older-than", "soon"),
            ("--kind", "both"),
            ("--why", "BECAUSE"),
            ("--division", "Suzhou"),
            ("--attribute", "shoe_size"),
        ):
            self.ends(2, "office", "review", "list", *wrong)


class AtAnAgency(Desk):
    """An agency's own clerk, over the agency's own records."""

    # Across agencies, so not the clerk's.
    pairs = 1

    def setUp(self):
        super().setUp()
        own = 300 + self.sequence
        for key, name in ((f"W-{own}", "孙小梅"), (f"V-{own}", "欧阳李大年")):
            self.submit(
                SUZHOU_POLICE,
                person(
                    key,
                    number=number_of(1935, own),
                    name={"full": name},
                    birthDate={"date": {"year": 1935, "month": 3, "day": 7}},
                ),
            )
        self.own = [f"{SUZHOU_POLICE}/{side}-{own}" for side in "WV"]

    def test_from_the_list_to_undo(self):
        [row] = self.rows("clerk", "review", "list")
        self.assertEqual(row["agencies"], SUZHOU_POLICE)
        self.assertEqual(len(self.items()), 2, "the office sees both pairs")
        self.assertIn(
            row["id"], self.ends(0, "clerk", "candidate", "list", "-o", "csv")[0]
        )
        screen = self.next(
            (KEYS, "w"),
            (KEYS, "s"),
            (REASON, "both cards were seen"),
            # As one person the two have two names: a conflict.
            (KEYS, "s"),
            (KEYS, "z"),
            (REASON, ""),
            (KEYS, "h"),
            (KEYS, "d"),
            (REASON, ""),
            (LAST, "q"),
            context="clerk",
        )
        self.assertRegex(screen, r"name +! +孙小梅 +欧阳李大年")
        keys = [record.split("/")[1] for record in self.own]
        self.assertRegex(screen, r"record key +- +" + " +".join(keys))
        self.assertIn("that is corrected, not ruled", screen)
        self.assertEqual(self.rows("clerk", "review", "list"), [])
        same, different = self.rows("clerk", "decision", "list")
        self.assertEqual(same["state"], "undone")
        self.assertEqual(different["kind"], "different")
        self.assertIn(
            different["number"], [d["number"] for d in self.decisions()]
        )
        out, err = self.ends(
            *(0, "clerk", "decision", "undo", different["number"]),
            *("--reason", "read again", "--yes"),
        )
        self.assertNotIn("told", out + err)
        self.assertEqual(
            [r["id"] for r in self.rows("clerk", "review", "list")], [row["id"]]
        )

    def test_what_is_not_the_clerks(self):
        out, _ = self.ends(0, "clerk", "person", "why", *self.own)
        self.assertIn("differs", out)
        _, err = self.ends(
            *(6, "clerk", "person", "why", self.own[0]),
            f"{SUZHOU_LABOR}/E-{self.sequence}",
        )
        self.assertIn("not available", err.lower())
        offices = next(
            item["id"]
            for item in self.items()
            if SUZHOU_LABOR in item["agencies"]
        )
        self.ends(4, "clerk", "person", "how", self.own[0])
        _, err = self.ends(
            *(6, "clerk", "candidate", "decide", offices, "--same"),
            *("--reason", "x", "--yes"),
        )
        self.assertIn("not available", err.lower())


class ConflictsAtAnAgency(Desk):
    """What an agency's own clerk sees of values that disagree."""

    pairs = 0

    def setUp(self):
        super().setUp()
        # Nobody like the one before, or the two would be a pair.
        type(self).count = getattr(type(self), "count", 600) + 1
        own = self.count
        self.year = 1936 + 7 * (own - 600)
        self.name = {"full": ("孙小梅", "欧阳建国")[own % 2]}
        self.keys = [f"M-{own}", f"N-{own}"]
        for agency, key, month in (
            (SUZHOU_POLICE, self.keys[0], 3),
            (FUYANG_POLICE, self.keys[1], 7),
        ):
            self.submit(
                agency,
                person(
                    key,
                    number=number_of(self.year, own),
                    name=self.name,
                    birthDate={
                        "date": {"year": self.year, "month": month, "day": 7}
                    },
                ),
            )

    def the_conflict(self):
        [row] = self.rows("clerk", "conflict", "list")
        return row["id"]

    def test_is_looked_at_and_not_decided(self):
        conflict = self.the_conflict()
        [row] = self.rows("clerk", "review", "list")
        self.assertEqual(row["id"], conflict)
        self.assertEqual(row["agencies"], SUZHOU_POLICE)
        out, err = self.ends(0, "clerk", "conflict", "show", conflict)
        for shown in (
            *(f"{self.year}-03-07", self.keys[0]),
            *("differs, not shown", "others"),
        ):
            self.assertIn(shown, out)
        for hidden in (
            *(f"{self.year}-07-07", FUYANG_POLICE),
            *(self.keys[1], "Would be told"),
        ):
            self.assertNotIn(hidden, out + err)
        self.assertIn("--purpose PURPOSE", err)
        reveal = ("conflict", "show", conflict, "--reveal", "birth_date")
        _, err = self.ends(2, "clerk", *reveal, "--reason", "she stands here")
        self.assertIn("purpose", err)
        reveal += ("--reason", "she stands here", "--purpose")
        self.ends(6, "clerk", *reveal, "business_service")
        out, _ = self.ends(0, "clerk", *reveal, "residence_registration")
        self.assertIn(f"{self.year}-07-07", out)
        self.assertNotIn(self.keys[1], out)
        listed = self.world.json("auditor", "audit", "list", "--kind", "read")
        [logged] = [
            one["event"]
            for one in listed["events"]
            if one["event"].get("object") == conflict
        ]
        self.assertIn(f"agency/{SUZHOU_POLICE}/clerk/", logged["actor"])
        self.assertEqual(logged["purpose"], "PURPOSE_RESIDENCE_REGISTRATION")
        self.assertIn("birth_date", logged["attributes"])
        _, err = self.ends(
            *(4, "clerk", "conflict", "decide", conflict, "--take", "A"),
            *("--reason", "x", "--yes"),
        )
        self.assertIn("reconciliation office", err)
        # A file of answers does no better.
        answers = f"id,etag,answer,reason\n{conflict},{row['etag']},keep-open,x\n"
        out, _ = self.ends(
            *(3, "clerk", "review", "decide", "-", "--yes"), stdin=answers
        )
        self.assertIn("reconciliation office", out)

    def test_in_the_loop(self):
        conflict = self.the_conflict()
        screen = self.next(
            (KEYS, "?"),
            (KEYS, "1"),
            (KEYS, "h"),
            (KEYS, "w"),
            (KEYS, "v"),
            ("Which attribute", "birth_date"),
            ("Why must it be seen", "she stands here"),
            ("For which purpose", "residence_registration"),
            (KEYS, "q"),
            context="clerk",
        )
        self.assertIn("differs, not shown", screen)
        self.assertRegex(screen, r"record key +[=!?] +.*" + self.keys[0])
        self.assertIn("q keeps it yours", screen)
        self.assertIn("The reconciliation office rules on conflicts", screen)
        self.assertIn(f"{self.year}-07-07", screen)
        self.assertNotIn(self.keys[1], screen)
        self.assertIn(conflict + " stays yours until", screen)
        # It goes when the agency corrects its record.
        self.submit(
            SUZHOU_POLICE,
            person(
                self.keys[0],
                revision=2,
                number=number_of(self.year, self.count),
                name=self.name,
                birthDate={"date": {"year": self.year, "month": 7, "day": 7}},
            ),
        )
        self.assertEqual(self.rows("clerk", "review", "list"), [])


if __name__ == "__main__":
    main()
