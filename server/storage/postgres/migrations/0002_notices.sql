-- SPDX-License-Identifier: Apache-2.0
-- Cases that agencies put to each other. `request` is null where there was none;
-- `waits_for` is 0 where no step is left.
CREATE TABLE notice (
  number bigint PRIMARY KEY,
  version bigint NOT NULL,
  sender bigint NOT NULL,
  recipient bigint NOT NULL,
  waits_for bigint NOT NULL,
  uid bigint NOT NULL,
  due_time bigint NOT NULL,
  request bytea UNIQUE,
  sum bigint NOT NULL,
  bytes bytea NOT NULL,
  sealed bytea NOT NULL
);
CREATE INDEX notice_by_turn ON notice (waits_for, due_time, number)
  WHERE waits_for != 0;
CREATE INDEX notice_by_sender ON notice (sender, number);
CREATE INDEX notice_by_recipient ON notice (recipient, number);
ALTER TABLE notice
  ALTER COLUMN bytes SET STATISTICS 0,
  ALTER COLUMN sealed SET STATISTICS 0;

-- Groups of before wrote none.
ALTER TABLE commit_group ADD COLUMN notices bigint NOT NULL DEFAULT 0;
