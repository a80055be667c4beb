# SPDX-License-Identifier: Apache-2.0
"""failover_test.py BIN_DIR: two hubs on two PostgreSQL servers lose machines,
cables and etcd while three agencies write and an adapter sends files.

WAYSTATION_SEED repeats what is lost when, WAYSTATION_ROUNDS makes it longer.
"""

import contextlib
import csv
import io
import ipaddress
import itertools
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import sys
import threading
import time
import unittest

import arena

arena.enter()

import grpc  # noqa: E402
from adapter import Adapter  # noqa: E402
from arena import Machine, until  # noqa: E402
from cluster import Cluster  # noqa: E402
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: E402
from tree import leaves  # noqa: E402
from waystation.v1 import audit_service_pb2  # noqa: E402
from wire import GONE, Authority, caller, read_file  # noqa: E402
from world import World  # noqa: E402
from writers import Agency, employed, lives, trained  # noqa: E402

BIN = sys.argv.pop(1)
SEED = int(os.environ.get("WAYSTATION_SEED") or secrets.randbelow(1_000_000))
ROUNDS = int(os.environ.get("WAYSTATION_ROUNDS") or 10)
PORT = 7443

# Who hears nothing for so long calls another hub.
SILENCE = 4


class Hub:
    """A hub on a machine of its own, started again whenever it ends."""

    def __init__(self, machine, folder):
        self.machine = machine
        self.hub_folder = folder
        self.listen = f"{machine.address}:{PORT}"
        self.log = os.path.join(folder, "hub.log")
        self._process = None
        self._over = False
        self._keeper = threading.Thread(target=self._keep)

    def start(self):
        self._keeper.start()

    def _keep(self):
        while not self._over:
            self._process = self.machine.spawn(
                self.log,
                os.path.abspath(os.path.join(BIN, "waystationd")),
                *("--config", os.path.join(self.hub_folder, "hub.yaml")),
            )
            self._process.wait()
            time.sleep(0.5)

    def stop(self):
        self._over = True
        while self._keeper.is_alive():
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            self._keeper.join(1)
        self.machine.close()


class Writing:
    """An agency that writes and writes, at whichever hub answers."""

    def __init__(self, test, agency, seed):
        self.test = test
        self.agency = agency
        self.chance = random.Random(seed)
        self.stop = threading.Event()
        self.trouble = None
        self.thread = threading.Thread(target=self._guarded)

    def _guarded(self):
        try:
            self._write()
        except BaseException as error:  # Shown by the main thread.
            self.trouble = error

    def _write(self):
        for hub in itertools.cycle(self.test.hubs):
            if self.stop.is_set():
                return
            with caller(hub, self.agency.name) as me, self._impatient(me):
                try:
                    grpc.channel_ready_future(me.channel).result(SILENCE)
                    # What was not answered comes first, and of what was some
                    # once more, which changes nothing. Each has a frame, and a
                    # leaf if it was applied: check_log counts them.
                    self.agency.forget_answered(keep=50)
                    self.agency.resubmit(self.test, me, at_once=1)
                    self.agency.write(me, self.chance, 40, self._answered)
                except grpc.FutureTimeoutError:
                    continue
                except (grpc.RpcError, ValueError) as error:
                    if isinstance(error, grpc.RpcError) and (
                        error.code() not in GONE
                    ):
                        raise

    def _answered(self):
        self.heard = time.monotonic()
        self.test.answers.append(self.heard)
        if self.stop.is_set():
            self.me.channel.close()
        time.sleep(0.05)

    @contextlib.contextmanager
    def _impatient(self, me):
        """Hangs up on a hub that has not answered for a while."""
        self.heard = time.monotonic()
        self.me = me
        done = threading.Event()

        def watch():
            while not done.wait(0.5):
                if time.monotonic() - self.heard > SILENCE:
                    me.channel.close()
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


