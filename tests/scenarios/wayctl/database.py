# SPDX-License-Identifier: Apache-2.0
"""Scenarios beside a PostgreSQL server of their own."""

import pathlib
import subprocess

from scenario import Scenario
from world import PATIENCE

SOURCE = pathlib.Path(__file__).resolve().parents[3]


class OnPostgres(Scenario):
    """The server's link is `postgres` among the world's files."""

    # Which database is asked.
    database = "waystation"

    @classmethod
    def shell(cls, commands):
        done = subprocess.run(
            [
                "bash",
                "-euc",
                f'link={cls.world.file("postgres")}; '
                f". {SOURCE}/deploy/lib/postgres.sh; {commands}",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def sql(self, statement, database=None):
        return self.shell(
            f'psql -qAt -h "$(readlink "$link")" -U waystation '
            f'{database or self.database} -c "{statement}"'
        )
