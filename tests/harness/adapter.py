# SPDX-License-Identifier: Apache-2.0
"""An agency's adapter beside the hub of a World, as a real program."""

import os
import pathlib
import subprocess

from world import PATIENCE

SOURCE = pathlib.Path(__file__).resolve().parents[2]
COLUMNS = (
    "RYBH,XM,BM,SFZH,XB,MZ,CSRQ,XL,HYZK,JZSY,DDBDRQ,NJZQX,CZHKSZDZZ,HJDXZQH,"
    "XZDXZQH,XJZDZZ,LXFS_SJ,JZZBH,JZZYXQ,SFSY,ZHXGSJ,ZXSJ"
).split(",")


class Adapter:
    """Public security's, which reads CSV in GB18030."""

    AGENCY = "public_security.320500"

    def __init__(self, world, environment=None):
        """With these variables in its environment."""
        self.world = world
        self.environment = {**os.environ, **(environment or {})}
        self.folder = world.file("adapter")
        os.makedirs(os.path.join(self.folder, "in"))
        self.log = os.path.join(self.folder, "adapter.log")
        self.configure(os.path.join(world.hub_folder, "clients", self.AGENCY))

    def configure(self, client, more=""):
        """Its certificate and key are `client`.pem and `client`.key; `more` are
        lines of its configuration."""
        own = os.path.join(self.world.hub_folder, "clients", self.AGENCY)
        mapping = SOURCE / "adapters/public_security/mapping.yaml"
        with open(self._file("adapter.yaml"), "w", encoding="utf-8") as file:
            file.write(
                f"agency: {self.AGENCY}\n"
                "state: state\n"
                "poll: 200ms\n"
                "demo_numbers: true\n"
                "hub:\n"
                f'  hubs: ["{self.world.listen}"]\n'
                f"  ca: {self.world.hub_folder}/tls/ca.pem\n"
                f"  cert: {client}.pem\n"
                f"  key: {client}.key\n"
                f"submission_key: {{key_id: dev, key: {own}.signing}}\n"
                "sources:\n"
                f'  - {{name: ldrk, files: "in/*.csv", mapping: {mapping}}}\n'
                f"mailbox: {{folder: out, mapping: {mapping}, "
                "purpose: residence_registration}\n" + more
            )

    def _file(self, name):
        return os.path.join(self.folder, name)

    def export(self, name, keys):
        """What the agency's system writes: a person without a number a key."""
        lines = [",".join(COLUMNS)]
        for key in keys:
            row = dict.fromkeys(COLUMNS, "")
            row.update(RYBH=key, XM="张三", XB="1", CSRQ="1990-03-07")
            row["ZHXGSJ"] = "2026-01-01 08:00:00"
            lines.append(",".join(row.values()))
        # Written aside and moved into place, as exporters should.
        part = self._file("in/" + name + ".part")
        with open(part, "w", encoding="gb18030", newline="") as file:
            file.write("\n".join(lines) + "\n")
        os.rename(part, part.removesuffix(".part"))

    def command(self, *arguments):
        return [
            os.path.join(self.world.bin, "waystation-adapter"),
            *("public_security", "--lang", "en", "--quiet"),
            *("--config", self._file("adapter.yaml")),
            *arguments,
        ]

    def run(self, *arguments):
        """Exit code, and all that it said."""
        done = subprocess.run(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout

    def spawn(self):
        """`run`, which goes on until it is told to stop; it says what it does
        in the log."""
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                self.command("run"),
                stdout=log,
                stderr=log,
                env=self.environment,
            )

    def said(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8") as file:
            return file.read()
