-- SPDX-License-Identifier: Apache-2.0
-- What witnesses have signed of checkpoints. `witness` is the name of the key
-- and `key` its hash, as they stand in the note's signature line; `signature` is
-- the rest of the line.
CREATE TABLE cosignature (
  size INTEGER NOT NULL REFERENCES checkpoint (size),
  witness BLOB NOT NULL,
  key INTEGER NOT NULL,
  signature BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (size, witness, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX cosignature_by_witness ON cosignature (witness, size);
