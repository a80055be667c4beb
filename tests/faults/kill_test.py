# SPDX-License-Identifier: Apache-2.0
"""kill_test.py BIN_DIR: a hub that is killed with -9 at random points while four
agencies write, two of them read, and an auditor takes checkpoints.

WAYSTATION_SEED repeats a run, WAYSTATION_ROUNDS makes it longer.
"""

import collections
import contextlib
import os
import random
import secrets
import sys
import threading
import time
import unittest

import waystation_client as client
from tree import Tree, check_consistency, leaves, newest_checkpoint
from waystation.v1 import agreement_pb2, audit_service_pb2
from wire import DEADLINE, caller, read_file
from world import World
from writers import (
    Agency,
    Reader,
    employed,
    employer_of,
    lives,
    reached,
    since_of,
    trained,
)

BIN = sys.argv.pop(1)
SEED = int(os.environ.get("WAYSTATION_SEED") or secrets.randbelow(1_000_000))
ROUNDS = int(os.environ.get("WAYSTATION_ROUNDS") or 50)


class KillTest(unittest.TestCase):
    def setUp(self):
        print(f"WAYSTATION_SEED={SEED}", file=sys.stderr, flush=True)
        self.chance = random.Random(SEED)
        self.world = World(BIN, start=False)
        self.addCleanup(self.world.close)
        self.agencies = [
            Agency("labor.341200", employed, stream=True, signed=True),
            Agency("public_security.341200", lives, stream=True, signed=False),
            Agency("labor.320500", trained, stream=False, signed=True),
            Agency(
                "public_security.320500", reached, stream=False, signed=False
            ),
        ]
        by_name = {agency.name: agency for agency in self.agencies}
        self.readers = [
            Reader(
                by_name["labor.320500"],
                by_name["labor.341200"],
                agreement_pb2.PURPOSE_SOCIAL_INSURANCE_TRANSFER,
                employer_of,
            ),
            Reader(
                by_name["public_security.320500"],
                by_name["public_security.341200"],
                agreement_pb2.PURPOSE_RESIDENCE_REGISTRATION,
                since_of,
            ),
        ]
        self.people = 8
        self.tree = Tree()
        self.kept = []  # Checkpoints as notes, the last seen before each kill.

    def test_nothing_acknowledged_is_lost(self):
        self.world.start()
        for agency in self.agencies:
            agency.key = client.serialization.load_pem_private_key(
                read_file(
                    self.world.file(f"hub/clients/{agency.name}.signing")
                ),
                None,
            )
        self.log_key = client.LogKey(self.world.read("hub/log.key"))
        kinds = collections.Counter()
        for number in range(ROUNDS):
            try:
                kinds[self.one_round()] += 1
            except Exception:
                print(f"in round {number}", file=sys.stderr)
                raise
        print(
            dict(kinds),
            {a.name: len(a.sent) for a in self.agencies},
            f"{self.tree.size} leaves",
            file=sys.stderr,
        )

        kept = []
        for number, note in enumerate(self.kept):
            path = self.world.write(f"kept-{number}", note)
            kept += ["--checkpoint", path]
        report = self.world.json("auditor", "audit", "verify", *kept)
        self.assertEqual(report["entries"], report["entriesCovered"])
        code, out, err = self.world.run("operator", "hub", "check")
        self.assertEqual(code, 0, out + err)
        self.assertEqual(len(self.kept), ROUNDS)

    # --- one life of the hub ---

    def one_round(self):
        kind = self.chance.choice(("load", "load", "load", "start", "stop"))
        self.load_and_kill(kind)
        if kind == "start":
            # Once more, before it serves.
            self.world.spawn()
            time.sleep(self.chance.uniform(0, 0.15))
            self.world.kill()
        self.world.start()
        with contextlib.ExitStack() as stack:
            auditor = stack.enter_context(caller(self.world, "auditor"))
            callers = {
                agency.name: stack.enter_context(
                    caller(self.world, agency.name)
                )
                for agency in self.agencies
            }
            self.check_log(auditor)
            for agency in self.agencies:
                agency.check_records(self, callers[agency.name])
                agency.resubmit(self, callers[agency.name])
                agency.check_records(self, callers[agency.name])
                agency.forget_answered()
                self.assertEqual(agency.open, [])
            self.check_log(auditor)
            for reader in self.readers:
                reader.check_mailbox(self, callers[reader.agency.name])
        return kind

    def load_and_kill(self, kind):
        """Everybody works until so many answers have come, then it dies."""
        enough = threading.Event()
        lock = threading.Lock()
        wanted = self.chance.randint(1, 150)
        trouble = []

        def answered():
            nonlocal wanted
            with lock:
                wanted -= 1
                if wanted <= 0:
                    enough.set()

        def work(do, *arguments):
            try:
                do(*arguments)
            except BaseException as error:  # Shown by the main thread.
                trouble.append(error)
                enough.set()

        with contextlib.ExitStack() as stack:
            threads = []

            def start(name, do, *arguments):
                me = stack.enter_context(caller(self.world, name))
                threads.append(
                    threading.Thread(target=work, args=(do, me, *arguments))
                )

            def chance():
                return random.Random(self.chance.random())

            for agency in self.agencies:
                start(
                    agency.name, agency.write, chance(), self.people, answered
                )
            for reader in self.readers:
                start(reader.agency.name, reader.follow, chance(), enough)
            newest, one = [], threading.Event()
            start("auditor", self.keep_checkpoints, newest, one, enough)
            for thread in threads:
                thread.start()
            self.assertTrue(one.wait(DEADLINE), "nothing is signed")
            self.assertTrue(enough.wait(DEADLINE), "nobody is answered")
            if kind == "stop":
                # It was told to end, and does not come to it.
                self.world.hub.terminate()
                time.sleep(self.chance.uniform(0, 0.03))
            self.world.kill()
            for thread in threads:
                thread.join(DEADLINE)
                self.assertFalse(thread.is_alive(), "a caller does not end")
        self.assertEqual(trouble, [])
        self.kept.append(newest[-1])
        self.people += self.chance.randint(0, 3)

    def keep_checkpoints(self, me, newest, one, stop):
        """Has the hub sign what it holds, over and over."""
        while True:
            note = newest_checkpoint(me.audit)
            if note is None:
                return
            newest.append(note)
            one.set()
            if stop.is_set():
                return

    # --- what must hold afterwards ---

    def check_log(self, auditor):
        """The log goes on where it was, and has every acknowledged update."""
        wanted = collections.defaultdict(list)
        for agency in self.agencies:
            for leaf in agency.leaves:
                wanted[leaf.index].append(leaf)
            agency.leaves = []
        begin = self.tree.size
        for logged in leaves(auditor.audit, begin):
            self.tree.append(logged.leaf)
            event = audit_service_pb2.AuditEvent.FromString(logged.leaf)
            if logged.details or event.details_root:
                self.assertEqual(
                    client.tree_root(list(logged.details)), event.details_root
                )
            for leaf in wanted.pop(logged.index, ()):
                self.assertEqual(event.agency, leaf.agency)
                self.assertEqual(
                    event.kind, audit_service_pb2.AuditEvent.KIND_UPDATES
                )
                self.assertIn(leaf.hash, logged.details)
        self.assertEqual(
            sorted(wanted), [], f"acknowledged, and not in the log from {begin}"
        )

        note = newest_checkpoint(auditor.audit)
        size, root = self.log_key.open_checkpoint(note)
        self.assertEqual(size, self.tree.size)
        self.assertEqual(root, self.tree.roots[size])
        seen_size, seen_root = self.log_key.open_checkpoint(self.kept[-1])
        self.assertEqual(seen_root, self.tree.roots[seen_size])
        proof = auditor.audit.GetConsistencyProof(
            audit_service_pb2.GetConsistencyProofRequest(
                first=seen_size, second=size
            ),
            timeout=DEADLINE,
        )
        check_consistency(seen_size, size, proof.path, seen_root, root)


if __name__ == "__main__":
    unittest.main(verbosity=2)