class Failover(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"WAYSTATION_SEED={SEED}", file=sys.stderr, flush=True)
        arena.lay_out()
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.world = World(BIN, start=False)
        cls.addClassCleanup(cls.world.close)
        cls.hubs = cls.two_hubs()
        for hub in cls.hubs:
            hub.start()
            cls.addClassCleanup(hub.stop)

    @classmethod
    def two_hubs(cls):
        """One folder, laid out as for a trial and then copied."""
        world = cls.world
        machines = [Machine("hub1", 21), Machine("hub2", 22)]
        world.hub_options = ["--store", cls.cluster.store(world.file("pass"))]
        world.start()
        world.stop()
        cls.certify([machine.address for machine in machines])
        with open(world.file("hub/hub.yaml"), "a", encoding="utf-8") as file:
            file.write("share_store: true\n")
        hubs = []
        for number, machine in enumerate(machines):
            folder = world.hub_folder
            if number:
                folder = world.file("hub2")
                shutil.copytree(world.hub_folder, folder)
            hub = Hub(machine, folder)
            settings = pathlib.Path(folder, "hub.yaml")
            settings.write_text(
                re.sub(
                    "\nlisten: .*",
                    f'\nlisten: "{hub.listen}"',
                    settings.read_text(encoding="utf-8"),
                ),
                encoding="utf-8",
            )
            hubs.append(hub)
        # wayctl and the adapter know both.
        contexts = world.read("hub/wayctl.yaml")
        both = "\n".join(f'        - "{hub.listen}"' for hub in hubs)
        contexts = re.sub(r' {8}- "127[^\n]*', both, contexts)
        world.write("hub/wayctl.yaml", contexts)
        world.listen = '", "'.join(hub.listen for hub in hubs)
        return hubs

    @classmethod
    def certify(cls, addresses):
        """A certificate under which both hubs are reached."""
        tls = os.path.join(cls.world.hub_folder, "tls")
        certificate, key = Authority.load(os.path.join(tls, "ca")).issue(
            [x509.IPAddress(ipaddress.ip_address(a)) for a in addresses],
            usage=ExtendedKeyUsageOID.SERVER_AUTH,
        )
        for name, content in (("hub.pem", certificate), ("hub.key", key)):
            with open(os.path.join(tls, name), "wb") as file:
                file.write(content)

    # --- what is lost ---

    def primary_loses_power(self):
        server = self.cluster.primary()
        server.machine.lose_power()
        yield
        server.start()

    def primary_is_cut_off(self):
        server = self.cluster.primary()
        server.machine.unplug()
        yield
        server.machine.plug_in()

    def standby_loses_power(self):
        server = self.cluster.standby()
        server.machine.lose_power()
        yield
        server.start()

    def hub_is_killed(self):
        # It is started again at once.
        self.chance.choice(self.hubs).machine.lose_power()
        yield

    def hub_is_cut_off(self):
        machine = self.chance.choice(self.hubs).machine
        machine.unplug()
        yield
        machine.plug_in()

    def etcd_loses_power(self):
        self.cluster.etcd.lose_power()
        time.sleep(2)
        self.cluster.start_etcd()
        yield

    # --- the story ---

    def test_nothing_acknowledged_is_lost(self):
        self.chance = random.Random(SEED)
        self.answers = []  # When each came.
        agencies = [
            Agency("labor.341200", employed, stream=True, signed=True),
            Agency("public_security.341200", lives, stream=True, signed=False),
            Agency("labor.320500", trained, stream=True, signed=True),
        ]
        for agency in agencies:
            agency.key = serialization.load_pem_private_key(
                read_file(self.world.file(f"hub/clients/{agency.name}.signing")),
                None,
            )
        self.writing = [
            Writing(self, agency, self.chance.random()) for agency in agencies
        ]
        adapter = Adapter(self.world)
        exported = itertools.count(1)
        reading = adapter.spawn()
        try:
            for writing in self.writing:
                writing.thread.start()
            self.goes_on(time.monotonic())
            pauses = self.lose_and_go_on(adapter, exported)
        finally:
            for writing in self.writing:
                writing.stop.set()
            for writing in self.writing:
                writing.thread.join()
            if sys.exc_info()[0]:
                self.tell()
        self.assertEqual([w.trouble for w in self.writing], [None] * 3)
        keys = {f"A-{number}" for number in range(1, next(exported))}
        try:
            until(lambda: self.held_of(adapter.AGENCY) >= keys, "the adapter's rows")
        except AssertionError:
            self.tell()
            print(adapter.said()[-4000:], file=sys.stderr)
            raise
        reading.terminate()
        reading.wait()

        hub = self.hub_that_serves()
        for agency in agencies:
            with caller(hub, agency.name) as me:
                agency.resubmit(self, me, at_once=1)
                agency.check_records(self, me)
        self.check_log(agencies, len(keys), hub)
        for arguments in (
            ("auditor", "audit", "verify"),
            ("operator", "hub", "check"),
        ):
            code, out, err = self.world.run(*arguments)
            self.assertEqual(code, 0, out + err)
        longest = max(pauses)
        print(
            f"{ROUNDS} losses, {sum(len(a.sent) for a in agencies)} updates, "
            f"{len(self.answers)} answers; the longest pause, {longest[0]:.1f} s, "
            f"when {longest[1]}",
            file=sys.stderr,
        )

    def lose_and_go_on(self, adapter, exported):
        """How long nothing was acknowledged, and what was lost, by round."""
        losses = [
            self.primary_loses_power,
            self.hub_is_killed,
            self.primary_is_cut_off,
            self.hub_is_cut_off,
            self.standby_loses_power,
            self.etcd_loses_power,
        ]
        pauses = []
        for number in range(ROUNDS):
            # Each at least once, in whatever order.
            if number % len(losses) == 0:
                self.chance.shuffle(losses)
            lose = losses[number % len(losses)]
            row = next(exported)
            adapter.export(f"export-{row}.csv", [f"A-{row}"])
            begin = time.monotonic()
            with contextlib.closing(lose()) as mending:
                next(mending)
                self.goes_on(begin)
                next(mending, None)
            self.cluster.comes_to_rest()
            pauses.append((self.longest_pause(begin), lose.__name__))
            print(f"{lose.__name__}: {pauses[-1][0]:.1f} s", file=sys.stderr, flush=True)
        return pauses

    def goes_on(self, begin):
        """Waits until updates are acknowledged that were sent after this."""

        def answered():
            for writing in self.writing:
                if writing.trouble:
                    raise writing.trouble
            return self.answers and self.answers[-1] > begin + 1

        until(answered, "an acknowledged update")

    def longest_pause(self, begin):
        times = [begin, *(t for t in list(self.answers) if t > begin)]
        return max(after - before for before, after in itertools.pairwise(times))

    # --- what must hold afterwards ---

    def hub_that_serves(self):
        def serving():
            for hub in self.hubs:
                with caller(hub, "auditor") as me:
                    with contextlib.suppress(grpc.FutureTimeoutError):
                        grpc.channel_ready_future(me.channel).result(1)
                        return hub
            return None

        return until(serving, "a hub that serves")

    def held_of(self, agency):
        code, out, err = self.world.run(agency, "record", "list", "-o", "csv")
        if code != 0:
            return set()
        return {row["record_key"] for row in csv.DictReader(io.StringIO(out))}

    def check_log(self, agencies, adapter_updates, hub):
        """Each update that was sent was applied once: it has one leaf."""
        found = []
        with caller(hub, "auditor") as me:
            for logged in leaves(me.audit, 0):
                event = audit_service_pb2.AuditEvent.FromString(logged.leaf)
                if event.kind == audit_service_pb2.AuditEvent.KIND_UPDATES:
                    found += [(event.agency, hash_) for hash_ in logged.details]
        self.assertEqual(len(found), len(set(found)))
        by_agency = {
            agency.name: sum(1 for name, _ in found if name == agency.name)
            for agency in agencies
        }
        self.assertEqual(by_agency, {a.name: len(a.sent) for a in agencies})
        acknowledged = {
            (leaf.agency, leaf.hash) for a in agencies for leaf in a.leaves
        }
        self.assertEqual(acknowledged - set(found), set())
        self.assertEqual(
            sum(1 for name, _ in found if name == Adapter.AGENCY), adapter_updates
        )

    def tell(self):
        print(self.cluster.said(), file=sys.stderr)
        for hub in self.hubs:
            with open(hub.log, encoding="utf-8") as file:
                print(f"--- {hub.log}\n{file.read()[-4000:]}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
