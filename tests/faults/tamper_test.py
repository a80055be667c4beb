# SPDX-License-Identifier: Apache-2.0
"""tamper_test.py BIN_DIR: somebody changes the log of a hub at its disk.

Three kinds of somebody: one who has the disk alone, one who has the key file
too and makes every checksum right, and one who has that and the log's key and
writes all of history anew. A hub is started on what they left, and `wayctl`
has to say where it is wrong.
"""

import base64
import json
import os
import shutil
import sys
import unittest

import waystation_client as client
from forge import Store
from google.protobuf import json_format
from people import demo_number
from tree import Tree, newest_checkpoint
from waystation.v1 import (
    admin_service_pb2,
    agreement_pb2,
    audit_service_pb2,
    claim_pb2,
    mailbox_service_pb2,
    registry_service_pb2,
)
from wire import DEADLINE, caller, read_file
from world import World, person

BIN = sys.argv.pop(1)
AGENCY = "labor.320500"

# More than a tile of 256 leaves.
SIZES = (40, 300, 600)


def update(number):
    message = json_format.Parse(
        person(f"T-{number}", number=demo_number(number)),
        claim_pb2.Update(),
    )
    message.mask.paths.extend(
        field.name for field, _ in message.claims.ListFields()
    )
    return message.SerializeToString()


def log_to(world, size):
    """Writes until the log has so many entries; the checkpoint over them."""
    with caller(world, AGENCY) as me, caller(world, "auditor") as auditor:
        has = auditor.audit.ListEvents(
            audit_service_pb2.ListEventsRequest(page_size=1), timeout=DEADLINE
        ).tree_size
        calls = [
            me.registry.SubmitRecord.future(
                registry_service_pb2.SubmitRecordRequest(update=update(number)),
                timeout=DEADLINE,
            )
            for number in range(has, size)
        ]
        for call in calls:
            assert call.result().HasField("leaf")
        return newest_checkpoint(auditor.audit)


