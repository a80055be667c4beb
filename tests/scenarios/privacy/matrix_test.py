# SPDX-License-Identifier: Apache-2.0
"""matrix_test.py BIN_DIR: who learns what, by real certificates, from a real
hub with the default agreements.

For each source sector, recipient sector and attribute an agency of the source
claims a value, another, and none. What the recipient may not know shows in no
view, no match, no predicate, no mailbox and no answer; what it may know arrives
in its form and in no other.
"""

import concurrent.futures
import sys
import unittest

import claims
from agencies import ORIGIN, Privacy
from ceiling import (
    CEILING,
    COMMERCE,
    EDUCATION,
    HEALTH,
    LABOR,
    POLICE,
    PURPOSES,
    SECTORS,
    covers,
    may,
)
from waystation.v1 import (
    admin_service_pb2,
    agreement_pb2,
    registry_service_pb2,
)
from wire import DEADLINE, outcome

Privacy.bin = sys.argv.pop(1)
Match = registry_service_pb2.MatchClaimResponse
Predicate = registry_service_pb2.PredicateAnswer


class Cell:
    """One cell of the matrix: what a recipient sees while a source speaks."""

    def __init__(self, source, recipient, attribute):
        self.source = source
        self.recipient = recipient
        self.attribute = attribute
        self.key = f"{source.sector}-{recipient.sector}-{attribute}"
        self.number = claims.new_number()
        self.own = claims.update(self.key, 1, claims.core(self.number))
        self.changed = claims.update(
            self.key, 2, claims.value("contact", 1)
        )

    def begin(self):
        """Both hold the person; neither speaks of the attribute beyond that."""
        self.recipient.say(self.own)
        self.source.say(self.own)
        self.recipient.empty_mailbox()

    def speak(self, turn):
        """The source says the first value, the second, and takes it back."""
        if turn < 3:
            said = claims.value(self.attribute, turn, self.number)
            update = claims.update(self.key, 1 + turn, said)
        elif self.attribute == "identifiers":
            # It would be another person's without its number.
            core = claims.core(self.number)
            said = claims.person_pb2.Person(identifiers=core.identifiers)
            update = claims.update(self.key, 4, said, ["identifiers"])
        else:
            nothing = claims.person_pb2.Person()
            update = claims.update(self.key, 4, nothing, [self.attribute])
        self.source.say(update)

    def answers(self):
        """All that the recipient can ask, but what a mailbox brings."""
        return {
            "view": self.recipient.view(self.key),
            "match 1": self.recipient.match(self.key, self.attribute, 1),
            "match 2": self.recipient.match(self.key, self.attribute, 2),
            "mailbox": self.recipient.state(),
            **self.own_answers(),
        }

    def own_answers(self):
        """What never depends on others, allowed or not."""
        return {
            "again": self.recipient.submit(self.own),
            "validated": self.recipient.submit(self.own, True),
            "would change": self.recipient.submit(self.changed, True),
            "record": self.recipient.me.registry.GetRecord(
                registry_service_pb2.GetRecordRequest(record_key=self.key),
                timeout=DEADLINE,
            ),
        }


