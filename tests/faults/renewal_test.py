# SPDX-License-Identifier: Apache-2.0
"""renewal_test.py BIN_DIR: certificates that are replaced before they end, by
whoever holds them: an agency's adapter, people at wayctl, the hub its own.
"""

import datetime
import os
import random
import signal
import ssl
import subprocess
import sys
import time
import unittest

import grpc
from adapter import Adapter
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from shim import Shim
from tree import leaves
from waystation.v1 import admin_service_pb2, registry_service_pb2
from wire import (
    DEADLINE,
    Authority,
    Caller,
    caller,
    new_key,
    read_file,
    reason,
    uri,
)
from world import PATIENCE, World

BIN = sys.argv.pop(1)
HOUR = 3600
AGENCY = "agency/" + Adapter.AGENCY


def request_for(name, key):
    """PKCS #10, PEM."""
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(subject))
        .sign(key, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM).decode()


def serial_of(certificate):
    """As the hub spells it: whole bytes."""
    text = f"{certificate.serial_number:x}"
    return text.zfill(len(text) + len(text) % 2)


class Renewing(unittest.TestCase):
    def setUp(self):
        self.world = World(BIN, start=False)
        self.addCleanup(self.world.close)
        self.shim = Shim(self.world)
        self.world.start()
        self.authority = Authority.load(self.world.file("hub/tls/ca"))
        self.client = self.world.file("agency")
        self.give(minutes=40)
        self.adapter = Adapter(self.world, self.shim.environment)
        self.adapter.configure(self.client)

    def give(self, minutes, name=AGENCY):
        """The adapter gets a pair by hand."""
        certificate, key = self.authority.issue(
            [uri(name)], until=datetime.timedelta(minutes=minutes)
        )
        for ending, content in ((".key", key), (".pem", certificate)):
            with open(self.client + ".new", "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
            os.rename(self.client + ".new", self.client + ending)

    def wait(self, what, is_so):
        deadline = time.monotonic() + DEADLINE
        while not is_so():
            if time.monotonic() > deadline:
                self.fail(f"{what}\n{self.adapter.said()}")

    def pair(self):
        """The serial that the files hold; certificate and key are one pair."""
        certificate = x509.load_pem_x509_certificate(
            read_file(self.client + ".pem")
        )
        key = serialization.load_pem_private_key(
            read_file(self.client + ".key"), None
        )
        self.assertEqual(
            certificate.public_key().public_numbers(),
            key.public_key().public_numbers(),
        )
        self.assertEqual(os.stat(self.client + ".key").st_mode & 0o777, 0o600)
        return serial_of(certificate)

    def caller(self):
        """Whoever calls with what the files hold now."""
        return Caller(
            self.world,
            read_file(self.client + ".pem"),
            read_file(self.client + ".key"),
        )

    def may_call(self, who):
        who.registry.ListRecords(
            registry_service_pb2.ListRecordsRequest(), timeout=DEADLINE
        )

    def is_let_in(self, who):
        try:
            self.may_call(who)
        except grpc.RpcError:
            return False
        return True

    def held(self):
        """Keys of the agency's records."""
        with caller(self.world, Adapter.AGENCY) as me:
            answer = me.registry.ListRecords(
                registry_service_pb2.ListRecordsRequest(), timeout=DEADLINE
            )
        return sorted(record.record_key for record in answer.records)

    def renewals(self):
        """Actor and new serial of each that stands in the log."""
        with caller(self.world, "auditor") as auditor:
            return [
                (logged.event.actor, logged.event.object)
                for logged in leaves(auditor.audit, 0)
                if logged.event.act == "certificate.renew"
            ]

    def revoke(self, serial, expected=0):
        code, out, err = self.world.run(
            *("operator", "cert", "revoke", serial),
            *("--reason", "key lost", "--yes"),
        )
        self.assertEqual(code, expected, out + err)
        return err


class Adapters(Renewing):
    def runs(self, expected, *arguments):
        code, said = self.adapter.run(*arguments)
        self.assertEqual(code, expected, said)
        return said

    def test_renews_by_command(self):
        first = self.pair()
        self.assertIn("cert renew", self.runs(3, "cert", "show"))
        said = self.runs(0, "cert", "renew", "--within", "0")
        self.assertIn("not time yet", said)
        with self.caller() as before:
            self.may_call(before)
            said = self.runs(0, "cert", "renew", "--within", "30")
            second = self.pair()
            self.assertIn(second, said)
            self.assertNotEqual(first, second)
            self.may_call(before)  # The old one holds until it ends.
        with self.caller() as after:
            self.may_call(after)
        self.assertEqual(self.renewals(), [(AGENCY, second)])
        self.adapter.export("1.csv", ["A"])
        self.runs(0, "once")
        self.assertEqual(self.held(), ["A"])
        # As long as the one before, and again.
        self.runs(0, "cert", "renew")
        third = self.pair()
        self.assertEqual(len(self.renewals()), 2)
        # Whoever shuts the first one out is told of those that came of it.
        said = self.revoke(first)
        self.assertIn(second, said)
        self.assertIn(third, said)
        with self.caller() as after:
            self.may_call(after)

    def test_once_renews_when_it_is_told_to(self):
        first = self.pair()
        self.adapter.export("1.csv", ["A"])
        self.assertIn("renew it (cert renew)", self.runs(0, "once"))
        self.assertEqual(self.pair(), first)
        self.adapter.configure(self.client, "renew_days: 30\n")
        self.assertIn("the certificate was renewed", self.runs(0, "once"))
        self.assertNotEqual(self.pair(), first)
        # The new one lasts for two days: half of its time is not over.
        self.assertNotIn("certificate", self.runs(0, "once"))
        self.assertEqual(len(self.renewals()), 1)

    def test_refused(self):
        for minutes, name, code, why in (
            (-1, AGENCY, 1, "it expired on"),
            (40, "agency/labor.320500", 2, "agency/labor.320500"),
            (40, "agency/public_security.330100", 2, "330100"),
        ):
            self.give(minutes, name)
            before = self.pair()
            self.assertIn(why, self.runs(code, "cert", "renew"))
            self.assertEqual(self.pair(), before)
        self.give(40)
        first = self.pair()
        self.revoke(first)
        self.assertIn("CERTIFICATE_REVOKED", self.runs(4, "cert", "renew"))
        self.assertEqual(self.pair(), first)
        self.give(40)
        os.mkdir(self.client + ".key.pairs")
        os.chmod(self.client + ".key", 0o644)
        self.assertIn("KEY_FILE_MODE", self.runs(1, "cert", "renew"))
        self.assertEqual(self.renewals(), [])

    def test_a_pair_stands_wherever_it_is_killed(self):
        chance = random.Random(os.environ.get("WAYSTATION_SEED", "1"))
        for _ in range(6):
            renewing = subprocess.Popen(
                self.adapter.command("cert", "renew"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self.adapter.environment,
            )
            try:
                renewing.wait(chance.uniform(0.01, 0.2))
            except subprocess.TimeoutExpired:
                renewing.kill()
                renewing.wait()
            self.pair()
            with self.caller() as me:
                self.may_call(me)
        self.runs(0, "cert", "renew")
        self.pair()

    def start(self):
        running = self.adapter.spawn()
        self.addCleanup(running.kill)
        return running

    def test_run_renews_by_itself_and_goes_on(self):
        self.adapter.configure(self.client, "renew_days: 30\n")
        first = self.pair()
        running = self.start()
        self.adapter.export("1.csv", ["A"])
        self.wait("the first row", lambda: self.held() == ["A"])
        self.wait("a new pair", lambda: self.pair() != first)
        # The first one's end is nothing to it.
        self.shim.set_clock(HOUR)
        self.adapter.export("2.csv", ["B"])
        self.wait("the second row", lambda: self.held() == ["A", "B"])
        self.assertNotIn("CERTIFICATE_FILE_INVALID", self.adapter.said())
        self.assertEqual(len(self.renewals()), 1)
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(DEADLINE), 0, self.adapter.said())

    def test_run_takes_up_what_a_command_renewed(self):
        first = self.pair()
        running = self.start()
        self.adapter.export("1.csv", ["A"])
        self.wait("the first row", lambda: self.held() == ["A"])
        self.runs(0, "cert", "renew")
        said = "a new certificate is there"
        self.wait(said, lambda: said in self.adapter.said())
        # So that the first one may be shut out at once.
        self.revoke(first)
        self.adapter.export("2.csv", ["B"])
        self.wait("the second row", lambda: self.held() == ["A", "B"])
        self.assertIsNone(running.poll(), self.adapter.said())
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(DEADLINE), 0, self.adapter.said())


