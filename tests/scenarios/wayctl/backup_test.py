# SPDX-License-Identifier: Apache-2.0
"""backup_test.py BIN_DIR: a hub's store is lost, and comes back."""

import os
import shutil
import subprocess

from scenario import SUZHOU_LABOR, Scenario, main
from world import PATIENCE, person


class Backups(Scenario):
    def daemon(self, *arguments):
        """waystationd backup ...: exit code, standard output and error."""
        verb, *names = arguments
        done = subprocess.run(
            [
                os.path.join(self.world.bin, "waystationd"),
                *("backup", verb, "--config"),
                os.path.join(self.world.hub_folder, "hub.yaml"),
                *names,
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def place(self, *names):
        return os.path.join(self.world.hub_folder, *names)

    def make(self):
        return self.world.json("operator", "backup", "create")["backup"]["name"]

    def records(self):
        return {row["record_key"] for row in self.rows(SUZHOU_LABOR, "record", "list")}

    def test_the_store_is_lost_and_comes_back(self):
        world = self.world
        self.submit(SUZHOU_LABOR, person("S-1"))
        lost = world.file("lost")
        self.ends(
            *(0, "operator", "cert", "request"),
            *("--identity", "operator/gone", "--out", lost),
        )
        self.ends(
            *(0, "operator", "cert", "sign", lost + ".csr"),
            *("--identity", "operator/gone", "--out", lost + ".pem"),
        )
        name = self.make()
        listed = self.rows("operator", "backup", "list")[0]
        self.assertEqual(listed["name"], name)
        self.assertEqual(listed["readable"], "true")
        verified = world.json("auditor", "backup", "verify", name)
        self.assertNotIn("findings", verified)

        # What comes after the backup: a record, and somebody is shut out.
        self.submit(SUZHOU_LABOR, person("S-2"))
        serial = world.json("operator", "cert", "inspect", lost + ".pem")["serial"]
        self.ends(
            *(0, "operator", "cert", "revoke", serial),
            *("--reason", "key was lost", "--yes"),
        )
        self.ends(0, "auditor", "audit", "checkpoint")

        code, _, err = self.daemon("restore", name)
        self.assertEqual(code, 1)
        self.assertIn("STORE_IN_USE", err)
        world.stop()
        code, _, err = self.daemon("restore", name)
        self.assertEqual(code, 1)
        self.assertIn("FOLDER_NOT_EMPTY", err)

        shutil.rmtree(self.place("store"))
        world.spawn()
        self.assertFalse(world.comes_up())
        world.hub.wait()
        world.hub.stdout.close()
        self.assertIn("STORE_ROLLED_BACK", world.read("hub.log"))
        shutil.rmtree(self.place("store"))

        code, out, err = self.daemon("restore", name)
        self.assertEqual(code, 0, err)
        self.assertIn("/epoch-", out)
        world.start()
        self.assertEqual(self.records(), {"S-1"})
        as_gone = ("--cert", lost + ".pem", "--key", lost + ".key")
        _, err = self.ends(4, "operator", "agency", "list", *as_gone)
        self.assertIn("revoked", err)
        self.submit(SUZHOU_LABOR, person("S-2"))
        self.assertEqual(self.records(), {"S-1", "S-2"})

        # The log tells, and the key that was handed out before still fits.
        [restored] = self.rows("auditor", "audit", "list", "--act", "hub.restore")
        self.assertIn(name, restored["about"])
        key = ("--key", self.place("log.key"))
        self.ends(0, "auditor", "audit", "verify", *key)

    def test_damage_is_found_where_a_hub_runs_and_where_none_does(self):
        world = self.world
        name = self.make()
        archive = self.place("backup", name + ".backup")
        with open(archive, "r+b") as file:
            file.seek(-1000, os.SEEK_END)
            byte = file.read(1)
            file.seek(-1000, os.SEEK_END)
            file.write(bytes([byte[0] ^ 1]))
        _, err = self.ends(3, "operator", "backup", "verify", name)
        self.assertIn("not as it was written", err)
        self.ends(6, "operator", "backup", "verify", "20200101T000000Z")
        world.stop()
        try:
            code, out, _ = self.daemon("list")
            self.assertEqual(code, 0)
            self.assertIn(name, out)
            code, _, err = self.daemon("verify", name)
            self.assertEqual(code, 3)
            self.assertIn("BACKUP_DAMAGED", err)
            os.rename(self.place("store"), self.place("aside"))
            code, _, err = self.daemon("restore", name)
            self.assertEqual(code, 3)
            self.assertEqual(
                [x for x in os.listdir(self.world.hub_folder) if "restoring" in x],
                [],
            )
            os.rename(self.place("aside"), self.place("store"))
        finally:
            world.start()

    def test_one_that_was_cut_in_half_is_found_and_puts_nothing_back(self):
        world = self.world
        whole, cut = self.make(), self.make()
        archive = self.place("backup", cut + ".backup")
        size = os.path.getsize(archive)
        for rest in (size - 1, size // 2, 100, 0):
            with self.subTest(rest=rest, of=size):
                os.truncate(archive, rest)
                self.ends(3, "operator", "backup", "verify", cut)
                # The others are listed and good.
                self.assertIn(
                    whole,
                    {row["name"] for row in self.rows("operator", "backup", "list")},
                )
                self.ends(0, "operator", "backup", "verify", whole)
        before = self.records()
        world.stop()
        try:
            os.rename(self.place("store"), self.place("aside"))
            code, _, err = self.daemon("restore", cut)
            self.assertEqual(code, 3, err)
            self.assertIn("BACKUP_DAMAGED", err)
            self.assertFalse(os.path.exists(self.place("store")))
            self.assertEqual(
                [x for x in os.listdir(world.hub_folder) if "restoring" in x], []
            )
            os.rename(self.place("aside"), self.place("store"))
        finally:
            world.start()
        self.assertEqual(self.records(), before)

    def test_without_its_key_nobody_reads_it(self):
        name = self.make()
        os.unlink(self.place("keys", "backup", name + ".key"))
        _, err = self.ends(1, "operator", "backup", "verify", name)
        self.assertIn("key", err)
        listed = {
            row["name"]: row["readable"]
            for row in self.rows("operator", "backup", "list")
        }
        self.assertEqual(listed[name], "false")

    def test_agencies_make_none(self):
        for verb in (("create",), ("list",), ("verify", "x")):
            self.ends(4, SUZHOU_LABOR, "backup", *verb)


if __name__ == "__main__":
    main()
