# SPDX-License-Identifier: Apache-2.0
"""vectors_test.py FILE: the Python example against the frames' test vectors."""

import json
import sys

import waystation_client as client
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519


def hash_of(update):
    """An erased update leaves nothing but its hash."""
    if update["salt"] is None:
        return bytes.fromhex(update["hash"])
    return client.salted_hash(
        bytes.fromhex(update["salt"]), bytes.fromhex(update["bytes"])
    )


def holds(vector):
    hashes = [hash_of(update) for update in vector["updates"]]
    statement = client.frame_statement(
        vector["agency"], vector["key_id"], hashes
    )
    key = ed25519.Ed25519PublicKey.from_public_bytes(
        bytes.fromhex(vector["public_key"])
    )
    try:
        key.verify(bytes.fromhex(vector["signature"]), statement)
    except InvalidSignature:
        return False
    return True


def main(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    for vector in vectors:
        if holds(vector) != vector["valid"]:
            sys.exit(f"test vector fails: {vector['description']}")
    print(f"{len(vectors)} test vectors hold")


if __name__ == "__main__":
    main(sys.argv[1])
