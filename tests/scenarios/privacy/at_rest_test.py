# SPDX-License-Identifier: Apache-2.0
"""at_rest_test.py BIN_DIR: generated people go through real adapters into a real
hub, then every file of hub and adapters is read as raw bytes for their names,
numbers, telephones, addresses and employers, in every encoding that took part.
"""

import csv
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from world import World

BIN = sys.argv.pop(1)
SOURCE = pathlib.Path(__file__).resolve().parents[3]
AGENCIES = (
    "public_security.341200",
    "public_security.320500",
    "labor.341200",
    "labor.320500",
)
ROUNDS = ("", "changes-01", "changes-02")
PEOPLE = 400

# Of the exports, whose values are the people's own; and of the truth.
COLUMNS = {
    "public_security": (
        ("XM", "BM", "SFZH", "CZHKSZDZZ", "XJZDZZ", "LXFS_SJ", "JZZBH")
        # Those end at the adapter.
        + ("HYZMBH", "FZ", "FZ_SFZH")
    ),
    "labor": ("AAC002", "AAC003", "AAB003", "AAB004", "AAE005", "AAE006"),
}
TRUTH = (
    ("name", "number", "household_address", "residence_address")
    + ("filed_address", "phone", "employer_uscc", "employer")
)
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")

# Two characters in two bytes each come about by chance in some megabytes of
# what looks like noise; with six bytes that is one time in a hundred thousand.
LEAST_BYTES = 6


def needles_of(values):
    """What to look for: each value in each encoding, as bytes."""
    needles = set()
    for value in values:
        if len(set(value)) < 2:
            continue  # 18 zeros name nobody, and zeros are everywhere.
        for encoding in ENCODINGS:
            needle = value.encode(encoding)
            if len(needle) >= LEAST_BYTES:
                needles.add(needle)
    return needles


def search(needles, paths, folder):
    """(path, needle) for each needle that stands in a file, by grep's own eyes
    for the many that have no line end in them."""
    pattern_file = folder / "patterns"
    plain = {needle for needle in needles if b"\n" not in needle}
    pattern_file.write_bytes(b"\n".join(sorted(plain)) + b"\n")
    found = []
    for path in paths:
        grep = subprocess.run(
            ["grep", "-a", "-o", "-F", "-f", str(pattern_file), str(path)],
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            check=False,
        )
        assert grep.returncode in (0, 1), grep
        lines = set(grep.stdout.split(b"\n")) - {b""}
        found += [(path, needle) for needle in lines]
        content = path.read_bytes()
        found += [
            (path, needle)
            for needle in needles - plain
            if needle in content
        ]
    pattern_file.unlink()
    return found


def files_below(*folders):
    return sorted(
        path
        for folder in folders
        for path in pathlib.Path(folder).rglob("*")
        if path.is_file()
    )


