# SPDX-License-Identifier: Apache-2.0
"""Agencies that join a hub as docs/joining.md says, each with a folder of its own,
its desk: keys, certificate, adapter and what its system exports; and people who do
not exist, as their registers hold them."""

import csv
import io
import json
import os
import re
import subprocess

import yaml
from scenario import BIN, SOURCE, Scenario
from world import PATIENCE

# Why an agency of a sector that has an adapter of its own reads its mailbox.
PURPOSES = {
    "public_security": "residence_registration",
    "labor": "social_insurance_transfer",
    "health": "public_health_service",
    "commerce": "business_service",
}


class Desk:
    """An agency: `wayctl` knows it as a context by its id afterwards."""

    def __init__(self, world, agency, name, jurisdiction=None):
        self.world = world
        self.agency = agency
        self.sector, _, division = agency.partition(".")
        self.folder = world.file("desk-" + agency)
        os.makedirs(os.path.join(self.folder, "exports"))
        self._join(name, jurisdiction or division)

    def _join(self, name, jurisdiction):
        at = self.path
        self._does(None, "cert", "request", "--identity",
                   f"agency/{self.agency}", "--out", at("agency"))
        said = self._does(None, "key", "new", at("signing"))
        [public_key] = re.findall(r"[A-Za-z0-9+/]{43}=", said)
        with open(at("agency.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(
                {
                    "id": self.agency, "sector": self.sector,
                    "jurisdiction": jurisdiction, "name_zh": name,
                    "signing_keys": [{"key_id": "1", "public_key": public_key}],
                    # Its clerks put rows by wayctl as well.
                    "unsigned_unary": True,
                }, file, allow_unicode=True,
            )
        self._does("operator", "agency", "put", at("agency.yaml"), "--yes")
        self._does("operator", "cert", "sign", at("agency.csr"), "--identity",
                   f"agency/{self.agency}", "--out", at("agency.pem"))
        # `dev` writes its own file anew at each start.
        environment = self.world.environment()
        with open(environment["WAYSTATION_CONFIG"], encoding="utf-8") as file:
            contexts = yaml.safe_load(file)
        contexts["contexts"].append(
            {"name": self.agency, "connection": self._connection()}
        )
        self.world.extra["WAYSTATION_CONFIG"] = self.world.write(
            "contexts.yaml", yaml.safe_dump(contexts, allow_unicode=True)
        )

    def _does(self, context, *arguments):
        code, out, err = self.world.run(context, *arguments)
        assert code == 0, f"{arguments}\n{out}{err}"
        return out + err

    def _connection(self):
        return {
            "hubs": [self.world.listen],
            "ca": self.world.file("hub/tls/ca.pem"),
            "cert": self.path("agency.pem"), "key": self.path("agency.key"),
        }

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    # --- the adapter ---

    def configure(self, mapping=None, mailbox=False, **more):
        """Writes adapter.yaml; `mapping` is a file, or a name of adapters/."""
        config = {
            "agency": self.agency, "state": "state", "hub": self._connection(),
            "submission_key": {"key_id": "1", "key": "signing"},
            "demo_numbers": True,  # Nobody's, as all numbers here.
            **more,
        }
        if mapping:
            mapping = str(SOURCE / "adapters" / mapping)
            config["sources"] = [
                {"name": "rows", "files": "exports/*", "mapping": mapping}
            ]
        if mailbox:
            config["mailbox"] = {
                "folder": "imports", "mapping": mapping,
                "purpose": PURPOSES[self.sector],
            }
            os.makedirs(self.path("imports"), exist_ok=True)
        with open(self.path("adapter.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(config, file, allow_unicode=True)

    def put(self, name, content):
        """What its system exported, for the adapter to find."""
        with open(self.path("exports", name), "wb") as file:
            file.write(content)

    def run(self, *verb):
        """The adapter: exit code, standard output, standard error."""
        done = subprocess.run(
            [os.path.join(BIN, "waystation-adapter"), self.sector, "--config",
             self.path("adapter.yaml"), "-q", *verb],
            capture_output=True, text=True, timeout=2 * PATIENCE, check=False,
            env=self.world.environment(),
        )
        return done.returncode, done.stdout, done.stderr

    def json(self, *verb, ends=(0, 3)):
        """The adapter's report; 3 is that some row has a finding."""
        code, out, err = self.run(*verb, "-o", "json")
        assert code in ends, f"{self.agency} {verb}: {code}\n{out}{err}"
        return json.loads(out)

    def refuses(self, *verb):
        """What it says when it will not run at all."""
        code, out, err = self.run(*verb)
        assert code not in (0, 3), f"{self.agency} {verb}: {code}\n{out}"
        return out + err

    def came_back(self):
        """All bytes that its mailbox brought, file after file."""
        found = b""
        folder = self.path("imports")
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                found += file.read()
        return found


class Flow(Scenario):
    """One hub for the tests of a class, and agencies beyond those of `dev`."""

    # Id of each, and how it is called.
    AGENCIES = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.world.close)
        cls.desks = {
            agency: Desk(cls.world, agency, name)
            for agency, name in cls.AGENCIES.items()
        }

    @classmethod
    def does(cls, context, *arguments, stdin=""):
        """A command that must succeed; what it printed."""
        code, out, err = cls.world.run(context, *arguments, stdin=stdin)
        assert code == 0, f"{arguments}\n{out}{err}"
        return out


def population(world, people, places, sectors=None, seed=2011):
    """A folder of generated people and of what is true of them."""
    folder = world.file(f"people-{seed}")
    subprocess.run(
        [os.path.join(BIN, "waystation-population"), "--people", str(people),
         "--seed", str(seed), "--out", folder, "--places", ",".join(places),
         "--source", str(SOURCE),
         *(("--sectors", ",".join(sectors)) if sectors else ())],
        check=True, capture_output=True, timeout=PATIENCE,
    )
    return folder


def rows_of(path, encoding="utf-8"):
    with open(path, encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def table(rows, encoding="gb18030"):
    """Rows as a system exports them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
