#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The benchmarks that tests/bench/run.sh names, and the goals of each. Sourced by
# it. Every one prints a table and RATIO lines.

# shellcheck disable=SC2154  # work, built, rounds, ...: set by who sources this

bench_commit() {
  "$built/bench_store" --rows "$rows" --rounds "$rounds" \
    --seconds "$seconds" --folder "$work"
}

bench_first_load() {
  forget
  note bare "$("$built/bench_store" --insert --rows "$rows" --folder "$work")"
  fill_hub
  note bare "$("$built/bench_store" --insert --rows "$rows" --folder "$work")"
  note hub "$first_load"
  note both "$(median bare)"
  printf '  %-46s' 'rows a second'
  printf ' %9s' before after
  printf '\n'
  row 'bare SQLite, the same rows and keys' bare
  row 'hub, new records in signed frames of 256' hub
  ratio first_load_vs_bare_insert hub both '>=' 0.5
}

bench_ingest_stream() {
  local round before result
  forget
  fill_hub
  start_postgres
  postgres_set_based "$rows" 1 >/dev/null # Fills its tables.
  load "$hub_target" stream 4 2 signed "$agencies" >/dev/null
  for ((round = 1; round <= rounds; ++round)); do
    note postgres "$(postgres_set_based "$rows" "$seconds")"
    before=$(cpu_of "$hub_pid")
    result=$(load "$hub_target" stream 4 "$seconds" signed "$agencies")
    note hub "${result%% *}"
    note cpu "$(calculate "($(cpu_of "$hub_pid") - $before) * 1e6 / \
      (${result%% *} * $seconds)" 1)"
    note p50 "$(cut -d' ' -f2 <<<"$result")"
    note p99 "$(cut -d' ' -f3 <<<"$result")"
  done
  stop_postgres
  head_of_table 'updates a second'
  row 'PostgreSQL, set-based batches of 256, bare rows' postgres
  row "hub, signed frames of 256, $agencies streams" hub
  row '  CPU of the hub an update, us' cpu
  row '  frame acknowledged, p50 us' p50
  row '  frame acknowledged, p99 us' p99
  printf '  hub: %s MB resident\n' "$(resident_mb "$hub_pid")"
  ratio ingest_stream_vs_postgres_set_based hub postgres '>=' 1.5
}

bench_ingest_unary() {
  local round
  forget
  fill_hub
  start_echo
  start_postgres
  start_etcd
  postgres_round_trip "$rows" 1 >/dev/null
  load "$hub_target" unary 64 2 unsigned 1 >/dev/null
  for ((round = 1; round <= rounds; ++round)); do
    note postgres "$(postgres_round_trip "$rows" "$seconds")"
    note etcd "$(etcd_put "$rows" "$seconds")"
    note_load echo "$echo_target" echo 64 unsigned
    note_load hub "$hub_target" unary 64 unsigned
    note_load signed "$hub_target" unary 64 signed
    note_load echo1 "$echo_target" echo 1 unsigned
    note_load hub1 "$hub_target" unary 1 unsigned
    note_load signed1 "$hub_target" unary 1 signed
    note peer "$(calculate "$(last postgres) > $(last etcd) ? \
      $(last postgres) : $(last etcd)" 0)"
  done
  stop_etcd
  stop_postgres
  head_of_table 'updates a second'
  row 'PostgreSQL, one round trip, 16 connections' postgres
  row 'etcd, put of 1.2 KB, 64 connections' etcd
  row 'bare echo, mutual TLS, 64 in flight' echo
  row 'hub, unsigned, 64 in flight' hub
  row 'hub, signed, 64 in flight' signed
  head_of_table 'p50 of one, us'
  row 'bare echo, 1 in flight' echo1_p50
  row 'hub, unsigned, 1 in flight' hub1_p50
  row 'hub, signed, 1 in flight' signed1_p50
  head_of_table 'p99 of one, us'
  row 'bare echo, 64 in flight' echo_p99
  row 'hub, unsigned, 64 in flight' hub_p99
  ratio ingest_unary_vs_best_peer hub peer '>=' 2
  ratio ingest_unary_vs_echo hub echo '>=' 0.6
  ratio ingest_unary_p50_vs_echo hub1_p50 echo1_p50 '<=' 3
}

bench_read() {
  local round
  forget
  fill_hub
  start_echo
  load "$hub_target" read 64 2 unsigned 1 >/dev/null
  for ((round = 1; round <= rounds; ++round)); do
    note_load echo "$echo_target" echo 64 unsigned
    note_load hub "$hub_target" read 64 unsigned
  done
  head_of_table 'answers a second'
  row 'bare echo, mutual TLS, 64 in flight' echo
  row 'hub, GetPerson, 64 in flight' hub
  row '  p50 us' hub_p50
  row '  p99 us' hub_p99
  ratio read_vs_echo hub echo '>=' 0.5
}

# note_load NAME TARGET MODE IN_FLIGHT signed|unsigned: one turn of one agency.
note_load() {
  local result
  result=$(load "$2" "$3" "$4" "$seconds" "$5" 1)
  note "$1" "$(cut -d' ' -f1 <<<"$result")"
  note "${1}_p50" "$(cut -d' ' -f2 <<<"$result")"
  note "${1}_p99" "$(cut -d' ' -f3 <<<"$result")"
}

# What the last round gave.
last() { printf '%s\n' "${figures[$1]##* }"; }

# Google Benchmark's medians, on CPU time: what else runs does not count.
bench_audit() {
  "$built/bench_auditlog" --benchmark_repetitions="$((rounds > 1 ? rounds : 2))" \
    --benchmark_report_aggregates_only=true --benchmark_format=csv \
    --benchmark_min_time=0.2 2>/dev/null >"$work/audit.csv"
  awk -F, '/_median/ {
    gsub(/"/, "")
    printf "  %-46s %12.3f %s of CPU%s\n", $1, $4, $5,
      $7 == "" ? "" : sprintf(", %.0f items/s", $7)
  }' "$work/audit.csv"
  goal audit_append_us "$(calculate "1e6 / $(audit_items Append/256)")" '<=' 3
  goal audit_verify_events_a_second "$(audit_items Verify)" '>=' 500000
  goal audit_inclusion_proof_us "$(awk -F, \
    '/InclusionProofAtTenMillion_median/ { print $4 }' "$work/audit.csv")" \
    '<=' 1000
}

audit_items() {
  awk -F, -v name="\"$1_median\"" '$1 == name { print $7 }' "$work/audit.csv"
}

bench_adapter() { "$built/bench_adapter" --rounds "$rounds"; }