class Calls(Renewing):
    """What the hub itself refuses, whatever the client is."""

    def ask(self, who, name, key=None):
        return who.admin.RenewCertificate(
            admin_service_pb2.RenewCertificateRequest(
                certificate_request=request_for(name, key or new_key())
            ),
            timeout=DEADLINE,
        )

    def refused(self, who, name, key=None):
        with self.assertRaises(grpc.RpcError) as error:
            self.ask(who, name, key)
        return error.exception

    def test_another_name_is_refused(self):
        with self.caller() as me:
            for name in (
                "agency/labor.320500",
                AGENCY + "/clerk/li",
                "operator/li",
            ):
                self.assertEqual(
                    reason(self.refused(me, name)), "CERTIFICATE_NAME_DIFFERS"
                )
            own = serialization.load_pem_private_key(
                read_file(self.client + ".key"), None
            )
            self.assertEqual(
                reason(self.refused(me, AGENCY, own)), "CERTIFICATE_KEY_REUSED"
            )
        self.assertEqual(self.renewals(), [])

    def test_who_may_and_for_how_long(self):
        for role, name in (
            ("operator", "operator/dev"),
            ("clerk", "agency/public_security.320500/clerk/dev"),
            ("office", "office/reconciliation"),
        ):
            with caller(self.world, role) as me:
                status = self.ask(me, name).status
            self.assertEqual(status.identity, name)
            valid = status.not_after.seconds - status.not_before.seconds
            self.assertEqual(round(valid / 86400), 825, "as the one before")
        with caller(self.world, "auditor") as auditor:
            self.assertEqual(
                reason(self.refused(auditor, "auditor/dev")), "WRONG_ROLE"
            )

    def test_an_expired_one_renews_nothing(self):
        with self.caller() as me:
            self.may_call(me)
            self.shim.set_clock(HOUR)
            # The hub's clock follows within a moment.
            self.wait("the end", lambda: not self.is_let_in(me))
            self.assertEqual(reason(self.refused(me, AGENCY)), "NO_IDENTITY")
        self.shim.set_clock(0)
        self.give(minutes=-5)
        with self.caller() as me:
            self.assertIn(
                self.refused(me, AGENCY).code(),
                (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED),
            )
        self.assertEqual(self.renewals(), [])

    def test_so_many_and_no_more(self):
        with self.caller() as me:
            for _ in range(8):
                self.ask(me, AGENCY)
            self.assertEqual(
                reason(self.refused(me, AGENCY)), "TOO_MANY_CERTIFICATES"
            )


