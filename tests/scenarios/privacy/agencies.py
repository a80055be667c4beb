# SPDX-License-Identifier: Apache-2.0
"""Ten agencies of five sectors in two places, and what they can ask a hub."""

import unittest

import claims
from ceiling import LABOR, POLICE, PURPOSES, SECTORS
from waystation.v1 import (
    agreement_pb2,
    mailbox_service_pb2,
    registry_service_pb2,
)
from wire import DEADLINE, caller, enroll, outcome
from world import World

ORIGIN, RESIDENCE = "341200", "320500"
Outcome = registry_service_pb2.UpdateResult


class Agency:
    """One agency's calls."""

    def __init__(self, world, sector, place):
        self.id = f"{sector}.{place}"
        self.sector = sector
        self.purpose = agreement_pb2.Purpose.Value(PURPOSES[sector])
        self.me = caller(world, self.id)

    def submit(self, update, validate_only=False):
        return self.me.registry.SubmitRecord(
            registry_service_pb2.SubmitRecordRequest(
                update=update, validate_only=validate_only
            ),
            timeout=DEADLINE,
        )

    def say(self, update):
        """Submits, and insists."""
        result = self.submit(update).result
        assert result.outcome == Outcome.OUTCOME_APPLIED, result
        return result.handle

    def view(self, key):
        """What is told of the person, or all of the refusal."""
        answer = outcome(
            self.me.registry.GetPerson,
            registry_service_pb2.GetPersonRequest(
                record_key=key, purpose=self.purpose
            ),
        )
        return getattr(answer, "view", answer)

    def match(self, key, attribute, which):
        answer = outcome(
            self.me.registry.MatchClaim,
            registry_service_pb2.MatchClaimRequest(
                record_key=key,
                purpose=self.purpose,
                attribute=attribute,
                offered=claims.value(attribute, which),
            ),
        )
        return getattr(answer, "answer", answer)

    def ask(self, number, predicate):
        """What is answered of a business, or all of the refusal."""
        answer = outcome(
            self.me.registry.AskAboutBusiness,
            registry_service_pb2.AskAboutBusinessRequest(
                number=number, predicate=predicate, purpose=self.purpose
            ),
        )
        return getattr(answer, "answer", answer)

    def state(self):
        return self.me.mailbox.GetMailbox(
            mailbox_service_pb2.GetMailboxRequest(), timeout=DEADLINE
        )

    def empty_mailbox(self):
        """What waits; it does not wait any more."""
        entries = []
        while True:
            page = self.me.mailbox.Pull(
                mailbox_service_pb2.PullRequest(purpose=self.purpose),
                timeout=DEADLINE,
            ).page
            entries += page.entries
            self.me.mailbox.Acknowledge(
                mailbox_service_pb2.AcknowledgeRequest(
                    page_token=page.last_token
                ),
                timeout=DEADLINE,
            )
            if page.at_end:
                return entries


class Privacy(unittest.TestCase):
    """One hub for the tests of a class."""

    bin = None

    @classmethod
    def setUpClass(cls):
        cls.world = World(cls.bin)
        cls.addClassCleanup(cls.world.close)
        cls.agencies = {}
        for sector in SECTORS:
            for place in (ORIGIN, RESIDENCE):
                if sector not in (POLICE, LABOR):
                    enroll(cls.world, f"{sector}.{place}")
                cls.agencies[sector, place] = Agency(cls.world, sector, place)
        cls.operator = caller(cls.world, "operator")

    def agency(self, sector, place=RESIDENCE):
        return self.agencies[sector, place]
