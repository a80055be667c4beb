#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Starts the peers on loopback with data folders of their own, and stops what it
# started. Sourced by tests/bench/run.sh, which sets `work` (a folder) and
# `built` (the programs).

# shellcheck disable=SC2154  # work, built: set by who sources this

free_port() {
  /usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# shellcheck source=deploy/lib/postgres.sh
. deploy/lib/postgres.sh

start_postgres() {
  local bin data
  bin=$(postgres_bin)
  postgres_port=$(free_port)
  data=$(mktemp -d "$work/postgres.XXXXXX")
  chmod 711 "$work"
  [ "$(id -u)" -ne 0 ] || chown postgres "$data"
  as_postgres "$bin/initdb" -D "$data/db" -U bench --auth=trust \
    --no-instructions >/dev/null
  # As a team would set it on this machine: memory for the cache, WAL that is
  # not checkpointed every minute, and every commit durable.
  cat >>"$data/db/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $postgres_port
unix_socket_directories = '$data'
shared_buffers = 2GB
max_wal_size = 8GB
checkpoint_timeout = 15min
synchronous_commit = on
fsync = on
CONF
  as_postgres "$bin/pg_ctl" -D "$data/db" -l "$data/log" -w start >/dev/null
  postgres_ctl=("$bin/pg_ctl" -D "$data/db")
  as_postgres "$bin/createdb" -h 127.0.0.1 -p "$postgres_port" -U bench bench
  postgres_info="host=127.0.0.1 port=$postgres_port user=bench dbname=bench"
}

stop_postgres() {
  [ -z "${postgres_port:-}" ] ||
    as_postgres "${postgres_ctl[@]}" -m fast -w stop >/dev/null
  postgres_port=
}

start_etcd() {
  local data peer_port
  data=$(mktemp -d "$work/etcd.XXXXXX")
  etcd_port=$(free_port)
  peer_port=$(free_port)
  etcd --data-dir "$data" \
    --listen-client-urls "http://127.0.0.1:$etcd_port" \
    --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls "http://127.0.0.1:$peer_port" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
    --initial-cluster "default=http://127.0.0.1:$peer_port" \
    --log-level error >"$work/etcd.log" 2>&1 &
  etcd_pid=$!
  local try
  for try in $(seq 100); do
    curl -sf "http://127.0.0.1:$etcd_port/health" >/dev/null && return
    sleep 0.1
  done
  echo "bench: etcd did not start after $try tries" >&2
  return 1
}

stop_etcd() {
  [ -z "${etcd_pid:-}" ] || kill "$etcd_pid" 2>/dev/null || true
  etcd_pid=
}

# Prints a figure measured with nothing else running.
postgres_round_trip() {
  "$built/bench_postgres_peer" "$postgres_info" "$1" "$2" round_trip 16
}

postgres_set_based() {
  "$built/bench_postgres_peer" "$postgres_info" "$1" "$2" set_based 2
}

etcd_put() {
  "$built/bench_etcd_peer" "$etcd_port" "$1" "$2" 64
}
