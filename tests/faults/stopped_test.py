# SPDX-License-Identifier: Apache-2.0
"""stopped_test.py BIN_DIR: a hub that stands still (SIGSTOP) and goes on. Its
connections stay up and nobody answers: what a machine does that swaps, or whose
snapshot is taken. WAYSTATION_STOPPED_SECONDS=60 lets it stand for a minute longer.
"""

import os
import queue
import signal
import sys
import time
import unittest

import grpc
from adapter import Adapter
from google.protobuf import json_format
from people import demo_number
from tree import leaves
from waystation.v1 import (
    audit_service_pb2,
    claim_pb2,
    registry_service_pb2,
)
from wire import DEADLINE, caller
from world import World, person

BIN = sys.argv.pop(1)
LONGER = int(os.environ.get("WAYSTATION_STOPPED_SECONDS", "0"))
UNREACHABLE = 7
Outcome = registry_service_pb2.UpdateResult


class Stopped(unittest.TestCase):
    def setUp(self):
        self.world = World(BIN)
        self.addCleanup(self.world.close)

    def stop(self):
        """From here on the hub does nothing: the kernel says when it is so."""
        self.world.hub.send_signal(signal.SIGSTOP)
        self.addCleanup(self.world.hub.send_signal, signal.SIGCONT)
        os.waitid(os.P_PID, self.world.hub.pid, os.WSTOPPED | os.WNOWAIT)
        time.sleep(LONGER)

    def go_on(self):
        self.world.hub.send_signal(signal.SIGCONT)

    def wait(self, what, is_so):
        deadline = time.monotonic() + DEADLINE
        while not is_so():
            self.assertLess(time.monotonic(), deadline, what)

    def held(self, agency=Adapter.AGENCY):
        with caller(self.world, agency) as me:
            answer = me.registry.ListRecords(
                registry_service_pb2.ListRecordsRequest(page_size=1000),
                timeout=DEADLINE,
            )
        return sorted(record.record_key for record in answer.records)

    def updates_in_the_log(self, agency):
        with caller(self.world, "auditor") as auditor:
            return sum(
                logged.event.count
                for logged in leaves(auditor.audit, 0)
                if logged.event.kind
                == audit_service_pb2.AuditEvent.KIND_UPDATES
                and logged.event.agency == agency
            )

    def nothing_is_wrong(self):
        for context, command in (
            ("operator", ("hub", "check")),
            ("auditor", ("audit", "verify")),
        ):
            code, out, err = self.world.run(context, *command)
            self.assertEqual(code, 0, out + err)

    def test_wayctl_says_that_it_may_be_tried_again(self):
        agency = "labor.320500"
        new = person("T-1", number=demo_number(1))
        self.stop()
        for context, command, stdin in (
            ("operator", ("hub", "status"), ""),
            (agency, ("record", "list"), ""),
            (agency, ("record", "submit", "--yes"), new),
        ):
            with self.subTest(command):
                code, out, err = self.world.run(
                    context, "--timeout", "1", *command, stdin=stdin
                )
                self.assertEqual(code, UNREACHABLE, out + err)
                self.assertEqual(out, "")
                self.assertRegex(err, "(?i)deadline|cannot be reached")
        self.go_on()
        # What it was told meanwhile may have come to it, or not; again is safe.
        code, out, err = self.world.run(
            agency, "record", "submit", "--yes", stdin=new
        )
        self.assertEqual(code, 0, out + err)
        self.assertEqual(self.held(agency), ["T-1"])
        self.assertEqual(self.updates_in_the_log(agency), 1)
        self.nothing_is_wrong()

    def test_a_stream_goes_on_where_it_stood(self):
        agency = "labor.320500"
        sent = queue.SimpleQueue()

        def send(number):
            update = json_format.Parse(
                person(f"T-{number}", number=demo_number(number)),
                claim_pb2.Update(),
            )
            update.mask.paths.extend(
                field.name for field, _ in update.claims.ListFields()
            )
            sent.put(
                registry_service_pb2.SubmitRecordsRequest(
                    frame_number=number,
                    frame=registry_service_pb2.Frame(
                        updates=[update.SerializeToString()]
                    ),
                )
            )

        with caller(self.world, agency) as me:
            stream = me.registry.SubmitRecords(
                iter(sent.get, None), timeout=DEADLINE + LONGER
            )
            send(1)
            self.assertEqual(next(stream).frame_number, 1)
            self.stop()
            for number in range(2, 6):
                send(number)
            with caller(self.world, agency) as other:
                with self.assertRaises(grpc.RpcError) as late:
                    other.registry.ListRecords(
                        registry_service_pb2.ListRecordsRequest(), timeout=1
                    )
            self.assertEqual(
                late.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED
            )
            self.go_on()
            for number in range(2, 6):
                answer = next(stream)
                self.assertEqual(answer.frame_number, number)
                self.assertEqual(
                    answer.results[0].outcome, Outcome.OUTCOME_APPLIED
                )
            sent.put(None)
        self.assertEqual(self.held(agency), [f"T-{n}" for n in range(1, 6)])
        self.assertEqual(self.updates_in_the_log(agency), 5)
        self.nothing_is_wrong()

    def test_an_adapter_keeps_what_it_has_to_send(self):
        adapter = Adapter(self.world)
        adapter.export("1.csv", ["A"])
        code, out = adapter.run("once")
        self.assertEqual(code, 0, out)
        adapter.export("2.csv", ["B", "C"])
        self.stop()
        code, out = adapter.run("--patience", "1", "once")
        self.assertEqual(code, UNREACHABLE, out)
        self.assertIn("2 updates wait in the outbox", out)
        self.go_on()
        code, out = adapter.run("once")
        self.assertEqual(code, 0, out)
        self.assertEqual(self.held(), ["A", "B", "C"])
        # It may have had them before it stood still; then they are unchanged.
        self.assertEqual(self.updates_in_the_log(Adapter.AGENCY), 3)
        self.nothing_is_wrong()

    def test_a_running_adapter_needs_nobody(self):
        adapter = Adapter(self.world)
        running = adapter.spawn()
        self.addCleanup(running.kill)
        adapter.export("1.csv", ["A"])
        self.wait("the first row", lambda: self.held() == ["A"])
        many = [f"B{n:04}" for n in range(900)]
        self.stop()
        adapter.export("2.csv", many)
        # It has read them, and they are on their way or wait.
        self.wait(
            "the rows in the outbox",
            lambda: "900 updates wait" in adapter.run("outbox", "list")[1],
        )
        self.go_on()
        self.wait("the rest", lambda: self.held() == ["A", *many])
        self.wait(
            "an empty outbox",
            lambda: "0 updates wait" in adapter.run("outbox", "list")[1],
        )
        self.assertEqual(self.updates_in_the_log(Adapter.AGENCY), 901)
        self.assertIsNone(running.poll(), adapter.said())
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(DEADLINE), 0, adapter.said())
        self.nothing_is_wrong()


if __name__ == "__main__":
    unittest.main(verbosity=2)
