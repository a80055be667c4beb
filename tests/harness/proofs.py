# SPDX-License-Identifier: Apache-2.0
"""Checks the files of docs/audit-proof.md by what that page says, without the
hub, without wayctl and without its generated messages."""

import base64
import json

import waystation_client as client
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519


class WitnessKey:
    """A witness's verifier key (C2SP tlog-cosignature, algorithm 4)."""

    def __init__(self, text):
        self.name, key_hash, encoded = text.strip().split("+", 2)
        data = base64.b64decode(encoded)
        if data[0] != 4 or len(data) != 33:
            raise client.ProofError("not a witness's key")
        self.key_hash = client.sha256(self.name.encode() + b"\n" + data)[:4]
        if self.key_hash.hex() != key_hash:
            raise client.ProofError("the key's hash does not fit the key")
        self.key = ed25519.Ed25519PublicKey.from_public_bytes(data[1:])

    def cosigned_at(self, note):
        """Seconds since 1970, or None where it has not cosigned the note."""
        text, _, lines = note.partition("\n\n")
        for line in lines.splitlines():
            _, name, encoded = line.split(" ", 2)
            data = base64.b64decode(encoded)
            if (name, data[:4]) != (self.name, self.key_hash):
                continue
            time = int.from_bytes(data[4:12], "big")
            message = f"cosignature/v1\ntime {time}\n{text}\n".encode()
            try:
                self.key.verify(data[12:], message)
            except InvalidSignature:
                raise client.ProofError("the cosignature is wrong") from None
            return time
        return None


def fields(message):
    """The length-delimited fields of a serialised protobuf message."""
    found = {}
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        kind = tag & 7
        if kind == 0:
            varint()
        elif kind == 2:
            size = varint()
            found.setdefault(tag >> 3, message[at : at + size])
            at += size
        else:
            at += {1: 8, 5: 4}[kind]
    return found


def check_update_proof(path, log_key, agency_key, witnesses=()):
    """The update, and who cosigned; raises ProofError where a step fails."""
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    if proof["format"] != "waystation update proof 1":
        raise client.ProofError("another format")
    size, root = log_key.open_checkpoint(proof["checkpoint"])
    cosigners = {
        witness.name
        for witness in witnesses
        if witness.cosigned_at(proof["checkpoint"]) is not None
    }
    leaf = base64.b64decode(proof["leaf"])
    reached = client.root_by_proof(
        client.leaf_hash(leaf),
        int(proof.get("index", 0)),
        size,
        [base64.b64decode(hash) for hash in proof.get("path", [])],
    )
    if reached != root:
        raise client.ProofError("the entry is not in the log")

    entry = fields(leaf)
    details = [base64.b64decode(hash) for hash in proof["details"]]
    if client.tree_root(details) != entry[8]:
        raise client.ProofError("the details are not the entry's")
    signature = fields(entry[9])
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(agency_key).verify(
            signature[2],
            client.frame_statement(
                entry[4].decode(), signature[1].decode(), details
            ),
        )
    except InvalidSignature:
        raise client.ProofError("the agency has not signed it") from None
    update = base64.b64decode(proof.get("update", ""))
    if update:
        salted = client.sha256(base64.b64decode(proof["salt"]) + update)
        if salted != details[proof.get("detail", 0)]:
            raise client.ProofError("the update is not that of the frame")
    return update, cosigners


def roots_of_consistency(first, second, path):
    """The roots that a consistency proof leads to (RFC 9162 2.1.4.2)."""
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise client.ProofError("the proof is too long")
        if node & 1 or node == last:
            old = client.node_hash(sibling, old)
            new = client.node_hash(sibling, new)
            while node & 1 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            new = client.node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise client.ProofError("the proof is too short")
    return old, new


def check_evidence(path, log_key):
    """True: the log's key has signed two histories. False: it shows nothing."""
    with open(path, encoding="utf-8") as file:
        evidence = json.load(file)
    if evidence["format"] != "waystation witness evidence 1":
        raise client.ProofError("another format")
    heads = sorted(
        log_key.open_checkpoint(evidence[name]) for name in ("seen", "shown")
    )
    (small, small_root), (large, large_root) = heads
    if small == large:
        return small_root != large_root
    hashes = [base64.b64decode(hash) for hash in evidence.get("path", [])]
    if not hashes or small & (small - 1) == 0:
        return False
    old, new = roots_of_consistency(small, large, hashes)
    return new == large_root and old != small_root
