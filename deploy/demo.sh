#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plays one worker's story among generated people on a real hub with the adapters
# of four sectors in two places, checks what it shows, and stops everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'HELP'
usage: deploy/demo.sh [--people N] [--store sqlite|postgres] [--keep] [--stop]
                      [--dir DIR] [--bin DIR]

  --people N   generated people, 100 or more (2000)
  --store S    sqlite, or postgres: a server of the demo's own (sqlite)
  --keep       leave the hub running; then: . build/demo/env.sh
  --stop       end a hub that --keep left running
  --dir DIR    where everything of the demo lies; emptied first (build/demo)
  --bin DIR    programs that are built: nothing is installed, nothing is built
HELP
}
wrong() {
  printf 'demo: %s\n' "$*" >&2
  usage >&2
  exit 2
}

people=2000 store=sqlite keep=false stop=false demo=build/demo bin=''
while [ $# -gt 0 ]; do
  case "$1" in
    --people | --store | --dir | --bin) [ $# -gt 1 ] || wrong "$1 wants a value" ;;
  esac
  case "$1" in
    --people)
      [[ $2 =~ ^[1-9][0-9]{2,7}$ ]] ||
        wrong "--people wants a number of 100 or more"
      people=$2
      shift
      ;;
    --store)
      [ "$2" = sqlite ] || [ "$2" = postgres ] ||
        wrong "--store wants sqlite or postgres"
      store=$2
      shift
      ;;
    --keep) keep=true ;;
    --stop) stop=true ;;
    --dir)
      demo=${2%/}
      shift
      ;;
    --bin)
      bin=$(cd "$2" && pwd) || wrong "--bin wants a folder"
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) wrong "unknown option $1" ;;
  esac
  shift
done

