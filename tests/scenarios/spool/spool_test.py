# SPDX-License-Identifier: Apache-2.0
"""spool_test.py BIN_DIR: cases between agencies as forms in a folder, as a clerk
without any other program sees them: a real hub, the adapter of an agency that has
nothing else, and another agency that asks with wayctl.
"""

import csv
import io
import json
import os
import subprocess
import time

from people import with_check
from scenario import BIN, FUYANG_LABOR, SUZHOU_LABOR, Scenario, main
from world import PATIENCE, person

FAULTS = os.path.join(
    os.path.dirname(os.path.abspath(BIN)), "tests/libadapter_step_faults.so"
)
PURPOSE = "social_insurance_transfer"


class Spool(Scenario):
    """Suzhou's labor agency asks, Fuyang's answers by its folder."""

    CHARSET = ("gb18030", "gb18030")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count_calendar_days()
        cls.number = 0
        desk = cls.world.file("desk")
        os.mkdir(desk)
        clients = cls.world.file("hub/clients")
        cls.world.write(
            "desk/adapter.yaml",
            f"agency: {FUYANG_LABOR}\n"
            "state: state\n"
            f'hub: {{hubs: ["{cls.world.listen}"], '
            f"ca: {cls.world.file('hub/tls/ca.pem')}, "
            f"cert: {clients}/{FUYANG_LABOR}.pem, "
            f"key: {clients}/{FUYANG_LABOR}.key}}\n"
            f"notices: {{folder: notices, charset: {cls.CHARSET[0]}}}\n",
        )

    # --- who asks ---

    def new_record(self, agency):
        """A record of somebody new; its key."""
        cls = type(self)
        cls.number += 1
        key = f"R-{cls.number:04d}"
        update = json.loads(
            person(key, number=with_check(f"034105199003071{cls.number % 90:02d}"))
        )
        update["claims"]["name"]["full"] = "欧阳〇一"
        self.submit(agency, json.dumps(update))
        return key

    def ask(self, *more):
        """A case from Suzhou; its id."""
        return self.world.json(
            SUZHOU_LABOR,
            *("notice", "send", "verification", "--to", FUYANG_LABOR, "--yes"),
            *("--record", self.new_record(SUZHOU_LABOR)),
            *("--about", "name", "--about", "birth_date"),
            *("--purpose", PURPOSE), *more,
        )["notice"]["id"]

    def asked(self, notice):
        return self.world.json(SUZHOU_LABOR, "notice", "show", notice)

    # --- the folder ---

    def path(self, *parts):
        return self.world.file(os.path.join("desk/notices", *parts))

    def names(self, folder):
        return sorted(os.listdir(self.path(folder)))

    def form(self, *parts):
        """What stands in a form: field to value."""
        with open(self.path(*parts), "rb") as file:
            text = file.read().decode(self.CHARSET[1])
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(rows[0], ["field", "value", "explanation"])
        self.assertEqual(rows[-1][0], "end")
        return {row[0]: row[1] for row in rows[1:-1]}

    def fill(self, form, **values):
        """The form's bytes, filled in as a spreadsheet program saves it."""
        fields = {**form, **{key.replace("__", "."): value
                             for key, value in values.items()}}
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["field", "value", "explanation"])
        for field, value in fields.items():
            writer.writerow([field, value, ""])
        writer.writerow(["end", "", ""])
        return out.getvalue().encode(self.CHARSET[1])

    def put(self, bytes_, *parts):
        with open(self.path(*parts), "wb") as file:
            file.write(bytes_)

    def answer(self, notice, name=None, **values):
        """A clerk's answer to a case, put where the adapter looks."""
        values = {
            "result": "found",
            "result__name": "match",
            "result__birth_date": "differs",
            **values,
        }
        form = self.form("cases", f"{notice}.csv")
        self.put(self.fill(form, **values), "answers", name or f"{notice}.csv")

    # --- the adapter ---

    def adapter(self, *arguments, **environment):
        return subprocess.run(
            [
                os.path.join(BIN, "waystation-adapter"), "labor", "--config",
                self.world.file("desk/adapter.yaml"), "-q", "once", *arguments,
            ],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
            env={**self.world.environment(), **environment},
        )

    def turn(self, ends=0):
        """One run; what it says of the folder."""
        done = self.adapter("-o", "json")
        self.assertEqual(done.returncode, ends, done.stdout + done.stderr)
        said = json.loads(done.stdout).get("notices", {})
        return {
            name: value if isinstance(value, list) else int(value)
            for name, value in said.items() if name != "waits_because"
        }


