# SPDX-License-Identifier: Apache-2.0
"""fork_test.py BIN_DIR: a hub that shows two histories.

Its folder is copied while it stands still, keys and all, and both copies go on
with updates of their own. A witness is shown one and then the other. What it
keeps must convince somebody who has the log's public key and nothing else, by
wayctl and by code that is not ours (tests/harness/proofs.py).
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import unittest

import waystation_client as client
from cryptography.hazmat.primitives import serialization
from proofs import WitnessKey, check_evidence, check_update_proof
from wire import read_file
from world import PATIENCE, World, person

BIN = sys.argv.pop(1)
SUZHOU_LABOR = "labor.320500"
SUZHOU_POLICE = "public_security.320500"


class Fork(unittest.TestCase):
    """Each test has a hub of its own."""

    def setUp(self):
        self.world = World(BIN)
        self.addCleanup(self.world.close)
        self.log_key = self.world.read("hub/log.key").strip()
        self.submitted = 0
        for agency in (SUZHOU_LABOR, SUZHOU_POLICE):
            os.mkdir(self.world.file(agency))

    # --- the hub ---

    def submit(self, count=1, agency=SUZHOU_LABOR):
        for _ in range(count):
            self.submitted += 1
            code, out, err = self.world.run(
                *(agency, "record", "submit", "--yes"),
                stdin=person(f"F-{self.submitted}"),
            )
            self.assertEqual(code, 0, out + err)

    def copy(self, name):
        """Stops the hub and leaves another one of the same history and keys."""
        self.world.stop()
        shutil.copytree(self.world.hub_folder, self.world.file(name))
        self.world.start()

    def become(self, name):
        """The other one takes the hub's place, and its address."""
        self.world.stop()
        os.rename(self.world.hub_folder, self.world.file("other"))
        os.rename(self.world.file(name), self.world.hub_folder)
        self.world.start()

    def wayctl(self, expected, context, *arguments, stdin=""):
        code, out, err = self.world.run(context, *arguments, stdin=stdin)
        self.assertEqual(code, expected, f"{arguments}\n{out}{err}")
        return out

    def checkpoint(self, *options):
        """Covers all that stands now."""
        size = self.world.json("operator", "hub", "status")["logSize"]
        return self.wayctl(
            0, "auditor", "audit", "checkpoint", "--at-least", size, *options
        )

    # --- the witness ---

    def adapter(self, agency, *arguments):
        """(exit code, what it said as JSON, what it said otherwise)."""
        folder = self.world.file(agency)
        config = self.world.write(
            f"{agency}/adapter.yaml",
            f"agency: {agency}\n"
            "state: state\n"
            "hub:\n"
            f'  hubs: ["{self.world.listen}"]\n'
            "  ca: ../hub/tls/ca.pem\n"
            f"  cert: ../hub/clients/{agency}.pem\n"
            f"  key: ../hub/clients/{agency}.key\n"
            "witness:\n"
            f"  log_key: '{self.log_key}'\n"
            f"  key: ../hub/clients/{agency}.witness\n",
        )
        done = subprocess.run(
            [
                os.path.join(BIN, "waystation-adapter"),
                agency.split(".", maxsplit=1)[0],
                *("--config", config, "-o", "json", *arguments),
            ],
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=PATIENCE,
            check=False,
        )
        said = json.loads(done.stdout) if done.stdout else {}
        return done.returncode, said, done.stderr

    def look(self, agency, expected=0):
        code, said, err = self.adapter(agency, "once")
        self.assertEqual(code, expected, f"{said}\n{err}")
        return said["witness"]

    def witness_key(self, agency):
        code, said, err = self.adapter(agency, "witness", "show")
        self.assertIn(code, (0, 3), err)
        return said["verifier_key"]

    # --- the stories ---

    def test_a_second_history_is_found_and_proved(self):
        self.submit(3)
        self.look(SUZHOU_LABOR)
        self.copy("forked")
        # The witness goes on with the first one.
        self.submit(4)
        note = self.checkpoint()
        # A proof from a power of two says nothing of what it begins with.
        while (size := int(note.splitlines()[1])) & (size - 1) == 0:
            self.submit()
            note = self.checkpoint()
        kept = self.world.write("kept", note)
        seen = self.look(SUZHOU_LABOR)
        self.assertTrue(seen["cosigned"], seen)
        self.assertEqual(seen["checkpoint"].split("\n\n")[0] + "\n",
                         self.world.read("kept").split("\n\n")[0] + "\n")

        # The other one, with the same keys, grows past that.
        self.become("forked")
        self.submit(9)
        self.checkpoint()
        found = self.look(SUZHOU_LABOR, expected=3)
        self.assertEqual(found["held_because"], "LOG_FORKED")
        [evidence] = found["evidence"]
        # What it had seen stays what it had seen.
        self.assertEqual(found["checkpoint"], seen["checkpoint"])

        # A third party needs the log's key and the file.
        nothing = ("--config", "/dev/null")
        report = json.loads(
            self.wayctl(
                *(3, None, *nothing, "audit", "verify-evidence", evidence),
                *("--key", self.log_key, "-o", "json"),
            )
        )
        self.assertEqual(report["findings"][0]["reason"], "EVIDENCE_HOLDS")
        self.assertTrue(check_evidence(evidence, client.LogKey(self.log_key)))
        # One who does not trust the key that came with it is not fooled by
        # another log's.
        other = World(BIN)
        self.addCleanup(other.close)
        report = json.loads(
            self.wayctl(
                *(3, None, *nothing, "audit", "verify-evidence", evidence),
                *("--key", other.read("hub/log.key").strip(), "-o", "json"),
            )
        )
        self.assertEqual(
            report["findings"][0]["reason"], "CHECKPOINT_NOT_SIGNED"
        )

        # And a signed head that was kept elsewhere finds it too.
        code, out, _ = self.world.run(
            *("auditor", "audit", "verify", "--key", self.log_key),
            *("--checkpoint", kept, "-o", "json"),
        )
        self.assertEqual(code, 3, out)
        self.assertEqual(
            json.loads(out)["findings"][0]["reason"], "CHECKPOINT_FAILS"
        )

        # The witness stays where it is until somebody has ruled, and keeps its
        # evidence whatever comes.
        again = self.look(SUZHOU_LABOR, expected=3)
        self.assertEqual(again["evidence"], [evidence])
        code, said, err = self.adapter(
            SUZHOU_LABOR, *("witness", "resume", "--reason", "the auditor ruled")
        )
        self.assertEqual(code, 0, err)
        self.assertEqual(said["rulings"][0]["reason"], "the auditor ruled")
        self.assertEqual(said["evidence"], [evidence])
        # Ruled or not: the other history is no continuation, and is found again.
        self.assertEqual(
            self.look(SUZHOU_LABOR, expected=3)["evidence"], [evidence]
        )
        # The first one is.
        self.world.stop()
        os.rename(self.world.hub_folder, self.world.file("forked"))
        os.rename(self.world.file("other"), self.world.hub_folder)
        self.world.start()
        self.adapter(
            SUZHOU_LABOR, *("witness", "resume", "--reason", "the copy is gone")
        )
        self.submit(1)
        self.checkpoint()
        self.assertTrue(self.look(SUZHOU_LABOR)["cosigned"])

    def test_a_log_that_became_shorter_is_found(self):
        self.submit(2)
        self.copy("older")
        self.submit(6)
        self.checkpoint()
        self.look(SUZHOU_LABOR)
        self.become("older")
        found = self.look(SUZHOU_LABOR, expected=3)
        self.assertEqual(found["held_because"], "LOG_SHORTER")
        [evidence] = found["evidence"]
        with open(evidence, encoding="utf-8") as file:
            kept = json.load(file)
        self.assertEqual(kept["answer"], "OUT_OF_RANGE")
        log_key = client.LogKey(self.log_key)
        self.assertLess(
            log_key.open_checkpoint(kept["shown"])[0],
            log_key.open_checkpoint(kept["seen"])[0],
        )

    def test_a_witness_without_a_state_knows_its_own_signature(self):
        self.submit(8)
        self.checkpoint()
        self.look(SUZHOU_LABOR)
        shutil.rmtree(self.world.file(SUZHOU_LABOR + "/state"))
        # The same history: it begins anew, and has nothing to sign twice.
        self.assertTrue(self.look(SUZHOU_LABOR)["cosigned"])
        # A witness with an old state demands a proof from there.
        state = self.world.file(SUZHOU_LABOR + "/state")
        shutil.copytree(state, state + "-old")
        self.submit(3)
        self.checkpoint()
        newest = self.look(SUZHOU_LABOR)
        shutil.rmtree(state)
        os.rename(state + "-old", state)
        self.submit(2)
        self.checkpoint()
        again = self.look(SUZHOU_LABOR)
        self.assertTrue(again["cosigned"])
        self.assertGreater(int(again["seen_size"]), int(newest["seen_size"]))

    def test_cosignatures_are_shown_counted_and_exported(self):
        self.submit(3)
        self.checkpoint()
        self.look(SUZHOU_LABOR)
        keys = [self.witness_key(SUZHOU_LABOR), self.witness_key(SUZHOU_POLICE)]
        trust = ("--witness-key", keys[0], "--witness-key", keys[1])
        self.wayctl(
            3, "auditor", "audit", "checkpoint", *trust, "--quorum", "2"
        )
        self.look(SUZHOU_POLICE)
        note = self.wayctl(
            0, "auditor", "audit", "checkpoint", *trust, "--quorum", "2"
        )
        for key in keys:
            self.assertIsNotNone(WitnessKey(key).cosigned_at(note))
        # Later ones without witnesses do not hide it.
        self.submit(2)
        self.checkpoint()
        self.assertEqual(
            self.wayctl(
                0, "auditor", "audit", "checkpoint", *trust, "--quorum", "2"
            ),
            note,
        )
        folder = self.world.file("export")
        self.wayctl(0, "auditor", "audit", "export", folder)
        for where in ((), (folder,)):
            report = json.loads(
                self.wayctl(
                    *(0, "auditor", "audit", "verify", *where),
                    *("--key", self.log_key, "-o", "json"),
                    *(*trust, "--quorum", "2"),
                )
            )
            self.assertEqual(
                report["entriesWitnessed"], note.splitlines()[1], report
            )
            self.assertEqual(
                {one["witness"] for one in report["cosigners"]},
                {SUZHOU_LABOR, SUZHOU_POLICE},
            )
        # A witness that nobody knows has seen nothing.
        stranger = self.world.file("stranger.pem")
        made = self.world.json(
            None, *("--config", "/dev/null", "key", "new", stranger)
        )
        self.assertIn("publicKey", made)
        out = self.wayctl(
            *(0, None, "--config", "/dev/null", "key", "show", stranger),
            *("--witness", "health.320500", "-o", "csv"),
        )
        [stranger_key] = [
            line.partition(",")[2]
            for line in out.splitlines()
            if line.startswith("verifier_key,")
        ]
        out = self.wayctl(
            *(3, "auditor", "audit", "verify", folder, "--key", self.log_key),
            *("--witness-key", stranger_key, "-o", "json"),
        )
        self.assertEqual(
            json.loads(out)["findings"][0]["reason"], "WITNESS_QUORUM"
        )

    def test_an_update_is_proved_to_a_third_party(self):
        self.submit(5)
        self.checkpoint()
        self.look(SUZHOU_POLICE)
        log_key = client.LogKey(self.log_key)
        witness = self.witness_key(SUZHOU_POLICE)
        signing = serialization.load_pem_private_key(
            read_file(self.world.file(f"hub/clients/{SUZHOU_LABOR}.signing")),
            password=None,
        ).public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        file = self.world.file("proof.json")
        trust = ("--witness-key", witness)
        self.wayctl(
            *(0, SUZHOU_LABOR, "audit", "prove", "--record", "F-3"),
            *("--save", file, *trust),
        )
        update, cosigners = check_update_proof(
            file, log_key, signing, [WitnessKey(witness)]
        )
        self.assertIn(b"F-3", update)
        self.assertEqual(cosigners, {SUZHOU_POLICE})
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        check = (
            *("--config", "/dev/null", "audit", "verify-proof"),
            *("--key", self.log_key, "-o", "json", *trust),
            *("--agency-key", base64.b64encode(signing).decode()),
        )
        report = json.loads(self.wayctl(0, None, *check, file))
        self.assertEqual(report["recordKey"], "F-3")
        self.assertNotIn("keyFromProof", report)

        # One bit anywhere, and it proves nothing.
        with open(file, encoding="utf-8") as opened:
            proof = json.load(opened)
        for name in ("leaf", "salt", "update"):
            data = bytearray(base64.b64decode(proof[name]))
            data[len(data) // 2] ^= 1
            spoilt = self.world.write(
                "spoilt.json",
                json.dumps({**proof, name: base64.b64encode(data).decode()}),
            )
            with self.assertRaises(client.ProofError):
                check_update_proof(spoilt, log_key, signing)
            self.wayctl(3, None, *check, spoilt)

        # Nobody else gets it; an auditor gets it without what was said.
        self.wayctl(6, SUZHOU_POLICE, "audit", "prove", "--record", "F-3")
        entry = proof.get("index", "0")
        self.wayctl(6, SUZHOU_POLICE, "audit", "prove", entry, "--save", "x")
        audited = self.world.file("audited.json")
        self.wayctl(0, "auditor", "audit", "prove", entry, "--save", audited)
        update, _ = check_update_proof(audited, log_key, signing)
        self.assertEqual(update, b"")
        with open(audited, encoding="utf-8") as opened:
            self.assertNotIn("salt", json.load(opened))


if __name__ == "__main__":
    unittest.main(verbosity=2)