class Matrix(Privacy):
    """Every cell, with the agreements that come with the hub."""

    def test_newer_address_of_clinic_or_employer_never_reaches_police(self):
        for source in (HEALTH, LABOR, COMMERCE, EDUCATION):
            for attribute in ("residence", "contact", "employment"):
                with self.subTest(source=source, attribute=attribute):
                    self.police_learn_nothing(source, attribute)

    def police_learn_nothing(self, source, attribute):
        cell = Cell(
            self.agency(source, ORIGIN), self.agency(POLICE), attribute
        )
        cell.key = "first-" + cell.key
        own = claims.core(cell.number)
        # The police hold an address of their own, which is older.
        own.MergeFrom(claims.value("residence", 2))
        cell.own = claims.update(cell.key, 1, own)
        cell.recipient.say(cell.own)
        cell.source.say(claims.update(cell.key, 1, claims.core(cell.number)))
        cell.recipient.empty_mailbox()
        before = cell.answers()
        self.assertEqual(before["view"].person.residence.address, "木渎镇九号")
        for turn in (1, 2, 3):
            cell.speak(turn)
            self.assertEqual(cell.answers(), before)
            self.assertEqual(cell.recipient.empty_mailbox(), [])
            before["mailbox"] = cell.recipient.state()

    def test_every_cell(self):
        def column(recipient):
            for source in SECTORS:
                for attribute in claims.ATTRIBUTES:
                    cell = Cell(
                        self.agency(source, ORIGIN),
                        self.agency(recipient),
                        attribute,
                    )
                    self.check(cell, self.allowed(cell))
            return len(SECTORS) * len(claims.ATTRIBUTES)

        # Agencies do not meet: each column has a recipient of its own.
        with concurrent.futures.ThreadPoolExecutor(len(SECTORS)) as pool:
            cells = sum(pool.map(column, SECTORS))
        self.assertEqual(cells, 5 * 5 * 17)

    def granted(self, source, recipient, attribute):
        # No agreement comes with the hub for sectors that the design leaves
        # open.
        if recipient == EDUCATION:
            return None
        allowed = may(source, recipient, attribute)
        return allowed if allowed and allowed.default else None

    def allowed(self, cell):
        """What may be known of a person."""
        granted = self.granted(
            cell.source.sector, cell.recipient.sector, cell.attribute
        )
        return None if granted and granted.of_business else granted

    def test_questions_about_a_business(self):
        """By its number, of whoever runs it and works for it."""
        number, other = "91350100M000100Y43", "91110000600037341L"
        person = claims.core(claims.new_number())
        person.business.add(
            number=number,
            role=claims.person_pb2.Business.ROLE_OPERATOR,
            state=claims.person_pb2.Business.STATE_OPEN,
        )
        self.agency(COMMERCE, ORIGIN).say(claims.update("runs", 1, person))
        person = claims.core(claims.new_number())
        person.employment.uscc = number
        person.social_insurance.schemes.add(
            scheme=claims.person_pb2.SocialInsurance.SCHEME_UNEMPLOYMENT,
            state=claims.person_pb2.SocialInsurance.STATE_INSURED,
        )
        self.agency(LABOR, ORIGIN).say(claims.update("works", 1, person))
        for source, attribute, predicate in (
            (COMMERCE, "business", "business_open"),
            (LABOR, "social_insurance", "employer_insured"),
        ):
            for recipient in SECTORS:
                granted = self.granted(source, recipient, attribute)
                answers = [
                    self.agency(recipient).ask(which, predicate)
                    for which in (number, other)
                ]
                if granted and granted.of_business:
                    self.assertEqual(
                        answers,
                        [Predicate.ANSWER_YES, Predicate.ANSWER_UNSPECIFIED],
                    )
                else:
                    self.assertEqual(answers[0], answers[1])
                    self.assertIn(b"NOT_AVAILABLE", answers[0][2])

    def check(self, cell, allowed):
        cell.begin()
        before = cell.answers()
        cell.disputed = False
        form = allowed.form if allowed else "nothing"
        for turn in (1, 2, 3):
            cell.speak(turn)
            after = cell.answers()
            entries = cell.recipient.empty_mailbox()
            told = f"{cell.key}, turn {turn}, {form}"
            for name in cell.own_answers():
                self.assertEqual(after[name], before[name], told)
            getattr(self, "check_" + form)(
                cell, allowed, turn, before, after, entries, told
            )
            before["mailbox"] = cell.recipient.state()

    def check_nothing(self, cell, _, turn, before, after, entries, told):
        self.assertEqual(after, before, told)
        self.assertEqual(entries, [], told)

    def check_match(self, cell, _, turn, before, after, entries, told):
        self.assertEqual(after["view"], before["view"], told)
        self.assertEqual(after["mailbox"], before["mailbox"], told)
        self.assertEqual(entries, [], told)
        for which in (1, 2):
            wanted = Match.ANSWER_MATCH if which == turn else (
                Match.ANSWER_DIFFERS
            )
            if turn == 3:
                wanted = Match.ANSWER_UNSPECIFIED
            self.assertEqual(after[f"match {which}"], wanted, told)

    def check_predicate(self, cell, allowed, turn, before, after, entries, told):
        self.assertEqual(after["mailbox"], before["mailbox"], told)
        self.assertEqual(entries, [], told)
        for which in ("match 1", "match 2"):
            self.assertEqual(after[which], Match.ANSWER_UNSPECIFIED, told)
        answers = {p.predicate: p.answer for p in after["view"].predicates}
        self.assertEqual(
            answers,
            {
                1: {allowed.predicate: Predicate.ANSWER_YES},
                2: {allowed.predicate: Predicate.ANSWER_NO},
                3: {},
            }[turn],
            told,
        )
        # And nothing else of it.
        for view in (before["view"], after["view"]):
            del view.predicates[:]
        self.assertEqual(after["view"], before["view"], told)

    def check_partial(self, cell, allowed, turn, _, after, entries, told):
        for which in ("match 1", "match 2"):
            self.assertEqual(after[which], Match.ANSWER_UNSPECIFIED, told)
        wanted = claims.person_pb2.Person()
        if turn < 3:
            wanted = claims.cut(cell.attribute, turn, allowed.digits)
        self.arrived(cell, wanted, after, entries, told)

    def check_value(self, cell, _, turn, before, after, entries, told):
        wanted = claims.person_pb2.Person()
        if turn < 3:
            wanted = claims.value(cell.attribute, turn)
        elif cell.attribute in ("name", "birth_date"):
            # The recipient's own stands again.
            wanted = claims.said(before["view"].person, cell.attribute)
        self.arrived(cell, wanted, after, entries, told)

    def arrived(self, cell, wanted, after, entries, told):
        was_disputed, cell.disputed = cell.disputed, any(
            shown.attribute == cell.attribute
            and shown.status == registry_service_pb2.STATUS_CONFLICT
            for shown in after["view"].attributes
        )
        if was_disputed and cell.disputed:
            # What stands meanwhile is what stood before: that is no news.
            self.assertEqual(entries, [], told)
            return
        self.assertEqual(len(entries), 1, told)
        [entry] = entries
        self.assertEqual(list(entry.attributes), [cell.attribute], told)
        self.assertEqual(entry.view, after["view"], told)
        self.assertEqual(list(entry.view.record_keys), [cell.key], told)
        # Two agencies of equal rank that differ are shown to differ.
        if not cell.disputed:
            self.assertEqual(
                claims.said(entry.view.person, cell.attribute), wanted, told
            )
        # And nothing else of what the source says.
        others = set(claims.ATTRIBUTES) - {cell.attribute}
        for other in others - {"identifiers", "name", "birth_date"}:
            self.assertFalse(claims.said(entry.view.person, other).ByteSize())


