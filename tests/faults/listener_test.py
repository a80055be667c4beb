# SPDX-License-Identifier: Apache-2.0
"""listener_test.py BIN_DIR: a real hub under attack, while its neighbours go on
with their work.

The attackers come from an address of their own on loopback. Each attack ends
with the same questions: was every call of a neighbour answered, does somebody
new get in, did the hub stay small, and is it rid of the attacker.
"""

import contextlib
import os
import re
import resource
import signal
import sys
import threading
import time
import unittest
import urllib.request

import grpc
from google.protobuf import json_format
from http2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    PING,
    RST_STREAM,
    SETTINGS,
    Peer,
    call_headers,
    dial,
    frame,
    literal,
    message,
)
from people import demo_number
from shim import Shim
from waystation.v1 import claim_pb2, registry_service_pb2
from wire import DEADLINE, caller, enroll
from world import World, person

BIN = sys.argv.pop(1)
NEIGHBOUR = "labor.320500"
NEWCOMER = "public_security.341200"
MEGABYTE = 1 << 20
MOST_MEMORY = 300 * MEGABYTE
SUBMIT = "/waystation.v1.RegistryService/SubmitRecord"
LIST = "/waystation.v1.RegistryService/ListRecords"


def update(key, revision, number=0):
    made = json_format.Parse(
        person(key, revision=revision, number=demo_number(number)),
        claim_pb2.Update(),
    )
    made.mask.paths.extend(name.name for name, _ in made.claims.ListFields())
    return registry_service_pb2.SubmitRecordRequest(
        update=made.SerializeToString()
    )


def wait_until(what, condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.02)


class Work:
    """An agency that sends one update after the other, and how large the hub
    is meanwhile."""

    def __init__(self, world):
        self.world = world
        self.answered = 0
        self.wrong = None
        self.largest = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def run(self):
        with caller(self.world, NEIGHBOUR) as me:
            # What is there already is found out, not assumed.
            revision = time.time_ns()
            while not self.stop.wait(0.01):
                self.measure()
                try:
                    revision += 1
                    me.registry.SubmitRecord(
                        update("neighbour", revision), timeout=DEADLINE
                    )
                    self.answered += 1
                except grpc.RpcError as error:
                    self.wrong = error
                    return

    def measure(self):
        """The hub's own memory, which holds all but what lies in files."""
        with open(
            f"/proc/{self.world.hub.pid}/status", encoding="ascii"
        ) as file:
            kilobytes = re.search(r"^RssAnon:\s+(\d+) kB", file.read(), re.M)
        self.largest = max(self.largest, int(kilobytes[1]) << 10)

    def goes_on(self):
        """A call that begins now, or later, is answered."""
        before = self.answered
        wait_until(
            "the neighbour was answered",
            lambda: self.wrong or self.answered > before + 1,
        )