class Cases(Spool):
    """Others ask, a clerk answers."""

    def test_a_case_goes_out_and_back(self):
        notice = self.ask("--text", "=HYPERLINK(请核实)", "--urgent")
        self.assertEqual(self.turn().get("cases"), 1)
        form = self.form("cases", f"{notice}.csv")
        self.assertEqual(form["id"], notice)
        self.assertEqual(form["from"], SUZHOU_LABOR)
        self.assertEqual(form["attributes"], "name;birth_date")
        self.assertEqual(form["urgent"], "yes")
        self.assertRegex(form["due"], r"^20\d\d-\d\d-\d\d$")
        self.assertEqual(form["about.name.full"], "欧阳〇一")
        self.assertEqual(form["about.birth_date.date"], "1990-03-07")
        # Nothing that the agreement does not give, and no formula.
        self.assertNotIn("about.identifiers.number", form)
        self.assertEqual(form["text"], "'=HYPERLINK(请核实)")
        self.assertEqual(form["result"], "")
        # It is written once, wherever the clerk has it now.
        os.rename(self.path("cases", f"{notice}.csv"), self.path("taken.csv"))
        self.assertEqual(self.turn(), {})
        self.assertEqual(self.names("cases"), [])
        os.rename(self.path("taken.csv"), self.path("cases", f"{notice}.csv"))

        self.answer(notice, note="档案如此，见第3页", evidence="document_seen")
        self.assertEqual(self.turn(), {"answered": 1})
        self.assertEqual(self.names("answers"), [])
        self.assertEqual(self.names("cases"), [])
        self.assertIn(f"{notice}.csv", self.names("done"))
        seen = self.asked(notice)
        self.assertEqual(seen["notice"]["state"], "STATE_ANSWERED")
        self.assertEqual(seen["notice"]["result"], "RESULT_FOUND")
        answer = seen["text"]["answer"]
        self.assertEqual(answer["note"], "档案如此，见第3页")
        self.assertEqual(
            [field["answer"] for field in answer["fields"]],
            ["ANSWER_MATCH", "ANSWER_DIFFERS"],
        )
        self.assertEqual(self.turn(), {})

    def test_a_half_written_form_waits(self):
        notice = self.ask()
        self.turn()
        self.answer(notice, "whole.csv")
        with open(self.path("answers/whole.csv"), "rb") as file:
            whole = file.read()
        os.remove(self.path("answers/whole.csv"))
        for cut in (0, 3, 20, len(whole) // 3, len(whole) // 2,
                    len(whole) - 9, len(whole) - 5):
            self.put(whole[:cut], "answers", "a.csv")
            self.assertEqual(self.turn(), {"incomplete": 1}, cut)
        self.assertEqual(self.asked(notice)["notice"]["state"], "STATE_DELIVERED")
        self.assertEqual(self.names("rejected"), [])
        # Files of spreadsheet programs and file shares are nobody's forms.
        for name in (".a.csv", "~$a.csv", "a.csv.part", "a.txt"):
            self.put(whole, "answers", name)
        os.remove(self.path("answers/a.csv"))
        self.assertEqual(self.turn(), {})
        # Moved into place, or ended at last.
        os.rename(self.path("answers/a.csv.part"), self.path("answers/a.csv"))
        self.assertEqual(self.turn(), {"answered": 1})
        for name in (".a.csv", "~$a.csv", "a.txt"):
            os.remove(self.path("answers", name))

    def test_two_forms_for_one_case(self):
        notice = self.ask()
        self.turn()
        self.answer(notice, "a.csv")
        self.answer(notice, "b.csv", result__name="differs")
        self.answer(notice, "c.csv")
        said = self.turn(ends=3)
        # The first stands; who said the same said nothing new.
        self.assertEqual((said["answered"], said["rejected"]), (2, 1))
        self.assertIn("b.csv", self.names("rejected"))
        text = self.read_text("b.csv.txt")
        self.assertIn("id: the case has another answer already", text)
        fields = self.asked(notice)["text"]["answer"]["fields"]
        self.assertEqual(fields[0]["answer"], "ANSWER_MATCH")

    def read_text(self, name):
        with open(self.path("rejected", name), "rb") as file:
            return file.read().decode(self.CHARSET[1])

    def test_an_answer_after_closing(self):
        notice = self.ask()
        self.turn()
        form = self.form("cases", f"{notice}.csv")
        self.ends(
            0, SUZHOU_LABOR, "notice", "close", notice, "--reason", "settled",
            "--yes",
        )
        filled = self.fill(
            form, result="found", result__name="match",
            result__birth_date="match",
        )
        self.put(filled, "answers", "late.csv")
        said = self.turn(ends=3)
        self.assertEqual(said["rejected"], 1)
        self.assertIn("the case was closed meanwhile", self.read_text("late.csv.txt"))
        # What could be seen of the record went with the case.
        self.assertEqual(self.names("cases"), [])
        self.assertEqual(self.turn(), {})

    def test_an_extended_case_has_a_new_form(self):
        notice = self.ask()
        self.turn()
        old = self.form("cases", f"{notice}.csv")
        self.ends(
            0, FUYANG_LABOR, "notice", "extend", notice, "--reason", "archive",
            "--yes",
        )
        self.assertEqual(self.turn(), {"cases": 1})
        self.assertNotEqual(self.form("cases", f"{notice}.csv"), old)
        self.put(self.fill(old, result="not_found"), "answers", "old.csv")
        self.assertEqual(self.turn(ends=3)["rejected"], 1)
        self.assertIn("the case changed meanwhile", self.read_text("old.csv.txt"))
        self.answer(notice)
        self.assertEqual(self.turn()["answered"], 1)

    def test_run_turns_the_folder_over(self):
        with open(self.world.file("desk/adapter.yaml"), "a",
                  encoding="utf-8") as file:
            file.write("poll: 1s\n")
        self.turn()
        running = subprocess.Popen(
            [os.path.join(BIN, "waystation-adapter"), "labor", "--config",
             self.world.file("desk/adapter.yaml"), "-q", "run"],
            stderr=subprocess.PIPE, text=True, env=self.world.environment(),
        )
        self.addCleanup(running.stderr.close)
        notice = self.ask()
        self.wait(lambda: f"{notice}.csv" in self.names("cases"))
        self.answer(notice)
        self.wait(lambda: f"{notice}.csv" in self.names("done"))
        self.wait(lambda: self.names("cases") == [])
        running.terminate()
        self.assertEqual(running.wait(PATIENCE), 0)
        self.assertRegex(running.stderr.read(), "notices: .*1 answered")
        self.assertEqual(
            self.asked(notice)["notice"]["state"], "STATE_ANSWERED"
        )

    def wait(self, done):
        for _ in range(PATIENCE * 10):
            if done():
                return
            time.sleep(0.1)
        self.fail("it did not come to that")

    def test_what_is_wrong_is_named_by_line(self):
        notice = self.ask()
        self.turn()
        self.answer(
            notice, "bad.csv", result="vielleicht", result__name="yes",
            result__size="match", colour="blue",
        )
        form = self.form("cases", f"{notice}.csv")
        line = 2 + list(form).index("result")
        said = self.turn(ends=3)
        self.assertEqual((said["rejected"], len(said["findings"])), (1, 4))
        text = self.read_text("bad.csv.txt")
        self.assertIn(f"line {line}, result: one of ", text)
        self.assertRegex(text, r"line \d+, result\.name: one of match, differs")
        # What stands where a field's name should may be anything.
        self.assertRegex(text, r"line \d+: a field of Person")
        self.assertRegex(text, r"line \d+: no row of this form")
        self.assertNotIn("colour", text)
        self.assertNotIn("vielleicht", text)
        # Nothing of it went out, and a mended copy does.
        self.assertEqual(self.asked(notice)["notice"]["state"], "STATE_DELIVERED")
        # The hub's own refusals, in the language of the desk.
        self.answer(notice, "b2.csv", result="upheld")
        done = self.adapter("--lang", "zh")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertRegex(self.read_text("b2.csv.txt"), "[\u4e00-\u9fff]")
        self.put(b"\xff\xfe\x00not a form\nend", "answers", "b3.csv")
        self.assertEqual(self.turn(ends=3)["rejected"], 1)
        self.assertIn("line 1: a header", self.read_text("b3.csv.txt"))
        # Chinese words are taken where the desk speaks Chinese.
        self.answer(notice, "good.csv", result="not_found",
                    result__name="", result__birth_date="")
        self.assertEqual(self.turn()["answered"], 1)


