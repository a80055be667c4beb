# SPDX-License-Identifier: Apache-2.0
"""trouble_test.py BIN_DIR: a real hub whose disk is full and freed again, whose
clock jumps, whose store another hub wants, whose keys lie open.
"""

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import sys
import time
import unittest

import grpc
from google.protobuf import json_format
from people import demo_number
from shim import Shim
from tree import leaves
from waystation.v1 import (
    agreement_pb2,
    audit_service_pb2,
    claim_pb2,
    registry_service_pb2,
)
from wire import (
    DEADLINE,
    Authority,
    Caller,
    caller,
    outcome,
    reason,
    uri,
)
from world import World, person

BIN = sys.argv.pop(1)
AGENCY = "labor.320500"
PURPOSE = agreement_pb2.PURPOSE_SOCIAL_INSURANCE_TRANSFER
Outcome = registry_service_pb2.UpdateResult


def update(number, revision=1):
    message = json_format.Parse(
        person(
            f"T-{number}",
            revision=revision,
            number=demo_number(number),
            employment={"employer": f"第{revision}电子厂" + "宏" * 60},
            residence={
                "division": "320505",
                "address": f"观前街{revision}号",
            },
        ),
        claim_pb2.Update(),
    )
    message.mask.paths.extend(
        field.name for field, _ in message.claims.ListFields()
    )
    return message.SerializeToString()


class Trouble(unittest.TestCase):
    def setUp(self):
        self.world = World(BIN, start=False)
        self.addCleanup(self.world.close)

    def submit(self, me, number, revision=1):
        return me.registry.SubmitRecord(
            registry_service_pb2.SubmitRecordRequest(
                update=update(number, revision)
            ),
            timeout=DEADLINE,
        )

    def probe(self, until):
        """A caller whose certificate ends so long from now."""
        authority = Authority.load(self.world.file("hub/tls/ca"))
        return Caller(
            self.world,
            *authority.issue([uri(f"agency/{AGENCY}")], until=until),
        )

    def jump(self, seconds, probe, let_in):
        """Until the hub, which looks at the wall clock now and then, has seen
        it: the end of the probe's certificate tells."""
        self.shim.set_clock(seconds)
        deadline = time.monotonic() + DEADLINE
        request = registry_service_pb2.GetRecordRequest(record_key="nobody")
        wanted = b"NOT_AVAILABLE" if let_in else b"NO_IDENTITY"
        while wanted not in outcome(probe.registry.GetRecord, request)[2]:
            self.assertLess(time.monotonic(), deadline, "it saw no jump")

    def nothing_is_wrong(self):
        """By all that the hub can check of itself, and an auditor of it."""
        code, out, err = self.world.run("operator", "hub", "check")
        self.assertEqual(code, 0, out + err)
        code, out, err = self.world.run("auditor", "audit", "verify")
        self.assertEqual(code, 0, out + err)

    def refuses_to_start(self, code):
        """What the hub says instead of serving."""
        with open(self.world.file("hub.log"), "rb") as log:
            log.seek(0, os.SEEK_END)
            self.world.spawn()
            self.assertFalse(self.world.comes_up())
            self.assertEqual(self.world.hub.wait(), code)
            self.world.hub.stdout.close()
            return log.read().decode()


