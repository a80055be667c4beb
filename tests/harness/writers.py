# SPDX-License-Identifier: Apache-2.0
"""Agencies that write to a hub and read from it while it comes and goes: what
they sent, what they were told, what they know. They outlive every hub."""

import collections
import contextlib
import datetime
import secrets
import threading

import grpc
import waystation_client as client
from people import demo_number
from waystation.v1 import (
    claim_pb2,
    mailbox_service_pb2,
    person_pb2,
    registry_service_pb2,
)
from wire import DEADLINE, GONE

Outcome = registry_service_pb2.UpdateResult
FIRST_DAY = datetime.date(2024, 1, 1)


# --- what is sent ---


def employed(claims, revision):
    claims.employment.employer = f"第{revision}电子厂"


def lives(claims, revision):
    day = FIRST_DAY + datetime.timedelta(days=revision)
    claims.residence.division = "320505"
    claims.residence.since.CopyFrom(
        person_pb2.Date(year=day.year, month=day.month, day=day.day)
    )


def trained(claims, revision):
    claims.training.add(course="C-1", title=f"第{revision}期焊工")


def reached(claims, revision):
    claims.contact.phones.append(f"140{revision:08d}")


class Sent:
    """One update as it went out; `told` are the answers that it got."""

    def __init__(self, agency, person, revision):
        self.person = person
        self.revision = revision
        self.key = f"K-{person}"
        update = claim_pb2.Update(record_key=self.key, revision=revision)
        claims = update.claims
        claims.identifiers.add(
            kind=person_pb2.Identifier.KIND_CITIZEN_NUMBER,
            number=demo_number(person),
        )
        claims.name.full = "张小花"
        claims.birth_date.date.CopyFrom(
            person_pb2.Date(year=1990, month=3, day=7)
        )
        agency.says(claims, revision)
        update.mask.paths.extend(
            field.name for field, _ in claims.ListFields()
        )
        update.times.recorded_time.FromSeconds(1_714_521_600 + 60 * revision)
        update.evidence = claim_pb2.EVIDENCE_DOCUMENT_SEEN
        self.bytes = update.SerializeToString()
        self.claims = claims
        self.told = []


# One acknowledged update: where the log has to commit to it.
Acknowledged = collections.namedtuple("Acknowledged", "index hash agency")


