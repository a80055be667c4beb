# SPDX-License-Identifier: Apache-2.0
"""postgres_test.py BIN_DIR: a hub whose store is a PostgreSQL database."""

import os
import subprocess

from database import OnPostgres
from scenario import BIN, SUZHOU_LABOR, main
from world import PATIENCE, World, person


class Postgres(OnPostgres):
    @classmethod
    def setUpClass(cls):
        cls.world = World(BIN, start=False)
        cls.server("start_own_postgres")
        cls.world.hub_options = ["--store", cls.server("postgres_store")]
        cls.world.start()

    @classmethod
    def tearDownClass(cls):
        link = cls.world.file("postgres")
        cls.server("stop_own_postgres")
        assert not os.path.lexists(link)
        cls.world.close()

    @classmethod
    def server(cls, function):
        """One of the functions of deploy/lib/postgres.sh."""
        return cls.shell(f'{function} "$link"')

    def daemon(self, *arguments):
        """waystationd ...: exit code, standard output and error."""
        done = subprocess.run(
            [
                os.path.join(self.world.bin, "waystationd"),
                *arguments[:-1],
                "--config",
                os.path.join(self.world.hub_folder, "hub.yaml"),
                *arguments[-1:],
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def records(self):
        return {row["record_key"] for row in self.rows(SUZHOU_LABOR, "record", "list")}

    def test_what_was_acknowledged_outlives_the_hub_and_the_server(self):
        world = self.world
        self.submit(SUZHOU_LABOR, person("K-1"))
        world.kill()
        world.start()
        self.submit(SUZHOU_LABOR, person("K-2"))
        # The server is gone in the middle of it, and the hub with it.
        self.shell('as_postgres "$(postgres_bin)/pg_ctl" '
                   '-D "$(readlink "$link")/data" -m immediate -w stop >/dev/null')
        world.run(SUZHOU_LABOR, "record", "submit", "--yes", stdin=person("K-3"))
        world.hub.wait(PATIENCE)
        world.hub.stdout.close()
        self.assertIn("STORE_FAILED", world.read("hub.log"))
        self.shell('as_postgres "$(postgres_bin)/pg_ctl" '
                   '-D "$(readlink "$link")/data" -l "$(readlink "$link")/log" '
                   "-w start >/dev/null")
        world.start()
        self.submit(SUZHOU_LABOR, person("K-3"))
        self.assertLessEqual({"K-1", "K-2", "K-3"}, self.records())
        self.ends(0, "operator", "hub", "check")

    def test_a_row_that_an_administrator_changes_is_found(self):
        self.submit(SUZHOU_LABOR, person("T-1"))
        newest = self.sql("SELECT max(uid) FROM record").strip()
        was = self.sql(f"SELECT agency FROM record WHERE uid = {newest}").strip()
        self.sql(f"UPDATE record SET agency = 1 + agency % 8 WHERE uid = {newest}")
        out, _ = self.ends(3, "operator", "hub", "check")
        self.assertIn(f"record {newest}", out)
        self.sql(f"UPDATE record SET agency = {was} WHERE uid = {newest}")
        self.ends(0, "operator", "hub", "check")

    def test_the_database_is_lost_and_comes_back(self):
        world = self.world
        self.submit(SUZHOU_LABOR, person("S-1"))
        name = world.json("operator", "backup", "create")["backup"]["name"]
        before = self.records()
        verified = world.json("auditor", "backup", "verify", name)
        self.assertNotIn("findings", verified)
        self.submit(SUZHOU_LABOR, person("S-2"))
        self.ends(0, "auditor", "audit", "checkpoint")
        world.stop()
        code, _, err = self.daemon("backup", "verify", name)
        self.assertEqual(code, 0, err)
        code, _, err = self.daemon("backup", "restore", name)
        self.assertEqual(code, 1)
        self.assertIn("FOLDER_NOT_EMPTY", err)

        self.lose_the_database()
        world.spawn()
        self.assertFalse(world.comes_up())
        world.hub.wait()
        world.hub.stdout.close()
        self.assertIn("STORE_ROLLED_BACK", world.read("hub.log"))
        self.lose_the_database()
        code, out, err = self.daemon("backup", "restore", name)
        self.assertEqual(code, 0, err)
        self.assertIn("/epoch-", out)
        self.assertIn("postgresql://", out)
        # Nothing is left of what was made meanwhile.
        self.assertEqual(
            self.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE "
                     "'waystation%'"),
            "",
        )
        world.start()
        self.assertEqual(self.records(), before)
        key = ("--key", os.path.join(world.hub_folder, "log.key"))
        self.ends(0, "auditor", "audit", "verify", *key)
        self.ends(0, "operator", "hub", "check")

    def lose_the_database(self):
        self.sql("DROP DATABASE waystation WITH (FORCE)", "postgres")
        self.sql("CREATE DATABASE waystation", "postgres")


if __name__ == "__main__":
    main()
