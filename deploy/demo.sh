#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plays one worker's story among generated people on a real hub with four
# adapters, checks what it shows, and stops everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'HELP'
usage: deploy/demo.sh [--people N] [--store sqlite] [--keep] [--stop]

  --people N   generated people (2000)
  --store S    sqlite, the one store there is
  --keep       leave the hub running; then: . build/demo/env.sh
  --stop       end a hub that --keep left running
HELP
}

people=2000 keep=false
demo=$PWD/build/demo
state=$demo/state

# Ends the hub that an earlier run left behind, and no other process: the pid
# file names it, and its command line must say so too.
stop_hub() {
  local pid
  [ -f "$demo/hub.pid" ] || return 0
  pid=$(cat "$demo/hub.pid")
  if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$state"; then
    kill "-${1:-TERM}" "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  fi
  rm -f "$demo/hub.pid"
}

while [ $# -gt 0 ]; do
  case "$1" in
    --people)
      people=$2
      shift
      ;;
    --store)
      [ "$2" = sqlite ] || {
        echo "demo: the only store is sqlite" >&2
        exit 2
      }
      shift
      ;;
    --keep) keep=true ;;
    --stop)
      stop_hub
      exit 0
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done

deploy/lib/install.sh deploy/packages.txt
deploy/lib/build.sh release waystationd wayctl waystation-adapter \
  waystation-population
export PATH=$PWD/build/release/bin:$PATH
export LC_ALL=C.UTF-8

stop_hub
rm -rf "$demo"
mkdir -p "$demo"
population=$demo/population
trap '$keep || stop_hub' EXIT

# --- how the story is told -----------------------------------------------

number=0
step() {
  number=$((number + 1))
  printf '\n%d. %s\n' "$number" "$*"
}
# Shows a command as a reader can run it again, then runs it. The exit code
# must be $1.
run() {
  local wanted=$1 got=0
  shift
  printf '   $'
  printf ' %s' "${@@Q}" | sed "s/'\\([A-Za-z0-9_./=:-]*\\)'/\\1/g"
  printf '\n'
  "$@" >"$demo/out" 2>"$demo/err" || got=$?
  sed 's/^/     /' "$demo/out"
  if [ "$got" -ne "$wanted" ]; then
    sed 's/^/     /' "$demo/err"
    fail "exit code $got instead of $wanted"
  fi
}
# The same without showing what it prints.
quietly() {
  local wanted=$1 got=0
  shift
  "$@" >"$demo/out" 2>"$demo/err" || got=$?
  if [ "$got" -ne "$wanted" ]; then
    printf '   $ %s\n' "$*"
    cat "$demo/out" "$demo/err"
    fail "exit code $got instead of $wanted"
  fi
}
fail() {
  printf 'demo: FAILED in step %d: %s\n' "$number" "$*" >&2
  exit 1
}
check() { printf '   ok: %s\n' "$*"; }
# A field of the JSON that the last command printed.
field() {
  /usr/bin/python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2].split("."):
    value = value[int(name)] if name.isdigit() else value.get(name, "")
print(value)' "$demo/out" "$1"
}
truth() { awk -F, -v m="$1" -v c="$2" '$1 == m { print $(c + 2) }' \
  "$population/truth_summary.csv"; }
# As one of the hub's contexts: office, auditor, an agency.
as() {
  local wanted=$1 context=$2
  shift 2
  run "$wanted" wayctl --context "$context" "$@"
}
as_quietly() {
  local wanted=$1 context=$2
  shift 2
  quietly "$wanted" wayctl --context "$context" "$@"
}
run_adapter() {
  local wanted=$1 agency=$2
  shift 2
  run "$wanted" waystation-adapter "${agency%%.*}" \
    --config "build/demo/adapters/$agency/adapter.yaml" --quiet "$@"
}
key_of() { awk -F, -v a="$1" -v p="$2" '$1 == a && $3 == p { print $2 }' \
  "$population/truth.csv"; }

agencies="public_security.341200 public_security.320500 labor.341200 labor.320500"

start_hub() {
  waystationd dev --dir "$state" --listen "127.0.0.1:$port" \
    >"$demo/hub.out" 2>>"$demo/hub.log" &
  echo $! >"$demo/hub.pid"
  disown # A killed hub is part of the story, not of the shell's messages.
  for _ in $(seq 300); do
    grep -qx ready "$demo/hub.out" && return 0
    kill -0 "$(cat "$demo/hub.pid")" 2>/dev/null || break
    sleep 0.1
  done
  cat "$demo/hub.log" >&2
  fail "the hub did not start"
}

