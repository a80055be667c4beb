# SPDX-License-Identifier: Apache-2.0
"""kill_test.py BIN_DIR: a hub that is killed with -9 at random points while four
agencies write, two of them read, and an auditor takes checkpoints.

WAYSTATION_SEED repeats a run, WAYSTATION_ROUNDS makes it longer.
"""

import collections
import contextlib
import datetime
import os
import random
import secrets
import sys
import threading
import time
import unittest

import grpc
import waystation_client as client
from people import demo_number
from tree import Tree, check_consistency, leaves, newest_checkpoint
from waystation.v1 import (
    agreement_pb2,
    audit_service_pb2,
    claim_pb2,
    mailbox_service_pb2,
    person_pb2,
    registry_service_pb2,
)
from wire import DEADLINE, GONE, caller, read_file
from world import World

BIN = sys.argv.pop(1)
SEED = int(os.environ.get("WAYSTATION_SEED") or secrets.randbelow(1_000_000))
ROUNDS = int(os.environ.get("WAYSTATION_ROUNDS") or 50)

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

    def forget_answered(self):
        answered = set(map(id, self.answered))
        self.open = [sent for sent in self.open if id(sent) not in answered]
        self.answered = []


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
                self.check_records(agency, callers[agency.name])
                self.resubmit(agency, callers[agency.name])
                self.check_records(agency, callers[agency.name])
                agency.forget_answered()
                self.assertEqual(agency.open, [])
            self.check_log(auditor)
            for reader in self.readers:
                self.check_mailbox(reader, callers[reader.agency.name])
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

    def check_records(self, agency, me):
        """What was acknowledged is held, in the words in which it was sent."""
        people = {sent.person for sent in agency.answered}
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
            self.assertGreaterEqual(
                held.record.revision, agency.acknowledged[person]
            )
            sent = agency.sent[person, held.record.revision]
            said = person_pb2.Person()
            for claim in held.claims:
                said.MergeFrom(claim.value)
                self.assertEqual(claim.revision, sent.revision)
            self.assertEqual(said, sent.claims)

    def resubmit(self, agency, me):
        """All that was not answered, and all that was, twice over."""
        before = set(map(id, agency.answered))
        again = agency.answered + [
            sent for sent in agency.open if id(sent) not in before
        ]
        harmless = (Outcome.OUTCOME_UNCHANGED, Outcome.OUTCOME_STALE)
        for turn in range(2):
            requests, batches = [], []
            for at in range(0, len(again), 64):
                updates = again[at : at + 64]
                frame, hashes = agency.frame(updates)
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
                        self.assertIn(result.outcome, harmless)
                    else:
                        self.assertIn(
                            result.outcome,
                            (Outcome.OUTCOME_APPLIED, *harmless),
                        )
                    written |= result.outcome == Outcome.OUTCOME_APPLIED
                    agency.take(sent, result, response.leaf.index, hash_)
                self.assertEqual(response.HasField("leaf"), written)

    def check_mailbox(self, reader, me):
        reader.drain(me)
        told = {
            person: revision
            for person, revision in reader.source.acknowledged.items()
            if reader.agency.acknowledged[person]
        }
        self.assertEqual(
            {person: reader.known.get(person) for person in told}, told
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
