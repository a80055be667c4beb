# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A PostgreSQL server of one's own for trials, reached by a socket in its folder
# and by nothing else. Sourced.
#
#   start_own_postgres LINK   makes it; LINK then points to its folder
#   stop_own_postgres LINK    ends it and removes both; nothing where there is none

# A server that refuses to run as root runs as the user that its package made.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

postgres_bin() {
  dirname "$(find /usr/lib/postgresql -name initdb | sort -V | tail -n 1)"
}

start_own_postgres() {
  local bin folder
  bin=$(postgres_bin)
  # Where that user may go, and short: the path of a socket is.
  folder=$(mktemp -d "${TMPDIR:-/tmp}/waystation-pg.XXXXXX")
  [ "$(id -u)" -ne 0 ] || chown postgres "$folder"
  ln -sfn "$folder" "$1"
  as_postgres "$bin/initdb" -D "$folder/data" -U waystation --auth=trust \
    --encoding=UTF8 --locale=C --data-checksums --no-instructions >/dev/null
  as_postgres tee -a "$folder/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$folder'
wal_recycle = off
CONF
  as_postgres "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w start >/dev/null
  as_postgres "$bin/createdb" -h "$folder" -U waystation waystation
}

# As it stands in a hub's configuration.
postgres_store() {
  printf 'postgresql://waystation@/waystation?host=%s' "$(readlink "$1")"
}

stop_own_postgres() {
  local folder
  [ -L "$1" ] || return 0
  folder=$(readlink "$1")
  if [ -f "$folder/data/postmaster.pid" ]; then
    as_postgres "$(postgres_bin)/pg_ctl" -D "$folder/data" -m fast -w stop \
      >/dev/null || true
  fi
  rm -rf "$folder"
  rm -f "$1"
}