class Agency:
    """A writer, what it sent and what it was told; outlives every hub."""

    def __init__(self, name, says, stream, signed):
        self.name = name
        self.says = says
        self.stream = stream
        self.signed = signed
        self.sent = {}  # By (person, revision).
        self.newest = collections.Counter()  # Revision by person.
        self.acknowledged = collections.Counter()  # The same, where answered.
        self.open = []  # Sent, and not answered.
        self.answered = []  # Sent and answered since the hub was killed last.
        self.leaves = []  # Acknowledged, and not yet looked for in the log.

    def next_update(self, chance, people):
        # The newest people are the ones whose records are still to be linked.
        person = people - 1 - min(
            int(chance.expovariate(1 / 12)), people - 1
        )
        self.newest[person] += 1
        sent = Sent(self, person, self.newest[person])
        self.sent[person, sent.revision] = sent
        self.open.append(sent)
        return sent

    def frame(self, updates):
        frame = registry_service_pb2.Frame(updates=[u.bytes for u in updates])
        if self.signed:
            hashes = client.sign_frame(frame, self.name, "dev", self.key)
        else:
            frame.salts.extend(
                secrets.token_bytes(client.SALT_SIZE) for _ in updates
            )
            hashes = [
                client.salted_hash(s, u)
                for s, u in zip(frame.salts, frame.updates)
            ]
        return frame, hashes

    def take(self, update, result, leaf, hash_):
        """Takes down one answer."""
        update.told.append(result.outcome)
        self.acknowledged[update.person] = max(
            self.acknowledged[update.person], update.revision
        )
        self.answered.append(update)
        if result.outcome == Outcome.OUTCOME_APPLIED:
            self.leaves.append(Acknowledged(leaf, hash_, self.name))

    # --- as a stream of frames, or call by call; both until the hub is gone ---

    def write(self, me, chance, people, answered):
        if self.stream:
            self.write_frames(me, chance, people, answered)
        else:
            self.write_calls(me, chance, people, answered)

    def write_frames(self, me, chance, people, answered):
        in_flight = collections.deque()
        room = threading.Semaphore(4)
        over = threading.Event()

        def requests():
            number = 0
            while room.acquire() and not over.is_set():
                number += 1
                updates = [
                    self.next_update(chance, people)
                    for _ in range(chance.randint(1, 24))
                ]
                frame, hashes = self.frame(updates)
                in_flight.append((updates, hashes))
                yield registry_service_pb2.SubmitRecordsRequest(
                    frame_number=number, frame=frame
                )

        stream = me.registry.SubmitRecords(requests())
        try:
            for number, response in enumerate(stream, 1):
                assert response.frame_number == number
                updates, hashes = in_flight.popleft()
                for sent, result, hash_ in zip(
                    updates, response.results, hashes, strict=True
                ):
                    # One stream keeps its order, and every content is new.
                    assert result.outcome == Outcome.OUTCOME_APPLIED, result
                    self.take(sent, result, response.leaf.index, hash_)
                answered()
                room.release()
        except grpc.RpcError as error:
            if error.code() not in GONE:
                raise
        finally:
            over.set()
            room.release()

    def write_calls(self, me, chance, people, answered):
        in_flight = collections.deque()
        while True:
            while len(in_flight) < 8:
                sent = self.next_update(chance, people)
                frame, hashes = self.frame([sent])
                request = registry_service_pb2.SubmitRecordRequest(
                    update=frame.updates[0], salt=frame.salts[0]
                )
                if self.signed:
                    request.signature.CopyFrom(frame.signature)
                in_flight.append(
                    (sent, hashes[0], me.registry.SubmitRecord.future(request))
                )
            sent, hash_, call = in_flight.popleft()
            try:
                response = call.result()
            except grpc.RpcError as error:
                if error.code() not in GONE:
                    raise
                return self.gather(in_flight)
            self.answer(sent, response, hash_)
            answered()

    def gather(self, in_flight):
        """What was answered before the hub died, and read after that."""
        for sent, hash_, call in in_flight:
            with contextlib.suppress(grpc.RpcError):
                self.answer(sent, call.result(), hash_)

    def answer(self, sent, response, hash_):
        # Calls may overtake each other.
        assert response.result.outcome in (
            Outcome.OUTCOME_APPLIED,
            Outcome.OUTCOME_STALE,
        ), response.result
        self.take(sent, response.result, response.leaf.index, hash_)

    def check_records(self, test, me):
        """What was acknowledged is held, in the words in which it was sent."""
        people = {sent.person for sent in self.answered}
        calls = [
            (
                person,
                me.registry.GetRecord.future(
                    registry_service_pb2.GetRecordRequest(
                        record_key=f"K-{person}"
                    ),
                    timeout=DEADLINE,
                ),
            )
            for person in people
        ]
        for person, call in calls:
            held = call.result()
            test.assertGreaterEqual(
                held.record.revision, self.acknowledged[person]
            )
            sent = self.sent[person, held.record.revision]
            said = person_pb2.Person()
            for claim in held.claims:
                said.MergeFrom(claim.value)
                test.assertEqual(claim.revision, sent.revision)
            test.assertEqual(said, sent.claims)

    def resubmit(self, test, me, at_once=64):
        """All that was not answered, and all that was, twice over, in frames of
        so many updates."""
        before = set(map(id, self.answered))
        again = self.answered + [
            sent for sent in self.open if id(sent) not in before
        ]
        harmless = (Outcome.OUTCOME_UNCHANGED, Outcome.OUTCOME_STALE)
        for turn in range(2):
            requests, batches = [], []
            for at in range(0, len(again), at_once):
                updates = again[at : at + at_once]
                frame, hashes = self.frame(updates)
                batches.append((updates, hashes))
                requests.append(
                    registry_service_pb2.SubmitRecordsRequest(
                        frame_number=len(requests) + 1, frame=frame
                    )
                )
            responses = me.registry.SubmitRecords(
                iter(requests), timeout=DEADLINE
            )
            for (updates, hashes), response in zip(
                batches, responses, strict=True
            ):
                written = False
                for sent, result, hash_ in zip(
                    updates, response.results, hashes, strict=True
                ):
                    if turn == 1 or id(sent) in before:
                        test.assertIn(result.outcome, harmless)
                    else:
                        test.assertIn(
                            result.outcome,
                            (Outcome.OUTCOME_APPLIED, *harmless),
                        )
                    written |= result.outcome == Outcome.OUTCOME_APPLIED
                    self.take(sent, result, response.leaf.index, hash_)
                test.assertEqual(response.HasField("leaf"), written)

    def forget_answered(self, keep=0):
        """But for the last of them."""
        answered = set(map(id, self.answered))
        self.open = [sent for sent in self.open if id(sent) not in answered]
        self.answered = self.answered[max(len(self.answered) - keep, 0) :]


class Reader:
    """What an agency knows from its mailbox; outlives every hub."""

    def __init__(self, agency, source, purpose, read):
        self.agency = agency
        self.source = source
        self.purpose = purpose
        self.read = read
        self.known = {}  # Revision by person.

    def pull(self, me, token):
        page = me.mailbox.Pull(
            mailbox_service_pb2.PullRequest(
                page_token=token, purpose=self.purpose, page_size=32
            ),
            timeout=DEADLINE,
        ).page
        for entry in page.entries:
            revision = self.read(entry.view.person)
            for key in entry.view.record_keys:
                person = int(key.removeprefix("K-"))
                if revision is not None:
                    self.known[person] = revision
        return page

    def acknowledge(self, me, token):
        me.mailbox.Acknowledge(
            mailbox_service_pb2.AcknowledgeRequest(page_token=token),
            timeout=DEADLINE,
        )

    def follow(self, me, chance, stop):
        """Reads on and on; now and then says how far it has come."""
        token = ""  # From where the hub remembers that we have come.
        try:
            while not stop.is_set():
                token = self.pull(me, token).last_token
                if chance.random() < 0.3:
                    self.acknowledge(me, token)
        except grpc.RpcError as error:
            if error.code() not in GONE:
                raise

    def drain(self, me):
        token = ""
        while True:
            page = self.pull(me, token)
            token = page.last_token
            if page.at_end:
                return

    def check_mailbox(self, test, me):
        self.drain(me)
        told = {
            person: revision
            for person, revision in self.source.acknowledged.items()
            if self.agency.acknowledged[person]
        }
        test.assertEqual(
            {person: self.known.get(person) for person in told}, told
        )


def employer_of(person):
    if not person.HasField("employment"):
        return None
    return int(person.employment.employer.strip("第电子厂"))


def since_of(person):
    if not person.HasField("residence"):
        return None
    since = person.residence.since
    day = datetime.date(since.year, since.month, since.day)
    return (day - FIRST_DAY).days
