# SPDX-License-Identifier: Apache-2.0
"""systemd_test.py UNIT_DIR BIN_DIR: units as systemd reads them, and programs that
say to it what it waits for."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

UNITS, BIN = sys.argv[1:3]
PATIENCE = 60


class Units(unittest.TestCase):
    def test_exposure_is_small(self):
        for name in ("waystationd.service", "waystation-adapter@.service"):
            done = subprocess.run(
                [
                    *("systemd-analyze", "security", "--offline=true"),
                    *("--threshold=20", os.path.join(UNITS, name)),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
            [level] = re.findall(r"exposure level for \S+: ([\d.]+)", done.stdout)
            self.assertLessEqual(float(level), 2.0)

    def test_systemd_understands_every_line(self):
        with tempfile.TemporaryDirectory(prefix="waystation-") as folder:
            for name in ("waystationd.service", "waystation-adapter@.service"):
                with open(os.path.join(UNITS, name), encoding="utf-8") as file:
                    text = file.read().replace("/usr/bin/", BIN + "/")
                # The page is there once it is installed.
                text = re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE)
                path = os.path.join(folder, name)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                done = subprocess.run(
                    ["systemd-analyze", "verify", "--man=no", path],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                # Of the machine's own units it may say more.
                said = [x for x in done.stderr.splitlines() if name in x]
                self.assertEqual(said, [])


class Notifications(unittest.TestCase):
    def test_the_hub_says_that_it_is_ready_alive_and_stops(self):
        with tempfile.TemporaryDirectory(prefix="waystation-") as folder:
            address = os.path.join(folder, "notify")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
                listener.bind(address)
                listener.settimeout(PATIENCE)
                with open(os.path.join(folder, "out"), "wb") as out:
                    hub = subprocess.Popen(
                        [
                            os.path.join(BIN, "waystationd"),
                            *("dev", "--dir", os.path.join(folder, "hub")),
                            *("--listen", "127.0.0.1:0"),
                            *("--http-listen", "127.0.0.1:0"),
                        ],
                        stdout=out,
                        stderr=out,
                        env={
                            **os.environ,
                            "NOTIFY_SOCKET": address,
                            "WATCHDOG_USEC": "200000",
                        },
                    )
                try:
                    said = [listener.recv(4096).decode()]
                    while said.count("WATCHDOG=1") < 3:
                        said.append(listener.recv(4096).decode())
                    self.assertEqual(said[0], "READY=1")
                    hub.send_signal(signal.SIGTERM)
                    while said[-1] != "STOPPING=1":
                        said.append(listener.recv(4096).decode())
                    self.assertEqual(hub.wait(PATIENCE), 0)
                finally:
                    hub.kill()
                    hub.wait()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
