-- SPDX-License-Identifier: Apache-2.0
-- One-time codes that persons were given, by their keyed hashes. `spent` is 0
-- while one is open.
CREATE TABLE holder_code (
  hash BLOB PRIMARY KEY,
  uid INTEGER NOT NULL REFERENCES record (uid),
  expire_time INTEGER NOT NULL,
  spent INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX holder_code_by_uid ON holder_code (uid, hash);
CREATE INDEX holder_code_by_time ON holder_code (expire_time, hash);

-- Groups of before wrote none.
ALTER TABLE commit_group ADD COLUMN codes INTEGER NOT NULL DEFAULT 0;