class UnderAttack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(BIN, start=False)
        cls.prepare()
        cls.world.start()
        cls.attackers = 0
        cls.addresses = 0

    @classmethod
    def prepare(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        cls.world.close()

    def attacker(self):
        """One that has done nothing wrong yet."""
        type(self).attackers += 1
        name = f"labor.3401{self.attackers:02d}"
        enroll(self.world, name)
        return name

    def peer(self, name=None):
        """An attacker's connection, from where none came before."""
        type(self).addresses += 1
        part, last = divmod(self.addresses, 250)
        return Peer(
            self.world, name or self.attacker(), f"127.0.{part + 1}.{last + 1}"
        )

    @contextlib.contextmanager
    def work(self):
        with Work(self.world) as work:
            work.goes_on()
            yield work
            self.serves_others(work)
        self.assertLess(work.largest, MOST_MEMORY)

    def serves_others(self, work):
        """Those who are there, and those who come."""
        work.goes_on()
        self.assertIsNone(work.wrong)
        self.serves_newcomers()

    def serves_newcomers(self):
        with caller(self.world, NEWCOMER) as newcomer:
            newcomer.registry.SubmitRecord(
                update("newcomer", time.time_ns(), 1), timeout=DEADLINE
            )

    def metric(self, name, absent=None):
        with urllib.request.urlopen(
            self.world.health + "/metrics", timeout=DEADLINE
        ) as page:
            text = page.read().decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        if absent is None:
            self.assertIsNotNone(found, name)
        return float(found[1]) if found else absent

    def disconnected(self, why):
        return self.metric(f'waystation_peers_disconnected_total{{reason="{why}"}}')

    def refused(self, why):
        return self.metric(
            f'waystation_connections_refused_total{{reason="{why}"}}'
        )

    def new_connections(self):
        return self.metric('waystation_connections{state="new"}')

    def until_hung_up(self, peer, attack):
        """Goes on with the attack until the hub has had enough."""
        deadline = time.monotonic() + DEADLINE
        with contextlib.suppress(OSError):
            while peer.is_open():
                self.assertLess(time.monotonic(), deadline, "it bore all")
                peer.send(attack())


class Connections(UnderAttack):
    """Many who come in, and say little."""

    def silent(self, connections):
        """The hub holds a part of them, serves others, and is rid of all."""
        with self.work() as work:
            gave_way = self.refused("gave_way")
            with contextlib.ExitStack() as all_of_them:
                for connect in connections:
                    all_of_them.enter_context(connect())
                self.assertLessEqual(self.new_connections(), 256)
                self.serves_others(work)
                self.assertGreater(self.refused("gave_way"), gave_way)
                wait_until(
                    "all are gone", lambda: self.new_connections() == 0
                )

    def test_500_that_say_nothing(self):
        self.silent([lambda: dial(self.world)] * 500)

    def test_500_that_finish_the_handshake_and_say_nothing(self):
        name = self.attacker()

        def connect():
            # Some give way before they are through.
            with contextlib.suppress(OSError):
                return Peer(self.world, name)
            return contextlib.nullcontext()

        self.silent([connect] * 500)

    def test_one_that_speaks_http2_and_never_calls(self):
        silent = self.refused("silent")
        with self.work(), self.peer() as peer:
            peer.greet()
            wait_until("it was hung up on", lambda: not peer.is_open())
        self.assertEqual(self.refused("silent"), silent + 1)

    def test_of_one_agency_so_many_and_no_more(self):
        name = self.attacker()
        with self.work(), contextlib.ExitStack() as all_of_them:

            def call():
                me = all_of_them.enter_context(caller(self.world, name))
                return me.registry.SubmitRecord(
                    update("one", time.time_ns(), 2), timeout=DEADLINE
                )

            for _ in range(64):
                call()
            with self.assertRaises(grpc.RpcError) as refused:
                call()
            self.assertEqual(
                refused.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED
            )
        wait_until(
            "they are gone",
            lambda: self.metric('waystation_connections{state="known"}') < 10,
        )


class Descriptors(UnderAttack):
    @classmethod
    def prepare(cls):
        cls.world.hub_prefix = ["prlimit", "--nofile=256:256"]

    def test_few_of_them_hold_few_connections(self):
        self.assertIn("room for 64 connections", self.world.read("hub.log"))
        with self.work() as work, contextlib.ExitStack() as all_of_them:
            for _ in range(500):
                all_of_them.enter_context(dial(self.world))
            self.assertLessEqual(self.new_connections(), 32)
            self.serves_others(work)

    def test_none_left_is_no_end(self):
        """gRPC's own listener would be deaf from here on."""
        hub = self.world.hub.pid
        with self.work() as work:
            before = resource.prlimit(hub, resource.RLIMIT_NOFILE)
            open_now = len(os.listdir(f"/proc/{hub}/fd"))
            refused = self.refused("no_descriptors")

            def comes_to_an_end():
                resource.prlimit(
                    hub, resource.RLIMIT_NOFILE, (open_now - 8, before[1])
                )
                with dial(self.world), dial(self.world):
                    work.goes_on()
                    self.assertIsNone(work.wrong)
                    resource.prlimit(hub, resource.RLIMIT_NOFILE, before)
                    return self.refused("no_descriptors") > refused

            wait_until("none was left", comes_to_an_end)


class Calls(UnderAttack):
    """Those who have a certificate, and abuse it."""

    def cancelled(self, one):
        """100,000 calls given up as soon as they are made, over as many
        connections, and from as many addresses, as it takes."""
        name = self.attacker()
        sent = 0
        while sent < 100_000:
            with contextlib.suppress(OSError):
                with self.peer(name) as peer:
                    peer.greet()
                    while peer.is_open():
                        sent += 500
                        peer.send(
                            b"".join(
                                one(peer.next_stream()) for _ in range(500)
                            )
                        )

    def test_100000_that_are_cancelled(self):
        headers = call_headers(SUBMIT)
        body = message(update("rapid", 1, 3).SerializeToString())

        def one(stream):
            return (
                frame(HEADERS, END_HEADERS, stream, headers)
                + frame(DATA, END_STREAM, stream, body)
                + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
            )

        before = self.disconnected("cancelled_calls")
        with self.work():
            self.cancelled(one)
        self.assertGreater(self.disconnected("cancelled_calls"), before)
        # It stands in the log, by name.
        wait_until(
            "the refusals were written",
            lambda: "connection"
            in self.world.run("auditor", "audit", "list", "--limit", "100")[1],
        )

    def test_100000_that_are_cancelled_before_they_arrive(self):
        headers = call_headers(SUBMIT)

        def one(stream):
            return frame(HEADERS, END_HEADERS, stream, headers) + frame(
                RST_STREAM, 0, stream, b"\0\0\0\x08"
            )

        before = self.disconnected("cancelled_calls")
        with self.work():
            self.cancelled(one)
        self.assertGreater(self.disconnected("cancelled_calls"), before)

    def test_who_was_shown_out_comes_back_later(self):
        name = self.attacker()
        with self.work(), self.peer(name) as peer:
            # One true call, by which the hub knows whose connection it is.
            peer.greet()
            peer.send(
                frame(
                    HEADERS,
                    END_HEADERS,
                    peer.next_stream(),
                    call_headers(SUBMIT),
                )
                + frame(
                    DATA,
                    END_STREAM,
                    peer.stream,
                    message(update("one", 1, 4).SerializeToString()),
                )
            )
            next(kind for kind, *_ in peer.frames() if kind == HEADERS)
            self.until_hung_up(peer, lambda: self.opened_and_cancelled(peer))
        refusals = []

        def comes_in():
            with caller(self.world, name) as me:
                try:
                    me.registry.SubmitRecord(
                        update("one", 2, 4), timeout=DEADLINE
                    )
                    return True
                except grpc.RpcError as error:
                    refusals.append(error.code())
                    return False

        wait_until("it was let in again", comes_in)
        self.assertIn(grpc.StatusCode.RESOURCE_EXHAUSTED, refusals)

    def opened_and_cancelled(self, peer):
        headers = call_headers(SUBMIT)
        return b"".join(
            frame(HEADERS, END_HEADERS, stream, headers)
            + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
            for stream in (peer.next_stream() for _ in range(100))
        )


class Frames(UnderAttack):
    """What HTTP/2 allows to be sent."""

    def headers_of(self, peer, size):
        """A call with so many bytes of metadata, in frames."""
        stream = peer.next_stream()
        more = [(b"x-large-%d" % i, b"x" * 4096) for i in range(size // 4096)]
        block = call_headers(SUBMIT, more)
        parts = [block[i : i + 16384] for i in range(0, len(block), 16384)]
        last = len(parts) - 1
        return b"".join(
            frame(
                CONTINUATION if i else HEADERS,
                END_HEADERS if i == last else 0,
                stream,
                part,
            )
            for i, part in enumerate(parts)
        )

    def test_metadata_that_is_too_large(self):
        with self.work(), self.peer() as peer:
            peer.greet()
            with contextlib.suppress(OSError):
                peer.send(self.headers_of(peer, 64 << 10))
            # Refused by an error, by the end of the stream, or by a hang-up.
            refused = any(
                kind in (HEADERS, RST_STREAM, GOAWAY)
                for kind, *_ in peer.frames()
            )
            self.assertTrue(refused or not peer.is_open())

    def test_metadata_of_one_that_acknowledges_no_settings(self):
        """The limit binds only who has acknowledged it; up to 16 MiB come in
        with every call."""
        flood = self.disconnected("flood")
        with self.work(), self.peer() as peer:
            peer.greet(acknowledge=False)
            self.until_hung_up(peer, lambda: self.headers_of(peer, MEGABYTE))
        self.assertEqual(self.disconnected("flood"), flood + 1)

    def test_continuation_without_end(self):
        flood = self.disconnected("flood")
        chunk = b"".join(literal(b"x-%d" % i, b"y" * 1000) for i in range(15))
        with self.work(), self.peer() as peer:
            peer.greet(acknowledge=False)
            stream = peer.next_stream()
            peer.send(frame(HEADERS, 0, stream, call_headers(SUBMIT)))
            more = frame(CONTINUATION, 0, stream, chunk) * 16
            self.until_hung_up(peer, lambda: more)
        self.assertEqual(self.disconnected("flood"), flood + 1)

    def test_pings_without_end(self):
        with self.work(), self.peer() as peer:
            peer.greet()
            self.until_hung_up(peer, lambda: frame(PING, 0, 0, bytes(8)) * 100)

    def test_settings_without_end(self):
        flood = self.disconnected("flood")
        with self.work(), self.peer() as peer:
            peer.greet()
            self.until_hung_up(peer, lambda: frame(SETTINGS, 0, 0) * 1000)
        self.assertEqual(self.disconnected("flood"), flood + 1)

    def test_settings_without_end_and_no_answer_read(self):
        with self.work() as work, self.peer() as peer:
            peer.greet()
            peer.socket.settimeout(1)
            # Until there is no room for more on the way, or no way.
            with contextlib.suppress(OSError):
                while True:
                    peer.send(frame(SETTINGS, 0, 0) * 1000)
            work.goes_on()


class Reading(UnderAttack):
    """Who asks, and does not take the answers."""

    @classmethod
    def prepare(cls):
        cls.shim = Shim(cls.world)

    @contextlib.contextmanager
    def minutes_pass(self):
        enough = threading.Event()

        def run():
            for minute in range(1, 1_000):
                self.shim.set_clock(61 * minute)
                if enough.wait(0.5):
                    return

        clock = threading.Thread(target=run)
        clock.start()
        try:
            yield
        finally:
            enough.set()
            clock.join()

    def test_answers_that_nobody_takes(self):
        name = self.attacker()
        with caller(self.world, name) as me:
            for i in range(300):
                me.registry.SubmitRecord(update(f"r-{i}", 1, i), timeout=DEADLINE)
        with self.work() as work, self.peer(name) as peer:
            # Not a byte of an answer may be sent.
            peer.greet(settings={INITIAL_WINDOW_SIZE: 0})
            request = message(
                registry_service_pb2.ListRecordsRequest(
                    page_size=1000
                ).SerializeToString()
            )
            asked = set()
            for _ in range(64):
                stream = peer.next_stream()
                asked.add(stream)
                peer.send(
                    frame(HEADERS, END_HEADERS, stream, call_headers(LIST))
                    + frame(DATA, END_STREAM, stream, request)
                )
            work.goes_on()
            wait_until(
                "the hub holds the answers",
                lambda: self.metric(
                    'waystation_calls_total{code="OK",'
                    'method="RegistryService.ListRecords"}',
                    absent=0,  # Until the first one.
                )
                >= 64,
            )
            # Minutes pass, by the hub's clock, one after the other: it counts
            # from when it has seen that somebody does not read.
            ended = set()
            with self.minutes_pass():
                for kind, _, stream, _ in peer.frames():
                    if kind == RST_STREAM:
                        ended.add(stream)
                    if ended == asked:
                        break
            self.assertEqual(ended, asked)
        self.assertGreaterEqual(self.metric("waystation_calls_stalled_total"), 64)


class Stopped(UnderAttack):
    """The whole hub stands still for a while: SIGSTOP, a paused machine."""

    def test_goes_on_where_it_stood(self):
        with self.work() as work:
            with caller(self.world, NEWCOMER) as me:
                frames = [
                    registry_service_pb2.SubmitRecordsRequest(
                        frame_number=n,
                        frame=registry_service_pb2.Frame(
                            updates=[update(f"s-{n}", 1, n).update]
                        ),
                    )
                    for n in range(1, 40)
                ]
                acknowledged = []
                stopped = threading.Event()

                def some():
                    for request in frames:
                        if request.frame_number == 20:
                            self.world.hub.send_signal(signal.SIGSTOP)
                            stopped.set()
                        yield request

                def wake():
                    stopped.wait(DEADLINE)
                    time.sleep(5)  # How long it stands still, nothing else.
                    self.world.hub.send_signal(signal.SIGCONT)

                waker = threading.Thread(target=wake)
                waker.start()
                for answer in me.registry.SubmitRecords(
                    some(), timeout=DEADLINE
                ):
                    acknowledged.append(answer.frame_number)
                waker.join()
                self.assertEqual(acknowledged, list(range(1, 40)))
                listed = me.registry.ListRecords(
                    registry_service_pb2.ListRecordsRequest(page_size=1000),
                    timeout=DEADLINE,
                )
                keys = {record.record_key for record in listed.records}
                self.assertLessEqual({f"s-{n}" for n in range(1, 40)}, keys)
            work.goes_on()
        self.assertIsNone(self.world.hub.poll())


if __name__ == "__main__":
    unittest.main(verbosity=2)
