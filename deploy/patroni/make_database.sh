#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What Patroni runs once, on the first primary, with how to reach it as its
# argument: the role of the hubs, what it may do besides, and its database.
set -eu
: "${WAYSTATION_PASSWORD:?the password of the role that hubs use}"

psql -v ON_ERROR_STOP=1 -v "password=$WAYSTATION_PASSWORD" -q "$1" <<'SQL'
CREATE ROLE waystation LOGIN PASSWORD :'password';
GRANT pg_checkpoint TO waystation;
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO waystation;
CREATE DATABASE waystation OWNER waystation ENCODING 'UTF8' TEMPLATE template0;
SQL