# Each agency's adapter has a folder with its configuration, where its system
# puts exports and fetches what came back.
make_adapter() {
  local agency=$1 sector=${1%%.*} purpose=residence_registration pattern=ldrk
  [ "$sector" = public_security ] || {
    purpose=social_insurance_transfer
    pattern=ac01
  }
  mkdir -p "$demo/adapters/$agency/exports" "$demo/adapters/$agency/imports"
  cat >"$demo/adapters/$agency/adapter.yaml" <<YAML
agency: $agency
state: state
hub:
  hubs: ["127.0.0.1:$port"]
  ca: $state/tls/ca.pem
  cert: $state/clients/$agency.pem
  key: $state/clients/$agency.key
submission_key: {key_id: dev, key: $state/clients/$agency.signing}
sources:
  - {name: $pattern, files: "exports/*", mapping: $PWD/adapters/$sector/mapping.yaml}
mailbox: {folder: imports, mapping: $PWD/adapters/$sector/mapping.yaml, purpose: $purpose}
demo_numbers: true
YAML
}
# Puts one export where the adapter looks for it.
export_file() {
  local round=$1 agency=$2 folder=$population/$1/$2 source
  [ "$round" != base ] || folder=$population/$agency
  source=$(find "$folder" -type f 2>/dev/null | head -n 1)
  [ -n "$source" ] || return 0
  cp "$source" "$demo/adapters/$agency/exports/$round-$(basename "$source")"
}
adapter() {
  local agency=$1
  shift
  waystation-adapter "${agency%%.*}" --config "$demo/adapters/$agency/adapter.yaml" \
    --quiet "$@"
}
# Once: 0, or 3 where rows were rejected.
exchange() {
  local agency=$1 code=0
  adapter "$agency" --patience 60 once >"$demo/out" 2>"$demo/err" || code=$?
  case $code in
    0 | 3) ;;
    *)
      cat "$demo/out" "$demo/err"
      fail "the adapter of $agency ended with $code"
      ;;
  esac
}
# What came back to an agency's system, as UTF-8.
imports() {
  /usr/bin/python3 -c 'import pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    print(path.read_bytes().decode("gb18030"), end="")' \
    "$demo/adapters/$1/imports" >"$demo/imported"
}
# Fails unless the agency got a row with all of these words.
imported() {
  local agency=$1 word
  shift
  imports "$agency"
  cp "$demo/imported" "$demo/rows"
  for word in "$@"; do
    grep -F -- "$word" "$demo/rows" >"$demo/rows.next" ||
      fail "no row with $* came back to $agency"
    mv "$demo/rows.next" "$demo/rows"
  done
}

# --- the story ---------------------------------------------------------------

