-- SPDX-License-Identifier: Apache-2.0
-- Cases that agencies put to each other. `request` is null where there was none;
-- `waits_for` is 0 where no step is left.
CREATE TABLE notice (
  number INTEGER PRIMARY KEY,
  version INTEGER NOT NULL,
  sender INTEGER NOT NULL,
  recipient INTEGER NOT NULL,
  waits_for INTEGER NOT NULL,
  uid INTEGER NOT NULL REFERENCES record (uid),
  due_time INTEGER NOT NULL,
  request BLOB UNIQUE,
  sum INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX notice_by_turn ON notice (waits_for, due_time, number)
  WHERE waits_for != 0;
CREATE INDEX notice_by_sender ON notice (sender, number);
CREATE INDEX notice_by_recipient ON notice (recipient, number);

-- Groups of before wrote none.
ALTER TABLE commit_group ADD COLUMN notices INTEGER NOT NULL DEFAULT 0;
