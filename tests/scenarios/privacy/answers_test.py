# SPDX-License-Identifier: Apache-2.0
"""answers_test.py BIN_DIR: what may not be known and what is not there answer
alike, to the last byte; and who calls is what a certificate says.
"""

import datetime
import sys
import unittest

import claims
import grpc
from agencies import ORIGIN, RESIDENCE, Privacy
from ceiling import COMMERCE, HEALTH, LABOR, POLICE, SECTORS
from cryptography import x509
from waystation.v1 import (
    admin_service_pb2,
    agreement_pb2,
    audit_service_pb2,
    mailbox_service_pb2,
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

Privacy.bin = sys.argv.pop(1)
NOBODY = "p-" + "a" * 26


class Answers(Privacy):
    maxDiff = None
    def held_by(self, sector, place, key, number=None):
        """A person of whom this agency alone holds a record; the handle."""
        return self.agency(sector, place).say(
            claims.update(
                key, 1, claims.core(number or claims.new_number())
            )
        )

    def alike(self, answers, wanted):
        """All of them are the same error, byte for byte."""
        for name, answer in answers.items():
            self.assertIsInstance(answer, tuple, name)
            self.assertEqual(answer, next(iter(answers.values())), name)
            self.assertIn(wanted, answer[2], name)

    def test_reads_of_what_is_not_ones_own(self):
        for sector in SECTORS:
            with self.subTest(sector=sector):
                self.reads_alike(self.agency(sector))

    def reads_alike(self, me):
        other = POLICE if me.sector != POLICE else LABOR
        handle = self.held_by(other, ORIGIN, f"other-{me.sector}")
        number = claims.new_number()
        shared = self.held_by(other, ORIGIN, f"shared-{me.sector}", number)
        self.held_by(me.sector, RESIDENCE, f"mine-{me.sector}", number)
        # A record of its own that does not say enough to ask about others.
        narrow = claims.person_pb2.Person()
        narrow.name.full = "王芳"
        me.say(claims.update(f"narrow-{me.sector}", 1, narrow))
        taken_back = claims.update(f"gone-{me.sector}", 1, narrow)
        gone = me.say(taken_back)
        me.say(
            claims.update(
                f"gone-{me.sector}", 2, claims.person_pb2.Person(), ["name"]
            )
        )
        wrong = agreement_pb2.PURPOSE_EMPLOYMENT_SERVICE
        subjects = {
            "nobody's handle": ({"handle": NOBODY}, me.purpose),
            "no handle at all": ({"handle": "x"}, me.purpose),
            "another agency's handle": ({"handle": handle}, me.purpose),
            "another agency's handle of a person of mine": (
                {"handle": shared},
                me.purpose,
            ),
            "nobody's key": ({"record_key": "nobody"}, me.purpose),
            "another agency's key": (
                {"record_key": f"other-{me.sector}"},
                me.purpose,
            ),
            "a record that says too little": (
                {"record_key": f"narrow-{me.sector}"},
                me.purpose,
            ),
            "a record that says nothing any more": (
                {"handle": gone},
                me.purpose,
            ),
            "a purpose without agreement": (
                {"record_key": f"mine-{me.sector}"},
                wrong,
            ),
        }
        reads = {
            name: outcome(
                me.me.registry.GetPerson,
                registry_service_pb2.GetPersonRequest(
                    purpose=purpose, **subject
                ),
            )
            for name, (subject, purpose) in subjects.items()
        }
        self.alike(reads, b"NOT_AVAILABLE")
        matches = {
            name: outcome(
                me.me.registry.MatchClaim,
                registry_service_pb2.MatchClaimRequest(
                    purpose=purpose,
                    attribute="residence",
                    offered=claims.value("residence", 1),
                    **subject,
                ),
            )
            for name, (subject, purpose) in subjects.items()
        }
        self.alike(matches, b"NOT_AVAILABLE")
        self.assertEqual(matches["nobody's key"], reads["nobody's key"])
        records = {
            key: outcome(
                me.me.registry.GetRecord,
                registry_service_pb2.GetRecordRequest(record_key=key),
            )
            for key in ("nobody", f"other-{me.sector}", "")
        }
        self.alike(records, b"NOT_AVAILABLE")

    def test_submissions_do_not_tell_who_else_holds_the_person(self):
        """In earnest and with validate_only, by call and by frame."""
        known, unknown = claims.new_number(), claims.new_number()
        self.held_by(POLICE, ORIGIN, "K", known)
        self.held_by(HEALTH, ORIGIN, "K", known)
        for sector in SECTORS:
            me = self.agency(sector)
            updates = {
                # The same bytes but for the number.
                "known": claims.update("K", 1, claims.core(known)),
                "unknown": claims.update("U", 1, claims.core(unknown)),
            }
            dry = {
                name: me.submit(update, validate_only=True)
                for name, update in updates.items()
            }
            self.assertEqual(dry["known"], dry["unknown"])
            self.assertFalse(dry["known"].HasField("leaf"))
            frames = {
                name: list(
                    me.me.registry.SubmitRecords(
                        iter([self.frame(update)]), timeout=DEADLINE
                    )
                )
                for name, update in updates.items()
            } if sector in (POLICE, LABOR) else {"known": 0, "unknown": 0}
            self.assertEqual(frames["known"], frames["unknown"])
            real = {
                name: me.submit(update).result
                for name, update in updates.items()
            }
            self.assertNotEqual(real["known"].handle, real["unknown"].handle)
            for result in real.values():
                result.handle = ""
            self.assertEqual(real["known"], real["unknown"])

    def frame(self, update):
        return registry_service_pb2.SubmitRecordsRequest(
            frame_number=1,
            frame=registry_service_pb2.Frame(updates=[update]),
            validate_only=True,
        )

    def test_another_agencys_key_names_a_record_of_ones_own(self):
        number = claims.new_number()
        self.held_by(LABOR, ORIGIN, "same-key", number)
        theirs = self.agency(LABOR, ORIGIN).me.registry.GetRecord
        request = registry_service_pb2.GetRecordRequest(record_key="same-key")
        before = theirs(request, timeout=DEADLINE)
        mine = claims.core(claims.new_number())
        mine.MergeFrom(claims.value("employment", 2))
        self.agency(LABOR).say(claims.update("same-key", 7, mine))
        self.assertEqual(theirs(request, timeout=DEADLINE), before)

    def test_links_of_others_group_nothing(self):
        """Two records of mine, which another agency's record joins."""
        me = self.agency(LABOR)
        citizen, permit = claims.new_number(), claims.hmt_permit()
        by_permit = claims.core(citizen)
        by_permit.identifiers[0].CopyFrom(permit)
        handles = {
            "one": me.say(claims.update("one", 1, claims.core(citizen))),
            "two": me.say(claims.update("two", 1, by_permit)),
        }
        both = claims.core(citizen)
        both.identifiers.append(permit)
        persons = self.persons()
        self.agency(POLICE).say(claims.update("both", 1, both))
        self.assertEqual(self.persons(), persons - 1, "they are one person")
        listed = {
            record.record_key: record.handle
            for record in me.me.registry.ListRecords(
                registry_service_pb2.ListRecordsRequest(), timeout=DEADLINE
            ).records
            if record.record_key in handles
        }
        self.assertEqual(listed, handles)
        self.assertNotEqual(handles["one"], handles["two"])
        for key in handles:
            self.assertEqual(list(me.view(key).record_keys), [key])
        for entry in me.empty_mailbox():
            self.assertEqual(len(entry.view.record_keys), 1)

    def persons(self):
        return self.operator.admin.GetHubStatus(
            admin_service_pb2.GetHubStatusRequest(), timeout=DEADLINE
        ).persons

    def test_log_entries_of_others(self):
        self.held_by(POLICE, ORIGIN, "logged")
        me = self.agency(COMMERCE)
        auditor = caller(self.world, "auditor")
        events = auditor.audit.ListEvents(
            audit_service_pb2.ListEventsRequest(
                agency=f"{POLICE}.{ORIGIN}", page_size=1000
            ),
            timeout=DEADLINE,
        ).events
        answers = {
            index: outcome(
                me.me.audit.GetInclusionProof,
                audit_service_pb2.GetInclusionProofRequest(index=index),
            )
            for index in (events[-1].index, 10**9)
        }
        self.alike(answers, b"NOT_AVAILABLE")

    def test_audit_pages_tell_of_ones_own_doings_alone(self):
        self.held_by(LABOR, ORIGIN, "audited")
        for sector in SECTORS:
            self.held_by(sector, RESIDENCE, "audited")
            agency = self.agency(sector)
            page = agency.me.audit.ListEvents(
                audit_service_pb2.ListEventsRequest(page_size=1000),
                timeout=DEADLINE,
            )
            self.assertTrue(page.events)
            for logged in page.events:
                event = logged.event
                self.assertTrue(
                    event.agency == agency.id
                    or event.actor.split("/")[:2] == ["agency", agency.id],
                    event,
                )

    def test_mailbox_tokens_of_others(self):
        theirs = self.agency(LABOR, ORIGIN).state().acknowledged_token
        mine = self.agency(LABOR).state().acknowledged_token
        self.assertNotEqual(theirs, mine)
        mailbox = self.agency(LABOR).me.mailbox
        for call, request in (
            (mailbox.Pull, mailbox_service_pb2.PullRequest),
            (mailbox.Acknowledge, mailbox_service_pb2.AcknowledgeRequest),
        ):
            more = (
                {"purpose": self.agency(LABOR).purpose}
                if call is mailbox.Pull
                else {}
            )
            answers = {
                name: outcome(call, request(page_token=token, **more))
                for name, token in (("theirs", theirs), ("no token", "x" * 32))
            }
            self.alike(answers, b"PAGE_TOKEN_INVALID")


class Certificates(Privacy):
    """Odd ones, as the hub's own authority would never sign them; here it did.

    Handshakes and methods are gone through one by one by server_test.cc; this
    is the whole program, with its log.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = Authority.load(cls.world.file("hub/tls/ca"))
        cls.auditors = Authority.load(cls.world.file("hub/tls/auditors"))

    def reason_for(self, certificate_and_key):
        """The reason of the refusal; "" where no connection comes about."""
        with Caller(self.world, *certificate_and_key) as stranger:
            try:
                stranger.registry.ListRecords(
                    registry_service_pb2.ListRecordsRequest(),
                    timeout=DEADLINE,
                )
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.UNAVAILABLE:
                    return ""
                return reason(error)
        return "OK"

    def test_each_is_refused_for_its_own_reason(self):
        agency = uri("agency/labor.320500")
        strangers = Authority.new("strangers")
        cases = {
            "sound": (self.ours.issue([agency]), "OK"),
            "of another authority": (strangers.issue([agency]), ""),
            "expired": (
                self.ours.issue([agency], until=datetime.timedelta(0)),
                "",
            ),
            "without a name": (self.ours.issue([]), "NO_IDENTITY"),
            "without a URI name": (
                self.ours.issue([x509.DNSName("labor.example")]),
                "NO_IDENTITY",
            ),
            "with two URI names": (
                self.ours.issue([agency, uri("agency/labor.341200")]),
                "NO_IDENTITY",
            ),
            "with one name twice": (
                self.ours.issue([agency, agency]),
                "NO_IDENTITY",
            ),
            "of a foreign trust domain": (
                self.ours.issue([uri("agency/labor.320500", "else.example")]),
                "NO_IDENTITY",
            ),
            "of an authority": (
                self.ours.issue([agency], is_authority=True),
                "NO_IDENTITY",
            ),
            "with dots": (
                self.ours.issue([uri("agency/../agency/labor.320500")]),
                "NO_IDENTITY",
            ),
            "of an agency that nobody registered": (
                self.ours.issue([uri("agency/labor.440300")]),
                "AGENCY_NOT_REGISTERED",
            ),
            "of an auditor, by the agencies' authority": (
                self.ours.issue([uri("auditor/dev")]),
                "NO_IDENTITY",
            ),
            "of an agency, by the auditors' authority": (
                self.auditors.issue([agency]),
                "NO_IDENTITY",
            ),
            **{
                "of " + role: (self.ours.issue([uri(role)]), "WRONG_ROLE")
                for role in (
                    "operator/dev",
                    "office/reconciliation",
                    "office/subject",
                )
            },
            "of an auditor": (
                self.auditors.issue([uri("auditor/dev")]),
                "WRONG_ROLE",
            ),
        }
        for name, (pair, wanted) in cases.items():
            with self.subTest(name):
                self.assertEqual(self.reason_for(pair), wanted)

    def test_who_was_vouched_for_vouches_for_nobody(self):
        """A leaf that calls itself an authority has signed another one."""
        agency = uri("agency/labor.320500")
        certificate, key = self.ours.issue([agency], is_authority=True)
        between = Authority.parse(certificate, key)
        leaf, leaf_key = between.issue([agency])
        self.assertEqual(self.reason_for((leaf + certificate, leaf_key)), "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
