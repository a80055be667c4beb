#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A throw-away hub on loopback with the agencies of `waystationd dev`, and the
# bare echo with the same certificates. Sourced by tests/bench/run.sh.

# shellcheck disable=SC2154,SC2034  # set by, and used by, who sources this

all_agencies=(public_security.320500 public_security.341200
  labor.320500 labor.341200)

# wait_for_line FILE REGEX PID: until the program says so or is gone.
wait_for_line() {
  local try
  for try in $(seq 300); do
    grep -q "$2" "$1" 2>/dev/null && return
    kill -0 "$3" 2>/dev/null || break
    sleep 0.1
  done
  echo "bench: no line $2 in $1 after $try tries" >&2
  return 1
}

start_hub() {
  [ -z "${hub_pid:-}" ] || return 0
  build/release/bin/waystationd dev --dir "$work/hub" --listen 127.0.0.1:0 \
    --http-listen 127.0.0.1:0 >"$work/hub.out" 2>"$work/hub.log" &
  hub_pid=$!
  wait_for_line "$work/hub.out" '^ready$' "$hub_pid"
  hub_target=$(sed -n "s/^export WAYSTATION_HUB='\(.*\)'$/\1/p" \
    "$work/hub/env.sh")
}

stop_hub() {
  [ -n "${hub_pid:-}" ] || return 0
  kill "$hub_pid" 2>/dev/null || true
  wait "$hub_pid" 2>/dev/null || true
  hub_pid=
}

start_echo() {
  [ -z "${echo_pid:-}" ] || return 0
  start_hub # whose certificates it uses
  mkfifo "$work/echo.in"
  "$built/bench_echo_server" "$work/hub/tls/ca.pem" "$work/hub/tls/hub.pem" \
    "$work/hub/tls/hub.key" <"$work/echo.in" >"$work/echo.out" &
  echo_pid=$!
  exec {echo_input}>"$work/echo.in"
  wait_for_line "$work/echo.out" '^[0-9]' "$echo_pid"
  local ports
  read -ra ports <"$work/echo.out"
  echo_target=127.0.0.1:${ports[0]}
  plain_target=127.0.0.1:${ports[1]}
}

stop_echo() {
  [ -n "${echo_pid:-}" ] || return 0
  exec {echo_input}>&-
  wait "$echo_pid" 2>/dev/null || true
  echo_pid=
}

# Prints --agency arguments: `signed` or `unsigned`, then how many.
agency_arguments() {
  local agency prefix
  for agency in "${all_agencies[@]:0:$2}"; do
    prefix=$work/hub/clients/$agency
    printf -- '--agency\n%s,%s.pem,%s.key' "$agency" "$prefix" "$prefix"
    [ "$1" = unsigned ] || printf ',dev,%s.signing' "$prefix"
    printf '\n'
  done
}

# load TARGET MODE IN_FLIGHT SECONDS signed|unsigned AGENCIES [OPTION...]: prints
# "<a second> <p50 us> <p99 us>".
load() {
  local -a who
  mapfile -t who < <(agency_arguments "$5" "$6")
  who+=("${@:7}")
  "$built/bench_load" --target "$1" --ca "$work/hub/tls/ca.pem" --mode "$2" \
    --in-flight "$3" --seconds "$4" --persons "$persons" "${who[@]}" |
    awk '$1 == "RESULT" { print $3, $5, $7 }'
}

# The hub with a record of each person at each agency; the rate at which they
# went in is in $first_load then.
fill_hub() {
  [ -z "${first_load:-}" ] || return 0
  start_hub
  first_load=$(load "$hub_target" load 4 0 signed "$agencies" | cut -d' ' -f1)
}

# Gives the hub up with all that it holds: the next one starts empty.
forget_hub() {
  stop_echo
  stop_hub
  rm -rf "$work/hub" "$work/echo.in"
  first_load=
}

# CPU seconds that a process has used.
cpu_of() {
  awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' \
    "/proc/$1/stat"
}

resident_mb() {
  awk '$1 == "VmRSS:" { printf "%.0f\n", $2 / 1024 }' "/proc/$1/status"
}