class FullDisk(Trouble):
    """The store lies on a small disk of its own, which fills up."""

    MEGABYTES = 24

    def small_disk(self):
        """Puts the store on a file system of its own where that may be done;
        else on one that a shim keeps full."""
        self.world.start()
        self.world.stop()
        store = os.path.join(self.world.hub_folder, "store")
        aside = store + ".aside"
        os.rename(store, aside)
        os.mkdir(store, 0o700)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={self.MEGABYTES}m,mode=0700"]
            + ["tmpfs", store],
            stderr=subprocess.PIPE,
            check=False,
        )
        if mounted.returncode == 0:
            self.addCleanup(subprocess.run, ["umount", "-l", store], check=True)
            self.fill, self.free = self.fill_mounted, self.free_mounted
        else:
            shim = Shim(self.world)
            self.fill = lambda: shim.set_full(store)
            self.free = lambda: shim.set_full(None)
        print(
            "on a tmpfs" if mounted.returncode == 0 else "behind a shim",
            file=sys.stderr,
        )
        for name in os.listdir(aside):
            shutil.move(os.path.join(aside, name), store)
        os.rmdir(aside)
        self.ballast = os.path.join(store, "ballast")
        self.world.start()

    def fill_mounted(self):
        with open(self.ballast, "ab") as file:
            with contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), bytes(4096))

    def free_mounted(self):
        os.remove(self.ballast)

    def write_until_full(self, me, number):
        """Until a call is refused; where those that were taken stand."""
        taken = [self.submit(me, number).leaf.index]
        self.fill()
        for revision in range(2, 20_000):
            try:
                answer = self.submit(me, number, revision)
            except grpc.RpcError as error:
                self.assertEqual(reason(error), "DISK_FULL")
                return taken
            self.assertEqual(answer.result.outcome, Outcome.OUTCOME_APPLIED)
            taken.append(answer.leaf.index)
        self.fail("it never was full")

    def test_is_survived_and_freed_again(self):
        self.small_disk()
        with caller(self.world, AGENCY) as me:
            self.submit(me, 0)
            taken = self.write_until_full(me, 1)
            self.nothing_moves(me)
            self.free()
            self.goes_on(me, taken)

    def nothing_moves(self, me):
        """Nothing is taken, nothing is told; and the hub says why."""
        stream = me.registry.SubmitRecords(
            iter(
                [
                    registry_service_pb2.SubmitRecordsRequest(
                        frame=registry_service_pb2.Frame(updates=[update(2)])
                    )
                ]
            ),
            timeout=DEADLINE,
        )
        with self.assertRaises(grpc.RpcError) as refused:
            next(stream)
        self.assertEqual(reason(refused.exception), "DISK_FULL")
        read = registry_service_pb2.GetPersonRequest(
            record_key="T-0", purpose=PURPOSE
        )
        with self.assertRaises(grpc.RpcError) as refused:
            me.registry.GetPerson(read, timeout=DEADLINE)
        self.assertEqual(reason(refused.exception), "DISK_FULL")
        # An operator can still look.
        code, out, err = self.world.run("operator", "hub", "status")
        self.assertIn(code, (0, 3), out + err)

    def goes_on(self, me, taken):
        """By itself, with all that was taken and nothing that was refused."""
        held = me.registry.GetRecord(
            registry_service_pb2.GetRecordRequest(record_key="T-1"),
            timeout=DEADLINE,
        )
        self.assertEqual(held.record.revision, len(taken))
        again = self.submit(me, 1, len(taken) + 1)
        self.assertEqual(again.result.outcome, Outcome.OUTCOME_APPLIED)
        # After what was taken comes this look at the record, and nothing that
        # was refused.
        self.assertEqual(again.leaf.index, taken[-1] + 2)
        me.registry.GetPerson(
            registry_service_pb2.GetPersonRequest(
                record_key="T-0", purpose=PURPOSE
            ),
            timeout=DEADLINE,
        )
        self.nothing_is_wrong()

    def test_kill_on_a_full_disk(self):
        self.small_disk()
        with caller(self.world, AGENCY) as me:
            taken = self.write_until_full(me, 1)
        self.world.kill()
        self.world.spawn()
        if self.world.comes_up():
            # It had room for what a start writes, and no more.
            self.world.kill()
        else:
            self.assertNotEqual(self.world.hub.wait(), 0)
            self.world.hub.stdout.close()
            self.assertIn("DISK_FULL", self.world.read("hub.log"))
        self.free()
        self.world.start()
        with caller(self.world, AGENCY) as me:
            held = me.registry.GetRecord(
                registry_service_pb2.GetRecordRequest(record_key="T-1"),
                timeout=DEADLINE,
            )
            self.assertEqual(held.record.revision, len(taken))
            self.submit(me, 1, len(taken) + 1)
        self.nothing_is_wrong()