class Tamper(unittest.TestCase):
    """Each test changes a copy of one hub, whose checkpoints were kept."""

    @classmethod
    def setUpClass(cls):
        cls.original = World(BIN)
        cls.addClassCleanup(cls.original.close)
        cls.kept = [log_to(cls.original, size) for size in SIZES]
        assert [int(n.splitlines()[1]) for n in cls.kept] == list(SIZES)
        cls.original.stop()
        cls.log_key = cls.original.read("hub/log.key").strip()

    def setUp(self):
        self.world = World(BIN, start=False)
        self.addCleanup(self.world.close)
        shutil.copytree(
            self.original.file("hub"), self.world.hub_folder
        )

    def store(self, with_journal=False):
        """Who has the disk has the journal too, which would tell."""
        if not with_journal:
            shutil.rmtree(os.path.join(self.world.hub_folder, "journal"))
        return Store(self.world.hub_folder)

    # --- what wayctl says ---

    def findings(self, *arguments):
        """(reason, place) of each; the key is the one that was handed out."""
        report = self.verify(0, 3, *arguments)
        return [
            (finding["reason"], finding["place"])
            for finding in report.get("findings", [])
        ]

    def verify(self, *arguments):
        codes = [code for code in arguments if isinstance(code, int)]
        rest = [word for word in arguments if isinstance(word, str)]
        code, out, err = self.world.run(
            "auditor",
            *("audit", "verify", "--key", self.log_key, "-o", "json"),
            *rest,
        )
        self.assertIn(code, codes, out + err)
        return json.loads(out)

    def keep(self, *sizes):
        """The options that hold the log against what was kept elsewhere."""
        options = []
        for size, note in zip(SIZES, self.kept):
            if size in sizes:
                path = self.world.write(f"kept-{size}", note)
                options += ["--checkpoint", path]
        return options

    def check(self):
        """The places that `hub check` names."""
        code, out, err = self.world.run(
            "operator", "hub", "check", "-o", "json"
        )
        self.assertIn(code, (0, 3), err)
        report = json.loads(out)
        places = [finding["place"] for finding in report.get("findings", [])]
        self.assertEqual(code, 3 if places else 0)
        return places

    def export(self):
        """`audit export` and the verification of what it wrote."""
        folder = self.world.file("export")
        code, out, err = self.world.run("auditor", "audit", "export", folder)
        self.assertIn(code, (0, 3), out + err)
        return folder, code

    def refuses_to_start(self):
        """What the hub says instead of serving."""
        self.world.spawn()
        self.assertFalse(self.world.comes_up())
        self.assertEqual(self.world.hub.wait(), 3)
        self.world.hub.stdout.close()
        return self.world.read("hub.log")

    def everything_names(self, entry):
        """One entry was changed: the hub's own tree still tells which; an
        export has none but the one over the changed entry."""
        self.assertEqual(
            self.findings(), [("LEAF_CHANGED", f"entry {entry}")]
        )
        folder, code = self.export()
        self.assertEqual(code, 3)
        covering = next(size for size in SIZES if size > entry)
        self.assertEqual(
            self.findings(folder),
            [("CHECKPOINT_FAILS", f"checkpoint of size {covering}")],
        )

    # --- nothing was changed ---

    def test_what_nobody_touched_is_intact(self):
        with self.store() as store:
            # What is written here is what the hub would have written.
            for number in (0, 299):
                before = store.run(
                    "SELECT * FROM leaf WHERE number = ?", number
                )
                store.put_leaf(number, *store.leaf(number))
                self.assertEqual(
                    store.run("SELECT * FROM leaf WHERE number = ?", number),
                    before,
                )
            before = store.run("SELECT * FROM tile ORDER BY level, number")
            groups = store.run("SELECT * FROM commit_group ORDER BY number")
            store.rebuild_tree()
            self.assertEqual(
                store.run("SELECT * FROM tile ORDER BY level, number"), before
            )
            self.assertEqual(
                store.run("SELECT * FROM commit_group ORDER BY number"), groups
            )
        self.world.start()
        self.assertEqual(self.findings(*self.keep(*SIZES)), [])
        self.assertEqual(self.check(), [])
        folder, code = self.export()
        self.assertEqual(code, 0)
        self.assertEqual(self.findings(folder, *self.keep(*SIZES)), [])

    # --- the disk alone ---

    def test_a_bit_of_an_entry(self):
        with self.store() as store:
            event, _ = store.leaf(123)
            store.run(
                "UPDATE leaf SET event = ? WHERE number = 123", flipped(event)
            )
        self.world.start()
        self.assertIn("leaf 123", self.check())
        self.assertIn("leaf 123", self.unreadable())

    def test_a_bit_of_an_entrys_details(self):
        with self.store() as store:
            _, details = store.leaf(123)
            store.run(
                "UPDATE leaf SET details = ? WHERE number = 123",
                flipped(details),
            )
        self.world.start()
        self.assertIn("leaf 123", self.check())
        self.assertIn("leaf 123", self.unreadable())

    def test_an_entry_is_taken_out(self):
        with self.store() as store:
            store.run("DELETE FROM leaf WHERE number = 123")
        self.world.start()
        self.assertIn("leaf 123", self.check())
        self.assertIn("leaf 123", self.unreadable())

    def test_two_entries_change_places(self):
        with self.store() as store:
            swap(store, 123, 200)
        self.world.start()
        self.assertIn("leaf 123", self.check())
        self.assertIn("leaf 123", self.unreadable())

    def test_a_bit_of_a_tile(self):
        with self.store() as store:
            [[hashes]] = store.run(
                "SELECT hashes FROM tile WHERE level = 0 AND number = 1"
            )
            store.run(
                "UPDATE tile SET hashes = ? WHERE level = 0 AND number = 1",
                flipped(hashes),
            )
        self.world.start()
        self.assertEqual(self.check(), ["tile 0/1"])
        # The entries are what was signed.
        self.assertEqual(self.findings(*self.keep(*SIZES)), [])

    def test_a_bit_of_a_checkpoint(self):
        with self.store() as store:
            [[note]] = store.run(
                "SELECT note FROM checkpoint WHERE size = 300"
            )
            store.run(
                "UPDATE checkpoint SET note = ? WHERE size = 300",
                flipped(note),
            )
        self.world.start()
        self.assertEqual(self.check(), ["checkpoint 300"])
        self.assertIn("checkpoint 300", self.unreadable())

    def test_the_end_is_cut_off(self):
        with self.store() as store:
            size = store.size()
            store.run("DELETE FROM leaf WHERE number >= ?", size - 5)
        self.assertIn(f"leaf {size - 5}", self.refuses_to_start())

    def unreadable(self):
        """What `audit verify` says where a row is not the hub's own."""
        code, out, err = self.world.run(
            "auditor", "audit", "verify", "--key", self.log_key
        )
        self.assertEqual(code, 3, out + err)
        return out + err

    # --- the key file too ---

    def test_an_entry_with_a_right_checksum(self):
        with self.store() as store:
            event, details = store.leaf(123)
            store.put_leaf(123, renamed(event), details)
        self.world.start()
        self.assertTrue(self.check())
        self.everything_names(123)

    def test_an_entry_of_the_newest_ones(self):
        with self.store() as store:
            number = store.size() - 3
            event, details = store.leaf(number)
            store.put_leaf(number, renamed(event), details)
        self.assertIn("commit_group", self.refuses_to_start())

    def test_details_that_were_never_sent(self):
        with self.store() as store:
            event, _ = store.leaf(123)
            _, other = store.leaf(124)
            store.put_leaf(123, event, other)
        self.world.start()
        place = "entry 123"
        self.assertEqual(self.findings(), [("DETAILS_CHANGED", place)])
        folder, _ = self.export()
        self.assertEqual(self.findings(folder), [("DETAILS_CHANGED", place)])

    def test_an_entry_is_taken_out_and_the_others_move_up(self):
        with self.store() as store:
            move_up(store, 123)
            store.rebuild_tree()
        self.world.start()
        # All that is stored agrees with itself; what was signed does not.
        self.assertEqual(
            self.findings(), [("CHECKPOINT_FAILS", "checkpoint of size 300")]
        )
        folder, _ = self.export()
        self.assertEqual(
            self.findings(folder),
            [("CHECKPOINT_FAILS", "checkpoint of size 300")],
        )

    def test_an_entry_is_put_in_and_the_others_move_down(self):
        with self.store() as store:
            leaves = [store.leaf(n) for n in range(store.size())]
            event, details = leaves[122]
            leaves.insert(123, (renamed(event), details))
            for number, leaf in enumerate(leaves):
                store.put_leaf(number, *leaf)
            store.rebuild_tree()
        self.world.start()
        self.assertEqual(
            self.findings(), [("CHECKPOINT_FAILS", "checkpoint of size 300")]
        )

    def test_two_entries_change_places_with_right_checksums(self):
        with self.store() as store:
            first, second = store.leaf(123), store.leaf(200)
            store.put_leaf(123, *second)
            store.put_leaf(200, *first)
        self.world.start()
        self.everything_names(123)

    def test_history_is_written_anew_below_a_checkpoint(self):
        with self.store() as store:
            event, details = store.leaf(20)
            store.put_leaf(20, renamed(event), details)
            store.rebuild_tree()
        self.world.start()
        self.assertEqual(
            self.findings(), [("CHECKPOINT_FAILS", "checkpoint of size 40")]
        )

    # --- what is no log ---

    def test_an_agreement_that_nobody_applied(self):
        with self.store() as store:
            kind, name, agreement = self.widened(store)
            store.run(
                "UPDATE object SET bytes = ? WHERE kind = ? AND id = ?",
                agreement,
                kind,
                name,
            )
        self.assertIn("object", self.refuses_to_start())

    def test_the_ceiling_holds_over_an_agreement_that_nobody_applied(self):
        with self.store() as store:
            store.put_object(*self.widened(store))
        self.world.start()
        listed = self.world.json(
            "operator", "agreement", "show", "public-security-residence"
        )
        self.assertIn("labor", str(listed), "it is what the hub goes by")
        claimed = update(1)
        with caller(self.world, AGENCY) as labor, caller(
            self.world, "public_security.320500"
        ) as police:
            for me in (labor, police):
                me.registry.SubmitRecord(
                    registry_service_pb2.SubmitRecordRequest(update=claimed),
                    timeout=DEADLINE,
                )
            lives = claim_pb2.Update.FromString(claimed)
            lives.revision = 2
            lives.claims.residence.division = "320506"
            lives.mask.paths.append("residence")
            labor.registry.SubmitRecord(
                registry_service_pb2.SubmitRecordRequest(
                    update=lives.SerializeToString()
                ),
                timeout=DEADLINE,
            )
            view = police.registry.GetPerson(
                registry_service_pb2.GetPersonRequest(
                    record_key="T-1",
                    purpose=agreement_pb2.PURPOSE_RESIDENCE_REGISTRATION,
                ),
                timeout=DEADLINE,
            ).view
            self.assertFalse(view.person.HasField("residence"))
            page = police.mailbox.Pull(
                mailbox_service_pb2.PullRequest(
                    purpose=agreement_pb2.PURPOSE_RESIDENCE_REGISTRATION
                ),
                timeout=DEADLINE,
            ).page
            self.assertEqual(list(page.entries), [])

    def widened(self, store):
        """An agreement with the police, with an employer's address in it."""
        [[kind, name, content]] = store.run(
            "SELECT kind, id, bytes FROM object "
            "WHERE id = CAST('public-security-residence' AS BLOB)"
        )
        status = admin_service_pb2.AgreementStatus.FromString(content)
        status.agreement.grants.add(
            source_sector="labor",
            attribute="residence",
            form=agreement_pb2.FORM_VALUE,
        )
        return kind, name, status.SerializeToString()

    # --- the log's key too, and a checkpoint kept elsewhere ---

    def test_history_is_written_anew_and_signed(self):
        with self.store() as store:
            event, details = store.leaf(123)
            store.put_leaf(123, renamed(event), details)
            store.rebuild_tree()
            self.sign_anew(store)
        self.world.start()
        self.assertEqual(self.check(), [])
        self.assertEqual(self.findings(), [], "nobody could tell")
        self.assertEqual(self.findings(*self.keep(40)), [])
        self.assertEqual(
            self.findings(*self.keep(40, 300, 600)),
            [("CHECKPOINT_FAILS", "known checkpoint 2")],
        )
        folder, code = self.export()
        self.assertEqual(code, 0)
        self.assertEqual(
            self.findings(folder, *self.keep(300)),
            [("CHECKPOINT_FAILS", "known checkpoint 1")],
        )

    def test_the_end_is_cut_off_and_signed(self):
        with self.store() as store:
            store.run("DELETE FROM leaf WHERE number >= 400")
            store.rebuild_tree()
            self.sign_anew(store)
        self.world.start()
        self.assertEqual(self.findings(), [], "nobody could tell")
        self.assertEqual(self.findings(*self.keep(40, 300)), [])
        self.assertEqual(
            self.findings(*self.keep(600)),
            [("LOG_TRUNCATED", "checkpoint of size 600")],
        )
        folder, _ = self.export()
        self.assertEqual(
            self.findings(folder, *self.keep(600)),
            [("LOG_TRUNCATED", "checkpoint of size 600")],
        )

    def test_the_hub_notices_where_its_journal_is_left(self):
        with self.store(with_journal=True) as store:
            store.run("DELETE FROM leaf WHERE number >= 400")
            store.rebuild_tree()
            self.sign_anew(store)
        self.world.spawn()
        self.assertFalse(self.world.comes_up())
        self.assertEqual(self.world.hub.wait(), 1)
        self.world.hub.stdout.close()
        self.assertIn("STORE_ROLLED_BACK", self.world.read("hub.log"))

    def test_the_end_is_cut_off_and_other_things_go_on(self):
        with self.store() as store:
            store.run("DELETE FROM leaf WHERE number >= 400")
            store.rebuild_tree()
            self.sign_anew(store)
        self.world.start()
        with caller(self.world, "labor.341200") as other:
            for number in range(1, 260):
                other.registry.SubmitRecord(
                    registry_service_pb2.SubmitRecordRequest(
                        update=update(number)
                    ),
                    timeout=DEADLINE,
                )
        self.assertEqual(self.findings(), [], "nobody could tell")
        self.assertEqual(
            self.findings(*self.keep(600)),
            [("CHECKPOINT_FAILS", "known checkpoint 1")],
        )

    def test_another_key_signs(self):
        other = client.ed25519.Ed25519PrivateKey.generate()
        with self.store() as store:
            event, details = store.leaf(123)
            store.put_leaf(123, renamed(event), details)
            store.rebuild_tree()
            self.sign_anew(store, other)
        path = os.path.join(self.world.hub_folder, "keys/log.pem")
        with open(path, "wb") as file:
            file.write(
                other.private_bytes(
                    client.serialization.Encoding.PEM,
                    client.serialization.PrivateFormat.PKCS8,
                    client.serialization.NoEncryption(),
                )
            )
        self.world.start()
        [first, *_] = self.findings()
        self.assertEqual(first, ("CHECKPOINT_NOT_SIGNED", "checkpoint 1"))

    def sign_anew(self, store, key=None):
        """Each stored checkpoint over the leaves that there are now."""
        if key is None:
            key = client.serialization.load_pem_private_key(
                read_file(
                    os.path.join(self.world.hub_folder, "keys/log.pem")
                ),
                None,
            )
        tree = Tree()
        for event in store.events():
            tree.append(event)
        for size, time, note in store.run(
            "SELECT size, time, note FROM checkpoint"
        ):
            if size > tree.size:
                store.run("DELETE FROM checkpoint WHERE size = ?", size)
                continue
            origin = note.decode().splitlines()[0]
            store.put_checkpoint(
                size,
                time,
                signed_note(key, origin, size, tree.roots[size]).encode(),
            )


def signed_note(key, origin, size, root):
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    public = b"\x01" + key.public_key().public_bytes(
        client.serialization.Encoding.Raw,
        client.serialization.PublicFormat.Raw,
    )
    key_hash = client.sha256(origin.encode() + b"\n" + public)[:4]
    signature = base64.b64encode(key_hash + key.sign(text.encode())).decode()
    return f"{text}\n— {origin} {signature}\n"


def flipped(content):
    """One bit in the middle."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def renamed(event):
    """The same event by somebody else: readable, and not what was written."""
    message = audit_service_pb2.AuditEvent.FromString(event)
    message.actor = "agency/labor.341200"
    return message.SerializeToString()


def swap(store, first, second):
    """The rows as they are, each under the other's number."""
    for old, new in ((first, -1), (second, first), (-1, second)):
        store.run("UPDATE leaf SET number = ? WHERE number = ?", new, old)


def move_up(store, gone):
    size = store.size()
    for number in range(gone, size - 1):
        store.put_leaf(number, *store.leaf(number + 1))
    store.run("DELETE FROM leaf WHERE number = ?", size - 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
