# SPDX-License-Identifier: Apache-2.0
"""What can be claimed of a person who does not exist: for each attribute two
values that differ in all of their parts."""

import threading

from people import demo_number, with_check
from waystation.v1 import claim_pb2, person_pb2

ATTRIBUTES = tuple(person_pb2.Person.DESCRIPTOR.fields_by_name)

_numbers = iter(range(1, 1000))
_lock = threading.Lock()


def new_number():
    """A number that nobody else in the test has."""
    with _lock:
        return demo_number(next(_numbers))


def hmt_permit():
    """Another strong identifier of the same invented person."""
    return person_pb2.Identifier(
        kind=person_pb2.Identifier.KIND_HMT_RESIDENCE_PERMIT,
        number=with_check("81000019900307000"),
    )


def date(year, month, day):
    return person_pb2.Date(year=year, month=month, day=day)


def identified(number):
    return person_pb2.Identifier(
        kind=person_pb2.Identifier.KIND_CITIZEN_NUMBER, number=number
    )


def core(number):
    """Number, name and birth date: what makes a person the caller's own."""
    person = person_pb2.Person(identifiers=[identified(number)])
    person.name.full = "王芳"
    person.birth_date.date.CopyFrom(date(1990, 3, 7))
    return person


def value(attribute, which, number=None):
    """A Person that claims this attribute alone; `which` is 1 or 2."""
    person = person_pb2.Person()
    other = which == 2
    if attribute == "identifiers":
        if number:
            person.identifiers.append(identified(number))
        person.identifiers.add(
            kind=person_pb2.Identifier.KIND_PASSPORT,
            number="E99000002" if other else "E99000001",
        )
    elif attribute == "name":
        # Near enough to be the same person's.
        person.name.full = "王房" if other else "王方"
    elif attribute == "sex":
        person.sex.value = (
            person_pb2.SEX_MALE if other else person_pb2.SEX_FEMALE
        )
    elif attribute == "birth_date":
        person.birth_date.date.CopyFrom(date(1990, 3, 9 if other else 8))
    elif attribute == "household_registration":
        registration = person.household_registration
        registration.division = "341203" if other else "341202"
        registration.kind = registration.KIND_RESIDENT
        registration.address = "颍东路二号" if other else "颍州路一号"
    elif attribute == "residence":
        residence = person.residence
        residence.division = "320506100" if other else "320505010"
        residence.address = "木渎镇九号" if other else "新市路一号"
        residence.since.CopyFrom(date(2025, 6 if other else 5, 1))
    elif attribute == "residence_permit":
        permit = person.residence_permit
        permit.number = "JZ-2" if other else "JZ-1"
        permit.valid_from.CopyFrom(date(2020, 1, 1))
        permit.valid_until.CopyFrom(date(2021 if other else 2034, 1, 1))
    elif attribute == "movement":
        movement = person.movement
        movement.left_origin.CopyFrom(date(2024, 2 if other else 1, 1))
        movement.arrived.CopyFrom(date(2024, 4 if other else 3, 1))
        movement.reason = (
            movement.REASON_STUDY if other else movement.REASON_WORK
        )
    elif attribute == "education":
        person.education.level.value = "60" if other else "70"
        person.education.level.list = "GB4658:2006"
    elif attribute == "contact":
        person.contact.phones.append("14000000002" if other else "14000000001")
    elif attribute == "employment":
        person.employment.employer = "太湖丝绸厂" if other else "苏州电子厂"
        person.employment.since.CopyFrom(date(2025, 2 if other else 1, 1))
    elif attribute == "social_insurance":
        insurance = person.social_insurance
        insurance.region = "341200" if other else "320500"
        insurance.schemes.add(
            scheme=insurance.SCHEME_PENSION_EMPLOYEE,
            state=insurance.STATE_ENDED if other else insurance.STATE_INSURED,
        )
    elif attribute == "training":
        person.training.add(
            course="C-1", title="缝纫" if other else "焊工"
        )
    elif attribute == "business":
        person.business.add(
            number="911522010783917502",
            title="李记面馆" if other else "王记面馆",
            role=person_pb2.Business.ROLE_OPERATOR,
            state=(
                person_pb2.Business.STATE_CLOSED
                if other
                else person_pb2.Business.STATE_OPEN
            ),
        )
    elif attribute == "certificates":
        person.certificates.add(
            kind=person_pb2.Certificate.KIND_TRAINING,
            number="T-1",
            issuer="南京培训中心" if other else "苏州培训中心",
        )
    elif attribute == "service_card":
        person.service_card.number = "S-2" if other else "S-1"
    elif attribute == "services":
        person.services.add(
            code="employment.job_fair",
            provider="P-1",
            offered=date(2025, 4 if other else 3, 1),
        )
    else:
        raise AssertionError(f"{attribute} is new: say here what it can hold")
    return person


def said(person, attribute):
    """The attribute alone, out of all that is said of a person."""
    alone = person_pb2.Person()
    field = person_pb2.Person.DESCRIPTOR.fields_by_name[attribute]
    if field.label == field.LABEL_REPEATED:
        getattr(alone, attribute).MergeFrom(getattr(person, attribute))
    elif person.HasField(attribute):
        getattr(alone, attribute).CopyFrom(getattr(person, attribute))
    return alone


def cut(attribute, which, digits):
    """The same value as PARTIAL lets it through."""
    whole = value(attribute, which)
    part = person_pb2.Person()
    if attribute == "household_registration":
        part.household_registration.division = (
            whole.household_registration.division[:digits]
        )
    elif attribute == "residence":
        part.residence.division = whole.residence.division[:digits]
        part.residence.since.CopyFrom(whole.residence.since)
    elif attribute == "movement":
        part.movement.left_origin.CopyFrom(whole.movement.left_origin)
    else:
        raise AssertionError(f"nothing is known of a part of {attribute}")
    return part


def update(key, revision, person, mask=None):
    """The bytes of an update that claims what `person` holds."""
    made = claim_pb2.Update(record_key=key, revision=revision, claims=person)
    made.mask.paths.extend(
        mask or [field.name for field, _ in person.ListFields()]
    )
    made.times.recorded_time.FromSeconds(1_714_521_600 + 86_400 * revision)
    made.evidence = claim_pb2.EVIDENCE_DOCUMENT_SEEN
    return made.SerializeToString(deterministic=True)