class Clock(Trouble):
    """The wall clock of the hub alone jumps."""

    def setUp(self):
        super().setUp()
        self.shim = Shim(self.world)
        self.number = 0

    def do_things(self):
        """An update and a reading, each with its entry in the log."""
        self.number += 1
        with caller(self.world, AGENCY) as me:
            self.submit(me, self.number)
            me.registry.GetPerson(
                registry_service_pb2.GetPersonRequest(
                    record_key=f"T-{self.number}", purpose=PURPOSE
                ),
                timeout=DEADLINE,
            )

    def test_the_log_never_runs_back(self):
        self.world.start()
        with self.probe(datetime.timedelta(minutes=30)) as probe:
            self.jump(0, probe, let_in=True)
            self.do_things()
            self.jump(3600, probe, let_in=False)
            self.do_things()
            self.jump(0, probe, let_in=True)
            self.do_things()
            self.jump(7200, probe, let_in=False)
            self.do_things()
            self.jump(-200, probe, let_in=True)
            self.do_things()
        self.world.kill()
        self.world.start()  # Behind what it wrote before.
        self.do_things()
        with caller(self.world, "auditor") as auditor:
            times = [
                logged.event.time.ToMicroseconds()
                for logged in leaves(auditor.audit, 0)
            ]
        self.assertEqual(times, sorted(times))
        ahead = datetime.timedelta(microseconds=times[-1] - times[0])
        self.assertGreater(ahead, datetime.timedelta(hours=1))
        self.nothing_is_wrong()

    def test_before_all_certificates_nobody_is_let_in_and_nothing_breaks(self):
        self.world.start()
        self.do_things()
        self.shim.set_clock(-400 * 86_400)
        with caller(self.world, AGENCY) as me:
            with self.assertRaises(grpc.RpcError) as refused:
                self.submit(me, 0)
            self.assertEqual(
                refused.exception.code(), grpc.StatusCode.UNAVAILABLE
            )
        self.shim.set_clock(0)
        self.do_things()
        self.nothing_is_wrong()