step "A hub, four agencies in two places, $people generated people"
waystation-population --people "$people" --seed 2010 --out "$population" >/dev/null
port=$(/usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_hub
# What a reader needs to go on by hand.
{
  cat "$state/env.sh"
  printf "export WAYSTATION_POPULATION='%s'\nexport PATH='%s':\$PATH\n" \
    "$population" "$PWD/build/release/bin"
} >"$demo/env.sh"
# shellcheck source=/dev/null
. "$demo/env.sh"
for agency in $agencies; do make_adapter "$agency"; done
run 0 wayctl agency list

step "Each agency's own export goes in: GB18030 CSV, GBK text"
for agency in $agencies; do export_file base "$agency"; done
run_adapter 3 public_security.341200 check
for agency in $agencies; do exchange "$agency"; done
for agency in $agencies; do exchange "$agency"; done
quietly 0 wayctl -o json hub status
[ "$(field records)" = "$(truth records 0)" ] ||
  fail "$(field records) records, the truth has $(truth records 0)"
[ "$(field persons)" = "$(truth persons 0)" ] ||
  fail "$(field persons) persons, the truth has $(truth persons 0)"
check "$(field records) records are $(field persons) persons, as the truth file says"
as_quietly 0 office -o json conflict list --attribute birth_date
[ "$(field totalSize)" = "$(truth birth_conflicts 0)" ] ||
  fail "$(field totalSize) birth-date conflicts, the truth has $(truth birth_conflicts 0)"
check "$(field totalSize) birth dates are in conflict, as the truth file says"

her=P00000001
origin_key=$(key_of public_security.341200 $her)
labor_origin_key=$(key_of labor.341200 $her)
labor_city_key=$(key_of labor.320500 $her)

step "She registers in Suzhou; Fuyang's police learn that her residence began"
for agency in $agencies; do export_file changes-01 "$agency"; done
exchange public_security.320500
exchange public_security.341200
imported public_security.341200 "$origin_key" residence
check "Fuyang's import has a residence in Suzhou for $origin_key"
as 0 public_security.341200 person show --record "$origin_key" \
  --purpose residence_registration

step "The two police records disagree on her birth date; the office decides"
exchange labor.341200
exchange labor.320500
conflict=$(/usr/bin/python3 deploy/demo/find_conflict.py "$population/truth_people.csv" \
  "$her" wayctl --context office) || fail "her conflict is not listed"
as 0 office conflict show "$conflict"
as 0 office --yes conflict decide "$conflict" --value A \
  --reason "The register of origin holds the certificate of birth"
exchange labor.341200
imported labor.341200 "$labor_origin_key" birth_date
check "labor in Fuyang was told of the birth date that stands"

step "The decision is undone, and made again"
as_quietly 0 office -o json decision list
decision=$(field decisions.0.number)
as 0 office --yes decision undo "$decision" --reason "Asked to look again"
as 0 office --yes conflict decide "$conflict" --value A \
  --reason "Looked again: the certificate of birth stands"
as 0 office decision list

step "Employment and insurance carry over from Fuyang's labor agency to Suzhou's"
export_file changes-02 labor.320500
exchange labor.320500
exchange labor.341200
imported labor.320500 "$labor_city_key" social_insurance labor.341200
check "Suzhou's labor agency has her insurance record from labor.341200"
imported labor.341200 "$labor_origin_key" employment labor.320500
check "Fuyang's labor agency has her employment from labor.320500"
as 0 labor.320500 person show --record "$labor_city_key" \
  --purpose social_insurance_transfer

step "Police never learn the newer address that her employer filed"
address=$(/usr/bin/python3 -c 'import sys
with open(sys.argv[1], encoding="gb18030") as file:
    rows = [line.rstrip("\n").split("^") for line in file]
key, address = rows[0].index("AAC001"), rows[0].index("AAE006")
print(next(row[address] for row in rows if row[key] == sys.argv[2]))' \
  "$population/changes-02/labor.320500/ac01.txt" "$labor_city_key")
exchange public_security.341200
exchange public_security.320500
for agency in public_security.341200 public_security.320500; do
  imports "$agency"
  ! grep -qF "$address" "$demo/imported" ||
    fail "the address reached $agency"
done
check "the employer's address is in no import of public security"

step "Who asks for what it may not know gets the answer that anyone gets"
as_quietly 6 labor.320500 -o json person show p-aaaaaaaaaaaaaaaaaaaaaaaaaa \
  --purpose social_insurance_transfer
cp "$demo/err" "$demo/nobody"
as_quietly 0 public_security.341200 -o csv record list
handle=$(grep -F "$origin_key" "$demo/out" | grep -o 'p-[a-z2-7]*' | head -n 1)
as_quietly 6 labor.320500 -o json person show "$handle" \
  --purpose social_insurance_transfer
cmp -s "$demo/err" "$demo/nobody" || fail "the answers differ"
check "a handle of public security and a handle of nobody answer alike"

step "A broken row is fixed in quarantine and replayed"
run_adapter 3 public_security.320500 quarantine list
/usr/bin/python3 deploy/demo/mend_row.py \
  "$demo/adapters/public_security.320500" \
  "$population/repairs/base/public_security.320500/ldrk.csv" \
  "$population/repairs/changes-01/public_security.320500/ldrk.csv"
# 3: the other rows, with dates that do not exist, wait for their own clerk.
run_adapter 3 public_security.320500 quarantine replay
grep -q 'sent: 2 applied' "$demo/out" || fail "the mended rows were not applied"
check "both broken rows were taken; rows with impossible dates wait on"

step "The hub is killed while adapters send, and starts again: nothing is lost"
for agency in public_security.341200 public_security.320500 labor.341200; do
  export_file changes-02 "$agency"
done
pids=()
for agency in $agencies; do
  adapter "$agency" --patience 60 once >"$demo/$agency.once" 2>&1 &
  pids+=($!)
done
sleep 0.3
stop_hub KILL
check "kill -9"
start_hub
for pid in "${pids[@]}"; do
  code=0
  wait "$pid" || code=$?
  [ $code -eq 0 ] || [ $code -eq 3 ] || fail "an adapter ended with $code"
done
for agency in $agencies; do exchange "$agency"; done
as_quietly 0 operator -o json hub status
[ "$(field records)" -eq $(($(truth records 2) + 2)) ] ||
  fail "$(field records) records, the truth has $(truth records 2) and 2 mended"
check "$(field records) records, as the truth file says with the 2 mended rows"
run 0 wayctl hub check

step "The audit log proves all of it"
as 0 auditor audit verify
as 0 auditor audit export "$demo/export"
run 0 wayctl audit verify "$demo/export" --key "$state/log.key"
cp -r "$demo/export" "$demo/tampered"
/usr/bin/python3 deploy/demo/flip_bit.py "$demo/tampered"
run 3 wayctl audit verify "$demo/tampered" --key "$state/log.key"
check "one bit was flipped in a copy, and the entry is named"

if $keep; then
  printf '\nThe hub keeps running. Next: . build/demo/env.sh; end it with %s --stop\n' "$0"
else
  stop_hub
fi
printf '\nThe story is told, and everything held.\n'