class Outgoing(Spool):
    """A clerk asks others, and gets what they answer."""

    CHARSET = ("utf8", "utf-8-sig")

    def new_case(self, reference, **more):
        form = self.form("new-case.csv")
        return self.fill(form, **{
            "reference": reference, "kind": "verification",
            "purpose": PURPOSE, "record": self.new_record(FUYANG_LABOR),
            "attributes": "name;birth_date", "to": SUZHOU_LABOR,
            "text": "请核实", **more,
        })

    def inbox(self):
        return [row["id"] for row in self.rows(SUZHOU_LABOR, "notice", "inbox")]

    def test_a_case_is_put_and_its_answer_comes(self):
        self.turn()
        asked = self.new_case("FY-2026-001")
        self.put(asked, "outgoing", "case.csv")
        self.assertEqual(self.turn(), {"sent": 1})
        [notice] = self.inbox()
        self.assertEqual(self.names("outgoing"), [])
        # The same form once more is the same case.
        self.put(asked, "outgoing", "again.csv")
        self.assertEqual(self.turn(), {"sent": 1})
        self.assertEqual(self.inbox(), [notice])
        # Another case under the same number is a mistake.
        self.put(self.new_case("FY-2026-001"), "outgoing", "other.csv")
        said = self.turn(ends=3)
        self.assertEqual(said["findings"][0]["reason"], "REQUEST_ID_REUSED")
        self.assertEqual(self.inbox(), [notice])

        self.ends(
            0, SUZHOU_LABOR, "notice", "answer", notice, "--result", "found",
            *("--field", "name=match", "--field", "birth_date=unknown"),
            *("--note", "+1 页", "--yes"),
        )
        self.assertEqual(self.turn(), {"results": 1})
        result = self.form("results", f"{notice}.csv")
        self.assertEqual(result["result"], "found")
        self.assertEqual(result["result.name"], "match")
        self.assertEqual(result["result.birth_date"], "unknown")
        self.assertEqual(result["note"], "'+1 页")
        self.assertRegex(result["record"], r"^R-\d+$")
        shown = self.world.json(FUYANG_LABOR, "notice", "show", notice)
        self.assertEqual(shown["notice"]["state"], "STATE_CLOSED")
        self.assertEqual(self.turn(), {})

    def test_what_cannot_be_sent_is_named(self):
        self.turn()
        for name, more, rule in (
            ("a", {"record": "nobody"}, ""),
            ("b", {"to": ""}, "either to, or sector with division"),
            ("c", {"kind": "summons"}, "one of residence"),
            ("d", {"attributes": "children"}, "a field of Person"),
            ("e", {"reference": ""}, "reference: must be filled in"),
            ("f", {"to": "public_security.341200"}, ""),
        ):
            with self.subTest(name):
                reference = more.pop("reference", f"X-{name}")
                form = self.new_case(reference, **more)
                self.put(form, "outgoing", f"{name}.csv")
                self.assertEqual(self.turn(ends=3)["rejected"], 1)
                with open(self.path("rejected", f"{name}.csv.txt"), "rb") as file:
                    self.assertIn(rule, file.read().decode("utf-8"))


