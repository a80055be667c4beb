# SPDX-License-Identifier: Apache-2.0
"""sync_test.py BIN_DIR: what is acknowledged has been synced, as the system sees
it: whatever the store believes of its own syncs, fdatasync() was called.
"""

import os
import sys
import unittest

from google.protobuf import json_format
from people import demo_number
from shim import Shim
from waystation.v1 import agreement_pb2, claim_pb2, registry_service_pb2
from wire import DEADLINE, caller
from world import World, person

BIN = sys.argv.pop(1)
AGENCY = "labor.320500"


class Syncs(unittest.TestCase):
    def setUp(self):
        self.world = World(BIN, start=False)
        self.addCleanup(self.world.close)
        self.shim = Shim(self.world)
        self.world.start()

    def synced(self, folder, act):
        """That something below the folder is synced before `act` is answered."""
        self.shim.look_at(os.path.join(self.world.hub_folder, folder))
        before = self.shim.syncs()
        act()
        self.assertGreater(self.shim.syncs(), before)

    def test_each_answer_comes_after_a_sync(self):
        def submit():
            update = json_format.Parse(
                person("T-1", revision=revision, number=demo_number(1)),
                claim_pb2.Update(),
            )
            update.mask.paths.extend(
                field.name for field, _ in update.claims.ListFields()
            )
            me.registry.SubmitRecord(
                registry_service_pb2.SubmitRecordRequest(
                    update=update.SerializeToString()
                ),
                timeout=DEADLINE,
            )

        def read():
            me.registry.GetPerson(
                registry_service_pb2.GetPersonRequest(
                    record_key="T-1",
                    purpose=agreement_pb2.PURPOSE_SOCIAL_INSURANCE_TRANSFER,
                ),
                timeout=DEADLINE,
            )

        with caller(self.world, AGENCY) as me:
            for revision in range(1, 11):
                self.synced("store", submit)
                self.synced("store", read)

    def test_what_is_administered_is_synced_into_the_journal_too(self):
        agency = self.world.write(
            "agency.yaml",
            "id: housing.320500\nsector: housing\njurisdiction: '320500'\n",
        )

        def put():
            code, out, err = self.world.run("operator", "agency", "put", agency)
            self.assertEqual(code, 0, out + err)

        self.synced("journal", put)

    def test_a_backup_and_its_key_are_synced(self):
        def create():
            code, out, err = self.world.run("operator", "backup", "create")
            self.assertEqual(code, 0, out + err)

        self.synced("backup", create)
        self.synced("keys/backup", create)


if __name__ == "__main__":
    unittest.main(verbosity=2)