class AtRest(unittest.TestCase):
    def setUp(self):
        self.world = World(BIN, start=False)
        self.addCleanup(self.world.close)
        self.folder = pathlib.Path(self.world.path)
        self.population = self.folder / "population"
        subprocess.run(
            [
                os.path.join(BIN, "waystation-population"),
                *("--people", str(PEOPLE), "--seed", "7"),
                *("--out", str(self.population)),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    # --- the people ---

    def exports(self, agency):
        for turn in ROUNDS:
            yield from files_below(self.population / turn / agency)

    def values(self):
        """Every value of the exports and of the truth that is somebody's."""
        values = set()
        for agency in AGENCIES:
            sector = agency.partition(".")[0]
            for path in self.exports(agency):
                text = path.read_bytes().decode("gb18030", errors="replace")
                rows = csv.reader(
                    text.splitlines(),
                    delimiter="," if sector == "public_security" else "^",
                    quoting=csv.QUOTE_MINIMAL
                    if sector == "public_security"
                    else csv.QUOTE_NONE,
                )
                header = next(rows)
                for row in rows:
                    for name, value in zip(header, row):
                        if name in COLUMNS[sector]:
                            values.add(value)
        with open(
            self.population / "truth_people.csv", encoding="utf-8"
        ) as file:
            for row in csv.DictReader(file):
                values.update(row[name] for name in TRUTH)
        return values

    # --- the exchange ---

    def configure(self, agency):
        sector = agency.partition(".")[0]
        police = sector == "public_security"
        hub = self.world.hub_folder
        folder = self.folder / agency
        (folder / "exports").mkdir(parents=True)
        mapping = SOURCE / "adapters" / sector / "mapping.yaml"
        purpose = (
            "residence_registration" if police else "social_insurance_transfer"
        )
        (folder / "adapter.yaml").write_text(
            f"agency: {agency}\n"
            "state: state\n"
            "demo_numbers: true\n"
            "hub:\n"
            f'  hubs: ["{self.world.listen}"]\n'
            f"  ca: {hub}/tls/ca.pem\n"
            f"  cert: {hub}/clients/{agency}.pem\n"
            f"  key: {hub}/clients/{agency}.key\n"
            "submission_key:\n"
            f"  {{key_id: dev, key: {hub}/clients/{agency}.signing}}\n"
            "sources:\n"
            f"  - {{name: {'ldrk' if police else 'ac01'},"
            f' files: "exports/*", mapping: {mapping}}}\n'
            f"mailbox: {{folder: imports, mapping: {mapping},"
            f" purpose: {purpose}}}\n",
            encoding="utf-8",
        )

    def adapter(self, agency, *arguments):
        with open(self.folder / agency / "adapter.log", "ab") as log:
            done = subprocess.run(
                [
                    os.path.join(BIN, "waystation-adapter"),
                    agency.partition(".")[0],
                    *("--config", str(self.folder / agency / "adapter.yaml")),
                    *arguments,
                ],
                stdout=log,
                stderr=log,
                check=False,
            )
        return done.returncode

    def exchange(self):
        for number, turn in enumerate(ROUNDS):
            for agency in AGENCIES:
                for path in files_below(self.population / turn / agency):
                    shutil.copy(
                        path,
                        self.folder
                        / agency
                        / "exports"
                        / f"{number}-{path.name}",
                    )
            for agency in AGENCIES * 2:
                # 3: some rows are broken, as exports are.
                self.assertIn(self.adapter(agency, "once"), (0, 3))

    def searched(self):
        """What hub and adapters keep and print. What an agency's own system
        exported and imports is its own, and so is a row in quarantine, which
        is kept as it was to be mended."""
        kept = files_below(self.world.hub_folder)
        kept.append(self.folder / "hub.log")
        for agency in AGENCIES:
            kept.append(self.folder / agency / "adapter.log")
            kept += [
                path
                for path in files_below(self.folder / agency / "state")
                if "quarantine" not in path.parts
            ]
        return kept

    def test_no_file_holds_a_persons_value(self):
        needles = needles_of(self.values())
        self.assertGreater(len(needles), 5_000)
        self.check_that_the_search_finds(needles)

        self.world.start()
        for agency in AGENCIES:
            self.configure(agency)
        self.exchange()
        # Updates that wait for a hub that is away are at rest, too.
        self.world.stop()
        extra = self.folder / AGENCIES[0] / "exports" / "9-again.csv"
        export = next(self.exports(AGENCIES[1])).read_bytes()
        extra.write_bytes(export)
        self.assertEqual(
            self.adapter(AGENCIES[0], "--patience", "0.1", "once"), 7
        )
        stopped = search(needles, self.searched(), self.folder)
        self.assertEqual(stopped, [])

        # And while it runs, with its write-ahead log.
        self.world.start()
        self.assertIn(self.adapter(AGENCIES[0], "once"), (0, 3))
        self.read_and_decide()
        paths = self.searched()
        self.assertTrue(any(path.name.endswith("-wal") for path in paths))
        self.assertGreater(
            sum(path.stat().st_size for path in paths), 2_000_000
        )
        self.assertEqual(search(needles, paths, self.folder), [])
        self.assertGreater(
            int(self.world.json("operator", "hub", "status")["records"]),
            PEOPLE,
        )

    def check_that_the_search_finds(self, needles):
        """Each needle, on its own and amid noise; and the exports' own."""
        control = self.folder / "control"
        control.write_bytes(
            b"".join(os.urandom(16) + b"\n" + n + b"\n" for n in needles)
        )
        found = search(needles, [control], self.folder)
        self.assertEqual(
            {needle for _, needle in found}
            | {n for n in needles if b"\n" in n},
            needles,
        )
        for agency in AGENCIES:
            for path in self.exports(agency):
                self.assertTrue(search(needles, [path], self.folder), path)

    def read_and_decide(self):
        """Readings and decisions leave traces of their own."""
        records = self.world.json(
            "public_security.320500", "record", "list", "--limit", "20"
        )["records"]
        for record in records:
            self.world.run(
                "public_security.320500",
                *("person", "show", "--record", record["recordKey"]),
                *("--purpose", "residence_registration"),
            )
        [conflict, *_] = self.world.json("office", "conflict", "list")[
            "conflicts"
        ]
        code, out, err = self.world.run(
            "office",
            *("conflict", "decide", conflict["id"], "--yes", "--take", "A"),
            *("--reason", "the certificate was seen"),
        )
        self.assertEqual(code, 0, out + err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
