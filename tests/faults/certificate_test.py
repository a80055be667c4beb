# SPDX-License-Identifier: Apache-2.0
"""certificate_test.py BIN_DIR: a certificate that expires during a stream. The
clock of hub and adapter jumps behind its end; see shim.cc.
"""

import datetime
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
from shim import Shim
from tree import leaves
from waystation.v1 import (
    admin_service_pb2,
    audit_service_pb2,
    claim_pb2,
    registry_service_pb2,
)
from wire import DEADLINE, Authority, Caller, caller, reason, uri
from world import World, person

BIN = sys.argv.pop(1)
HOUR = 3600


class Expiry(unittest.TestCase):
    def setUp(self):
        self.world = World(BIN, start=False)
        self.addCleanup(self.world.close)
        self.shim = Shim(self.world)
        self.world.start()
        self.authority = Authority.load(self.world.file("hub/tls/ca"))

    def issue(self, minutes):
        """For the adapter's agency: a certificate and its key."""
        return self.authority.issue(
            [uri(f"agency/{Adapter.AGENCY}")],
            until=datetime.timedelta(minutes=minutes),
        )

    def wait(self, what, is_so):
        deadline = time.monotonic() + DEADLINE
        while not is_so():
            self.assertLess(time.monotonic(), deadline, what)

    def held(self):
        """Keys of the agency's records."""
        with caller(self.world, Adapter.AGENCY) as me:
            answer = me.registry.ListRecords(
                registry_service_pb2.ListRecordsRequest(), timeout=DEADLINE
            )
        return sorted(record.record_key for record in answer.records)

    def frame(self, number):
        update = json_format.Parse(
            person(f"T-{number}", number=demo_number(number)),
            claim_pb2.Update(),
        )
        update.mask.paths.extend(
            field.name for field, _ in update.claims.ListFields()
        )
        return registry_service_pb2.SubmitRecordsRequest(
            frame=registry_service_pb2.Frame(
                updates=[update.SerializeToString()]
            )
        )

    def test_ends_its_streams_and_nobody_elses(self):
        frames = queue.SimpleQueue(), queue.SimpleQueue()
        with Caller(self.world, *self.issue(30)) as short, caller(
            self.world, "labor.320500"
        ) as long:
            streams = [
                who.registry.SubmitRecords(
                    iter(sent.get, None), timeout=DEADLINE
                )
                for who, sent in zip((short, long), frames)
            ]
            for number, (sent, stream) in enumerate(zip(frames, streams)):
                sent.put(self.frame(number))
                self.assertEqual(len(next(stream).results), 1)
            self.shim.set_clock(HOUR)
            with self.assertRaises(grpc.RpcError) as ended:
                next(streams[0])  # Nothing was sent that it could answer.
            self.assertEqual(
                ended.exception.code(), grpc.StatusCode.CANCELLED
            )
            # The connection is there still, and does not help.
            with self.assertRaises(grpc.RpcError) as refused:
                short.registry.ListRecords(
                    registry_service_pb2.ListRecordsRequest(),
                    timeout=DEADLINE,
                )
            self.assertEqual(reason(refused.exception), "NO_IDENTITY")
            frames[1].put(self.frame(2))
            self.assertEqual(len(next(streams[1]).results), 1)
            for sent in frames:
                sent.put(None)

    def watching(self):
        """How many streams the adapter reads its mailbox by."""
        with caller(self.world, "operator") as operator:
            answer = operator.admin.ListAgencies(
                admin_service_pb2.ListAgenciesRequest(), timeout=DEADLINE
            )
        return {
            status.agency.id: status.watching for status in answer.agencies
        }[Adapter.AGENCY]

    def renew(self, client, minutes):
        """One after the other, as they are replaced on a running system."""
        certificate, key = self.issue(minutes)
        for ending, content in ((".key", key), (".pem", certificate)):
            with open(client + ".new", "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
            os.rename(client + ".new", client + ending)

    def frames_in_the_log(self):
        with caller(self.world, "auditor") as auditor:
            return [
                logged.event
                for logged in leaves(auditor.audit, 0)
                if logged.event.kind
                == audit_service_pb2.AuditEvent.KIND_UPDATES
            ]

    def test_the_adapter_says_so_and_goes_on_when_it_is_renewed(self):
        client = self.world.file("short")
        self.renew(client, minutes=30)
        adapter = Adapter(self.world, self.shim.environment)
        adapter.configure(client)
        running = adapter.spawn()
        self.addCleanup(running.kill)
        adapter.export("1.csv", ["A"])
        self.wait("the first row", lambda: self.held() == ["A"])
        self.wait("a stream", lambda: self.watching() == 1)

        self.shim.set_clock(HOUR)
        self.wait("the end of the stream", lambda: self.watching() == 0)
        adapter.export("2.csv", ["B"])
        for line in (
            "outbox waits: CERTIFICATE_FILE_INVALID",
            "mailbox: CERTIFICATE_FILE_INVALID",
            "short.pem: it expired on ",
        ):
            self.wait(line, lambda: line in adapter.said())
        self.assertIsNone(running.poll(), adapter.said())
        code, out = adapter.run("outbox", "list")
        self.assertIn("1 updates wait", out)
        self.assertEqual(self.held(), ["A"])

        self.renew(client, minutes=120)
        self.wait("the second row", lambda: self.held() == ["A", "B"])
        self.wait("a stream again", lambda: self.watching() == 1)
        self.assertEqual(
            [event.count for event in self.frames_in_the_log()], [1, 1]
        )
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(DEADLINE), 0, adapter.said())


if __name__ == "__main__":
    unittest.main(verbosity=2)
