# SPDX-License-Identifier: Apache-2.0
"""Checks what a hub says of its audit log, with no code of ours but this file.

The log is an RFC 6962 Merkle tree over SHA-256; its head is a C2SP signed note
(https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint).
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import ed25519


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def tree_root(entries):
    """MTH of RFC 6962 section 2.1 over a list of bytes."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return node_hash(tree_root(entries[:split]), tree_root(entries[split:]))


def root_from_inclusion_proof(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2; raises ValueError on a proof of a wrong length."""
    if index >= size:
        raise ValueError("the index is beyond the tree")
    fn, sn, root = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if sn == 0:
            raise ValueError("the proof is too long")
        if fn & 1 or fn == sn:
            root = node_hash(sibling, root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ValueError("the proof is too short")
    return root


def open_checkpoint(note, verifier_key):
    """Size and root of a checkpoint; raises if the log did not sign it."""
    name, key_hash, key = verifier_key.split("+", 2)
    key = base64.b64decode(key)
    if key[0] != 1:
        raise ValueError("not an Ed25519 key")
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    for line in signatures.splitlines():
        _, signer, blob = line.split(" ")
        blob = base64.b64decode(blob)
        if signer == name and blob[:4].hex() == key_hash:
            ed25519.Ed25519PublicKey.from_public_bytes(key[1:]).verify(
                blob[4:], text.encode())
            origin, size, root = text.splitlines()[:3]
            if origin != name:
                raise ValueError("the checkpoint is of another log")
            return int(size), base64.b64decode(root)
    raise ValueError("no signature of the log")


def check_inclusion(proof, verifier_key):
    """Raises unless the leaf is in the tree that the log signed."""
    size, signed_root = open_checkpoint(proof.checkpoint, verifier_key)
    if size != proof.tree_size:
        raise ValueError("the proof is for another size")
    root = root_from_inclusion_proof(proof.leaf, proof.index, size, proof.path)
    if root != signed_root:
        raise ValueError("the leaf is not in the log")
    return size
