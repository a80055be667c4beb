# SPDX-License-Identifier: Apache-2.0
"""submit_and_prove.py AGENCY RECORD_KEY REVISION

Sends one signed frame with one update of one record, about a made-up person,
and then proves that the hub has written it into its audit log.
"""

import os
import sys

import waystation_client as client
from waystation.v1 import (
    audit_service_pb2,
    audit_service_pb2_grpc,
    claim_pb2,
    person_pb2,
    registry_service_pb2,
    registry_service_pb2_grpc,
)

FIRST_ENTERED = 1_714_521_600  # 2024-05-01 in China.


def made_up_update(record_key, revision):
    """A worker who does not exist: no division's code begins with 0."""
    update = claim_pb2.Update(record_key=record_key, revision=revision)
    claims = update.claims
    claims.identifiers.add(
        kind=person_pb2.Identifier.KIND_CITIZEN_NUMBER,
        number="034105199003070424",
    )
    claims.name.full = "张小花"
    claims.birth_date.date.CopyFrom(person_pb2.Date(year=1990, month=3, day=7))
    claims.sex.value = person_pb2.SEX_FEMALE
    claims.employment.employer = f"苏州第 {revision} 电子厂"
    claims.employment.since.year = 2024
    # What the mask names is claimed; a name without a value takes back.
    update.mask.paths.extend(
        ["identifiers", "name", "birth_date", "sex", "employment"]
    )
    # When the agency entered it: each revision a day after the one before.
    update.times.recorded_time.FromSeconds(FIRST_ENTERED + 86_400 * revision)
    update.evidence = claim_pb2.EVIDENCE_DOCUMENT_SEEN
    return update


def submit(channel, agency, update):
    """The acknowledgement of a frame, and the hash that stands for the update."""
    frame = registry_service_pb2.Frame(updates=[update.SerializeToString()])
    key_id = os.environ.get("WAYSTATION_SIGNING_KEY_ID", "dev")
    hashes = client.sign_frame(
        frame, agency, key_id, client.load_signing_key(agency)
    )
    # Frames go out on a stream; a few may be in flight. Here it is one.
    requests = iter(
        [registry_service_pb2.SubmitRecordsRequest(frame_number=1, frame=frame)]
    )
    stub = registry_service_pb2_grpc.RegistryServiceStub(channel)
    acknowledged = list(stub.SubmitRecords(requests, timeout=30))
    return acknowledged[0], hashes[0]


def prove(channel, index, update_hash):
    """That the log commits to the update at this entry."""
    stub = audit_service_pb2_grpc.AuditServiceStub(channel)
    proof = stub.GetInclusionProof(
        audit_service_pb2.GetInclusionProofRequest(index=index), timeout=30
    )
    size = client.check_inclusion(proof, client.LogKey.from_environment())
    # The entry commits to its details by the root over them.
    event = audit_service_pb2.AuditEvent.FromString(proof.leaf)
    if client.tree_root(list(proof.details)) != event.details_root:
        raise client.ProofError("the details are not those of the entry")
    if update_hash not in proof.details:
        raise client.ProofError("the update is not among the details")
    return size


def main(agency, record_key, revision):
    update = made_up_update(record_key, int(revision))
    with client.connect(agency) as channel:
        acknowledged, update_hash = submit(channel, agency, update)
        result = acknowledged.results[0]
        outcome = registry_service_pb2.UpdateResult.Outcome.Name(result.outcome)
        print(outcome.removeprefix("OUTCOME_"), result.handle)
        for violation in result.violations:
            print(f"  {violation.field}: {violation.reason}", file=sys.stderr)
        if not acknowledged.HasField("leaf"):
            return  # Nothing was written, so there is nothing to prove.
        index = acknowledged.leaf.index
        size = prove(channel, index, update_hash)
        print(f"proven: entry {index} of {size}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
