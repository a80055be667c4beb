# SPDX-License-Identifier: Apache-2.0
"""auditor_test.py BIN_DIR: the log is verified where it is, and where it was
taken."""

import json
import os
import shutil

from scenario import SUZHOU_LABOR, SUZHOU_POLICE, Scenario, main
from world import person


class Auditor(Scenario):
    def setUp(self):
        for i in range(3):
            self.submit(SUZHOU_POLICE, person(f"{self.id()}-{i}"))

    def verify(self, *arguments):
        code, out, err = self.world.run(
            "auditor", "audit", "verify", *arguments, "-o", "json"
        )
        return code, json.loads(out) if out else err

    def log_size(self):
        return int(self.world.json("operator", "hub", "status")["logSize"])

    def test_live_log_is_intact(self):
        code, report = self.verify()
        self.assertEqual(code, 0, report)
        self.assertEqual(report["entries"], report["entriesCovered"])
        self.assertGreaterEqual(int(report["signatures"]), 3)
        self.assertNotIn("keyFromLog", report)

    def test_auditors_do_not_administer(self):
        for command in (
            ("agency", "put", self.world.write("a.yaml", "id: housing.320500\n")),
            ("agreement", "revoke", "labor-social-insurance", "--reason", "x"),
            ("cert", "revoke", "00ff", "--reason", "x"),
            ("record", "list"),
            ("conflict", "list"),
        ):
            self.ends(4, "auditor", *command, "--yes")

    def test_agencies_read_what_names_them(self):
        self.submit(SUZHOU_LABOR, person("L-1"))
        self.ends(4, SUZHOU_POLICE, "audit", "verify")
        rows = self.rows(SUZHOU_POLICE, "audit", "list")
        self.assertTrue(rows)
        for row in rows:
            self.assertTrue(
                row["agency"] == SUZHOU_POLICE or SUZHOU_POLICE in row["actor"]
            )
        self.ends(4, "office", "audit", "list")

    def test_export_is_verified_continued_and_catches_one_bit(self):
        world = self.world
        folder = world.file(self.id())
        out, err = self.ends(0, "auditor", "audit", "export", folder)
        self.assertIn(folder, out)
        self.assertIn("wayctl audit verify " + folder, err)
        self.assertEqual(self.verify(folder)[0], 0)

        self.submit(SUZHOU_POLICE, person("later"))
        report = world.json("auditor", "audit", "export", folder)
        self.assertGreater(int(report["newEntries"]), 0)
        code, intact = self.verify(folder)
        self.assertEqual(code, 0, intact)

        size = int(intact["entries"])
        copy = folder + "-copy"
        shutil.copytree(folder, copy)
        bundle = os.path.join(copy, f"tile/entries/000.p/{size}")
        with open(bundle, "r+b") as file:
            # The first entry's bytes stand behind its two of length.
            file.seek(2)
            byte = file.read(1)[0]
            file.seek(2)
            file.write(bytes([byte ^ 1]))
        code, report = self.verify(copy)
        self.assertEqual(code, 3, report)
        self.assertEqual(report["findings"][0]["reason"], "LEAF_CHANGED")
        self.assertEqual(report["findings"][0]["place"], "entry 0")

    def test_a_folder_and_the_public_key_are_enough(self):
        world = self.world
        folder = world.file(self.id())
        self.ends(0, "auditor", "audit", "export", folder)
        nothing = ("--config", "/dev/null", "audit", "verify", folder)
        key = world.file("hub/log.key")
        for given in (key, world.read("hub/log.key").strip()):
            out, _ = self.ends(0, None, *nothing, "--key", given)
            self.assertIn("intact", out)
        # A key that came with the log proves little, and that is said.
        _, err = self.ends(0, None, *nothing)
        self.assertIn("The key came with the log", err)
        _, err = self.ends(2, None, *nothing, "--key", "no-such-key")
        self.assertIn("--key", err)
        self.ends(6, None, *nothing[:-1], world.file("no-such-folder"))

    def test_checkpoint_is_kept_and_held_against_the_log(self):
        world = self.world
        note, _ = self.ends(0, "auditor", "audit", "checkpoint")
        kept = world.write("kept", note)
        code, report = self.verify("--checkpoint", kept)
        self.assertEqual(code, 0, report)

        # A log that does not reach so far has been cut.
        folder = world.file(self.id())
        self.submit(SUZHOU_POLICE, person("one more"))
        self.ends(0, "auditor", "audit", "export", folder)
        self.submit(SUZHOU_POLICE, person("and one"))
        at_least = ("--at-least", str(self.log_size()))
        note, _ = self.ends(0, "auditor", "audit", "checkpoint", *at_least)
        later = world.write("later", note)
        # Given before the folder: it takes one file and not the rest.
        code, report = self.verify(
            "--checkpoint", kept, "--checkpoint", later, folder
        )
        self.assertEqual(code, 3, report)
        self.assertEqual(report["findings"][0]["reason"], "LOG_TRUNCATED")

    def test_prove_an_entry(self):
        out, _ = self.ends(0, "auditor", "audit", "prove", "0")
        self.assertIn("it is in the log", out)
        self.ends(2, "auditor", "audit", "prove", "999999")
        # An agency proves its own; of another's it learns nothing.
        [own] = self.rows(
            SUZHOU_POLICE, "audit", "list", "--kind", "updates", "--limit", "1"
        )
        self.ends(0, SUZHOU_POLICE, "audit", "prove", own["index"])
        for unknown in ("0", "999999"):
            self.ends(6, SUZHOU_POLICE, "audit", "prove", unknown)

    def test_filters(self):
        def listed(*filters):
            return self.rows("auditor", "audit", "list", *filters)

        newest = listed(
            *("--kind", "updates", "--agency", SUZHOU_POLICE),
            *("--newest-first", "--limit", "2"),
        )
        self.assertEqual(len(newest), 2)
        self.assertGreater(int(newest[0]["index"]), int(newest[1]["index"]))
        for row in newest:
            self.assertEqual((row["kind"], row["agency"]), ("updates", SUZHOU_POLICE))

        agencies = listed("--act", "agency.put")
        self.assertEqual(len(agencies), 8)
        [one] = listed("--act", "agency.put", "--object", SUZHOU_LABOR)
        self.assertEqual(one["agency"], SUZHOU_LABOR)
        for row in listed("--actor", "agency/" + SUZHOU_POLICE):
            self.assertEqual(row["actor"], "agency/" + SUZHOU_POLICE)
        self.assertEqual(listed("--until", "2000-01-01"), [])
        everything = listed()
        self.assertEqual(listed("--from", "2000-01-01 00:00"), everything)
        self.assertEqual(listed("--from-index", "5")[0]["index"], "5")
        middle = everything[3]["time"]
        for row in listed("--from", middle):
            self.assertGreaterEqual(row["time"], middle)
        _, err = self.ends(2, "auditor", "audit", "list", "--from", "yesterday")
        self.assertIn("--from", err)
        _, err = self.ends(2, "auditor", "audit", "list", "--kind", "gossip")
        self.assertIn("updates", err)


if __name__ == "__main__":
    main()