case "$demo" in
  /*) root=$demo ;;
  *) root=$PWD/$demo ;;
esac
state=$root/state
# shellcheck source=deploy/lib/postgres.sh
. deploy/lib/postgres.sh

# Whether the hub that an earlier run left behind is alive: the pid file names
# it, and its command line must say so too, since numbers are used again.
hub_lives() {
  [ -f "$root/hub.pid" ] &&
    tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$root/hub.pid")/cmdline" |
    grep -qF "waystationd dev --dir $state "
}
# Ends that hub, and no other process.
stop_hub() {
  while hub_lives; do
    kill "$(cat "$root/hub.pid")" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$root/hub.pid"
  stop_own_postgres "$root/postgres"
}

if $stop; then
  stop_hub
  exit 0
fi

if [ -z "$bin" ]; then
  deploy/lib/install.sh deploy/packages.txt
  deploy/lib/build.sh release waystationd wayctl waystation-adapter \
    waystation-population
  bin=$PWD/build/release/bin
fi
export PATH=$bin:$PATH
export LC_ALL=C.UTF-8

mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock -n 9 || {
  echo "demo: another one is playing in $root" >&2
  exit 1
}
stop_hub
# Only what a demo has left behind is ever removed.
if [ "$demo" != build/demo ] && [ ! -e "$root/.demo" ] &&
  [ -n "$(ls -A "$root" 2>/dev/null)" ]; then
  echo "demo: $root holds something else" >&2
  exit 1
fi
rm -rf "$root"
mkdir -p "$root"
: >"$root/.demo"
adapters=()
cleanup() {
  [ ${#adapters[@]} -eq 0 ] || kill "${adapters[@]}" 2>/dev/null || true
  $keep || stop_hub
}
trap cleanup EXIT

# --- how the story is told -----------------------------------------------

number=0
step() {
  number=$((number + 1))
  printf '\n%d. %s\n' "$number" "$*"
}
fail() {
  printf 'demo: FAILED in step %d: %s\n' "$number" "$*" >&2
  exit 1
}
check() { printf '   ok: %s\n' "$*"; }
# Shows a command as a reader can run it again, then runs it and shows what it
# says. The exit code must match $1, such as 0 or "0|3".
run() {
  local wanted=$1 got=0
  shift
  printf '   $'
  printf ' %s' "${@@Q}" | sed "s/'\\([A-Za-z0-9_./=:-]*\\)'/\\1/g"
  printf '\n'
  "$@" >"$root/out" 2>"$root/err" || got=$?
  cat "$root/out" "$root/err" | awk -v most="${most_lines:-45}" '
    NR <= most { print "     " $0 }
    END { if (NR > most) print "     ... " NR - most " lines more" }'
  [[ $got =~ ^($wanted)$ ]] || fail "exit code $got instead of $wanted"
}
# The same behind the scenes.
quietly() {
  local wanted=$1 got=0
  shift
  "$@" >"$root/out" 2>"$root/err" || got=$?
  [[ $got =~ ^($wanted)$ ]] || {
    printf '   $ %s\n' "$*"
    cat "$root/out" "$root/err"
    fail "exit code $got instead of $wanted"
  }
}
# A field of the JSON that the last command printed.
field() {
  python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2].split("."):
    value = value[int(name)] if name.isdigit() else value.get(name, 0)
print(value)' "$root/out" "$1"
}
# A measure of the truth file after export 0, 1 or 2.
truth() { awk -F, -v m="$1" -v c="$2" '$1 == m { print $(c + 2) }' \
  "$demo/population/truth_summary.csv"; }
key_of() { awk -F, -v a="$1" -v p="$2" '$1 == a && $3 == p { print $2 }' \
  "$demo/population/truth.csv"; }
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

police_of_fuyang=public_security.341200 police_of_suzhou=public_security.320500
labor_of_fuyang=labor.341200 labor_of_suzhou=labor.320500
health_of_fuyang=health.341200 health_of_suzhou=health.320500
commerce_of_fuyang=commerce.341200 commerce_of_suzhou=commerce.320500
agencies=("$police_of_fuyang" "$police_of_suzhou" "$labor_of_fuyang" "$labor_of_suzhou"
  "$health_of_fuyang" "$health_of_suzhou" "$commerce_of_fuyang" "$commerce_of_suzhou")

start_hub() {
  rm -f "$root/hub.out" # That of an earlier life says "ready" already.
  waystationd dev --dir "$state" --listen "$1" "${on_store[@]}" \
    >"$root/hub.out" 2>>"$root/hub.log" 9>&- &
  echo $! >"$root/hub.pid"
  disown # A killed hub is part of the story, not of the shell's messages.
  for _ in $(seq 600); do
    if grep -qxs ready "$root/hub.out"; then
      metrics=$(grep -o 'http://[^/]*' "$root/hub.out")/metrics
      return 0
    fi
    [ -e "/proc/$(cat "$root/hub.pid")" ] || break
    sleep 0.1
  done
  cat "$root/hub.log" >&2
  fail "the hub did not start"
}

# Each agency's adapter has a folder with its configuration, where its system
# puts exports and fetches what came back.
make_adapter() {
  local agency=$1 sector=${1%%.*} purpose source mapping=mapping.yaml
  case "$agency" in
    public_security.*) purpose=residence_registration source=ldrk ;;
    labor.*) purpose=social_insurance_transfer source=ac01 ;;
    "$health_of_fuyang") # An older system, which writes tables.
      purpose=public_health_service source=jmjkda mapping=mapping_csv.yaml
      ;;
    health.*) purpose=public_health_service source=patients ;;
    commerce.*) purpose=business_service source=jyz ;;
  esac
  mapping=$PWD/adapters/$sector/$mapping
  mkdir -p "$demo/adapters/$agency/exports" "$demo/adapters/$agency/imports"
  cat >"$demo/adapters/$agency/adapter.yaml" <<YAML
agency: $agency
state: state
hub:
  hubs: ["$WAYSTATION_HUB"]
  ca: "$state/tls/ca.pem"
  cert: "$state/clients/$agency.pem"
  key: "$state/clients/$agency.key"
submission_key: {key_id: dev, key: "$state/clients/$agency.signing"}
sources:
  - {name: $source, files: "exports/*", mapping: "$mapping"}
mailbox: {folder: imports, mapping: "$mapping", purpose: $purpose}
witness: {log_key: "$state/log.key", key: "$state/clients/$agency.witness"}
demo_numbers: true
YAML
}
# What an agency's system exported in a round: base, changes-01, changes-02.
export_of() {
  local folder=$demo/population/$1/$2
  [ "$1" != base ] || folder=$demo/population/$2
  find "$folder" -type f | head -n 1
}
# Puts it where the adapter looks for it.
export_file() {
  local source
  source=$(export_of "$1" "$2")
  cp "$source" "$demo/adapters/$2/exports/$1-$(basename "$source")"
}
adapter() {
  local agency=$1
  shift
  waystation-adapter "${agency%%.*}" --config "$demo/adapters/$agency/adapter.yaml" \
    --quiet "$@"
}
run_adapter() {
  local wanted=$1 agency=$2
  shift 2
  run "$wanted" waystation-adapter "${agency%%.*}" \
    --config "$demo/adapters/$agency/adapter.yaml" --quiet "$@"
}
# The report of `check` that was printed last must say of these columns that they
# are dropped by law.
denies() {
  local what=$1 column
  shift
  for column; do
    grep -qE "^ +$column +dropped: denied: " "$root/out" || fail "$column is not denied"
  done
  check "what a source says of $what ends at its agency: $*"
}
# Exports, then mailbox: 0, or 3 where a row has a finding, as some do.
exchange() {
  local agency code
  for agency; do
    code=0
    adapter "$agency" --patience 60 once >"$root/out" 2>"$root/err" || code=$?
    [ $code -eq 0 ] || [ $code -eq 3 ] || {
      cat "$root/out" "$root/err"
      fail "the adapter of $agency ended with $code"
    }
  done
}
# Shows the rows that came back to an agency's system with a record key. The last
# one must have all of these words.
imported() {
  local agency=$1 key=$2 word
  shift 2
  run 0 python3 deploy/demo/imported.py "$demo/adapters/$agency/imports" "$key"
  for word; do
    tail -n 1 "$root/out" | grep -qF -- "$word" || fail "$word did not come back"
  done
}

# --- the story -----------------------------------------------------------------

cat <<TEXT
One worker's story among $people generated people; nobody in it exists. What
stands behind a \$ is a command. With --keep the hub goes on; then each can be run
again, from here, in a shell that knows names and places:
   $ . $demo/env.sh
TEXT

step "A hub, and the agencies of four sectors in two places"
waystation-population --people "$people" --seed 2011 --out "$demo/population" \
  >/dev/null
on_store=()
if [ "$store" = postgres ]; then
  start_own_postgres "$root/postgres"
  on_store=(--store "$(postgres_store "$root/postgres")")
fi
start_hub 127.0.0.1:0
# What a reader needs to go on by hand.
{
  cat "$state/env.sh"
  printf 'export WAYSTATION_POPULATION=%q\n' "$root/population"
  printf 'export PATH=%q:"%s"\n' "$bin" "\$PATH"
} >"$demo/env.sh"
# shellcheck source=/dev/null
. "$demo/env.sh"
for agency in "${agencies[@]}"; do make_adapter "$agency"; done
run 0 wayctl agency list

step "Each agency's own export goes in: GB18030 CSV, GBK text, FHIR, dBase"
for agency in "${agencies[@]}"; do export_file base "$agency"; done
# 3: there are findings, such as a row that is broken.
run_adapter '0|3' "$police_of_fuyang" check
denies "fertility" SFSY SYZN_NAN SYZN_NV SFCQJYCS
denies "marital state" HYZK
run_adapter '0|3' "$health_of_suzhou" check
denies "marital state and births" maritalStatus multipleBirthBoolean
run_adapter '0|3' "$commerce_of_suzhou" check
denies "marital state" HYZK
for agency in "${agencies[@]}"; do run_adapter '0|3' "$agency" once; done
exchange "${agencies[@]}"
run 0 wayctl hub status
quietly 0 wayctl -o json hub status
[ "$(field records)" = "$(truth records 0)" ] ||
  fail "$(field records) records, the truth has $(truth records 0)"
# Two human beings are never one person; one may be two that a clerk is asked about.
if [ "$(field persons)" -lt "$(truth people 0)" ] ||
  [ "$(field persons)" -ge "$(truth persons 0)" ]; then
  fail "$(field persons) persons, the truth has $(truth people 0)"
fi
left_apart=$(($(field persons) - $(truth people 0)))
check "$(field records) records are $(field persons) persons, of $(truth people 0) human" \
  "beings"
echo "       (numbers alone would leave $(truth persons 0): where they are wrong or missing," \
  "name, birth date, phone and places say who it is)"
run 0 wayctl --context office conflict list --attribute birth_date --limit 3
for attribute in birth_date name; do
  as_quietly 0 office -o json conflict list --attribute $attribute
  # A record that is not found to be somebody's makes or settles one conflict at most.
  true_conflicts=$(truth "whole_${attribute%_date}_conflicts" 0)
  apart=$(($(field totalSize) - true_conflicts))
  [ "${apart#-}" -le "$left_apart" ] ||
    fail "$(field totalSize) conflicts of $attribute, the truth has $true_conflicts"
  check "$(field totalSize) conflicts of $attribute are open, and $true_conflicts would be if" \
    "all records of one human being were one person"
done

her=P00000001 his=P00000003 # 阮春禾, and her employer 季松岩
her_in_police_of_fuyang=$(key_of "$police_of_fuyang" $her)
her_in_police_of_suzhou=$(key_of "$police_of_suzhou" $her)
her_in_labor_of_fuyang=$(key_of "$labor_of_fuyang" $her)
her_in_labor_of_suzhou=$(key_of "$labor_of_suzhou" $her)
her_in_health_of_suzhou=$(key_of "$health_of_suzhou" $her)
his_in_commerce_of_suzhou=$(key_of "$commerce_of_suzhou" $his)

step "She registers in Suzhou; Fuyang's police learn that her residence began"
for agency in "${agencies[@]}"; do export_file changes-01 "$agency"; done
run_adapter '0|3' "$police_of_suzhou" once
run_adapter '0|3' "$police_of_fuyang" once
imported "$police_of_fuyang" "$her_in_police_of_fuyang" residence "$police_of_suzhou"
check "the register of origin has her residence in Suzhou to import"
as 0 "$police_of_fuyang" person show --record "$her_in_police_of_fuyang" \
  --purpose residence_registration

step "The two police records disagree on her birth date; the office decides"
exchange "$labor_of_fuyang" "$labor_of_suzhou" "$health_of_fuyang" "$health_of_suzhou" \
  "$commerce_of_fuyang" "$commerce_of_suzhou"
run 0 python3 deploy/demo/find_conflict.py "$demo/population/truth_people.csv" $her \
  wayctl --context office
conflict=$(cat "$root/out")
as 0 office conflict show "$conflict"
# Which of the two letters stands for which date is up to the hub.
as_quietly 0 office -o json conflict show "$conflict"
newer=A older=B
[ "$(field groups.0.value.birthDate.date.day)" = 19 ] || newer=B older=A
as 0 office --yes conflict decide "$conflict" --take "$newer" \
  --reason "The residence register is the newer one"
run_adapter '0|3' "$labor_of_fuyang" once
imported "$labor_of_fuyang" "$her_in_labor_of_fuyang" birth_date 19880319
check "labor in Fuyang, which had another date, was told which one stands"

step "Her certificate of birth turns up: the decision is undone, and made again"
as_quietly 0 office -o json decision list
decision=$(field decisions.0.number)
as 0 office --yes decision undo "$decision" --reason "The certificate of birth was found"
as 0 office --yes conflict decide "$conflict" --take "$older" \
  --reason "The certificate of birth says so"
as 0 office decision list
run_adapter '0|3' "$labor_of_fuyang" once
imported "$labor_of_fuyang" "$her_in_labor_of_fuyang" birth_date 19880316
check "the correction reached labor in Fuyang"

step "A clerk reviews three pairs that may be one person each"
as 0 office review list --kind candidate --limit 3
as_quietly 0 office -o json review list --kind candidate
waiting=$(field totalSize)
# Among few people there are fewer; the second one is left to another clerk.
pairs=$((waiting < 3 ? waiting : 3)) unsure=$((waiting > 1))
most_lines=90 run 0 python3 deploy/demo/review_pairs.py wayctl --context office
as 0 office decision list
as_quietly 0 office -o json review list --kind candidate
[ $((waiting - $(field totalSize))) -eq $((pairs - unsure)) ] ||
  fail "$(field totalSize) of $waiting pairs wait still"
[ "$(grep -c '"unsure"' "$root/out")" -eq $unsure ] || fail "nobody was unsure"
check "$((pairs - unsure)) are settled, and $unsure waits for another clerk, with the reason"

step "Employment and insurance carry over from Fuyang's labor agency to Suzhou's"
exchange "${agencies[@]}" # So that nothing older waits in a mailbox.
export_file changes-02 "$labor_of_suzhou"
run_adapter '0|3' "$labor_of_suzhou" once
imported "$labor_of_suzhou" "$her_in_labor_of_suzhou" social_insurance "$labor_of_fuyang"
check "Suzhou's labor agency has her insurance record from Fuyang's"
run_adapter '0|3' "$labor_of_fuyang" once
imported "$labor_of_fuyang" "$her_in_labor_of_fuyang" employment "$labor_of_suzhou"
check "Fuyang's labor agency has her employment from Suzhou's"
as 0 "$labor_of_suzhou" person show --record "$her_in_labor_of_suzhou" \
  --purpose social_insurance_transfer

step "Suzhou's labor agency puts a case to whom it concerns in Fuyang: taken up in time"
as 0 "$labor_of_suzhou" notice send service --record "$her_in_labor_of_suzhou" \
  --about name --about social_insurance --sector labor --division 341202 \
  --purpose social_insurance_transfer --text "please carry the months of 2023 over" --yes
as_quietly 0 "$labor_of_suzhou" -o json notice list --box sent --limit 1
filed_case=$(field notices.0.id)
as 0 "$labor_of_fuyang" notice inbox
as 0 "$labor_of_fuyang" notice show "$filed_case"
as 6 "$police_of_fuyang" notice show "$filed_case"
as 0 "$labor_of_fuyang" notice accept "$filed_case" --yes
as_quietly 0 "$labor_of_suzhou" -o json notice show "$filed_case"
[ "$(field notice.state)" = STATE_CLOSED ] || fail "the case is still open"
check "it was taken up, and nobody but the two agencies knows of it"

step "The health desk learns her town, for vaccination, and nothing finer"
exchange "${agencies[@]}"
export_file changes-02 "$health_of_suzhou"
run_adapter '0|3' "$health_of_suzhou" once
home=$(awk -F, -v p=$her '$1 == p { print $10 }' "$demo/population/truth_people.csv")
imported "$health_of_suzhou" "$her_in_health_of_suzhou" residence 320506005 \
  "$police_of_suzhou"
run 1 python3 deploy/demo/imported.py "$demo/adapters/$health_of_suzhou/imports" "$home"
check "her town came from the police, and not her address"
as 0 "$health_of_suzhou" person show --record "$her_in_health_of_suzhou" \
  --purpose public_health_service

step "Nothing of health leaves health"
for agency in "${agencies[@]}"; do
  case "$agency" in health.*) continue ;; esac
  as_quietly 0 "$agency" -o json mailbox status
  [ "$(field waiting)" = 0 ] || fail "something waits for $agency"
  ! grep -rqF health. "$demo/adapters/$agency/imports" ||
    fail "something of health came to $agency"
done
check "what the health desk said of her waits for no other sector"
as_quietly 0 "$health_of_suzhou" -o csv record list
handle=$(grep -F "$her_in_health_of_suzhou" "$root/out" | grep -o 'p-[a-z2-7]*')
for agency in "$police_of_suzhou" "$labor_of_suzhou" "$commerce_of_suzhou"; do
  case "$agency" in
    public_security.*) purpose=residence_registration ;;
    labor.*) purpose=social_insurance_transfer ;;
    *) purpose=business_service ;;
  esac
  as 6 "$agency" person show "$handle" --purpose $purpose
  cp "$root/err" "$root/hers"
  as_quietly 6 "$agency" person show p-aaaaaaaaaaaaaaaaaaaaaaaaaa --purpose $purpose
  cmp "$root/err" "$root/hers" || fail "the answers differ"
done
check "who asks for a patient is answered as for nobody"

step "Labor asks whether a business is open, and whether a permit is valid"
uscc=$(awk -F, -v p=$her '$1 == p { print $14 }' "$demo/population/truth_people.csv")
as 0 "$labor_of_suzhou" verify business "$uscc" --purpose social_insurance_transfer
as_quietly 0 "$labor_of_suzhou" -o json verify business "$uscc" \
  --purpose social_insurance_transfer
[ "$(field answer)" = ANSWER_YES ] || fail "her employer's business is not open"
check "her employer's business is open; commerce named nobody"
as 6 "$police_of_suzhou" verify business "$uscc" --purpose residence_registration
asks_about_permit=(person show --record "$her_in_labor_of_suzhou"
  --purpose social_insurance_transfer)
as 0 "$labor_of_suzhou" "${asks_about_permit[@]}"
as_quietly 0 "$labor_of_suzhou" -o json "${asks_about_permit[@]}"
[ "$(field view.predicates)" = 0 ] || fail "something is said of her permit"
check "nothing is known of a permit: it takes half a year"
echo "   Half a year later it is issued, and the register says so."
python3 deploy/demo/issue_permit.py "$(export_of changes-01 "$police_of_suzhou")" \
  "$her_in_police_of_suzhou" 2026-09-14 2034-12-31 \
  >"$demo/adapters/$police_of_suzhou/exports/changes-03-ldrk.csv"
exchange "${agencies[@]}"
as 0 "$labor_of_suzhou" "${asks_about_permit[@]}"
grep -qE 'permit[_ ]valid +yes' "$root/out" || fail "her permit is not valid"
! grep -qF JZ320500 "$root/out" || fail "its number was shown"
check "her permit is valid: yes, and no more than that"

step "The commerce desk offers what the papers say: match or differs, and no more"
match="wayctl --context $commerce_of_suzhou person match --purpose business_service \
--record $his_in_commerce_of_suzhou --attribute birth_date"
run 0 bash -c "echo 1979-05-20 | $match"
run 3 bash -c "echo 1979-02-05 | $match"
as 0 "$commerce_of_suzhou" person show --record "$his_in_commerce_of_suzhou" \
  --purpose business_service
! grep -qF public_security "$root/out" || fail "a value of the police was shown"
check "the desk knows that his papers are right, and has read no register but its own"

step "Police never learn the newer address that her employer filed"
as 0 "$labor_of_suzhou" record show "$her_in_labor_of_suzhou"
filed=$(awk -F, -v p=$her '$1 == p { print $11 }' "$demo/population/truth_people.csv")
for agency in "$police_of_fuyang" "$police_of_suzhou"; do
  as 0 "$agency" mailbox status
  as_quietly 0 "$agency" -o json mailbox status
  [ "$(field waiting)" = 0 ] || fail "something waits for $agency"
  run_adapter '0|3' "$agency" once
  run 1 python3 deploy/demo/imported.py "$demo/adapters/$agency/imports" "$filed"
done
check "the address came to no police, nor the fact that anything changed"

step "Who asks for what it may not know gets the answer that anyone gets"
as_quietly 0 "$police_of_fuyang" -o csv record list
handle=$(grep -F "$her_in_police_of_fuyang" "$root/out" | grep -o 'p-[a-z2-7]*')
echo "   Her handle at the police, the police's own key, and a handle of nobody:"
as 6 "$labor_of_suzhou" person show "$handle" --purpose social_insurance_transfer
cp "$root/err" "$root/hers"
as 6 "$labor_of_suzhou" person show --record "$her_in_police_of_fuyang" \
  --purpose social_insurance_transfer
cp "$root/err" "$root/theirs"
as 6 "$labor_of_suzhou" person show p-aaaaaaaaaaaaaaaaaaaaaaaaaa \
  --purpose social_insurance_transfer
cp "$root/err" "$root/nobodys"
cmp "$root/nobodys" "$root/hers" || fail "the answers differ"
cmp "$root/nobodys" "$root/theirs" || fail "the answers differ"
check "all three are answered alike"

step "A broken row is fixed in quarantine and replayed"
run_adapter 3 "$police_of_suzhou" quarantine list
repairs=()
for round in base changes-01; do
  repair=$demo/population/repairs/$round/$police_of_suzhou/ldrk.csv
  [ ! -e "$repair" ] || repairs+=("$repair")
done
run 0 python3 deploy/demo/mend_row.py "$demo/adapters/$police_of_suzhou" "${repairs[@]}"
mended=$(sed 's/[^0-9]//g' "$root/out")
# 3: what is incomplete, such as by a date that does not exist, waits on.
run_adapter '0|3' "$police_of_suzhou" quarantine replay
grep -q "sent: $mended applied" "$root/out" || fail "the mended rows were not applied"
check "what was broken was taken; what is incomplete waits for its own clerk"

step "The hub is killed while adapters send, and starts again: nothing is lost"
# The last exports come in parts, each a chance to catch the adapters sending:
# whether it did is not guessed, but seen in their outboxes.
parts=5 caught=false
for agency in "${agencies[@]}"; do
  case "$agency" in
    # Their exports are in already.
    "$labor_of_suzhou" | "$health_of_suzhou") ;;
    commerce.*) # No lines that could be dealt.
      mkdir -p "$demo/parts/$agency/1"
      export=$(export_of changes-02 "$agency")
      cp "$export" "$demo/parts/$agency/1/changes-02-$(basename "$export")"
      ;;
    *)
      python3 deploy/demo/deal_rows.py "$(export_of changes-02 "$agency")" $parts \
        "$demo/parts/$agency"
      ;;
  esac
done
for part in $(seq $parts); do
  dealt=false
  for agency in "${agencies[@]}"; do
    [ -d "$demo/parts/$agency/$part" ] || continue
    cp "$demo/parts/$agency/$part"/* "$demo/adapters/$agency/exports/"
    dealt=true
  done
  $dealt || continue
  if $caught; then
    exchange "${agencies[@]}"
    continue
  fi
  : >"$root/killed"
  python3 deploy/demo/kill_while_sending.py "$(cat "$root/hub.pid")" "$metrics" \
    >"$root/killed" 9>&- &
  killer=$!
  until grep -q watching "$root/killed"; do sleep 0.1; done
  for agency in "${agencies[@]}"; do
    adapter "$agency" --patience 60 once >"$root/$agency.once" 2>&1 9>&- &
    adapters+=($!)
  done
  wait "$killer" || fail "nothing was sent"
  echo "   killed with kill -9 when $(tail -n 1 "$root/killed") updates of part" \
    "$part of $parts were answered"
  waiting=0
  for agency in "${agencies[@]}"; do
    quietly 0 adapter "$agency" -o json outbox list
    waiting=$((waiting + $(field updates)))
  done
  start_hub "$WAYSTATION_HUB"
  for pid in "${adapters[@]}"; do
    code=0
    wait "$pid" || code=$?
    [ $code -eq 0 ] || [ $code -eq 3 ] || fail "an adapter ended with $code"
  done
  adapters=()
  if [ $waiting -eq 0 ]; then
    echo "   all had been answered by then; once more"
    continue
  fi
  caught=true
  check "$waiting updates waited in outboxes when it fell, and were sent when it was back"
done
$caught || fail "the adapters were never caught sending"
exchange "${agencies[@]}"
run 0 wayctl agency list
quietly 0 wayctl -o json hub status
[ "$(field records)" -eq $(($(truth records 2) + mended)) ] ||
  fail "$(field records) records, the truth has $(truth records 2) and $mended mended"
check "$(field records) records, as the truth file says with the $mended mended rows"
run 0 wayctl hub check

step "The audit log proves all of it"
# Each adapter looked at the log before it sent, and cosigned what it saw.
witnesses=()
for agency in "${agencies[@]}"; do
  adapter "$agency" -o json witness show >"$root/out"
  witnesses+=(--witness-key "$(field verifier_key)")
done
as 0 auditor audit verify "${witnesses[@]}" --quorum 2
as 0 auditor audit export "$demo/export"
run 0 wayctl audit verify "$demo/export" --key "$demo/state/log.key"
run 0 python3 deploy/demo/flip_bit.py "$demo/export" "$demo/tampered"
entry=$(sed 's/.* entry //' "$root/out")
run 3 wayctl audit verify "$demo/tampered" --key "$demo/state/log.key"
grep -q "entry $entry " "$root/out" || fail "entry $entry is not named"
check "one bit was flipped in a copy, and the entry is named"

step "Her name stands in no file of the hub, and in no line of its log"
stored=("$demo/state/store")
[ "$store" = sqlite ] || stored=("$demo/postgres/")
run 1 grep -r 阮春禾 "${stored[@]}" "$demo/hub.log"
check "what is stored about her is sealed"

if $keep; then
  printf '\nThe hub goes on. Next: . %s/env.sh; end it with: %s\n' "$demo" \
    "deploy/demo.sh --stop$([ "$demo" = build/demo ] || printf ' --dir %q' "$demo")"
else
  stop_hub
fi
printf '\nThe story is told, and everything held.\n'
