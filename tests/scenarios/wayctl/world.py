# SPDX-License-Identifier: Apache-2.0
"""A throw-away hub and wayctl as real programs, with a terminal to type at."""

import json
import os
import pty
import select
import signal
import subprocess
import tempfile
import time

# Generous, since tests share their machine; nothing sleeps this long.
PATIENCE = 60


class World:
    """One hub in a folder of its own; it can be killed and started again."""

    def __init__(self, bin_folder, start=True):
        self.bin = os.path.abspath(bin_folder)
        self.folder = tempfile.TemporaryDirectory(prefix="waystation-")
        self.path = self.folder.name
        # Where the hub is laid out; another folder makes it another hub.
        self.hub_folder = self.file("hub")
        self.listen = "127.0.0.1:0"
        # Options of `waystationd dev` besides.
        self.hub_options = []
        # Where its pages for the machine are, once it serves.
        self.health = None
        # What the hub finds in its environment besides, and what it is run by.
        self.hub_environment = {}
        self.hub_prefix = []
        self.hub = None
        # Variables that a test adds to the environment.
        self.extra = {}
        if start:
            self.start()

    # --- the hub ---

    def spawn(self):
        """Starts the hub and waits for nothing."""
        with open(self.file("hub.log"), "ab") as log:
            self.hub = subprocess.Popen(
                [
                    *self.hub_prefix,
                    os.path.join(self.bin, "waystationd"),
                    "dev",
                    "--dir",
                    self.hub_folder,
                    "--listen",
                    self.listen,
                    *self.hub_options,
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # What it prints is read here, in English.
                env={
                    **os.environ,
                    "LC_ALL": "C.UTF-8",
                    **self.hub_environment,
                },
            )

    def comes_up(self):
        """Whether the hub that was started serves, or has ended instead."""
        for line in self.hub.stdout:
            if "serves on" in line:
                # The same port when it is started again.
                self.listen = line.split()[-1].rstrip(".")
            if line.startswith("Health and metrics: "):
                self.health = line.split()[3].removesuffix("/readyz,")
            if line == "ready\n":
                return True
        return False

    def start(self):
        self.spawn()
        if not self.comes_up():
            raise AssertionError(
                "the hub did not start: " + self.read("hub.log")
            )

    def kill(self):
        self.hub.kill()
        self.hub.wait()
        self.hub.stdout.close()

    def stop(self):
        self.hub.send_signal(signal.SIGTERM)
        self.hub.wait(PATIENCE)
        self.hub.stdout.close()

    def close(self):
        if self.hub and self.hub.poll() is None:
            self.kill()
        self.folder.cleanup()

    # --- files ---

    def file(self, name):
        return os.path.join(self.path, name)

    def read(self, name):
        with open(self.file(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.file(name)

    # --- wayctl ---

    def environment(self):
        return {
            "PATH": self.bin + ":" + os.environ["PATH"],
            "HOME": self.path,
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            "TZ": "UTC",
            "WAYSTATION_CONFIG": self.file("hub/wayctl.yaml"),
            **self.extra,
        }

    def command(self, context, arguments):
        named = ["--context", context] if context else []
        return [os.path.join(self.bin, "wayctl"), *named, *arguments]

    def run(self, context, *arguments, stdin=""):
        """Without a terminal: exit code, standard output, standard error."""
        done = subprocess.run(
            self.command(context, arguments),
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment(),
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def json(self, context, *arguments, stdin=""):
        code, out, err = self.run(
            context, *arguments, "-o", "json", stdin=stdin
        )
        if code != 0:
            raise AssertionError(f"{arguments}: exit {code}\n{err}")
        return json.loads(out)

    def type(
        self, context, *arguments, answers=(), then=None, before_last=None
    ):
        """At a terminal: waits for each question and types the answer to it.

        Returns the exit code and all that stood on the screen. When `then`
        stands there, with all answered, the program is interrupted. An answer
        that is a function is called for the text to type.
        `before_last` is called before the last answer is typed.
        """
        command = self.command(context, arguments)
        return self.talk(
            command,
            [*answers, (then, None)] if then else list(answers),
            before_last=before_last,
        )

    def talk(self, command, waiting, folder=None, before_last=None):
        """The same with any program; an answer of None interrupts it."""
        pid, terminal = pty.fork()
        if pid == 0:
            if folder:
                os.chdir(folder)
            os.execve(command[0], command, self.environment())
        waiting = list(waiting)
        screen = ""
        seen = 0
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 1)
            if not ready:
                continue
            try:
                data = os.read(terminal, 65536)
            except OSError:  # The program has ended.
                break
            if not data:
                break
            screen += data.decode(errors="replace")
            while waiting and waiting[0][0] in screen[seen:]:
                question, answer = waiting.pop(0)
                if before_last and not waiting:
                    before_last()
                seen = screen.index(question, seen) + len(question)
                if callable(answer):
                    answer = answer()
                if answer is None:
                    os.kill(pid, signal.SIGINT)
                else:
                    os.write(terminal, (answer + "\n").encode())
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status), screen

    def follow(self, context, *arguments):
        """A program that goes on until it is told to stop."""
        return subprocess.Popen(
            self.command(context, arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment(),
        )


def person(key, revision=1, month=3, day=7, number="034105199003070424", **more):
    """An update about a made-up worker, as JSON."""
    return json.dumps(
        {
            "recordKey": key,
            "revision": revision,
            "claims": {
                "identifiers": [
                    {"kind": "KIND_CITIZEN_NUMBER", "number": number}
                ],
                "name": {"full": "张小花"},
                "sex": {"value": "SEX_FEMALE"},
                "birthDate": {"date": {"year": 1990, "month": month, "day": day}},
                **more,
            },
            "times": {"recordedTime": "2024-05-01T00:00:00Z"},
            "evidence": "EVIDENCE_DOCUMENT_SEEN",
        }
    )
