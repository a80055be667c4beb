# SPDX-License-Identifier: Apache-2.0
"""migrate_test.py BIN_DIR: a hub moves from its folder into a database."""

import os
import pathlib
import signal
import sqlite3
import subprocess
import sys

from database import OnPostgres
from scenario import (
    BIN,
    FUYANG_LABOR,
    FUYANG_POLICE,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    main,
)
from world import PATIENCE, World, person

SOURCE = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(SOURCE / "tests/harness"))

from adapter import Adapter  # noqa: E402
from people import demo_number  # noqa: E402

PEOPLE = 60
WHY = ("--reason", "the register was seen", "--yes")


def timeless(value):
    """Without when it was asked, which each answer says."""
    if isinstance(value, dict):
        return {
            key: timeless(held)
            for key, held in value.items()
            if key not in ("asOfTime", "lastSeenTime", "ackToken")
        }
    if isinstance(value, (list, tuple)):
        return [timeless(held) for held in value]
    return value


class Migrate(OnPostgres):
    """Each test has a hub of its own on SQLite, and an empty database."""

    @classmethod
    def setUpClass(cls):
        cls.world = World(BIN, start=False)
        cls.shell('start_own_postgres "$link"')

    @classmethod
    def tearDownClass(cls):
        cls.shell('stop_own_postgres "$link"')
        cls.world.close()

    def setUp(self):
        super().setUp()
        self.maxDiff = 2000
        name = self.id().rsplit(".", 1)[-1][5:25]
        self.world.hub_folder = self.world.file(name)
        self.world.extra = {
            "WAYSTATION_CONFIG": os.path.join(self.world.hub_folder, "wayctl.yaml")
        }
        self.world.listen = "127.0.0.1:0"
        self.world.start()
        self.store = os.path.join(self.world.hub_folder, "store")
        self.database = name
        self.sql(f"CREATE DATABASE {name}", "postgres")
        folder = os.readlink(self.world.file("postgres"))
        self.target = f"postgresql://waystation@/{name}?host={folder}"

    def tearDown(self):
        if self.world.hub.poll() is None:
            self.world.kill()

    # --- the hub ---

    def fill(self):
        """Agencies tell of the same people, and not always the same."""
        for agency, prefix, day in (
            (SUZHOU_POLICE, "A", 7),
            (FUYANG_POLICE, "B", 8),
            (SUZHOU_LABOR, "C", 7),
            (FUYANG_LABOR, "D", 7),
        ):
            updates = "\n".join(
                person(
                    f"{prefix}-{i}",
                    number=demo_number(i),
                    # The second police is wrong about every fifth.
                    day=day if i % 5 == 0 else 7,
                    # And one is of another name: a pair for a clerk.
                    **({"name": {"full": "王建国"}} if (prefix, i) == ("B", 3) else {}),
                )
                for i in range(PEOPLE)
            )
            self.world.run(agency, "record", "submit", "--yes", stdin=updates)
        world = self.world
        conflicts = world.json("office", "conflict", "list")["conflicts"]
        self.assertGreater(len(conflicts), 2)
        self.ends(
            *(0, "office", "conflict", "decide", conflicts[0]["id"]),
            *("--value", "1990-03-07", *WHY),
        )
        self.ends(
            *(0, "office", "conflict", "decide", conflicts[1]["id"]),
            *("--value", "1990-03-08", *WHY),
        )
        self.ends(0, "office", "decision", "undo", "2", *WHY)
        page = world.json(
            FUYANG_LABOR, "mailbox", "pull", "--purpose", "employment_service"
        )["page"]
        self.ends(0, FUYANG_LABOR, "mailbox", "ack", page["lastToken"])
        self.ends(0, "auditor", "audit", "checkpoint")

    def answers(self):
        """What the hub says to those who ask, but for when it was asked."""
        said = {}

        def ask(context, *arguments):
            said[(context, *arguments)] = self.world.json(context, *arguments)

        for agency, prefix in ((SUZHOU_POLICE, "A"), (FUYANG_POLICE, "B")):
            ask(agency, "record", "list")
            ask(agency, "mailbox", "status")
            for i in range(0, PEOPLE, 7):
                ask(
                    *(agency, "person", "show", "--record", f"{prefix}-{i}"),
                    *("--purpose", "residence_registration"),
                )
        for agency in (SUZHOU_LABOR, FUYANG_LABOR):
            ask(agency, "record", "list")
            ask(agency, "mailbox", "status")
            ask(agency, "mailbox", "pull", "--purpose", "employment_service")
        for noun in ("conflict", "candidate", "decision", "review"):
            ask("office", noun, "list")
        for conflict in said[("office", "conflict", "list")]["conflicts"]:
            ask("office", "conflict", "show", conflict["id"])
        ask("operator", "agreement", "list")
        ask("operator", "cert", "list")
        ask("operator", "rules", "show")
        status = self.world.json("operator", "hub", "status")
        said["counts"] = [
            status.get(name)
            for name in ("records", "persons", "openConflicts",
                         "openCandidates", "logOrigin", "rulesVersion")
        ]
        return timeless(list(said.items()))

    def updates(self):
        """Entries about updates: one a frame or a call."""
        events = self.world.json("auditor", "audit", "list", "--limit", "100000")
        return [
            event["event"] for event in events["events"]
            if event["event"]["kind"] == "KIND_UPDATES"
        ]

    def serve_from(self, store):
        config = os.path.join(self.world.hub_folder, "hub.yaml")
        with open(config, encoding="utf-8") as file:
            lines = file.read().splitlines()
        [place] = [i for i, line in enumerate(lines) if line.startswith("store:")]
        lines[place] = f'store: "{store}"'
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def refuses_to_start(self, reason):
        self.world.spawn()
        self.assertFalse(self.world.comes_up())
        self.world.hub.wait()
        self.world.hub.stdout.close()
        self.assertIn(reason, self.world.read("hub.log").splitlines()[-2])

    # --- moving ---

    def command(self, source=None, target=None):
        return self.world.command(
            None,
            [
                *("hub", "migrate", "--from", source or "sqlite:" + self.store),
                *("--to", target or self.target),
            ],
        )

    def migrate(self, expected, source=None, target=None):
        done = subprocess.run(
            self.command(source, target),
            capture_output=True,
            text=True,
            env=self.world.environment(),
            timeout=PATIENCE,
            check=False,
        )
        self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def killed_when_it_says(self, words):
        running = subprocess.Popen(
            self.command(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self.world.environment(),
        )
        with running.stderr:
            for line in running.stderr:
                if line.startswith(words):
                    break
            running.kill()
        self.assertEqual(running.wait(PATIENCE), -signal.SIGKILL)

    def test_all_is_there_and_everybody_goes_on(self):
        world = self.world
        self.fill()
        adapter = Adapter(world)
        adapter.export("first.csv", [f"W-{i}" for i in range(40)])
        running = adapter.spawn()
        try:
            self.wait_for(lambda: self.held_by_adapter() == 40)
            before = self.answers()
            sent = len(self.updates())
            note, _ = self.ends(0, "auditor", "audit", "checkpoint")
            kept = world.write("kept", note)
            out, err = self.migrate(1)
            self.assertIn("STORE_IN_USE", err)
            world.stop()

            out, err = self.migrate(0)
            self.assertIn("copying to", err)
            self.assertIn("checking every row", err)
            self.assertIn(f"{4 * PEOPLE + 40} ", out)
            self.assertIn("root ", out)
            self.refuses_to_start("STORE_MOVED")
            self.migrate(0)

            self.serve_from(self.target)
            world.start()
            self.assertEqual(self.answers(), before)
            self.assertEqual(len(self.updates()), sent)
            # Of the adapter: it goes on by itself, with what is new alone.
            adapter.export("second.csv", [f"W-{i}" for i in range(43)])
            self.wait_for(lambda: self.held_by_adapter() == 43)
            self.assertEqual(len(self.updates()), sent + 1)
        finally:
            running.terminate()
            running.wait(PATIENCE)
        # The log is whole, and continues what was signed before.
        verify = (
            *("audit", "verify", "--checkpoint", kept),
            *("--key", os.path.join(world.hub_folder, "log.key")),
        )
        self.ends(0, "auditor", *verify)
        self.ends(0, "operator", "hub", "check")
        status = world.json("operator", "hub", "status")
        self.assertEqual(status["store"], "postgresql")
        self.submit(SUZHOU_LABOR, person("C-999"))
        # And back into another folder.
        before = self.answers()
        world.stop()
        again = "sqlite:" + os.path.join(world.hub_folder, "again")
        self.migrate(0, self.target, again)
        self.serve_from(again)
        world.start()
        self.assertEqual(self.answers(), before)
        self.ends(0, "auditor", *verify)
        self.ends(0, "operator", "hub", "check")

    def held_by_adapter(self):
        rows = self.rows(SUZHOU_POLICE, "record", "list")
        return sum(row["record_key"].startswith("W-") for row in rows)

    def wait_for(self, condition):
        for _ in range(600):
            if condition():
                return
            # One look takes a while itself.
        self.fail("it never came")

    def test_killed_again_and_again(self):
        self.fill()
        before = self.answers()
        self.world.stop()
        for words in ("checking", "copying to", "holding", "checking"):
            self.killed_when_it_says(words)
        self.killed_when_it_says("copying to")
        # Nobody starts on what has arrived; what it came from can go on.
        self.serve_from(self.target)
        self.refuses_to_start("MOVE_UNFINISHED")
        self.serve_from("sqlite:" + self.store)
        self.world.start()
        self.assertEqual(self.answers(), before)
        self.world.stop()
        self.migrate(0)
        self.serve_from(self.target)
        self.world.start()
        self.assertEqual(self.answers(), before)
        self.ends(0, "operator", "hub", "check")

    def test_a_damaged_row_is_named_and_nothing_is_moved(self):
        self.fill()
        self.world.stop()
        with sqlite3.connect(os.path.join(self.store, "waystation.db")) as store:
            (uid,) = store.execute("SELECT max(uid) FROM record").fetchone()
            store.execute("UPDATE record SET agency = agency + 1 WHERE uid = ?",
                          (uid,))
        store.close()
        out, err = self.migrate(3)
        self.assertIn(f"record {uid}: ROW_DAMAGED", out)
        self.assertIn("STORE_DAMAGED", err)
        self.assertNotIn("张小花", out + err)
        self.assertEqual(self.sql("SELECT count(*) FROM pg_tables WHERE "
                                  "schemaname = 'public'").strip(), "0")
        self.assertFalse(os.path.exists(os.path.join(self.store, "moved_out")))

    def test_what_is_not_empty_is_left_alone(self):
        self.submit(SUZHOU_LABOR, person("K-1"))
        self.world.stop()
        self.sql("CREATE TABLE somebodys (id int)")
        _, err = self.migrate(1)
        self.assertIn("FOLDER_NOT_EMPTY", err)
        self.assertIn(self.database, err)
        self.sql("DROP TABLE somebodys")
        # What a newer release has begun there.
        self.migrate_dies_and_leaves_a_newer_schema()
        _, err = self.migrate(1)
        self.assertIn("STORE_VERSION", err)
        self.world.start()
        self.assertEqual(
            [row["record_key"] for row in self.rows(SUZHOU_LABOR, "record", "list")],
            ["K-1"],
        )

    def migrate_dies_and_leaves_a_newer_schema(self):
        self.killed_when_it_says("copying to")
        self.sql("CREATE TABLE IF NOT EXISTS waystation_schema (version bigint)")
        self.sql("INSERT INTO waystation_schema VALUES (9999)")

    def test_the_database_is_not_to_be_had(self):
        self.submit(SUZHOU_LABOR, person("K-1"))
        self.world.stop()
        for target, said in (
            (self.target.replace(self.database, "nowhere"), "nowhere"),
            ("postgresql://waystation@127.0.0.1:1/w", "127.0.0.1"),
            (self.target.replace("waystation@", "nobody:secret@"), "nobody"),
        ):
            _, err = self.migrate(7, target=target)
            self.assertIn("STORE_FAILED", err)
            self.assertIn(said, err)
            self.assertNotIn("secret", err)
        for setting, said in (
            ("ALTER DATABASE {0} SET default_transaction_read_only = on",
             "no standby"),
            ("ALTER DATABASE {0} RESET default_transaction_read_only; "
             "CREATE USER guest", "may make tables"),
        ):
            self.sql(setting.format(self.database), "postgres")
            user = "guest" if "guest" in setting else "waystation"
            _, err = self.migrate(
                2, target=self.target.replace("waystation@", user + "@")
            )
            self.assertIn("CONFIG_INVALID", err)
            self.assertIn(said, err)
        _, err = self.migrate(6, source="sqlite:" + self.store + "-not")
        self.assertIn("FILE_MISSING", err)
        _, err = self.migrate(2, target="mysql://x")
        self.assertIn("--to", err)

    def test_the_database_goes_away_in_the_middle(self):
        self.fill()
        before = self.answers()
        self.world.stop()
        running = subprocess.Popen(
            self.command(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.world.environment(),
        )
        for line in running.stderr:
            if line.startswith("copying to"):
                break
        # It stands still wherever it has come to, and is cut off there.
        running.send_signal(signal.SIGSTOP)
        self.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            f"WHERE datname = '{self.database}'",
            "postgres",
        )
        running.send_signal(signal.SIGCONT)
        _, err = running.communicate(timeout=PATIENCE)
        self.assertEqual(running.returncode, 7, err)
        self.assertIn("STORE_FAILED", err)
        self.migrate(0)
        self.serve_from(self.target)
        self.world.start()
        self.assertEqual(self.answers(), before)




if __name__ == "__main__":
    main()
