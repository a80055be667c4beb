-- SPDX-License-Identifier: Apache-2.0
-- The tables of server/storage/sqlite/migrations, in PostgreSQL's words: numbers
-- are bigint and all else is bytea. `sum` is the keyed checksum of the whole row
-- (server/storage/rows). Times are microseconds since 1970 UTC. No table names
-- rows of another by a foreign key: what a batch names is looked up once for all
-- of it, and record tables can be spread by uid.

-- One row. `key_check` is a checksum of nothing, so that another key is noticed
-- before any row is read. Uids below `next_uid` may have been given out.
CREATE TABLE store (
  id bigint PRIMARY KEY CHECK (id = 1),
  key_check bigint NOT NULL,
  next_uid bigint NOT NULL,
  sum bigint NOT NULL
);

CREATE TABLE record (
  uid bigint PRIMARY KEY,
  agency bigint NOT NULL,
  key bytea NOT NULL UNIQUE,
  version bigint NOT NULL,
  received_time bigint NOT NULL,
  retracted bigint NOT NULL,
  sum bigint NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  vector bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX record_by_agency ON record (agency, uid);
-- Sealed bytes do not get smaller.
ALTER TABLE record ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE record ALTER COLUMN vector SET STORAGE EXTERNAL;

-- A record belongs to one person: the key says so.
CREATE TABLE membership (
  uid bigint PRIMARY KEY,
  person bigint NOT NULL,
  sum bigint NOT NULL
);
CREATE INDEX membership_by_person ON membership (person) INCLUDE (uid, sum);

CREATE TABLE identifier (
  hash bytea NOT NULL,
  uid bigint NOT NULL,
  epoch bigint NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (hash, uid) INCLUDE (epoch, sum)
);

-- Pairs of records that were held against each other; a < b.
CREATE TABLE edge (
  a bigint NOT NULL,
  b bigint NOT NULL,
  bytes bytea NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (a, b)
);
CREATE INDEX edge_by_b ON edge (b);

-- `kind` is 1 for a conflict, 2 for a candidate; `agencies` is packed.
CREATE TABLE open_item (
  kind bigint NOT NULL,
  a bigint NOT NULL,
  b bigint NOT NULL,
  attribute bigint NOT NULL,
  entry bytea NOT NULL,
  opened_time bigint NOT NULL,
  reopened bigint NOT NULL,
  agencies bytea NOT NULL,
  etag bytea NOT NULL,
  reason bigint NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (a, b, kind, attribute, entry)
);
CREATE INDEX open_item_by_age
  ON open_item (kind, opened_time, a, b, attribute, entry);
CREATE INDEX open_item_by_b ON open_item (b) WHERE b != 0;

-- `request` is null where there was none; `uids` is packed.
CREATE TABLE decision (
  number bigint PRIMARY KEY,
  active bigint NOT NULL,
  request bytea UNIQUE,
  sum bigint NOT NULL,
  uids bytea NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL
);
-- The uids of decisions once more, for look-up.
CREATE TABLE decision_uid (
  uid bigint NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (uid, number)
);
CREATE INDEX decision_uid_by_number ON decision_uid (number);

CREATE TABLE object (
  kind bytea NOT NULL,
  id bytea NOT NULL,
  bytes bytea NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (kind, id)
);

-- Records of each agency.
CREATE TABLE agency (
  agency bigint PRIMARY KEY,
  records bigint NOT NULL,
  sum bigint NOT NULL
);

-- Entries of one mailbox that one commit group added, packed end to end:
-- positions first, first + 1 ...
CREATE TABLE mailbox (
  agency bigint NOT NULL,
  first bigint NOT NULL,
  entries bytea NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (agency, first)
);

CREATE TABLE mailbox_reader (
  agency bigint PRIMARY KEY,
  position bigint NOT NULL,
  time bigint NOT NULL,
  sum bigint NOT NULL
);

-- `details` is packed. Two checksums, so that the event is read without them.
CREATE TABLE leaf (
  number bigint PRIMARY KEY,
  event_sum bigint NOT NULL,
  details_sum bigint NOT NULL,
  event bytea NOT NULL,
  details bytea NOT NULL
);
ALTER TABLE leaf ALTER COLUMN details SET STORAGE EXTERNAL;

-- As proto/auditlog/tiles.h lays them out.
CREATE TABLE tile (
  level bigint NOT NULL,
  number bigint NOT NULL,
  hashes bytea NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (level, number)
);

CREATE TABLE checkpoint (
  size bigint PRIMARY KEY,
  time bigint NOT NULL,
  note bytea NOT NULL,
  sum bigint NOT NULL
);

-- What witnesses have signed of checkpoints.
CREATE TABLE cosignature (
  size bigint NOT NULL,
  witness bytea NOT NULL,
  key bigint NOT NULL,
  signature bytea NOT NULL,
  sum bigint NOT NULL,
  PRIMARY KEY (size, witness, key)
);
CREATE INDEX cosignature_by_witness ON cosignature (witness, size);

-- The last 1024 groups in a ring: slot = number mod 1024. A group's row is
-- written last; that of the newest says what all other tables hold.
CREATE TABLE commit_group (
  slot bigint PRIMARY KEY,
  number bigint NOT NULL,
  batch bytea NOT NULL,
  first_leaf bigint NOT NULL,
  log_size bigint NOT NULL,
  frontier bytea NOT NULL,
  mailboxes bytea NOT NULL,
  -- The group that wrote the newest decision.
  decided bigint NOT NULL,
  records bigint NOT NULL,
  persons bigint NOT NULL,
  conflicts bigint NOT NULL,
  candidates bigint NOT NULL,
  identifiers bigint NOT NULL,
  decisions bigint NOT NULL,
  objects bigint NOT NULL,
  edges bigint NOT NULL,
  sum bigint NOT NULL
);

-- What the server keeps for planning is a sample of values: of none that is
-- sealed.
ALTER TABLE record
  ALTER COLUMN wrapped_key SET STATISTICS 0,
  ALTER COLUMN sealed SET STATISTICS 0,
  ALTER COLUMN vector SET STATISTICS 0;
ALTER TABLE decision
  ALTER COLUMN wrapped_key SET STATISTICS 0,
  ALTER COLUMN sealed SET STATISTICS 0;
ALTER TABLE object ALTER COLUMN bytes SET STATISTICS 0;
ALTER TABLE leaf
  ALTER COLUMN event SET STATISTICS 0,
  ALTER COLUMN details SET STATISTICS 0;