class Backups(Trouble):
    """The disks of backups and of the journal fill up, not the store's."""

    def setUp(self):
        super().setUp()
        self.shim = Shim(self.world)
        self.world.start()

    def place(self, name):
        return os.path.join(self.world.hub_folder, name)

    def wayctl(self, *arguments):
        return self.world.run("operator", *arguments)

    def test_a_full_disk_leaves_no_half_of_a_backup(self):
        create = ("backup", "create")
        self.assertEqual(self.wayctl(*create)[0], 0)
        self.shim.set_full(self.place("backup"))
        code, _, err = self.wayctl(*create)
        self.assertNotEqual(code, 0)
        self.assertIn("disk", err)
        self.shim.set_full(self.place("keys/backup"))
        self.assertNotEqual(self.wayctl(*create)[0], 0)
        self.shim.set_full(None)
        self.assertEqual(len(os.listdir(self.place("backup"))), 1)
        self.assertEqual(len(os.listdir(self.place("keys/backup"))), 1)
        self.assertEqual(self.wayctl(*create)[0], 0)
        self.nothing_is_wrong()

    def test_a_full_journal_makes_the_hub_unready_and_forgets_nothing(self):
        self.shim.set_full(self.place("journal"))
        agency = self.world.write(
            "agency.yaml",
            "id: housing.320500\nsector: housing\njurisdiction: '320500'\n",
        )
        code, out, err = self.wayctl("agency", "put", agency)
        self.assertEqual(code, 0, out + err)
        code, out, _ = self.wayctl("hub", "status", "-o", "csv")
        self.assertEqual(code, 3)
        self.assertIn("JOURNAL_NOT_WRITTEN", out)
        self.shim.set_full(None)
        deadline = time.monotonic() + DEADLINE
        while self.wayctl("hub", "status")[0] != 0:
            self.assertLess(time.monotonic(), deadline)
        with open(self.place("journal/administration.jsonl")) as journal:
            self.assertIn("housing.320500", journal.read())

    def restore(self, name):
        """In place of the store, which is lost, on a hub that is stopped."""
        self.world.stop()
        shutil.rmtree(self.place("store"))
        done = subprocess.run(
            [
                os.path.join(self.world.bin, "waystationd"),
                *("backup", "restore", "--config", self.place("hub.yaml")),
                name,
            ],
            env={**os.environ, **self.world.hub_environment},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.world.start()

    def kept(self, me, leaf):
        """What the hub still has of the one update under a leaf, as it was
        sent; empty once something of it has been shredded."""
        return me.audit.GetUpdateProof(
            audit_service_pb2.GetUpdateProofRequest(index=leaf),
            timeout=DEADLINE,
        ).update

    def backup(self):
        code, out, err = self.wayctl("backup", "create", "-o", "json")
        self.assertEqual(code, 0, out + err)
        return json.loads(out)["backup"]["name"]

    def test_a_record_that_was_erased_since_does_not_come_back(self):
        """At the person's request; its agency sends nothing twice here."""

        def claims():
            return me.registry.GetRecord(
                registry_service_pb2.GetRecordRequest(record_key="T-1"),
                timeout=DEADLINE,
            ).claims

        erasure = claim_pb2.Update(record_key="T-1", revision=2)
        erasure.retraction.reason = (
            claim_pb2.RecordRetraction.REASON_ERASURE_REQUESTED
        )
        with caller(self.world, AGENCY) as me:
            self.submit(me, 1)
            name = self.backup()
            self.assertTrue(claims())
            me.registry.SubmitRecord(
                registry_service_pb2.SubmitRecordRequest(
                    update=erasure.SerializeToString()
                ),
                timeout=DEADLINE,
            )
            self.assertFalse(claims())
        self.restore(name)
        with caller(self.world, AGENCY) as me:
            self.assertFalse(claims())
        self.nothing_is_wrong()

    def test_an_address_that_was_shredded_since_does_not_come_back(self):
        """One of before, which is kept for 30 days."""
        day = 86_400
        first = update(1)
        with caller(self.world, AGENCY) as me:
            leaf = self.submit(me, 1).leaf.index
            self.submit(me, 1, revision=2)
            self.assertEqual(self.kept(me, leaf), first)
        with self.probe(datetime.timedelta(days=10)) as probe:
            self.jump(0, probe, let_in=True)
            self.jump(20 * day, probe, let_in=False)
        name = self.backup()
        with caller(self.world, AGENCY) as me:
            self.assertEqual(self.kept(me, leaf), first)
            self.shim.set_clock(45 * day)
            deadline = time.monotonic() + DEADLINE
            while self.kept(me, leaf):
                self.assertLess(time.monotonic(), deadline)
        self.restore(name)
        with caller(self.world, AGENCY) as me:
            self.assertEqual(self.kept(me, leaf), b"")
        self.nothing_is_wrong()

    def test_a_hub_that_is_killed_while_it_makes_one(self):
        """What is left of it is cleared, and the store is whole."""
        with caller(self.world, AGENCY) as me:
            for number in range(300):
                self.submit(me, number)
        for _ in range(5):
            making = subprocess.Popen(
                self.world.command("operator", ("backup", "create")),
                env=self.world.environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            deadline = time.monotonic() + DEADLINE
            while not any(
                name.endswith(".part")
                for name in os.listdir(self.place("backup"))
            ):
                if making.poll() is not None:
                    break
                self.assertLess(time.monotonic(), deadline)
            self.world.kill()
            making.wait()
            self.world.start()
            whole = os.listdir(self.place("backup"))
            self.assertEqual(
                {os.path.splitext(name)[1] for name in whole} - {".backup"},
                set(),
            )
            keys = os.listdir(self.place("keys/backup"))
            self.assertEqual(
                {os.path.splitext(name)[0] for name in whole},
                {os.path.splitext(name)[0] for name in keys},
            )
        for name in whole:
            code, out, err = self.wayctl(
                "backup", "verify", os.path.splitext(name)[0]
            )
            self.assertEqual(code, 0, out + err)
        self.nothing_is_wrong()


class Start(Trouble):
    """What a hub refuses to start on."""

    def test_a_second_hub_on_the_same_store(self):
        self.world.start()
        first = self.world.hub
        second = World(BIN, start=False)
        self.addCleanup(second.close)
        second.hub_folder = self.world.hub_folder
        second.spawn()
        self.assertFalse(second.comes_up())
        self.assertEqual(second.hub.wait(), 1)
        second.hub.stdout.close()
        self.assertIn("[STORE_IN_USE]", second.read("hub.log"))
        # The first does not notice.
        self.assertIsNone(first.poll())
        with caller(self.world, AGENCY) as me:
            self.submit(me, 1)
        self.nothing_is_wrong()
        # One that was killed leaves no lock behind.
        self.world.kill()
        self.world.start()

    def test_keys_that_are_missing_or_lie_open(self):
        self.world.start()
        self.world.stop()
        for name in ("keys/hub.keys", "keys/log.pem", "tls/hub.key"):
            path = os.path.join(self.world.hub_folder, name)
            with self.subTest(name):
                os.chmod(path, 0o640)
                said = self.refuses_to_start(1)
                self.assertIn(name, said)
                self.assertIn("[KEY_FILE_MODE]", said)
                self.assertIn("chmod 600", said)
                os.chmod(path, 0o600)
                os.rename(path, path + ".away")
                said = self.refuses_to_start(1)
                self.assertIn(name, said)
                self.assertIn("[KEY_FILE_MISSING]", said)
                os.rename(path + ".away", path)
        self.world.start()
        self.nothing_is_wrong()


if __name__ == "__main__":
    unittest.main(verbosity=2)
