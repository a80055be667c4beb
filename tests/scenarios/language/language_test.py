# SPDX-License-Identifier: Apache-2.0
"""language_test.py BIN_DIR: every program, on wrong input, in both languages.

What is said in Chinese holds no English sentence: two words side by side that
stand neither in quotes nor in a command line.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

from world import PATIENCE, World, person

BIN = sys.argv.pop(1)

# What is the same in every language: quoted words and commands, paths, what is
# typed, names of files and keys, types of values in help.
SAME = re.compile(
    r"`[^`]*`|\"[^\"]*\"|'[^']*'|\S*/\S*|--?\w[\w-]*( [A-Z_]+)?|<[^>]*>"
)
SENTENCE = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
# Lines that are to be typed or copied.
TYPED = re.compile(r"^\s*(用法:|wayctl|waystationd|source|\.|contexts:|- name|connection)")
CHINESE = re.compile("[\u4e00-\u9fff]")


def english_in(text):
    """English sentences among what shall be Chinese, line by line."""
    found = []
    for line in text.splitlines():
        if TYPED.match(line):
            continue
        if SENTENCE.search(SAME.sub("", line)):
            found.append(line)
    return found


class Language(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="waystation-language-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run_in(self, language, command, stdin=""):
        locale = {"zh": "zh_CN.UTF-8", "en": "en_GB.UTF-8"}[language]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
            "TZ": "UTC",
            "LC_ALL": locale,
        }
        return subprocess.run(
            [os.path.join(BIN, command[0]), *command[1:]],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            timeout=PATIENCE,
            check=False,
        )

    def says(self, code, *command, stdin=""):
        """Ends so in both languages, and says it in the one that is asked."""
        english = self.run_in("en", command, stdin)
        chinese = self.run_in("zh", command, stdin)
        text = english.stdout + english.stderr
        self.assertEqual(english.returncode, code, f"{command}\n{text}")
        self.assertNotRegex(text, CHINESE, str(command))
        text = chinese.stdout + chinese.stderr
        self.assertEqual(chinese.returncode, code, f"{command}\n{text}")
        self.assertRegex(text, CHINESE, str(command))
        self.assertEqual(english_in(text), [], f"{command}\n{text}")
        # The option does what the locale does.
        asked = self.run_in("en", [*command, "--lang", "zh"], stdin)
        self.assertEqual(
            asked.stdout + asked.stderr, text, f"{command} --lang zh"
        )
        return text


class Hub(Language):
    def test_command_lines(self):
        for code, arguments in (
            (0, ["--help"]),
            (0, ["init", "--help"]),
            (0, ["dev", "--help"]),
            (0, ["certify", "--help"]),
            (0, ["backup", "--help"]),
            (0, ["check", "--help"]),
            (2, ["check"]),
            (0, ["backup", "restore", "--help"]),
            (2, ["srve"]),
            (2, ["init"]),
            (2, ["init", "x", "--hots", "y"]),
            (2, ["init", "x", "--trust-domain", "A B"]),
            (2, ["init", "x", "--log-origin", "a+b"]),
            (2, ["init", "x", "--listen", "nowhere"]),
            (2, ["dev", "--people", "some"]),
            (2, ["backup"]),
            (2, ["backup", "list"]),
            (2, ["certify", "x", "--days", "ten"]),
        ):
            self.says(code, "waystationd", *arguments)

    def test_files(self):
        missing = self.path("none/hub.yaml")
        self.says(6, "waystationd", "--config", missing)
        self.says(6, "waystationd", "backup", "list", "--config", missing)
        self.says(
            *(6, "waystationd", "certify", self.path("none"), "--identity"),
            *("operator/li", "--request", missing, "--out", missing),
        )
        torn = self.write("torn/hub.yaml", "tls: [\n")
        self.says(2, "waystationd", "--config", torn)
        wrong = self.write(
            "wrong/hub.yaml",
            "lisen: x\nlisten: nowhere\nstore: pg:x\nlimits: {connections: -1}\n"
            "log_level: loud\nlisten: 1\nbackup: {keep_days: x}\nkey_file: [a]\n"
            "demo_numbers: perhaps\n",
        )
        text = self.says(2, "waystationd", "--config", wrong)
        self.assertIn('此处没有键 "lisen"；是否指 "listen"？', text)

    def test_a_hub_and_its_log(self):
        folder = self.path("hub")
        made = self.run_in("zh", ["waystationd", "init", folder,
                                  "--listen", "127.0.0.1:0",
                                  "--http-listen", "127.0.0.1:0"])
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(english_in(made.stdout), [], made.stdout)
        self.says(1, "waystationd", "init", folder)
        with subprocess.Popen(
            [os.path.join(BIN, "waystationd"), "--config",
             os.path.join(folder, "hub.yaml"), "--lang", "zh"],
            stderr=subprocess.PIPE, text=True,
        ) as hub:
            lines = [hub.stderr.readline()]
            self.assertIn("提供服务", lines[0])
            self.says(1, "waystationd", "--config",
                      os.path.join(folder, "hub.yaml"))
            hub.send_signal(signal.SIGHUP)
            lines.append(hub.stderr.readline())
            hub.send_signal(signal.SIGTERM)
            lines.extend(hub.stderr)
        self.assertEqual(english_in("".join(lines)), [])
        self.assertIn("已停止", lines[-1])


class Adapter(Language):
    def test_command_lines(self):
        for code, arguments in (
            (0, ["--help"]),
            (0, ["labor", "--help"]),
            (0, ["health", "outbox", "drop", "--help"]),
            (0, ["labor", "witness", "--help"]),
            (2, []),
            (2, ["labour"]),
            (2, ["labor"]),
            (2, ["labor", "--config", "x"]),
            (2, ["labor", "--config", "x", "chek"]),
            (2, ["labor", "--config", "x", "check", "--output", "xml"]),
            (2, ["labor", "--config", "x", "check", "--patience", "long"]),
            (2, ["labor", "--config", "x", "outbox", "drop"]),
        ):
            self.says(code, "waystation-adapter", *arguments)

    def test_files(self):
        def check(code, config):
            return self.says(code, "waystation-adapter", "labor", "--config",
                             config, "check")

        check(6, self.path("none.yaml"))
        check(2, self.write("a/empty.yaml", ""))
        check(2, self.write("a/odd.yaml", "agncy: x\npoll: soon\nsources: 1\n"))
        mapping = self.write(
            "b/mapping.yaml",
            "sector: health\nrecord_key: {}\ntable: {charset: latin1}\n"
            "attributes:\n- {attribute: birthdate, entries: [{fields: []}]}\n",
        )
        check(2, self.write(
            "b/adapter.yaml",
            "agency: police.1\nhub: {hubs: []}\n"
            f"sources: [{{name: A, files: x, mapping: {mapping}}}]\n"
            "mailbox: {folder: x}\nwitness: {log_key: x}\n",
        ))
        denied = self.write(
            "c/mapping.yaml",
            "sector: labor\nrecord_key: {column: AAC001}\n"
            "table: {charset: gbk, delimiter: '^'}\n"
            "attributes:\n- attribute: name\n  entries:\n"
            "  - fields: [{field: full, column: AAC017}]\n",
        )
        check(2, self.write(
            "c/adapter.yaml",
            "agency: labor.320500\nstate: state\nhub: {hubs: ['127.0.0.1:1']}\n"
            f"sources: [{{name: a, files: '*.txt', mapping: {denied}}}]\n",
        ))


class Population(Language):
    def test_command_lines(self):
        full = self.write("full/x", "")
        for code, arguments in (
            (0, ["--help"]),
            (2, []),
            (2, ["--out", "x", "--people", "many"]),
            (2, ["--out", "x", "--people", "0"]),
            (2, ["--out", "x", "--places", "999999"]),
            (2, ["--out", "x", "--sectors", "housing"]),
            (1, ["--out", os.path.dirname(full)]),
        ):
            self.says(code, "waystation-population", *arguments)


class Wayctl(Language):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world = World(BIN)
        cls.addClassCleanup(cls.world.close)

    def wayctl(self, code, context, *arguments, stdin=""):
        named = ["--context", context] if context else []
        return self.says(
            *(code, "wayctl", "--config", self.world.file("hub/wayctl.yaml")),
            *(*named, *arguments),
            stdin=stdin,
        )

    def test_help_of_every_verb(self):
        def words(*typed):
            done = self.run_in("zh", ["wayctl", "__complete", *typed, ""])
            return done.stdout.split()

        self.assertIn("record", words())
        for noun in words():
            for verb in [[], *([verb] for verb in words(noun))]:
                done = self.run_in("zh", ["wayctl", noun, *verb, "--help"])
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(english_in(done.stdout), [])

    def test_command_lines(self):
        for code, arguments in (
            (2, []),
            (2, ["recrd", "list"]),
            (2, ["record", "list", "--limit", "many"]),
            (2, ["record", "list", "-o", "xml"]),
            (2, ["audit", "list", "--since", "yesterday"]),
            (2, ["audit", "verify", "--quorum", "2"]),
            (2, ["conflict", "show"]),
            (2, ["person", "show", "--purpose", "identity_confirmation"]),
            (7, ["hub", "status", "--hub", "127.0.0.1:1"]),
            (7, ["hub", "status", "--server-name", "other.example"]),
            (6, ["hub", "status", "--ca", "none.pem"]),
            (4, ["record", "list"]),
            (6, ["backup", "verify", "20200101T000000Z"]),
        ):
            self.wayctl(code, "operator", *arguments)
        self.wayctl(6, "office", "conflict", "show", "c-nonsense")
        self.wayctl(6, "office", "decision", "show", "99")
        self.wayctl(4, "labor.320500", "hub", "check")

    def test_rules_that_the_hub_names(self):
        agency = self.write(
            "agency.yaml", "id: Housing\nsector: h\njurisdiction: x\n")
        text = self.wayctl(2, "operator", "agency", "put", agency, "--yes")
        self.assertIn("行政区划", text)
        agreement = self.write(
            "agreement.yaml",
            "id: Bad Name\npurpose: employment_service\n"
            "recipient_sector: public_security\nscope: own_records\n"
            "grants:\n- {source_sector: labor, attribute: residence, "
            "form: value}\n- {source_sector: labor, attribute: nothing, "
            "form: value}\n",
        )
        self.wayctl(4, "operator", "agreement", "apply", agreement, "--yes")
        over = self.write(
            "over.yaml",
            "id: over\nversion: 1\nrecipient_sector: public_security\n"
            "purpose: employment_service\n"
            "legal_basis: {statute: x, article: y}\nimpact_assessment: z\n"
            "scope: own_records\nvalid_from: 2024-01-01\n"
            "valid_until: 2034-01-01\nretention_days: 1\n"
            "grants: [{source_sector: labor, attribute: residence, "
            "form: value}]\n",
        )
        self.wayctl(4, "operator", "agreement", "apply", over, "--yes")
        bad = json.loads(person("A" * 200))
        bad["claims"]["birthDate"] = {"date": {"year": 1990, "month": 13}}
        bad["claims"]["name"] = {"full": "x" * 101}
        bad["claims"]["residence"] = {"address": "a\u0007"}
        bad["revision"] = 0
        self.wayctl(
            *(3, "labor.320500", "record", "submit", "--yes"),
            stdin=json.dumps(bad),
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
