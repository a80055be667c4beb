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

# Cases between two labor agencies: how fast they come in, and how long a clerk
# waits for a page of what is open.
bench_notices() {
  local round sent=0 agencies=2
  # shellcheck disable=SC2034  # read by agency_arguments
  local -a all_agencies=(labor.320500 labor.341200)
  forget
  forget_hub
  fill_hub
  load "$hub_target" unary 64 2 unsigned 1 >/dev/null
  for ((round = 1; round <= rounds; ++round)); do
    note_load unary "$hub_target" unary 64 unsigned
    note_load notice "$hub_target" notice 64 unsigned 2
    sent=$((sent + $(last notice) * seconds))
  done
  while [ "$sent" -lt "$notices" ]; do
    note_load filling "$hub_target" notice 64 unsigned 2
    sent=$((sent + $(last filling) * seconds))
  done
  for ((round = 1; round <= rounds; ++round)); do
    note_load inbox "$hub_target" inbox 1 unsigned 2
  done
  head_of_table 'calls a second'
  row 'single updates, 64 in flight' unary
  row 'notices sent, 64 in flight' notice
  row '  p50 us' notice_p50
  row '  p99 us' notice_p99
  head_of_table "an inbox page of 50, about $sent notices open, us"
  row '  p50' inbox_p50
  row '  p99' inbox_p99
  forget_hub
  ratio notices_vs_unary notice unary '>=' 0.5
  goal inbox_page_ms "$(calculate "$(median inbox_p99) / 1000")" '<=' 50
}

# From the acknowledgement to the agency that watches: with one call under way,
# and with as many as keep the machine busy.
bench_mailbox_latency() {
  local round agencies=2
  # Police tell each other nothing of a later residence in the same place.
  # shellcheck disable=SC2034  # read by agency_arguments
  local -a all_agencies=(labor.320500 labor.341200)
  forget
  forget_hub
  fill_hub
  start_echo
  # Reads what the first load put into the mailbox.
  load "$hub_target" deliver 1 1 unsigned 2 >/dev/null
  for ((round = 1; round <= rounds; ++round)); do
    note_load echo1 "$echo_target" echo 1 unsigned
    note_load hub1 "$hub_target" deliver 1 unsigned 2
    note_load echo "$echo_target" echo 64 unsigned
    note_load hub "$hub_target" deliver 64 unsigned 2
  done
  head_of_table 'one call under way, us'
  row 'bare echo, p50' echo1_p50
  row 'hub, acknowledged to delivered, p50' hub1_p50
  row 'bare echo, p99' echo1_p99
  row 'hub, acknowledged to delivered, p99' hub1_p99
  head_of_table '64 calls under way, us'
  row 'bare echo, p50' echo_p50
  row 'hub, acknowledged to delivered, p50' hub_p50
  row 'bare echo, p99' echo_p99
  row 'hub, acknowledged to delivered, p99' hub_p99
  row 'updates a second meanwhile' hub
  ratio mailbox_latency_p50_alone_vs_echo hub1_p50 echo1_p50 '<=' 3
  ratio mailbox_latency_p99_alone_vs_echo hub1_p99 echo1_p99 '<=' 3
  ratio mailbox_latency_p50_vs_echo hub_p50 echo_p50 '<=' 3
  ratio mailbox_latency_p99_vs_echo hub_p99 echo_p99 '<=' 3
  forget_hub
}

# What gRPC and TLS take, and what is added by a listener that accepts itself,
# counts each call and watches each connection. No goal: it says where others'
# figures come from.
bench_transport() {
  local round frame
  forget
  start_echo
  for ((round = 1; round <= rounds; ++round)); do
    note_load plain1 "$plain_target" echo 1 unsigned 1 --plain
    note_load plain64 "$plain_target" echo 64 unsigned 1 --plain
    note_load tls1 "$echo_target" echo 1 unsigned
    note_load tls64 "$echo_target" echo 64 unsigned
    note_load ask1 "$hub_target" ask 1 unsigned
    note_load ask64 "$hub_target" ask 64 unsigned
    for frame in 1 64 256; do
      note_load "plain_frames$frame" "$plain_target" frames 4 unsigned 1 \
        --plain --frame "$frame"
      note_load "tls_frames$frame" "$echo_target" frames 4 unsigned 1 \
        --frame "$frame"
    done
  done
  head_of_table 'calls a second'
  row 'echo, plain, 1 in flight' plain1
  row 'echo, plain, 64 in flight' plain64
  row 'echo, mutual TLS, 1 in flight' tls1
  row 'echo, mutual TLS, 64 in flight' tls64
  row 'hub, state of health, 1 in flight' ask1
  row 'hub, state of health, 64 in flight' ask64
  head_of_table 'p50 of one, us'
  row 'echo, mutual TLS, 1 in flight' tls1_p50
  row 'hub, state of health, 1 in flight' ask1_p50
  head_of_table 'records a second by one stream'
  for frame in 1 64 256; do
    row "echo, plain, frames of $frame" "plain_frames$frame"
    row "echo, mutual TLS, frames of $frame" "tls_frames$frame"
  done
}

