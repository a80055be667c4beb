-- SPDX-License-Identifier: Apache-2.0
-- Pairs of records that were held against each other and may be one person's;
-- a < b. `bytes` says how far they agree.
CREATE TABLE edge (
  a INTEGER NOT NULL REFERENCES record (uid),
  b INTEGER NOT NULL REFERENCES record (uid),
  bytes BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_by_b ON edge (b);

-- Groups of before wrote none.
ALTER TABLE commit_group ADD COLUMN edges INTEGER NOT NULL DEFAULT 0;