class Killed(Spool):
    """The adapter dies at any step, and nothing is done twice or left out."""

    def test_kill_at_any_step(self):
        self.turn()
        form = self.form("new-case.csv")

        def prepare(step):
            first, second = self.ask(), None
            self.turn()
            self.answer(first)
            second = self.ask()
            self.put(self.fill(form, **{
                "reference": f"K-{step}", "kind": "verification",
                "purpose": PURPOSE, "record": self.new_record(FUYANG_LABOR),
                "attributes": "name", "to": SUZHOU_LABOR,
            }), "outgoing", f"k{step}.csv")
            return first, second

        def check(step, first, second, before):
            said = self.turn()
            self.assertNotIn("rejected", said, step)
            self.assertEqual(self.names("answers"), [], step)
            self.assertEqual(self.names("outgoing"), [], step)
            self.assertEqual(self.names("cases"), [f"{second}.csv"], step)
            seen = self.asked(first)
            self.assertEqual(seen["notice"]["state"], "STATE_ANSWERED", step)
            answered = [event for event in seen["history"]
                        if event["kind"] == "KIND_ANSWERED"]
            self.assertEqual(len(answered), 1, step)
            sent = self.rows(FUYANG_LABOR, "notice", "list", "--box", "sent")
            self.assertEqual(len(sent), before + 1, step)
            self.answer(second)
            self.turn()

        faults = {
            "LD_PRELOAD": FAULTS,
            "WAYSTATION_FAULT_FOLDER": self.world.file("desk"),
        }
        count = self.world.file("count")
        first, second = prepare(0)
        done = self.adapter(WAYSTATION_COUNT_FILE=count, **faults)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        check(0, first, second, 0)
        steps = int(self.world.read("count"))
        self.assertGreater(steps, 40)
        rounds = 16
        killed = 0
        for i in range(1, rounds + 1):
            step = i * steps // rounds
            first, second = prepare(step)
            done = self.adapter(WAYSTATION_KILL_AT=str(step), **faults)
            killed += done.returncode == -9
            check(step, first, second, i)
        self.assertGreaterEqual(killed, rounds - 2)


if __name__ == "__main__":
    main()