# Steady streams at a hub of few and at a hub of many, one after the other, and
# what the larger one keeps in memory beside the store's page cache.
bench_growth() {
  local round before result size given=$persons
  forget
  for size in few many; do
    forget_hub
    persons=$([ "$size" = few ] && echo "$few" || echo "$many")
    fill_hub
    load "$hub_target" stream 4 2 signed "$agencies" >/dev/null
    for ((round = 1; round <= rounds; ++round)); do
      before=$(cpu_of "$hub_pid")
      result=$(load "$hub_target" stream 4 "$seconds" signed "$agencies")
      note "$size" "${result%% *}"
      note "${size}_cpu" "$(calculate "($(cpu_of "$hub_pid") - $before) * 1e6 / \
        (${result%% *} * $seconds)" 1)"
      note "${size}_mb" "$(resident_mb "$hub_pid")"
    done
    note "${size}_load" "$first_load"
  done
  forget_hub
  persons=$given
  head_of_table 'updates a second'
  row "hub of $few persons" few
  row "hub of $many persons" many
  head_of_table 'CPU of the hub an update, us'
  row "hub of $few persons" few_cpu
  row "hub of $many persons" many_cpu
  head_of_table 'resident, MB, page cache included'
  row "hub of $few persons" few_mb
  row "hub of $many persons" many_mb
  printf '  first load: %s and %s records a second\n' "${figures[few_load]}" \
    "${figures[many_load]}"
  ratio growth_of_cpu_per_update many_cpu few_cpu '<=' 1.3
  goal memory_beyond_page_cache_mb \
    "$(calculate "$(median many_mb) - $(page_cache_mb)")" '<=' 300
}

bench_desk() {
  local round before seconds_of_load result given=$persons
  forget
  forget_hub
  persons=$many
  start_hub
  before=$(cpu_of "$hub_pid")
  fill_hub
  seconds_of_load=$(calculate "$(cpu_of "$hub_pid") - $before")
  # Opens conflicts, for somebody to work on.
  load "$hub_target" stream 4 "$seconds" signed "$agencies" >/dev/null
  start_echo
  for ((round = 1; round <= rounds; ++round)); do
    note echo "$(load "$echo_target" echo 1 2 unsigned 1 | cut -d' ' -f2)"
    result=$("$built/bench_desk" --target "$hub_target" \
      --ca "$work/hub/tls/ca.pem" --cert "$work/hub/clients/office.pem" \
      --key "$work/hub/clients/office.key")
    note open "$(awk '$1 == "OPEN" { print $2 }' <<<"$result")"
    note p50 "$(awk '$2 == "key" { print $4 * 1000 }' <<<"$result")"
    note p99 "$(awk '$2 == "key" { print $6 * 1000 }' <<<"$result")"
    note list "$(awk '$2 == "list" { print $4 * 1000 }' <<<"$result")"
  done
  stop_echo
  head_of_table "a clerk at $many persons, us"
  row 'bare echo, one at a time, p50' echo
  row 'a key that answers: three calls, two durable, p50' p50
  row '  p99' p99
  row 'the first page of the queue, and how many' list
  row 'open items' open
  printf '  first load: %s records a second, %s us CPU of the hub each\n' \
    "$first_load" "$(calculate "$seconds_of_load * 1e6 / ($many * $agencies)" 1)"
  forget_hub
  persons=$given
  goal desk_key_ms "$(calculate "$(median p99) / 1000")" '<=' 100
}

# What the store's connections may cache: the committer's and each reader's, as
# server/storage/sqlite/sqlite_store.h sets them.
page_cache_mb() {
  sed -n 's/^ *size_t cache_bytes = size_t{\([0-9]*\)} << 20;.*/\1/p' \
    server/storage/sqlite/sqlite_store.h
}

# note_load NAME TARGET MODE IN_FLIGHT signed|unsigned [AGENCIES [OPTION...]]:
# one turn, of one agency if it does not say.
note_load() {
  local result
  result=$(load "$2" "$3" "$4" "$seconds" "$5" "${6:-1}" "${@:7}")
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

bench_linkage() {
  "$built/bench_linkage" --people "$people" --rounds "$rounds" --details
}

bench_latin() { "$built/bench_linkage" --latin --train --people "$people"; }

# A million records, then weights that were learnt beside those that are shipped.
bench_train() {
  "$built/bench_train" --people 320000 --records 1000000
  "$built/bench_linkage" --train --people "$people" --rounds "$rounds" |
    grep -v 'RATIO linkage_[^t]'
}