class People(Renewing):
    def test_wayctl_renews_its_context(self):
        prefix = self.world.file("hub/clients/operator")
        before = read_file(prefix + ".pem"), read_file(prefix + ".key")
        renew = ("operator", "cert", "renew")
        code, out, err = self.world.run(*renew, "--dry-run")
        self.assertEqual(code, 0, out + err)
        code, out, err = self.world.run(*renew, "--within", "30")
        self.assertEqual(code, 0, out + err)
        self.assertIn("not time yet", err)
        self.assertEqual(before[0], read_file(prefix + ".pem"))
        made = self.world.json(*renew)["status"]
        self.assertEqual(self.renewals(), [(made["identity"], made["serial"])])
        self.assertNotEqual(before[0], read_file(prefix + ".pem"))
        self.assertNotEqual(before[1], read_file(prefix + ".key"))
        [listed] = [
            status
            for status in self.world.json("operator", "cert", "list")[
                "certificates"
            ]
            if status["serial"] == made["serial"]
        ]
        self.assertEqual(listed["renews"], made["renews"])
        # The hub has no key to renew auditors by.
        code, out, err = self.world.run("auditor", "cert", "renew")
        self.assertEqual(code, 4, out + err)


class Hub(Renewing):
    def shown(self):
        """The certificate that the hub shows to whoever connects now."""
        host, port = self.world.listen.rsplit(":", 1)
        pem = ssl.get_server_certificate((host, int(port)))
        return x509.load_pem_x509_certificate(pem.encode())

    def waystationd(self, *arguments):
        done = subprocess.run(
            [os.path.join(BIN, "waystationd"), "--lang", "en", *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def names(self, certificate):
        extension = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
        return {str(name.value) for name in extension.value}

    def listed(self):
        """Serials of the hub's own that the log knows."""
        with caller(self.world, "operator") as operator:
            answer = operator.admin.ListCertificates(
                admin_service_pb2.ListCertificatesRequest(identity="hub"),
                timeout=DEADLINE,
            )
        return {status.serial for status in answer.certificates}

    def test_gets_a_new_one_while_it_runs(self):
        config = self.world.file("hub/hub.yaml")
        first = self.shown()
        self.assertEqual(self.listed(), {serial_of(first)})
        with self.caller() as me:
            self.may_call(me)
            code, said = self.waystationd("renew", "--config", config)
            self.assertEqual(code, 0, said)
            self.wait(
                "the new certificate",
                lambda: self.shown() != first,
            )
            self.may_call(me)
        second = self.shown()
        self.assertEqual(self.names(second), self.names(first))
        with self.caller() as me:
            self.may_call(me)
        self.world.hub.send_signal(signal.SIGHUP)
        self.wait(
            "its entry in the log",
            lambda: serial_of(second) in self.listed(),
        )
        code, said = self.waystationd(
            *("renew", "--config", config, "--days", "10"),
            *("--host", "127.0.0.1", "--host", "hub.example"),
        )
        self.assertEqual(code, 0, said)
        self.wait(
            "another",
            lambda: self.names(self.shown()) == {"127.0.0.1", "hub.example"},
        )

    def test_says_why_it_cannot(self):
        config = self.world.file("hub/hub.yaml")
        before = read_file(self.world.file("hub/tls/hub.pem"))
        for arguments, code, why in (
            (("--days", "826"), 2, "DAYS_INVALID"),
            (("--host", "a b"), 2, "hosts"),
        ):
            ended, said = self.waystationd(
                "renew", "--config", config, *arguments
            )
            self.assertEqual(ended, code, said)
            self.assertIn(why, said)
        os.remove(self.world.file("hub/tls/ca.key"))
        ended, said = self.waystationd("renew", "--config", config)
        self.assertEqual(ended, 1, said)
        self.assertIn("ca.key", said)
        self.assertEqual(before, read_file(self.world.file("hub/tls/hub.pem")))


if __name__ == "__main__":
    unittest.main(verbosity=2)
