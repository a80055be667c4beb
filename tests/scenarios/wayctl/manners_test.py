# SPDX-License-Identifier: Apache-2.0
"""manners_test.py BIN_DIR: help, completion, streams, and what goes wrong."""

import datetime
import json
import os
import shlex
import shutil
import subprocess

from scenario import (
    BIN,
    FUYANG_LABOR,
    FUYANG_POLICE,
    NUMBER,
    SOURCE,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    Scenario,
    main,
)
from world import PATIENCE, person



class Examples(Scenario):
    """The example in the help of each verb works as it stands there."""

    CONTEXTS = {
        "audit": "auditor",
        "candidate": "office",
        "conflict": "office",
        "decision": "office",
        "mailbox": SUZHOU_LABOR,
        "notice": FUYANG_LABOR,
        "notice send": SUZHOU_LABOR,
        "notice close": SUZHOU_LABOR,
        "person": SUZHOU_LABOR,
        "person why": "office",
        "person how": "office",
        "record": SUZHOU_LABOR,
        "review": "office",
        "service": SUZHOU_LABOR,
        "verify": SUZHOU_LABOR,
        "verify report": "office",
    }
    # Before others; the rest follow as they stand in the help.
    FIRST = [
        ("agreement", "apply"),
        ("review", "list"),
        ("review", "claim"),
        ("review", "release"),
        ("review", "next"),
        ("conflict", "list"),
        ("conflict", "show"),
        ("conflict", "decide"),
        ("mailbox", "watch"),
        ("audit", "export"),
    ]
    QUESTIONS = {
        ("conflict", "decide"): [
            ("Reason", "seen"), ("[y/N]", "y")
        ],
        ("candidate", "decide"): [
            ("One person or two?", "same"), ("Reason", "seen"), ("[y/N]", "y")
        ],
        ("decision", "undo"): [("Reason", "wrong"), ("[y/N]", "y")],
        ("agreement", "apply"): [("[y/N]", "y")],
        ("rules", "apply"): [("[y/N]", "y")],
        ("agreement", "revoke"): [("Reason", "over"), ("[y/N]", "y")],
        ("cert", "revoke"): [("Reason", "lost"), ("[y/N]", "y")],
        ("person", "match"): [("to compare", "1990-03-07")],
        ("person", "ask"): [
            ("as presented", "034105199003070424"),
            ("as presented", "张小花"),
            ("as presented", "1990-03-07"),
        ],
        ("notice", "send"): [("[y/N]", "y")],
        ("notice", "accept"): [("[y/N]", "y")],
        ("notice", "answer"): [("[y/N]", "y")],
        ("notice", "extend"): [("[y/N]", "y")],
        ("notice", "close"): [("[y/N]", "y")],
        ("review", "next"): [("? > ", "q")],
        ("verify", "issue"): [("[y/N]", "y")],
        ("verify", "check"): [("the holder shows", lambda: Examples.code)],
        ("verify", "withdraw"): [("[y/N]", "y")],
        ("review", "sample"): [("[y/N]", "y")],
        # Go on until they are interrupted.
        ("mailbox", "watch"): [('"lastToken"', None)],
        ("notice", "watch"): [('"pageToken"', None)],
    }

    ENDS = {
        ("mailbox", "watch"): 130,
        ("notice", "watch"): 130,
        # Four records are too few.
        ("rules", "train"): 1,
        # Each clerk's ruling stands by itself here: nothing waits.
        ("decision", "approve"): 5,
        ("decision", "refuse"): 5,
        ("decision", "withdraw"): 5,
        # There is no third agency to pass one on to.
        ("notice", "reroute"): 6,
        # Nor is anything overdue.
        ("notice", "prompt"): 5,
        # No hub at hand has two histories: tests/faults/fork_test.py.
        ("audit", "verify-evidence"): 6,
        # Nor one whose store is there: migrate_test.py.
        ("hub", "migrate"): 6,
    }

    def words(self, *typed):
        out, _ = self.ends(0, None, "__complete", *typed, "")
        return out.split()

    def verbs(self):
        found = [
            (noun, verb) for noun in self.words() for verb in self.words(noun)
        ]
        return self.FIRST + [verb for verb in found if verb not in self.FIRST]

    def example(self, noun, verb, language):
        out, _ = self.ends(0, None, noun, verb, "--help", "--lang", language)
        lines = out.splitlines()
        title = {"en": "Example:", "zh": "示例:"}[language]
        self.assertIn(title, lines, f"{noun} {verb}")
        return lines[lines.index(title) + 1].strip()

    def prepare(self):
        world = self.world
        self.count_calendar_days()
        desk = world.file("desk")
        os.mkdir(desk)
        shutil.copy(world.file("hub/log.key"), desk)
        for shipped in (
            "calendars/cn.yaml",
            "ceiling/other_sectors.yaml",
            "services/catalogue.yaml",
            "services/points.yaml",
            "deadlines/default.yaml",
        ):
            shutil.copy(SOURCE / "deploy" / shipped, desk)
        self.submit(SUZHOU_POLICE, person("A-1"))
        self.submit(FUYANG_POLICE, person("B-1", month=7, day=3))
        self.submit(
            SUZHOU_LABOR,
            person(
                "LD-0001",
                employment={"employer": "one"},
                certificates=[{"kind": "KIND_TRAINING", "number": "T-1"}],
            ),
        )
        self.submit(FUYANG_LABOR, person("F-1", name={"full": "李大年"}))
        world.write("desk/updates.json", person("LD-0002"))
        world.write(
            "desk/agency.yaml",
            "id: housing.320500\nsector: housing\njurisdiction: '3205'\n",
        )
        world.write(
            "desk/agreement.yaml",
            "id: labor-trial\n"
            "version: 1\n"
            "recipient_sector: labor\n"
            "purpose: employment_service\n"
            "legal_basis: {statute: 就业促进法, article: art. 35}\n"
            "impact_assessment: PIA-1\n"
            "scope: own_records\n"
            "valid_from: 2024-01-01\n"
            "valid_until: 2034-12-31\n"
            "retention_days: 365\n"
            "grants:\n"
            "  - {source_sector: public_security, attribute: birth_date, "
            "form: value}\n"
            "  - {source_sector: labor, attribute: name, form: value}\n",
        )
        world.write("desk/rules.yaml", "version: as-ever\n")
        world.write(
            "desk/residents.yaml",
            "version: trial\nsource: as a yearbook has it\n"
            "as_of: 2025-12-31\ncounties:\n"
            "  - {division: '320505', locals: 9000, migrants: 4000}\n",
        )
        today = datetime.date.today()
        world.write(
            "desk/month.yaml",
            f"year: {today.year}\nmonth: {today.month}\ncounts:\n"
            "  - service: training.vocational_course\n"
            "    division: '320505'\n"
            "    migrants: {offered: 40, delivered: 30, declined: 10}\n",
        )
        world.write("desk/learnt.yaml", "version: as-learnt\n")
        self.conflict = self.rows("office", "conflict", "list")[0]["id"]
        self.candidate = self.rows("office", "candidate", "list")[0]["id"]
        return desk

    def real(self, example):
        """Ids that only a hub can give stand for those of this hub."""
        world = self.world
        if "c-k3p7w2" in example:
            example = example.replace("c-k3p7w2", self.conflict)
        if "k-m4q6z5" in example:
            example = example.replace("k-m4q6z5", self.candidate)
        if "5f01a2" in example:
            [row] = self.rows("operator", "cert", "list", "--identity",
                              "operator/li")
            example = example.replace("5f01a2", row["serial"])
        if "20261126T220501Z" in example:
            [row] = self.rows("operator", "backup", "list")
            example = example.replace("20261126T220501Z", row["name"])
        for name in ("n-k3p7w2", "n-r5t6aq"):
            if name in example:
                example = example.replace(name, self.notice(example))
        if "verify check" in example:
            Examples.code = self.code()
        if "verify-proof" in example:
            self.ends(
                *(0, SUZHOU_LABOR, "audit", "prove", "--record", "LD-0001"),
                *("--save", world.file("desk/proof.json")),
            )
        if "answers.csv" in example:
            _, answers, _ = world.run("office", "review", "list", "-o", "csv")
            world.write("desk/answers.csv", answers)
        if "TOKEN" in example:
            status = world.json(SUZHOU_LABOR, "mailbox", "status")
            example = example.replace("TOKEN", status["acknowledgedToken"])
        if example.startswith("wayctl decision"):
            example = example.replace(" 4", " 1")
        return example

    def notice(self, example):
        """One that was just sent; for who ends it, answered."""
        notice = self.world.json(
            SUZHOU_LABOR,
            *("notice", "send", "verification", "--record", "LD-0001"),
            *("--about", "name", "--to", FUYANG_LABOR, "--yes"),
            *("--purpose", "social_insurance_transfer"),
        )["notice"]["id"]
        if "notice close" in example:
            answer = ("notice", "answer", notice, "--result", "not_found")
            self.ends(0, FUYANG_LABOR, *answer, "--yes")
        return notice

    def code(self):
        """For the certificate of the example."""
        return self.world.json(
            SUZHOU_LABOR,
            *("verify", "issue", "training", "--record", "LD-0001", "--yes"),
            *("--asked", "in_person", "--purpose", "employment_service"),
        )["code"]

    def test_each_works(self):
        world = self.world
        desk = self.prepare()
        for noun, verb in self.verbs():
            example = self.example(noun, verb, "en")
            self.assertEqual(self.example(noun, verb, "zh"), example)
            self.assertIn(f"wayctl {noun} {verb}", example)
            context = self.CONTEXTS.get(
                f"{noun} {verb}", self.CONTEXTS.get(noun, "operator")
            )
            code, screen = world.talk(
                ["/bin/bash", "-c",
                 f"export WAYSTATION_CONTEXT={context}; {self.real(example)}"],
                self.QUESTIONS.get((noun, verb), []),
                folder=desk,
            )
            expected = self.ENDS.get((noun, verb), 0)
            self.assertEqual(code, expected, f"{example}\n{screen}")


