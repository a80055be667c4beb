#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the expectations of testdata/*.csv against the standards.

The C++ tests hold the library against these files; this script holds the files
against check digits computed here, so that one mistake cannot agree with
itself.
"""
import csv
import pathlib
import sys

DATA = pathlib.Path(__file__).parent / "testdata"
SOUND = {"OK", "OK_15_UPGRADED", "DIVISION_UNKNOWN", "DIVISION_OUT_OF_TIME"}
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def rows(name):
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def citizen_number_checks(number):
    """ISO 7064 MOD 11-2, recursively (GB 11643-1999)."""
    total = 0
    for character in number:
        digit = 10 if character == "X" else int(character)
        total = (total * 2 + digit) % 11
    return total == 1


def organisation_code_checks(code):
    """GB 11714-1997."""
    values = [int(c, 36) for c in code[:8]]
    total = sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2)))
    return code[8] == "0X987654321"[total % 11]


def uscc_checks(code):
    """GB 32100-2015."""
    total = sum(USCC.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return (code[17] == USCC[-total % 31]
            and organisation_code_checks(code[8:17]))


def registration_number_checks(number):
    """ISO 7064 MOD 11,10 (GS 15-2006)."""
    product = 10
    for digit in number[:14]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (product + int(number[14])) % 10 == 1


def failures():
    """Yields a line for each row whose expectation the standard contradicts."""
    files = (
        ("citizen_number.csv", "number", citizen_number_checks, SOUND),
        ("uscc.csv", "code", uscc_checks,
         {"OK", "CODE_UNKNOWN", "DIVISION_UNKNOWN"}),
        ("organisation_code.csv", "code", organisation_code_checks, {"OK"}),
        ("registration_number.csv", "number", registration_number_checks,
         {"OK", "DIVISION_UNKNOWN"}),
    )
    for name, column, checks, sound in files:
        for row in rows(name):
            grade = row["grade"]
            if grade in sound and not checks(row[column]):
                yield f"{name}: {row['description']}: the check fails"
            if grade == "CHECKSUM_FAIL" and checks(row[column]):
                yield f"{name}: {row['description']}: the check passes"


if __name__ == "__main__":
    found = list(failures())
    print("\n".join(found) or "all check digits as expected")
    sys.exit(1 if found else 0)
