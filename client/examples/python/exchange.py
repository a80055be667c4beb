#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An agency in one page: submit a signed record, read the mailbox, check the
audit log. Run by ./run.sh, which generates the stubs."""

import argparse
import os
import time

import grpc
from cryptography.hazmat.primitives import serialization

import audit_proof
from waystation.v1 import (agreement_pb2, audit_service_pb2,
                           audit_service_pb2_grpc, claim_pb2,
                           mailbox_service_pb2, mailbox_service_pb2_grpc,
                           person_pb2, registry_service_pb2,
                           registry_service_pb2_grpc)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def connect(options):
    """A channel whose client certificate says who we are."""
    return grpc.secure_channel(
        options.hub,
        grpc.ssl_channel_credentials(
            root_certificates=read(options.ca), private_key=read(options.key),
            certificate_chain=read(options.cert)))


def example_update():
    """A record of a person who does not exist: numbers with a leading 0 are
    never assigned, and only hubs for trials take them."""
    return claim_pb2.Update(
        record_key="example-python-1",
        revision=int(time.time()),
        claims=person_pb2.Person(
            identifiers=[person_pb2.Identifier(
                kind=person_pb2.Identifier.KIND_CITIZEN_NUMBER,
                number="041202199203040022")],
            name=person_pb2.Name(full="司马晓月"),
            sex=person_pb2.SexValue(value=person_pb2.SEX_FEMALE),
            birth_date=person_pb2.BirthDate(
                date=person_pb2.Date(year=1992, month=3, day=4))),
        mask={"paths": ["identifiers", "name", "sex", "birth_date"]},
        evidence=claim_pb2.EVIDENCE_DOCUMENT_SEEN).SerializeToString()


def sign(options, salt, update):
    """Signs a frame of one update (proto/auditlog/batch_signature.h)."""
    root = audit_proof.tree_root([audit_proof.sha256(salt + update)])
    statement = "waystation/v1 frame\n%s\n%s\n%d\n%s\n" % (
        options.agency, options.signing_key_id, 1,
        audit_proof.base64.b64encode(root).decode())
    key = serialization.load_pem_private_key(read(options.signing_key), None)
    return registry_service_pb2.Signature(
        key_id=options.signing_key_id, signature=key.sign(statement.encode()))


def submit(options, channel):
    update, salt = example_update(), os.urandom(16)
    answer = registry_service_pb2_grpc.RegistryServiceStub(channel).SubmitRecord(
        registry_service_pb2.SubmitRecordRequest(
            update=update, salt=salt, signature=sign(options, salt, update)))
    outcome = registry_service_pb2.UpdateResult.Outcome.Name(
        answer.result.outcome)
    print("submitted:", outcome, answer.result.handle)
    return answer.leaf, audit_proof.sha256(salt + update)


def read_mailbox(options, channel):
    stub = mailbox_service_pb2_grpc.MailboxServiceStub(channel)
    page = stub.Pull(mailbox_service_pb2.PullRequest(
        purpose=agreement_pb2.Purpose.Value(options.purpose))).page
    for entry in page.entries:
        print("mailbox:", ", ".join(entry.view.record_keys), "changed:",
              ", ".join(entry.attributes))
    if page.entries:
        # Only now that the entries are where they belong.
        stub.Acknowledge(mailbox_service_pb2.AcknowledgeRequest(
            page_token=page.last_token))
    print("mailbox entries:", len(page.entries))


def check_log(channel, leaf, commitment):
    stub = audit_service_pb2_grpc.AuditServiceStub(channel)
    head = stub.GetCheckpoint(
        audit_service_pb2.GetCheckpointRequest(at_least=leaf.index + 1))
    proof = stub.GetInclusionProof(
        audit_service_pb2.GetInclusionProofRequest(index=leaf.index))
    # A real client keeps the verifier key from when it joined.
    size = audit_proof.check_inclusion(proof, head.verifier_key)
    event = audit_service_pb2.AuditEvent.FromString(proof.leaf)
    if audit_proof.tree_root([commitment]) != event.details_root:
        raise ValueError("the log holds something else than we sent")
    print("audit: leaf", leaf.index, "of", size, "holds what we sent")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("hub", "ca", "cert", "key", "agency", "signing-key",
                 "signing-key-id"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--purpose", default="PURPOSE_RESIDENCE_REGISTRATION")
    options = parser.parse_args()
    with connect(options) as channel:
        leaf, commitment = submit(options, channel)
        read_mailbox(options, channel)
        check_log(channel, leaf, commitment)


if __name__ == "__main__":
    main()
