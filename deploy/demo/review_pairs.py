# SPDX-License-Identifier: Apache-2.0
"""Reviews the first three pairs of the queue, as a clerk does at a terminal: looks
why the first one is open, finds two numbers that were given out twice, and leaves
one pair, without its papers at hand, to another clerk.

  review_pairs.py COMMAND...

COMMAND is how wayctl is called as the office. Shows what stood on the screen.
"""

import os
import pty
import select
import sys
import time

PATIENCE = 60
PROMPTS = ("? > ", "z q > ")


class Terminal:
    def __init__(self, command):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.environ["NO_COLOR"] = "1"
            os.execvp(command[0], command)
        self.new = b""
        self.ended = False

    def wait_for(self, *expected):
        """What came up to one of these texts, that one included; all of it
        where the program has ended."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            text = self.new.decode(errors="ignore")
            found = [text.index(e) + len(e) for e in expected if e in text]
            if found:
                self.new = text[min(found):].encode()
                return text[:min(found)]
            if select.select([self.file], [], [], 1)[0]:
                try:
                    data = os.read(self.file, 65536)
                except OSError:
                    data = b""
                if not data:
                    self.new = b""
                    self.ended = True
                    return text
                self.new += data
        raise SystemExit("no prompt came after: " + self.new.decode())

    def type(self, text):
        os.write(self.file, (text + "\n").encode())

    def exit_code(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main():
    terminal = Terminal(
        [*sys.argv[1:], "review", "next", "--kind", "candidate"])

    def show(text):
        sys.stdout.write(text.replace("\r", ""))
        return text

    def answer(key, reason):
        # Fewer pairs wait when the story has been told before.
        if not screen or terminal.ended or "z q > " in screen:
            return ""
        terminal.type(key)
        show(terminal.wait_for("think again): "))
        terminal.type(reason)
        return show(terminal.wait_for(*PROMPTS))

    screen = show(terminal.wait_for(*PROMPTS))
    if not terminal.ended:
        terminal.type("w")
        screen = show(terminal.wait_for(*PROMPTS))
    screen = answer("d", "The number was given out twice")
    screen = answer("u", "The papers are not at hand")
    answer("d", "The number was given out twice")
    if not terminal.ended:
        terminal.type("q")
        show(terminal.wait_for())
    return terminal.exit_code()


if __name__ == "__main__":
    sys.exit(main())
