-- SPDX-License-Identifier: Apache-2.0
-- Rows that hold large values keep them last and have an integer key, so that
-- they stay in one page; small rows with composite keys need no rowid. `sum` is
-- the keyed checksum of the whole row (checksum.h). Times are microseconds since
-- 1970 UTC.

-- One row. `key_check` is a checksum of nothing, so that another key is noticed
-- before any row is read. Uids below `next_uid` may have been given out.
CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  key_check INTEGER NOT NULL,
  next_uid INTEGER NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

CREATE TABLE record (
  uid INTEGER PRIMARY KEY,
  agency INTEGER NOT NULL,
  key BLOB NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  received_time INTEGER NOT NULL,
  retracted INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  wrapped_key BLOB NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX record_by_agency ON record (agency);

-- A record belongs to one person: the key says so.
CREATE TABLE membership (
  uid INTEGER PRIMARY KEY REFERENCES record (uid),
  person INTEGER NOT NULL,
  sum INTEGER NOT NULL
) STRICT;
-- Holds the checksum too, so that members are read and verified from it alone.
CREATE INDEX membership_by_person ON membership (person, sum);

CREATE TABLE identifier (
  hash BLOB NOT NULL,
  uid INTEGER NOT NULL REFERENCES record (uid),
  epoch INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (hash, uid)
) STRICT, WITHOUT ROWID;

-- `kind` is 1 for a conflict, 2 for a candidate; `agencies` is packed.
CREATE TABLE open_item (
  kind INTEGER NOT NULL,
  a INTEGER NOT NULL,
  b INTEGER NOT NULL,
  attribute INTEGER NOT NULL,
  entry BLOB NOT NULL,
  opened_time INTEGER NOT NULL,
  reopened INTEGER NOT NULL,
  agencies BLOB NOT NULL,
  etag BLOB NOT NULL,
  reason INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (kind, a, b, attribute, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_item_by_age
  ON open_item (kind, opened_time, a, b, attribute, entry);
CREATE INDEX open_item_by_b ON open_item (b) WHERE b != 0;

-- `request` is null where there was none; `uids` is packed.
CREATE TABLE decision (
  number INTEGER PRIMARY KEY,
  active INTEGER NOT NULL,
  request BLOB UNIQUE,
  sum INTEGER NOT NULL,
  uids BLOB NOT NULL,
  wrapped_key BLOB NOT NULL,
  sealed BLOB NOT NULL
) STRICT;
-- The uids of decisions once more, for look-up.
CREATE TABLE decision_uid (
  uid INTEGER NOT NULL,
  number INTEGER NOT NULL REFERENCES decision (number),
  PRIMARY KEY (uid, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE object (
  kind BLOB NOT NULL,
  id BLOB NOT NULL,
  bytes BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- Records of each agency.
CREATE TABLE agency (
  agency INTEGER PRIMARY KEY,
  records INTEGER NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

-- Entries of one mailbox that one commit group added, packed end to end:
-- positions first, first + 1 ...
CREATE TABLE mailbox (
  agency INTEGER NOT NULL,
  first INTEGER NOT NULL,
  entries BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (agency, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox_reader (
  agency INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  time INTEGER NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

-- `details` is packed: a frame has up to 256 of them, which are written and read
-- together. Two checksums, so that the event is read without them.
CREATE TABLE leaf (
  number INTEGER PRIMARY KEY,
  event_sum INTEGER NOT NULL,
  details_sum INTEGER NOT NULL,
  event BLOB NOT NULL,
  details BLOB NOT NULL
) STRICT;

-- As proto/auditlog/tiles.h lays them out.
CREATE TABLE tile (
  level INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  note BLOB NOT NULL,
  sum INTEGER NOT NULL
) STRICT;

-- The last 1024 groups in a ring: slot = number mod 1024. A group's row is
-- written last; that of the newest says what all other tables hold. `mailboxes`
-- is packed: agency, base and count of each mailbox that the group added to.
CREATE TABLE commit_group (
  slot INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  batch BLOB NOT NULL,
  first_leaf INTEGER NOT NULL,
  log_size INTEGER NOT NULL,
  frontier BLOB NOT NULL,
  mailboxes BLOB NOT NULL,
  -- The group that wrote the newest decision.
  decided INTEGER NOT NULL,
  records INTEGER NOT NULL,
  persons INTEGER NOT NULL,
  conflicts INTEGER NOT NULL,
  candidates INTEGER NOT NULL,
  identifiers INTEGER NOT NULL,
  decisions INTEGER NOT NULL,
  objects INTEGER NOT NULL,
  sum INTEGER NOT NULL
) STRICT;
