#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures Waystation beside what a team would run instead, in the same run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  cat <<'HELP'
usage: tests/bench/run.sh [--list] [--record] [option...] [NAME...]

Installs what is missing, builds the release preset, starts the peers on
loopback, prints one table for each benchmark (all, unless named) and ends with
lines `RATIO <name> <value> goal <op> <value>`. Rates are operations a second;
us is microseconds. A ratio is the median of the rounds; in each round the peers
and ours take turns.

  --list         names of the benchmarks
  --record       put the tables into tests/bench/RESULTS.md
  --persons N    people in the hub, each with a record at each agency (250000)
  --few N        people of the smaller hub of `growth` (100000)
  --many N       people of the larger one, and of `desk` (1000000: some minutes to
                 load)
  --people N     people whose records `linkage`, `latin` and `train` join (100000)
  --agencies N   agencies that send, 1 to 4 (2)
  --notices N    cases that are open when an inbox is read (1000000)
  --rows N       rows of the store and of the databases beside it (500000)
  --rounds N     turns of each (3)
  --seconds N    length of a turn (8)
  --keep         leave the folder of the run, with the hub's data and logs
HELP
}

# Name and the question that it answers.
benchmarks=(
  'commit         the store beside bare SQLite'
  'first_load     first load of new persons beside bare inserts'
  'ingest_stream  updates in frames of 256 beside PostgreSQL, set-based'
  'ingest_unary   single updates beside PostgreSQL, etcd and the bare echo'
  'read           disclosed persons beside the bare echo'
  'notices        cases sent beside single updates, and an inbox of many'
  'mailbox_latency acknowledged to delivered, beside the bare echo'
  'transport      bare gRPC, plain and mutual TLS, beside the hub'\''s listener'
  'growth         few persons beside many: CPU an update, memory'
  'desk           a clerk'\''s keys at many persons, and new ones there'
  'audit          the log: append, verify, proofs'
  'adapter        exports of each format to signed frames, on one core'
  'linkage        who is who, held against the truth, beside numbers alone'
  'latin          the same of a plain table in Latin script, with learnt weights'
  'train          learning the weights: time, memory, and what they find'
)

known() { printf '%s\n' "${benchmarks[@]}" | grep -q "^$1 "; }

record=false keep=false names=()
persons=250000 people=100000 few=100000 many=1000000 agencies=2 rows=500000 notices=1000000 rounds=3 seconds=8
while [ $# -gt 0 ]; do
  case "$1" in
    --list)
      printf '%s\n' "${benchmarks[@]}"
      exit 0
      ;;
    --record) record=true ;;
    --keep) keep=true ;;
    --persons | --people | --few | --many | --agencies | --rows | --notices | --rounds | --seconds)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || {
        echo "bench: $1 wants a number" >&2
        exit 2
      }
      printf -v "${1#--}" '%s' "$2"
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      known "$1" || {
        usage >&2
        exit 2
      }
      names+=("$1")
      ;;
  esac
  shift
done
if [ ${#names[@]} -eq 0 ]; then
  for line in "${benchmarks[@]}"; do names+=("${line%% *}"); done
fi
((agencies <= 4)) || {
  echo "bench: there are 4 agencies" >&2
  exit 2
}

deploy/lib/install.sh deploy/packages.txt deploy/packages-bench.txt
deploy/lib/build.sh release waystationd waystation-population benchmarks

export LC_ALL=C.UTF-8
# shellcheck disable=SC2034  # used by what is sourced
built=$PWD/build/release/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/waystation-bench.XXXXXX")
# shellcheck source=tests/bench/lib/peers.sh
. tests/bench/lib/peers.sh
# shellcheck source=tests/bench/lib/hub.sh
. tests/bench/lib/hub.sh
# shellcheck source=tests/bench/lib/figures.sh
. tests/bench/lib/figures.sh
# shellcheck source=tests/bench/lib/benchmarks.sh
. tests/bench/lib/benchmarks.sh

stop_all() {
  stop_hub || true
  stop_echo || true
  stop_etcd || true
  stop_postgres || true
  if $keep; then
    echo "bench: the folder of this run is $work" >&2
  else
    rm -rf "$work"
  fi
}
trap stop_all EXIT

for name in "${names[@]}"; do
  printf '\n== %s: %s\n' "$name" "$(question "$name")"
  # Not through a pipe: what it starts is to be stopped by this shell.
  "bench_$name" >"$work/$name.out"
  cat "$work/$name.out"
done
printf '\n'
for name in "${names[@]}"; do grep -h '^RATIO ' "$work/$name.out" || true; done
if $record; then
  for name in "${names[@]}"; do record "$name"; done
fi
