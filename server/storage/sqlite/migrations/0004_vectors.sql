-- SPDX-License-Identifier: Apache-2.0
-- What a record is compared by, sealed; empty until the hub has gone through
-- the records of before.
ALTER TABLE record ADD COLUMN vector BLOB NOT NULL DEFAULT x'';
