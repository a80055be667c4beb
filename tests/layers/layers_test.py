# SPDX-License-Identifier: Apache-2.0
"""Dependencies point one way: names the file that includes what it may not.

Reads the dependencies that the compiler reported (`ninja -t deps`), so that a
header reached through another one is found too.
"""

import re
import subprocess
import sys

# folder -> folders of ours that it may reach. `waystation/` are generated
# messages; gRPC is named since it is installed and so visible to everybody.
RULES = [
    ("proto/codes", {"proto/codes"}, False),
    ("proto/auditlog", {"proto/auditlog"}, False),
    ("proto/errors", {"proto/errors", "waystation", "google/rpc"}, True),
    ("proto/calendar", {"proto/calendar", "proto/codes", "proto/errors",
                        "waystation", "google/rpc"}, False),
    ("proto/agreement", {"proto/agreement", "proto/calendar", "proto/codes",
                         "proto/errors", "waystation", "google/rpc"}, False),
    ("proto/directory", {"proto/directory", "proto/codes", "proto/errors",
                         "waystation", "google/rpc"}, False),
    ("proto/failpoint", {"proto/failpoint"}, False),
    ("proto/openssl", {"proto/openssl"}, False),
    ("proto/quality", {"proto/quality"}, False),
    ("proto/sealed", {"proto/sealed", "proto/errors", "proto/openssl",
                      "waystation", "google/rpc"}, False),
    ("proto/runtime", {"proto/runtime", "proto/errors", "proto/failpoint",
                       "waystation", "google/rpc"}, False),
    ("proto/language", {"proto/language", "proto/runtime", "proto/errors",
                        "waystation", "google/rpc"}, False),
    ("server/domain", {"server/domain", "proto/agreement", "proto/codes", "proto/calendar",
                       "proto/directory", "proto/auditlog", "proto/errors", "proto/quality", "waystation",
                       "google/rpc"}, False),
    ("server/storage", {"server/storage", "server/domain", "proto/codes",
                        "proto/auditlog", "proto/errors", "proto/failpoint",
                        "waystation", "google/rpc"}, False),
    ("server/backup", {"server/backup", "server/storage", "proto/",
                       "waystation", "google/rpc"}, False),
    ("server/hub", {"server/hub", "server/backup", "server/storage",
                    "server/domain",
                    "proto/", "waystation", "google/rpc"}, False),
    ("server/service", {"server/", "proto/", "waystation", "google/rpc"},
     True),
    ("client/library", {"client/library", "proto/", "waystation",
                        "google/rpc"}, True),
    ("client/wayctl", {"client/", "proto/", "waystation", "google/rpc"}, True),
    ("adapters", {"adapters/", "client/library", "proto/", "waystation",
                  "google/rpc"}, True),
    # Its library links nothing of ours; the program speaks as all others do.
    ("tests/population", {"tests/population", "proto/language",
                          "proto/errors"}, False),
]
OURS = re.compile(r"^(proto|server|client|adapters|tests)/")
# The hub knows the port of storage, never an implementation of it.
FORBIDDEN = [
    (re.compile(r"^server/(domain|backup|hub)/"),
     re.compile(r"^server/storage/(sqlite|postgres)/")),
    (re.compile(r"^(client|adapters)/"), re.compile(r"^server/")),
]


def spelled(path, source_dir, build_dir):
    """A dependency as an include spells it, or None for a system header."""
    path = path.replace(source_dir + "/", "")
    # As reported: relative to the build folder, or through its include roots.
    while path.startswith("../"):
        path = path[3:]
    path = path.replace(build_dir + "/", "")
    if path.startswith("gen/"):
        return path[len("gen/"):]
    match = re.match(r"^include/[^/]+/(.*)$", path)
    if match:
        path = match.group(1)
    if path.startswith("/"):
        return "grpcpp" if "/include/grpcpp/" in path else None
    return path


def main():
    build_dir, source_dir = sys.argv[1], sys.argv[2]
    text = subprocess.run(["ninja", "-C", build_dir, "-t", "deps"],
                          capture_output=True, text=True, check=True).stdout
    offences, seen = set(), 0
    current = None
    for line in text.splitlines():
        if line and not line.startswith(" "):
            match = re.match(r"^(\S+?)/CMakeFiles/[^/]+\.dir/(\S+)\.o:", line)
            current = None
            if match and "__/gen" not in match.group(2):
                current = match.group(1) + "/" + match.group(2)
                current = re.sub(r"[^/]+/__/", "", current)
            continue
        if not current:
            continue
        target = spelled(line.strip(), source_dir, build_dir)
        if not target:
            continue
        for folder, allowed, grpc in RULES:
            if not current.startswith(folder + "/"):
                continue
            seen += 1
            if target == "grpcpp":
                if not grpc:
                    offences.add(f"{current} includes gRPC")
            elif (OURS.match(target) or target.startswith("waystation/")) and \
                    not any(target.startswith(a) for a in allowed):
                offences.add(f"{current} includes {target}")
        for source, header in FORBIDDEN:
            if source.match(current) and header.match(target):
                offences.add(f"{current} includes {target}")
    for offence in sorted(offences):
        print(offence)
    if not seen:
        print("no dependencies were reported: was the tree built?")
        return 1
    print(f"{seen} includes checked, {len(offences)} forbidden")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
