# SPDX-License-Identifier: Apache-2.0
"""What a client of a hub needs besides its messages.

Connecting with a certificate, signing a frame, and checking proofs of the
audit log (RFC 6962 trees, C2SP signed notes) with nothing but SHA-256 and
Ed25519.
"""

import base64
import hashlib
import os
import secrets

import grpc
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

SALT_SIZE = 16


class ProofError(Exception):
    """What the hub says does not hold."""


# --- connecting ---


def setting(name, agency=None):
    """A variable of the environment, such as WAYSTATION_LABOR_320500_CERT."""
    if agency is not None:
        name = agency.replace(".", "_").upper() + "_" + name
    return os.environ["WAYSTATION_" + name]


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def connect(agency):
    """A channel over mutual TLS; the certificate says who calls."""
    credentials = grpc.ssl_channel_credentials(
        root_certificates=read_file(setting("CA")),
        private_key=read_file(setting("KEY", agency)),
        certificate_chain=read_file(setting("CERT", agency)),
    )
    return grpc.secure_channel(setting("HUB"), credentials)


# --- hashes and trees (proto/auditlog/hash.h, merkle.h) ---


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def tree_root(entries):
    """RFC 6962 section 2.1 over entries that are hashes themselves."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return leaf_hash(entries[0])
    # The largest power of two below the number of entries.
    split = 1 << ((len(entries) - 1).bit_length() - 1)
    return node_hash(tree_root(entries[:split]), tree_root(entries[split:]))


def root_by_proof(leaf, index, size, path):
    """The root that the proof leads to (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError("the entry is not below the root")
    position, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("the proof is too long")
        if position % 2 == 1 or position == last:
            root = node_hash(sibling, root)
            while position % 2 == 0 and position != 0:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise ProofError("the proof is too short")
    return root


# --- signing a frame (proto/auditlog/batch_signature.h) ---


def load_signing_key(agency):
    return serialization.load_pem_private_key(
        read_file(setting("SIGNING_KEY", agency)), password=None
    )


def salted_hash(salt, update):
    return sha256(salt + update)


def frame_statement(agency, key_id, hashes):
    """The bytes to sign for updates with these salted hashes."""
    root = base64.b64encode(tree_root(hashes)).decode()
    return (
        f"waystation/v1 frame\n{agency}\n{key_id}\n{len(hashes)}\n{root}\n"
    ).encode()


def sign_frame(frame, agency, key_id, key):
    """Gives each update of the frame a salt and signs all of them."""
    frame.salts[:] = [secrets.token_bytes(SALT_SIZE) for _ in frame.updates]
    hashes = [salted_hash(s, u) for s, u in zip(frame.salts, frame.updates)]
    frame.signature.key_id = key_id
    frame.signature.signature = key.sign(
        frame_statement(agency, key_id, hashes)
    )
    return hashes


# --- signed checkpoints (C2SP signed-note and tlog-checkpoint) ---


class LogKey:
    """The log's public key: "<name>+<hash>+<base64 of 0x01 and the key>"."""

    def __init__(self, text):
        self.name, key_hash, encoded = text.strip().split("+", 2)
        data = base64.b64decode(encoded)
        if data[0] != 1:
            raise ProofError("not an Ed25519 key")
        self.key_hash = sha256(self.name.encode() + b"\n" + data)[:4]
        if self.key_hash.hex() != key_hash:
            raise ProofError("the key's hash does not fit the key")
        self.key = ed25519.Ed25519PublicKey.from_public_bytes(data[1:])

    @classmethod
    def from_environment(cls):
        text = setting("LOG_KEY")
        if os.path.exists(text):
            text = read_file(text).decode()
        return cls(text)

    def open_checkpoint(self, note):
        """Size and root of a checkpoint that this key has signed."""
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        for line in signatures.splitlines():
            dash, name, encoded = line.split(" ", 2)
            signature = base64.b64decode(encoded)
            if (dash, name, signature[:4]) != ("—", self.name, self.key_hash):
                continue  # Somebody else's, such as a witness's.
            try:
                self.key.verify(signature[4:], text.encode())
            except InvalidSignature:
                raise ProofError("the checkpoint's signature is wrong") from None
            origin, size, root = text.splitlines()[:3]
            if origin != self.name:
                raise ProofError("the checkpoint is of another log")
            return int(size), base64.b64decode(root)
        raise ProofError("the checkpoint is not signed with the log's key")


def check_inclusion(proof, log_key):
    """That the leaf of a GetInclusionProofResponse is in the log."""
    size, root = log_key.open_checkpoint(proof.checkpoint)
    if size != proof.tree_size:
        raise ProofError("the proof is for another size")
    found = root_by_proof(leaf_hash(proof.leaf), proof.index, size, proof.path)
    if found != root:
        raise ProofError("the entry is not in the log")
    return size
