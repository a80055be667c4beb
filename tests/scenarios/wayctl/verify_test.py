# SPDX-License-Identifier: Apache-2.0
"""verify_test.py BIN_DIR: a certificate at a desk: a code is given to its
holder, shown, asked with once, taken back; and who asks how often."""

import json

from scenario import (
    FUYANG_LABOR,
    FUYANG_POLICE,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    Scenario,
    main,
)
from world import person

PURPOSE = ("--purpose", "employment_service")
ASKED = ("--asked", "in_person", *PURPOSE)
NOTICE = "No service may be refused because of this answer"


class Verify(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        update = person(
            "L-1",
            certificates=[
                {"kind": "KIND_TRAINING", "number": "T-77"},
                {
                    "kind": "KIND_LICENCE",
                    "number": "B-1",
                    "validUntil": {"year": 2020, "month": 1, "day": 31},
                },
                {"kind": "KIND_LICENCE", "number": "B-2"},
            ],
            socialInsurance={
                "schemes": [
                    {"scheme": "SCHEME_MATERNITY", "state": "STATE_INSURED"}
                ]
            },
        )
        cls.world.run(SUZHOU_LABOR, "record", "submit", "--yes", stdin=update)

    def issue(self, *arguments, agency=SUZHOU_LABOR, stdin=""):
        out, _ = self.ends(
            *(0, agency, "verify", "issue", *arguments, *ASKED),
            *("--record", "L-1", "--yes", "-o", "json"),
            stdin=stdin,
        )
        return json.loads(out)["code"]

    def check(self, expected, code, *arguments, agency=FUYANG_LABOR):
        return self.ends(
            *(expected, agency, "verify", "check", *arguments, *PURPOSE),
            stdin=code + "\n",
        )


class Desk(Verify):
    def test_a_code_is_given_out_shown_and_used_once(self):
        world = self.world
        issue = ("verify", "issue", "training", "--record", "L-1", *ASKED)
        out, _ = self.ends(0, SUZHOU_LABOR, *issue, "--dry-run")
        self.assertIn("training", out)
        self.assertNotIn("Code", out)
        code, screen = world.type(
            SUZHOU_LABOR, *issue, answers=[("given out? [y/N]", "y")]
        )
        self.assertEqual(code, 0, screen)
        [line] = [
            line for line in screen.splitlines() if line.startswith("Code")
        ]
        code = line.split()[-1]
        self.assertRegex(code, r"^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$")

        # Typed at the desk, as people type.
        ended, screen = world.type(
            *(FUYANG_LABOR, "verify", "check", "training", *PURPOSE),
            answers=[("Code that the holder shows", code.lower())],
        )
        self.assertEqual(ended, 0, screen)
        self.assertRegex(screen, r"Answer +valid")
        self.assertIn(NOTICE, screen)
        for again in (FUYANG_LABOR, SUZHOU_LABOR):
            _, err = self.check(6, code, "training", agency=again)
            self.assertIn("The code is not valid", err)

    def test_an_answer_ends_no_script(self):
        code = self.issue("licence", "--entry", "1")
        out, _ = self.check(0, code, "licence")
        self.assertIn("not valid", out)
        self.assertIn(NOTICE, out)

    def test_the_number_is_asked_for_and_never_typed_on_the_command_line(self):
        _, err = self.ends(
            *(2, SUZHOU_LABOR, "verify", "issue", "licence", *ASKED),
            *("--record", "L-1", "--yes"),
        )
        self.assertIn("several certificates of this kind", err)
        code = self.issue("licence", "--number", stdin="b-2\n")
        out, _ = self.ends(
            *(0, FUYANG_LABOR, "verify", "check", "licence", *PURPOSE),
            *("--number", "-o", "json"),
            stdin=f"{code}\nB-2\n",
        )
        answer = json.loads(out)
        self.assertEqual(answer["answer"], "ANSWER_VALID")
        self.assertEqual(
            [notice["language"] for notice in answer["notice"]], ["zh", "en"]
        )
        # Without a terminal and without a line there is nobody to ask.
        self.ends(2, FUYANG_LABOR, "verify", "check", "licence", *PURPOSE)

    def test_insurance_is_stated_and_police_may_not_ask(self):
        statement = ("benefit_statement", "--scheme", "maternity")
        code = self.issue(*statement)
        _, err = self.check(4, code, *statement, agency=FUYANG_POLICE)
        self.assertIn("have no part in certificates of this kind", err)
        self.check(6, code, "benefit_statement")
        out, _ = self.check(0, code, *statement)
        self.assertIn("maternity", out)

    def test_the_office_gives_out_a_code_by_the_paper(self):
        office = ("verify", "issue", "training", "--record", "L-1", *ASKED)
        office += ("--agency", SUZHOU_LABOR, "--yes", "-o", "json")
        self.ends(2, "office", *office)
        self.ends(6, "office", *office, "--number", stdin="T-78\n")
        out, _ = self.ends(0, "office", *office, "--number", stdin="T-77\n")
        self.check(0, json.loads(out)["code"], "training")
        # Nobody else does.
        self.ends(6, SUZHOU_POLICE, *office)
        self.ends(4, "operator", *office)

    def test_codes_are_taken_back(self):
        code = self.issue("training")
        withdraw = ("verify", "withdraw", "--record", "L-1")
        out, _ = self.ends(
            0, SUZHOU_LABOR, *withdraw, "--kind", "training", "--dry-run"
        )
        self.assertRegex(out, r"Codes that end +1")
        self.ends(0, SUZHOU_LABOR, *withdraw, "--kind", "licence", "--yes")
        self.ends(0, SUZHOU_LABOR, *withdraw, "--yes")
        self.check(6, code, "training")
        self.ends(6, FUYANG_LABOR, *withdraw, "--yes")

    def test_what_is_mistyped_is_told_apart(self):
        code = self.issue("training")
        slip = code[:-1] + ("0" if code[-1] != "0" else "1")
        _, err = self.check(2, slip, "training")
        self.assertIn("The code is mistyped", err)
        self.check(2, "hello", "training")
        self.check(0, code, "training")

    def test_lifetimes_are_bounded(self):
        issue = ("verify", "issue", "training", "--record", "L-1", *ASKED)
        for life in ("10s", "73h", "soon"):
            self.ends(2, SUZHOU_LABOR, *issue, "--for", life, "--yes")
        self.ends(0, SUZHOU_LABOR, *issue, "--for", "72h", "--dry-run")

    def test_speaks_chinese(self):
        code = self.issue("training")
        out, _ = self.check(0, code, "training", "--lang", "zh")
        for shown in ("培训证书", "有效", "不得因本次查验结果拒绝提供任何服务"):
            self.assertIn(shown, out)
        _, err = self.check(6, code, "training", "--lang", "zh")
        self.assertIn("该验证码无效", err)


class Guessing(Verify):
    def test_guesses_end_and_the_report_says_who(self):
        world = self.world
        world.stop()
        with open(world.file("hub/hub.yaml"), "a", encoding="utf-8") as file:
            file.write("limits:\n  wrong_codes: 5\n")
        world.start()
        used = self.issue("training")
        self.check(0, used, "training", agency=SUZHOU_LABOR)
        for _ in range(5):
            self.check(6, used, "training")
        good = self.issue("training")
        _, err = self.check(7, good, "training")
        self.assertIn("too many codes today", err)
        self.check(0, good, "training", agency=SUZHOU_LABOR)

        rows = self.rows("auditor", "verify", "report", "--days", "1")
        counts = {row["agency"]: row for row in rows}
        self.assertEqual(counts[FUYANG_LABOR]["wrong_codes"], "5")
        self.assertEqual(counts[FUYANG_LABOR]["unusual"], "wrong_codes")
        self.assertEqual(counts[SUZHOU_LABOR]["valid"], "2")
        self.assertEqual(counts[SUZHOU_LABOR]["unusual"], "")
        [row] = self.rows("office", "verify", "report", "--unusual")
        self.assertEqual(row["agency"], FUYANG_LABOR)
        self.ends(4, FUYANG_LABOR, "verify", "report")
        # Which codes they were, and whose, stands nowhere.
        events = world.json(
            *("auditor", "audit", "list", "--kind", "holder_code"),
        )
        text = json.dumps(events)
        self.assertIn("CODE_NOT_VALID", text)
        for secret in (used, good, "T-77", "L-1", "张小花"):
            self.assertNotIn(secret, text)


if __name__ == "__main__":
    main()
