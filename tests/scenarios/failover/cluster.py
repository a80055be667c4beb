# SPDX-License-Identifier: Apache-2.0
"""Two PostgreSQL servers under Patroni, and the etcd that they agree by, each on
a machine of its own, as deploy/patroni/patroni.yml has them."""

import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.request

from arena import PATIENCE, Machine, until

SOURCE = pathlib.Path(__file__).resolve().parents[3]
PASSWORD = "as-good-as-none"
# Seconds after which a standby is not waited for any more.
BEHIND = 60

# What is waited for by the second in the file of deploy/, in a test's time.
QUICK = (("ttl: 20", "ttl: 5"), ("loop_wait: 4", "loop_wait: 1"),
         ("retry_timeout: 8", "retry_timeout: 2"))


class Server:
    """A PostgreSQL server and its Patroni."""

    def __init__(self, cluster, name, number):
        self.machine = Machine(name, number)
        self.name = name
        self.cluster = cluster
        self.log = os.path.join(cluster.folder, name + ".log")

    def start(self):
        address = self.machine.address
        self.machine.spawn(
            self.log,
            "patroni",
            os.path.join(self.cluster.folder, "patroni.yml"),
            user="postgres",
            environment={
                "PATRONI_NAME": self.name,
                "PATRONI_RESTAPI_LISTEN": address + ":8008",
                "PATRONI_RESTAPI_CONNECT_ADDRESS": address + ":8008",
                "PATRONI_POSTGRESQL_LISTEN": address + ":5432",
                "PATRONI_POSTGRESQL_CONNECT_ADDRESS": address + ":5432",
                "PATRONI_POSTGRESQL_DATA_DIR": os.path.join(
                    self.cluster.folder, self.name
                ),
                "PATRONI_ETCD3_HOSTS": self.cluster.etcd.address + ":2379",
                "PATRONI_SUPERUSER_PASSWORD": PASSWORD,
                "PATRONI_REPLICATION_PASSWORD": PASSWORD,
                "WAYSTATION_PASSWORD": PASSWORD,
            },
        )

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


class Cluster:
    def __init__(self):
        # Where PostgreSQL's own user may go.
        self.folder = tempfile.mkdtemp(prefix="waystation-failover-")
        self.etcd = Machine("etcd", 10)
        text = (SOURCE / "deploy/patroni/patroni.yml").read_text(encoding="utf-8")
        make = os.path.join(self.folder, "make_database.sh")
        shutil.copy(SOURCE / "deploy/patroni/make_database.sh", make)
        for was, becomes in (
            *QUICK,
            ("/usr/share/waystation/patroni/make_database.sh", make),
            # Machines of the arena have one disk, where both would put it.
            (
                "\npostgresql:\n",
                "\npostgresql:\n  parameters: {unix_socket_directories: ''}\n",
            ),
        ):
            assert was in text, was
            text = text.replace(was, becomes)
        with open(os.path.join(self.folder, "patroni.yml"), "w", encoding="utf-8") as file:
            file.write(text)
        if os.geteuid() == 0:
            for path in (self.folder, *pathlib.Path(self.folder).iterdir()):
                shutil.chown(path, "postgres")
        self.servers = [Server(self, "db1", 11), Server(self, "db2", 12)]

    def start(self):
        self.start_etcd()
        for server in self.servers:
            server.start()
        self.comes_to_rest()

    def start_etcd(self):
        client = f"http://{self.etcd.address}:2379"
        peer = f"http://{self.etcd.address}:2380"
        self.etcd.spawn(
            os.path.join(self.folder, "etcd.log"),
            *("etcd", "--name", "etcd"),
            *("--data-dir", os.path.join(self.folder, "etcd")),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", "etcd=" + peer),
        )

    def store(self, passfile):
        """As it stands in a hub's configuration."""
        hosts = ",".join(server.machine.address for server in self.servers)
        with open(passfile, "w", encoding="utf-8") as file:
            file.write(f"*:*:*:*:{PASSWORD}\n")
        os.chmod(passfile, 0o600)
        return (
            f"postgresql://waystation@{hosts}/waystation"
            "?target_session_attrs=read-write&connect_timeout=2"
            f"&passfile={passfile}"
        )

    def members(self):
        """Role by name, as whichever of them answers has it; {}: nobody does."""
        for server in self.servers:
            url = f"http://{server.machine.address}:8008/cluster"
            try:
                with urllib.request.urlopen(url, timeout=1) as answer:
                    members = json.load(answer)["members"]
            except (OSError, ValueError, KeyError):
                continue
            return {
                member["name"]: member["role"]
                for member in members
                if member["state"] in ("running", "streaming")
            }
        return {}

    def primary(self):
        roles = until(
            lambda: [n for n, r in self.members().items() if r == "leader"],
            "a primary",
        )
        return next(s for s in self.servers if s.name == roles[0])

    def standby(self):
        primary = self.primary()
        return next(s for s in self.servers if s is not primary)

    def comes_to_rest(self):
        """One leads, and the other has all that it has; made anew if it stays
        behind, as an operator would."""

        def rests():
            return sorted(self.members().values()) == ["leader", "sync_standby"]

        with contextlib.suppress(AssertionError):
            return until(rests, "a primary with its standby", BEHIND)
        standby = self.standby()
        print(f"{standby.name} is made anew", file=sys.stderr, flush=True)
        url = f"http://{standby.machine.address}:8008/reinitialize"
        order = urllib.request.Request(url, json.dumps({"force": True}).encode())
        with urllib.request.urlopen(order, timeout=PATIENCE) as answer:
            assert answer.status == 200, answer.status
        return until(rests, "a primary with a new standby")

    def close(self):
        for machine in (self.etcd, *(s.machine for s in self.servers)):
            machine.close()
        shutil.rmtree(self.folder)

    def said(self):
        return "".join(f"--- {s.name}\n{s.said()[-6000:]}" for s in self.servers)