class Completion(Scenario):
    def complete(self, line):
        """What bash offers for a line, with the script that wayctl prints."""
        script = (
            "source <(wayctl completion bash)\n"
            f"COMP_WORDS=({line})\n"
            "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
            "_wayctl\n"
            'printf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        done = subprocess.run(
            ["/bin/bash", "--norc", "-c", script],
            capture_output=True,
            text=True,
            env=self.world.environment(),
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout.split()

    def test_nouns_verbs_and_flags(self):
        self.assertEqual(self.complete('wayctl con'), ["conflict", "config"])
        self.assertEqual(
            self.complete('wayctl conflict ""'), ["list", "show", "decide"]
        )
        self.assertIn("--reveal", self.complete("wayctl conflict show --"))
        self.assertIn("--context", self.complete("wayctl conflict show --"))
        self.assertEqual(
            self.complete('wayctl hub status -o ""'),
            ["table", "json", "yaml", "csv"],
        )
        self.assertEqual(
            self.complete("wayctl --context off"), ["office"]
        )
        self.assertEqual(
            self.complete("wayctl person show --purpose employment"),
            ["employment_service"],
        )

    def test_script_is_sound(self):
        out, _ = self.ends(0, None, "completion", "bash")
        self.world.write("completion.bash", out)
        subprocess.run(
            ["/bin/bash", "-n", self.world.file("completion.bash")], check=True
        )


class Streams(Scenario):
    """Data on standard output, the rest on standard error."""

    def test_formats_agree(self):
        self.submit(SUZHOU_LABOR, person("S-1"))
        listed = ("record", "list")
        [row] = self.rows(SUZHOU_LABOR, *listed)
        [record] = self.world.json(SUZHOU_LABOR, *listed)["records"]
        self.assertEqual(record["handle"], row["handle"])
        out, _ = self.ends(0, SUZHOU_LABOR, *listed, "-o", "yaml")
        self.assertIn(row["handle"], out)

    def test_an_empty_list_is_no_data(self):
        out, err = self.ends(0, "office", "candidate", "list")
        self.assertEqual(out, "")
        self.assertIn("nothing to list", err)
        self.assertEqual(self.world.json("office", "candidate", "list"), {})

    def test_errors_are_json_too(self):
        for arguments, code in (
            (("conflict", "show", "nonsense"), 6),
            (("conflict", "show"), 2),
            (("conflict", "show", NUMBER), 2),
            (("record", "list"), 4),
            (("conflict", "list", "--hub", "127.0.0.1:1"), 7),
            (("conflict", "list", "--context", "nobody"), 2),
        ):
            out, err = self.ends(code, "office", *arguments, "-o", "json")
            self.assertEqual(out, "")
            self.assertIn("code", json.loads(err))

    def test_colors_only_where_they_are_wanted(self):
        hub = ("agency", "list")
        code, screen = self.world.type("operator", *hub)
        self.assertIn("\x1b[", screen)
        self.world.extra = {"NO_COLOR": "1"}
        self.addCleanup(setattr, self.world, "extra", {})
        code, screen = self.world.type("operator", *hub)
        self.assertEqual(code, 0)
        self.assertNotIn("\x1b[", screen)
        out, _ = self.ends(0, "operator", *hub)
        self.assertNotIn("\x1b[", out)

    def test_nobodys_words_move_the_cursor_or_turn_what_is_shown(self):
        controls = "\x1b[2J\x1b]0;title\x07\x9b1A\x85\x7f\r"
        turns = "".join(
            map(chr, (0x061C, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF))
        ) + "".join(map(chr, range(0x202A, 0x202F))) + "".join(
            map(chr, range(0x2066, 0x206A))
        )
        world = self.world
        world.extra = {"NO_COLOR": "1"}
        self.addCleanup(setattr, world, "extra", {})
        # A key holds no controls; the words of an agency's file are its own.
        key = "K" + turns + "Z"
        self.submit(SUZHOU_LABOR, person(key))
        file = world.write(
            "turned.yaml",
            "id: education.320500\nsector: education\n"
            'jurisdiction: "3205"\n'
            f"name_zh: {json.dumps('学校' + turns + controls + '局')}\n",
        )
        self.ends(0, "operator", "agency", "put", file)
        # Whoever reads it with a program has it as it is.
        self.assertIn(
            key,
            [r["recordKey"] for r in world.json(
                SUZHOU_LABOR, "record", "list")["records"]],
        )
        obeyed = set(turns + controls) - set("[]2J0;title1A\r")
        wrong = world.write("wrong.yaml", f"id: {json.dumps(controls + turns)}\n")
        for context, arguments, shown in (
            (SUZHOU_LABOR, ("record", "list"), "K\N{REPLACEMENT CHARACTER}"),
            ("operator", ("agency", "list"), "education.320500"),
            ("operator", ("agency", "show", "education.320500"), "学校"),
            # Errors name files, keys and what was asked for.
            ("operator", ("agency", "put", wrong), ""),
            ("operator", ("agency", "put", "no" + turns + controls), ""),
            (SUZHOU_LABOR, ("record", "show", "no" + turns), ""),
            ("operator", ("agency", "show", "no" + turns + controls), ""),
            ("operator", ("agency", turns + controls), ""),
        ):
            for output in ("table", "csv", "json", "yaml"):
                _, screen = world.type(context, *arguments, "-o", output)
                self.assertEqual(
                    obeyed & set(screen), set(), f"{arguments} {output}"
                )
                self.assertNotEqual(screen.strip(), "")
                # JSON spells such characters out.
                if output == "table":
                    self.assertIn(shown, screen)

    def test_language_comes_from_the_locale(self):
        self.world.extra = {"LANG": "zh_CN.UTF-8"}
        self.addCleanup(setattr, self.world, "extra", {})
        out, _ = self.ends(0, "operator", "agency", "list")
        self.assertIn("最近连接", out)
        _, err = self.ends(4, "operator", "record", "list")
        self.assertIn("错误：该身份无权进行此操作", err)
        out, _ = self.ends(0, "operator", "agency", "list", "--lang", "en")
        self.assertIn("LAST SEEN", out)

    def test_a_full_disk_is_noticed(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                self.world.command("operator", ["agency", "list"]),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                env=self.world.environment(),
                timeout=PATIENCE,
                check=False,
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be written", done.stderr)


class Trouble(Scenario):
    """Each says what is wrong, and what to do."""

    def says(self, code, text, *arguments, context="operator"):
        out, err = self.ends(code, context, *arguments)
        self.assertEqual(out, "")
        self.assertIn(text, err)
        self.assertNotIn("ssl_transport", err, "gRPC's own log")
        return err

    def certificate(self, name, identity, authority, days):
        """Signed with openssl, as no authority of ours would."""
        world = self.world
        made = world.file(name)
        extensions = world.write(
            name + ".ext",
            f"subjectAltName=URI:spiffe://waystation.example/{identity}\n"
            "extendedKeyUsage=clientAuth\n",
        )
        for command in (
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
            f"-keyout {made}.key -out {made}.csr -subj /CN={name}",
            f"x509 -req -in {made}.csr -CA {authority}.pem "
            f"-CAkey {authority}.key -CAcreateserial -days {days} "
            f"-extfile {extensions} -out {made}.pem",
        ):
            subprocess.run(
                ["openssl", *shlex.split(command)],
                check=True,
                capture_output=True,
                timeout=PATIENCE,
            )
        os.chmod(made + ".key", 0o600)
        return ("--cert", made + ".pem", "--key", made + ".key")

    def test_a_hub_that_is_not_there(self):
        err = self.says(
            7, "does not answer", "hub", "status", "--hub", "127.0.0.1:1"
        )
        self.assertIn("Check address and network", err)

    def test_the_second_hub_is_tried(self):
        hub = self.world.listen
        self.ends(
            *(0, "operator", "hub", "status"),
            *("--hub", "127.0.0.1:1", "--hub", hub),
        )

    def test_a_hub_that_is_another(self):
        other = self.world.file("hub/tls/auditors.pem")
        err = self.says(7, "not to be trusted", "hub", "status", "--ca", other)
        self.assertIn("--ca", err)
        self.says(
            *(7, "not to be trusted", "hub", "status"),
            *("--server-name", "other.example"),
        )

    def test_certificates_that_do_not_serve(self):
        world = self.world
        ca = world.file("hub/tls/ca")
        expired = self.certificate("expired", "operator/li", ca, -1)
        err = self.says(1, "it expired on", "hub", "status", *expired)
        self.assertIn("cert sign", err)
        foreign = world.file("foreign")
        subprocess.run(
            ["openssl", *shlex.split(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                f"-keyout {foreign}.key -out {foreign}.pem -subj /CN=other"
            )],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
        stranger = self.certificate("stranger", "operator/li", foreign, 1)
        err = self.says(7, "does not answer", "hub", "status", *stranger)
        self.assertIn("another authority", err)
        unknown = self.certificate("unknown", "agency/housing.320500", ca, 1)
        self.says(4, "not registered", "record", "list", *unknown)
        odd = self.certificate("odd", "landlord/zhang", ca, 1)
        self.says(4, "names no identity", "record", "list", *odd)

    def test_keys(self):
        keys = ("--cert", self.world.file("hub/clients/operator.pem"), "--key")
        other = self.world.file("hub/clients/auditor.key")
        self.says(1, "not the certificate's", "hub", "status", *keys, other)
        self.says(6, "no-such.key", "hub", "status", *keys, "no-such.key")
        loose = self.world.file("loose.key")
        shutil.copy(self.world.file("hub/clients/operator.key"), loose)
        os.chmod(loose, 0o644)
        self.says(1, "chmod 600", "hub", "status", *keys, loose)

    def test_contexts(self):
        world = self.world
        self.says(2, "config list", "hub", "status", context="nobody")
        status = ("hub", "status")
        missing = ("--config", world.file("no-such.yaml"))
        self.says(6, "no-such.yaml", *missing, *status, context=None)
        broken = world.write("broken.yaml", "contexts:\n  - name: a\n    hub: x\n")
        self.says(
            2, "broken.yaml:3:5", "--config", broken, *status, context=None
        )
        torn = world.write("torn.yaml", "contexts: [\n")
        self.says(2, "torn.yaml:", "--config", torn, *status, context=None)
        empty = world.write("empty.yaml", "")
        err = self.says(
            2, "No context says", "--config", empty, *status, context=None
        )
        self.assertIn("--hub", err)

    def test_command_lines(self):
        err = self.says(2, "did you mean `conflict`", "conflct", "list")
        self.assertIn("wayctl --help", err)
        err = self.says(2, "did you mean `--reveal`",
                        *("record", "show", "x", "--reveel", "name"))
        self.assertIn("wayctl record show --help", err)
        self.says(2, "not taken from the command line", "record", "show", NUMBER)


class Gone(Scenario):
    def test_a_hub_that_was_stopped(self):
        self.world.stop()
        out, err = self.ends(7, "operator", "hub", "status")
        self.assertEqual(out, "")
        self.assertIn("does not answer", err)


if __name__ == "__main__":
    main()
