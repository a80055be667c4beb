# SPDX-License-Identifier: Apache-2.0
"""Changes what a hub has stored, as somebody at its disk could, with the key
file or without. Written from the grammar in server/storage/rows/checksum.h,
proto/auditlog/tiles.h and migrations/, and not from the code.
"""

import base64
import hashlib
import os
import sqlite3
import struct

import waystation_client as client

MASK = (1 << 64) - 1
TILE_WIDTH = 256

OBJECT = 7
LEAF_EVENT, LEAF_DETAILS, TILE, CHECKPOINT, COMMIT_GROUP = 10, 11, 12, 13, 14


def siphash(key, data):
    """SipHash-2-4 over whole words."""
    low, high = struct.unpack("<QQ", key)
    v = [
        low ^ 0x736F6D6570736575,
        high ^ 0x646F72616E646F6D,
        low ^ 0x6C7967656E657261,
        high ^ 0x7465646279746573,
    ]

    def rotate(word, bits):
        return (word << bits | word >> (64 - bits)) & MASK

    def turn():
        v[0] = (v[0] + v[1]) & MASK
        v[2] = (v[2] + v[3]) & MASK
        v[1] = rotate(v[1], 13) ^ v[0]
        v[3] = rotate(v[3], 16) ^ v[2]
        v[0] = rotate(v[0], 32)
        v[2] = (v[2] + v[1]) & MASK
        v[0] = (v[0] + v[3]) & MASK
        v[1] = rotate(v[1], 17) ^ v[2]
        v[3] = rotate(v[3], 21) ^ v[0]
        v[2] = rotate(v[2], 32)

    words = list(struct.unpack(f"<{len(data) // 8}Q", data))
    words.append((len(data) & 0xFF) << 56)
    for word in words:
        v[3] ^= word
        turn()
        turn()
        v[0] ^= word
    v[2] ^= 0xFF
    for _ in range(4):
        turn()
    return v[0] ^ v[1] ^ v[2] ^ v[3]


class Store:
    """The database of a hub that is not running, and its checksum key."""

    def __init__(self, hub_folder):
        self.database = sqlite3.connect(
            os.path.join(hub_folder, "store/waystation.db")
        )
        with open(
            os.path.join(hub_folder, "keys/hub.keys"), encoding="ascii"
        ) as file:
            [secret] = [
                base64.b64decode(line.split()[1])
                for line in file
                if line.startswith("checksum ")
            ]
        self.key = hashlib.sha256(
            b"waystation store checksum v1" + secret
        ).digest()[:16]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.database.commit()
        self.database.close()

    def run(self, statement, *values):
        return self.database.execute(statement, values).fetchall()

    def sum(self, table, *columns):
        """The checksum that a row with these columns carries."""
        data = struct.pack("<Q", table)
        for column in columns:
            if isinstance(column, int):
                data += struct.pack("<Q", column & MASK)
            else:
                data += struct.pack("<Q", len(column)) + column
                data += bytes(-len(column) % 8)
        value = siphash(self.key, data)
        return value - (1 << 64) if value >> 63 else value

    # --- leaves ---

    def size(self):
        return self.run("SELECT count(*) FROM leaf")[0][0]

    def events(self):
        return [
            row[0] for row in self.run("SELECT event FROM leaf ORDER BY number")
        ]

    def leaf(self, number):
        [row] = self.run(
            "SELECT event, details FROM leaf WHERE number = ?", number
        )
        return row

    def put_leaf(self, number, event, details):
        """With the checksums that the hub would have written."""
        self.run(
            "INSERT OR REPLACE INTO leaf (number, event_sum, details_sum, "
            "event, details) VALUES (?, ?, ?, ?, ?)",
            number,
            self.sum(LEAF_EVENT, number, event),
            self.sum(LEAF_DETAILS, number, details),
            event,
            details,
        )

    # --- the tree over them ---

    def put_tile(self, level, number, hashes):
        content = b"".join(hashes)
        self.run(
            "INSERT OR REPLACE INTO tile (level, number, hashes, sum) "
            "VALUES (?, ?, ?, ?)",
            level,
            number,
            content,
            self.sum(TILE, level, number, content),
        )

    def rebuild_tree(self):
        """All tiles and the newest group's frontier, from the leaves there
        are: what is stored agrees with itself again."""
        hashes = [client.leaf_hash(event) for event in self.events()]
        size = len(hashes)
        self.run("DELETE FROM tile")
        level = 0
        row = hashes
        while row:
            full = len(row) // TILE_WIDTH
            for number in range(full):
                self.put_tile(
                    level,
                    number,
                    row[number * TILE_WIDTH : (number + 1) * TILE_WIDTH],
                )
            if level > 0 and len(row) % TILE_WIDTH:
                self.put_tile(level, full, row[full * TILE_WIDTH :])
            row = [
                perfect_root(row[n * TILE_WIDTH : (n + 1) * TILE_WIDTH])
                for n in range(full)
            ]
            level += 1
        self.put_frontier(size, hashes)

    def put_frontier(self, size, hashes):
        frontier = struct.pack(">Q", size)
        begin = 0
        for bit in reversed(range(size.bit_length())):
            if size >> bit & 1:
                frontier += perfect_root(hashes[begin : begin + (1 << bit)])
                begin += 1 << bit
        names = (
            "number, batch, first_leaf, mailboxes, decided, records, persons, "
            "conflicts, candidates, identifiers, decisions, objects"
        )
        [row] = self.run(
            f"SELECT {names} FROM commit_group ORDER BY number DESC LIMIT 1"
        )
        number, batch, first_leaf, mailboxes, *tally = row
        self.run(
            "UPDATE commit_group SET log_size = ?, frontier = ?, sum = ? "
            "WHERE number = ?",
            size,
            frontier,
            self.sum(
                COMMIT_GROUP,
                number,
                batch,
                first_leaf,
                frontier,
                mailboxes,
                *tally,
            ),
            number,
        )

    # --- agencies, agreements, certificates ---

    def put_object(self, kind, name, content):
        self.run(
            "UPDATE object SET bytes = ?, sum = ? WHERE kind = ? AND id = ?",
            content,
            self.sum(OBJECT, kind, name, content),
            kind,
            name,
        )

    # --- checkpoints ---

    def put_checkpoint(self, size, time, note):
        self.run(
            "INSERT OR REPLACE INTO checkpoint (size, time, note, sum) "
            "VALUES (?, ?, ?, ?)",
            size,
            time,
            note,
            self.sum(CHECKPOINT, size, note, time),
        )


def perfect_root(hashes):
    """Over a power of two of leaf hashes."""
    while len(hashes) > 1:
        hashes = [
            client.node_hash(left, right)
            for left, right in zip(hashes[::2], hashes[1::2])
        ]
    return hashes[0]
