#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks proto/testvectors/frame_signature.json by the words of
proto/auditlog/batch_signature.h alone, with hashlib and Python's cryptography.

    frame_signature.py FILE           checks, exits 1 on the first difference
    frame_signature.py --write FILE   writes the file anew
"""
import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (Encoding,
                                                          PublicFormat)


def sha256(data):
    return hashlib.sha256(data).digest()


def tree_root(entries):
    """MTH of RFC 6962 section 2.1."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + tree_root(entries[:split]) +
                  tree_root(entries[split:]))


def statement(agency, key_id, hashes):
    root = base64.b64encode(tree_root(hashes)).decode()
    return (f"waystation/v1 frame\n{agency}\n{key_id}\n{len(hashes)}\n"
            f"{root}\n").encode()


def check(vector):
    hashes = []
    for update in vector["updates"]:
        if update["bytes"] is not None:
            hash_ = sha256(bytes.fromhex(update["salt"]) +
                           bytes.fromhex(update["bytes"]))
            assert hash_.hex() == update["hash"], "hash"
        hashes.append(bytes.fromhex(update["hash"]))
    assert tree_root(hashes).hex() == vector["root"], "root"
    text = statement(vector["agency"], vector["key_id"], hashes)
    assert text.decode() == vector["statement"], "statement"
    key = ed25519.Ed25519PublicKey.from_public_bytes(
        bytes.fromhex(vector["public_key"]))
    try:
        key.verify(bytes.fromhex(vector["signature"]), text)
        good = True
    except InvalidSignature:
        good = False
    assert good == vector["valid"], "signature"


def make(description, *, updates, agency="labor.341200", key_id="2026-01",
         seed=b"\x07" * 32, signs=None, erased=()):
    """`signs` replaces parts of what is signed, so that the vector is not
    valid; `erased` are positions whose salt and bytes are gone."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    rows, hashes = [], []
    for i, data in enumerate(updates):
        salt = sha256(f"salt {i}".encode())[:16]
        hash_ = sha256(salt + data)
        hashes.append(hash_)
        gone = i in erased
        rows.append({"salt": None if gone else salt.hex(),
                     "bytes": None if gone else data.hex(),
                     "hash": hash_.hex()})
    signed = {"agency": agency, "key_id": key_id, "hashes": hashes}
    signed.update(signs(signed) if signs else {})
    text = statement(signed["agency"], signed["key_id"], signed["hashes"])
    return {
        "description": description,
        "agency": agency,
        "key_id": key_id,
        "seed": seed.hex(),
        "public_key": private.public_key().public_bytes(
            Encoding.Raw, PublicFormat.Raw).hex(),
        "updates": rows,
        "root": tree_root(hashes).hex(),
        "statement": statement(agency, key_id, hashes).decode(),
        "signature": private.sign(text).hex(),
        "valid": signs is None,
    }


def vectors():
    three = [b"first", b"second", b"third"]
    return [
        make("one update", updates=[b"an update as sent"]),
        make("one empty update", updates=[b""]),
        make("two updates", updates=three[:2]),
        make("three updates, an uneven tree", updates=three),
        make("seven updates", updates=[bytes([i]) * i for i in range(7)]),
        make("two updates with equal bytes have different salts",
             updates=[b"same", b"same"]),
        make("another agency, key id and key", updates=three,
             agency="public_security.320500", key_id="k-2", seed=bytes(32)),
        make("the second update was erased; the rest still checks",
             updates=three, erased=(1,)),
        make("signed for another agency", updates=three,
             signs=lambda s: {"agency": "labor.320500"}),
        make("signed under another key id", updates=three,
             signs=lambda s: {"key_id": "2026-02"}),
        make("signed in another order", updates=three,
             signs=lambda s: {"hashes": s["hashes"][::-1]}),
        make("signed without the last update", updates=three,
             signs=lambda s: {"hashes": s["hashes"][:2]}),
        make("signed with the last update twice", updates=three,
             signs=lambda s: {"hashes": s["hashes"] + s["hashes"][-1:]}),
    ]


def main(arguments):
    if arguments[0] == "--write":
        with open(arguments[1], "w", encoding="utf-8") as file:
            json.dump({"vectors": vectors()}, file, indent=1)
            file.write("\n")
        return 0
    with open(arguments[0], encoding="utf-8") as file:
        held = json.load(file)["vectors"]
    for vector in held:
        try:
            check(vector)
        except AssertionError as difference:
            print(f"{vector['description']}: {difference} differs")
            return 1
    print(f"{len(held)} vectors hold")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
