# SPDX-License-Identifier: Apache-2.0
"""Who may know what at most, written down once more from the table of design 8
and not from the program, so that one mistake cannot agree with itself. What is
absent is denied.
"""

from dataclasses import dataclass

POLICE, HEALTH, LABOR, COMMERCE = (
    "public_security",
    "health",
    "labor",
    "commerce",
)
# Of the other sectors, which are all treated alike.
EDUCATION = "education"
SECTORS = (POLICE, HEALTH, LABOR, COMMERCE, EDUCATION)


@dataclass(frozen=True)
class May:
    form: str
    digits: int = 0
    predicate: str = ""
    # In the default set; else only where an agreement says so.
    default: bool = True
    # Asked of a business by its number; a view of a person tells nothing of it.
    of_business: bool = False


VALUE = May("value")
MATCH = May("match")
PERMIT = May("predicate", predicate="permit_valid")
CORE = {"name": VALUE, "sex": VALUE, "birth_date": VALUE}
CORE_MATCH = {"name": MATCH, "sex": MATCH, "birth_date": MATCH}
CORE_MATCH_IF_ASKED = {
    name: May("match", default=False) for name in CORE_MATCH
}

# (from, to): attribute: how.
CEILING = {
    (POLICE, POLICE): {
        **CORE,
        "household_registration": May("partial", digits=6),
        "residence": May("partial", digits=6),
        "residence_permit": PERMIT,
        # "Left, returned" whole; PARTIAL drops the rest of a movement.
        "movement": May("partial"),
    },
    (POLICE, HEALTH): {**CORE, "residence": May("partial", digits=9)},
    (POLICE, LABOR): {
        **CORE,
        "residence": May("partial", digits=6, default=False),
        "residence_permit": PERMIT,
    },
    (POLICE, COMMERCE): {**CORE_MATCH, "residence_permit": PERMIT},
    (POLICE, EDUCATION): {**CORE_MATCH, "residence_permit": PERMIT},
    (HEALTH, HEALTH): CORE,
    (LABOR, LABOR): {
        **CORE,
        "employment": VALUE,
        "social_insurance": VALUE,
        "training": VALUE,
    },
    (LABOR, HEALTH): {
        "social_insurance": May("predicate", predicate="insured")
    },
    (LABOR, COMMERCE): {
        "social_insurance": May(
            "predicate",
            predicate="employer_insured",
            default=False,
            of_business=True,
        )
    },
    (COMMERCE, COMMERCE): {**CORE, "business": VALUE},
    (COMMERCE, LABOR): {
        "business": May(
            "predicate", predicate="business_open", of_business=True
        )
    },
    (EDUCATION, EDUCATION): CORE_MATCH_IF_ASKED,
}

PURPOSES = {
    POLICE: "PURPOSE_RESIDENCE_REGISTRATION",
    HEALTH: "PURPOSE_PUBLIC_HEALTH_SERVICE",
    LABOR: "PURPOSE_SOCIAL_INSURANCE_TRANSFER",
    COMMERCE: "PURPOSE_BUSINESS_SERVICE",
    EDUCATION: "PURPOSE_IDENTITY_CONFIRMATION",
}


def may(source, recipient, attribute):
    """What the ceiling allows; None where that is nothing."""
    return CEILING.get((source, recipient), {}).get(attribute)


def covers(allowed, form, digits, predicate):
    """Whether a grant of this form stays under what is allowed."""
    if allowed is None:
        return False
    if allowed.form == "value":
        return True
    if form == "exists":
        return allowed.form == "match"
    if allowed.form != form:
        return False
    if form == "partial":
        return digits <= allowed.digits
    return form != "predicate" or predicate == allowed.predicate
