-- SPDX-License-Identifier: Apache-2.0
-- One-time codes that persons were given, by their keyed hashes. `spent` is 0
-- while one is open.
CREATE TABLE holder_code (
  hash bytea PRIMARY KEY,
  uid bigint NOT NULL,
  expire_time bigint NOT NULL,
  spent bigint NOT NULL,
  sum bigint NOT NULL,
  sealed bytea NOT NULL
);
CREATE INDEX holder_code_by_uid ON holder_code (uid, hash);
CREATE INDEX holder_code_by_time ON holder_code (expire_time, hash);
ALTER TABLE holder_code ALTER COLUMN sealed SET STATISTICS 0;

-- Groups of before wrote none.
ALTER TABLE commit_group ADD COLUMN codes bigint NOT NULL DEFAULT 0;
