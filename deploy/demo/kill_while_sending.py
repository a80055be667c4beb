# SPDX-License-Identifier: Apache-2.0
"""Ends a hub with kill -9 as soon as it answers updates.

  kill_while_sending.py PID METRICS_URL

Says "watching", then looks at the hub's metrics until updates are answered, and
prints how many were when the hub fell. Exit code 1 if a minute goes by.
"""

import http.client
import os
import re
import signal
import sys
import time
import urllib.parse


def answered(connection, path):
    connection.request("GET", path)
    page = connection.getresponse().read().decode()
    return sum(int(float(value)) for value in re.findall(
        r"^waystation_updates_total\{[^}]*\} (\S+)$", page, re.MULTILINE))


def main():
    pid, url = int(sys.argv[1]), urllib.parse.urlsplit(sys.argv[2])
    connection = http.client.HTTPConnection(url.netloc)
    before = answered(connection, url.path)
    print("watching", flush=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = answered(connection, url.path)
        if now > before:
            os.kill(pid, signal.SIGKILL)
            print(now - before)
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