def agreement_of(recipient, grants):
    """One for every agency of the recipient's sector."""
    agreement = agreement_pb2.Agreement(
        id="trial-" + recipient.replace("_", "-"),
        version=1,
        recipient_sector=recipient,
        purpose=agreement_pb2.Purpose.Value(PURPOSES[recipient]),
        impact_assessment="PIA-1",
        scope=agreement_pb2.SCOPE_OWN_RECORDS,
        valid_from=claims.date(2024, 1, 1),
        valid_until=claims.date(2034, 12, 31),
        retention_days=30,
    )
    agreement.legal_basis.statute = "居住证暂行条例 (Decree 663)"
    agreement.legal_basis.article = "art. 7"
    for source, attribute, form, digits, predicate in grants:
        agreement.grants.add(
            source_sector=source,
            attribute=attribute,
            form=agreement_pb2.Form.Value("FORM_" + form.upper()),
            partial_digits=digits,
            predicate=predicate,
        )
    return agreement


def apply(operator, agreement, validate_only):
    return outcome(
        operator.admin.ApplyAgreement,
        admin_service_pb2.ApplyAgreementRequest(
            agreement=agreement, validate_only=validate_only
        ),
    )


class Ceiling(Privacy):
    """What no agreement can allow, whoever signs it."""

    FORMS = [
        ("value", 0, ""),
        *(("partial", digits, "") for digits in (2, 4, 6, 9)),
        ("match", 0, ""),
        ("exists", 0, ""),
        ("predicate", 0, "permit_valid"),
        ("predicate", 0, "insured"),
        ("predicate", 0, "employer_insured"),
        ("predicate", 0, "business_open"),
    ]
    # Attributes that can be cut, to how many digits at most.
    PARTIAL = {
        "household_registration": 9,
        "residence": 9,
        "social_insurance": 9,
        "movement": 0,
        "birth_date": 0,
        "sex": 0,
        "education": 0,
    }
    PREDICATES = {
        "residence_permit": {"permit_valid"},
        "social_insurance": {"insured", "employer_insured"},
        "business": {"business_open"},
    }

    def grants(self):
        """Every grant that can be written down at all."""
        for attribute in claims.ATTRIBUTES:
            for form, digits, predicate in self.FORMS:
                if form == "predicate":
                    if predicate not in self.PREDICATES.get(attribute, ()):
                        continue
                if form == "partial":
                    if attribute not in self.PARTIAL:
                        continue
                    if self.PARTIAL[attribute] == 0 and digits != 2:
                        continue
                    digits = min(digits, self.PARTIAL[attribute])
                yield attribute, form, digits, predicate

    def test_every_grant(self):
        over = under = 0
        for recipient in SECTORS:
            for source in SECTORS:
                for attribute, form, digits, predicate in self.grants():
                    allowed = may(source, recipient, attribute)
                    answer = apply(
                        self.operator,
                        agreement_of(
                            recipient,
                            [(source, attribute, form, digits, predicate)],
                        ),
                        validate_only=True,
                    )
                    told = (source, recipient, attribute, form, digits, answer)
                    if covers(allowed, form, digits, predicate):
                        under += 1
                        self.assertIsInstance(
                            answer,
                            admin_service_pb2.ApplyAgreementResponse,
                            told,
                        )
                    else:
                        over += 1
                        self.assertIsInstance(answer, tuple, told)
                        self.assertIn(b"OVER_CEILING", answer[2], told)
        self.assertGreater(over, 500)
        self.assertGreater(under, 60)

    def test_one_grant_too_many_puts_nothing_in_force(self):
        agreement = agreement_of(
            POLICE,
            [
                (POLICE, "name", "value", 0, ""),
                (HEALTH, "residence", "match", 0, ""),
            ],
        )
        agreement.id = "half-good"
        self.assertIn(b"OVER_CEILING", apply(self.operator, agreement, False)[2])
        listed = self.operator.admin.ListAgreements(
            admin_service_pb2.ListAgreementsRequest(), timeout=DEADLINE
        )
        self.assertNotIn(
            "half-good", [status.agreement.id for status in listed.agreements]
        )


class AtTheCeiling(Matrix):
    """Every cell once more, with all that agreements could allow in force."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for recipient in SECTORS:
            grants = [
                (source, attribute, how.form, how.digits, how.predicate)
                for (source, to), row in CEILING.items()
                if to == recipient
                for attribute, how in row.items()
            ]
            applied = apply(
                cls.operator, agreement_of(recipient, grants), False
            )
            assert not isinstance(applied, tuple), applied

    def granted(self, source, recipient, attribute):
        return may(source, recipient, attribute)


if __name__ == "__main__":
    unittest.main(verbosity=2)
