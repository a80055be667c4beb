# SPDX-License-Identifier: Apache-2.0
"""Finds one person's conflict among those that are open, as a clerk does who
has her papers in hand: by the birth date that they say, on both sides.

  find_conflict.py TRUTH_PEOPLE PERSON COMMAND...

COMMAND is how wayctl is called as the office. Prints the conflict's id.
"""

import csv
import json
import subprocess
import sys


def call(*words):
    return json.loads(subprocess.run(
        [*sys.argv[3:], "-o", "json", *words], check=True,
        capture_output=True, text=True).stdout)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        person = next(row for row in csv.DictReader(file)
                      if row["person"] == sys.argv[2])
    year, month, day = (int(part) for part in person["birth_date"].split("-"))
    # The other date is a few days off, by the city's register.
    conflicts = call("conflict", "list", "--attribute", "birth_date",
                     "--agency", "public_security.320500", "--limit", "0")
    for conflict in reversed(conflicts.get("conflicts", [])):
        shown = call("conflict", "show", conflict["id"])
        dates = [group["value"]["birthDate"]["date"]
                 for group in shown["groups"]]
        if {"year": year, "month": month, "day": day} in dates and \
                shown["person"].get("name", {}).get("full", "").startswith(
                    person["name"][0]):
            print(conflict["id"])
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
