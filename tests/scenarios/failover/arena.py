# SPDX-License-Identifier: Apache-2.0
"""Machines of a test's own: network namespaces on a bridge in one that nobody
else sees. A machine can lose its cable, or its power but for the disk."""

import contextlib
import os
import signal
import subprocess
import sys
import time

NETWORK = "10.77.0."
# Generous, since tests share their machine.
PATIENCE = 120


def enter():
    """Runs the program again with a network and processes of its own, once. All
    that it starts ends with it, however it ends."""
    if os.environ.get("WAYSTATION_ARENA"):
        return
    own = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        own += ["--user", "--map-current-user", "--keep-caps"]
    os.environ["WAYSTATION_ARENA"] = "1"
    # A shell comes first, since somebody has to wait for what lost its parent.
    shell = ["bash", "-c", '"$@"; exit $?', "arena"]
    os.execvp("unshare", ["unshare", *own, *shell, sys.executable, *sys.argv])


def run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def lay_out():
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "arena", "type", "bridge")
    run("ip", "address", "add", NETWORK + "1/24", "dev", "arena")
    run("ip", "link", "set", "arena", "up")


def until(holds, what, patience=PATIENCE):
    """What `holds` returns once that is true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {patience} s")


class Machine:
    """One of the bridge's network, whose processes are those that it was given
    to run."""

    def __init__(self, name, number):
        self.name = name
        self.address = NETWORK + str(number)
        self.cable = "to-" + name
        self._spawned = []
        # What keeps the namespace.
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        here = os.readlink("/proc/self/ns/net")
        until(lambda: self._network() not in (None, here), "a namespace")
        inside = f"eth-{name}"
        run("ip", "link", "add", self.cable, "type", "veth", "peer", "name", inside)
        run("ip", "link", "set", inside, "netns", str(self._holder.pid))
        run("ip", "link", "set", self.cable, "master", "arena", "up")
        for command in (
            ("link", "set", "lo", "up"),
            ("address", "add", self.address + "/24", "dev", inside),
            ("link", "set", inside, "up"),
        ):
            run(*self.command("ip", *command))

    def command(self, *words):
        return ["nsenter", "--net", f"--target={self._holder.pid}", *words]

    def spawn(self, log, *words, environment=None, user=None):
        """A process on it, whose words go to the file `log`."""
        if user and os.geteuid() == 0:
            words = ("runuser", "-u", user, "--", *words)
        with open(log, "ab") as file:
            process = subprocess.Popen(
                self.command(*words),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env={**os.environ, **(environment or {})},
                cwd="/",
            )
        self._spawned.append(process)
        return process

    def unplug(self):
        run("ip", "link", "set", self.cable, "down")

    def plug_in(self):
        run("ip", "link", "set", self.cable, "up")

    def lose_power(self):
        """All its processes are killed; its disk stays."""
        def killed():
            alive = self._processes()
            for process in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            return not alive

        until(killed, f"{self.name} without power")
        spawned, self._spawned = self._spawned, []
        for process in spawned:
            process.wait()

    def close(self):
        self.lose_power()
        self._holder.kill()
        self._holder.wait()

    def _network(self, process=None):
        try:
            return os.readlink(f"/proc/{process or self._holder.pid}/ns/net")
        except OSError:
            return None

    def _processes(self):
        mine = self._network()
        return [
            int(entry)
            for entry in os.listdir("/proc")
            if entry.isdigit()
            and int(entry) != self._holder.pid
            and self._network(entry) == mine
            and not self._is_dead(entry)
        ]

    @staticmethod
    def _is_dead(process):
        try:
            with open(f"/proc/{process}/stat", encoding="utf-8") as file:
                return file.read().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True
