#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows that the tests can fail: plants bugs one at a time into a scratch copy of
# this checkout, and demands that the suites which guard against each turn red.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'HELP'
usage: tests/planted.sh [--list] [NAME...]

  (none)   all bugs of tests/faults/planted; takes half an hour and more
  NAME     these bugs only, such as budget_not_counted
  --list   the bugs, the guarantee that each is against, and who guards it

A bug is a patch with four lines before it:

  Breaks:   what is wrong then
  Against:  the guarantee (section 3 of the design, or the section named)
  Targets:  what must be built for the tests below
  Red:      the tests that must fail, each of them, as ctest names them

First the tests must be green without any bug. Red is a test that ran and failed:
a patch that does not apply, a build that fails, a test that did not run or ran
out of time is a mistake of the patch or of this script, and ends with 2.

The copy is a worktree of its own in a temporary folder, with uncommitted changes
of known files; the checkout itself is not touched. The compiler cache is shared.
Exit codes: 0 each bug was found; 1 one was not; 2 it could not be shown.
HELP
}

list=false names=()
for argument in "$@"; do
  case "$argument" in
    --list) list=true ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
      usage >&2
      exit 2
      ;;
    *) names+=("$argument") ;;
  esac
done

readonly bugs=tests/faults/planted
say() { printf 'planted: %s\n' "$*" >&2; }
give_up() {
  say "$*"
  exit 2
}

if [ ${#names[@]} -eq 0 ]; then
  for patch in "$bugs"/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi
for name in "${names[@]}"; do
  [ -f "$bugs/$name.patch" ] || give_up "no such bug: $name (see --list)"
done

# field NAME KEY: one of the four lines before the patch.
field() { sed -n "s/^$2: *//p; /^--- /q" "$bugs/$1.patch"; }

if $list; then
  for name in "${names[@]}"; do
    printf '%s\n  %s\n  %s\n  %s\n' "$name" "$(field "$name" Breaks)" \
      "against $(field "$name" Against)" "found by $(field "$name" Red)"
  done
  exit 0
fi

[ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$PWD" ] ||
  give_up "this tree is no git checkout: there is nothing to make a worktree of"
# A commit of what is here now; changes neither files nor branches.
commit=$(git stash create)
: "${commit:=$(git rev-parse HEAD)}"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/waystation-planted-XXXXXX")
# shellcheck disable=SC2317
clean_up() {
  git worktree remove --force "$scratch/tree" 2>/dev/null || true
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
git worktree add --quiet --detach "$scratch/tree" "$commit"
tree=$scratch/tree

# build TARGET...: quiet unless it fails.
build() {
  (cd "$tree" && deploy/lib/build.sh release "$@") >"$scratch/build.log" 2>&1
}

# run TEST...: the output goes to run.log, the tests that did not pass to
# not_passed, each with how it ended. Fails if one of them does not exist.
run() {
  local names
  printf -v names '%s|' "$@"
  (cd "$tree" && ctest --preset release -j2 -R "^(${names%|})\$") \
    >"$scratch/run.log" 2>&1 || true
  sed -n 's/^\t *[0-9]* - \([^ ]*\) (\([^)]*\)).*/\1 \2/p' "$scratch/run.log" \
    >"$scratch/not_passed"
  grep -q " tests failed out of $#\$" "$scratch/run.log"
}

# The cases that failed, as GoogleTest and unittest print them.
cases() {
  sed -n -e 's/^\[  FAILED  \] \([A-Za-z_/0-9]*\.[A-Za-z_/0-9]*\).*/\1/p' \
    -e 's/^\(FAIL\|ERROR\): \(test_[A-Za-z_0-9]*\).*/\2/p' "$scratch/run.log" |
    sort -u
}

# --- green without bugs ---

targets=() red=()
for name in "${names[@]}"; do
  read -ra of_bug <<<"$(field "$name" Targets)"
  targets+=("${of_bug[@]}")
  read -ra of_bug <<<"$(field "$name" Red)"
  red+=("${of_bug[@]}")
done
mapfile -t targets < <(printf '%s\n' "${targets[@]}" | sort -u)
mapfile -t red < <(printf '%s\n' "${red[@]}" | sort -u)
say "building ${#targets[@]} targets without a bug in $tree"
build "${targets[@]}" || {
  tail -40 "$scratch/build.log" >&2
  give_up "it does not build even without a bug"
}
say "running ${#red[@]} tests without a bug: ${red[*]}"
run "${red[@]}" || give_up "one of these tests does not exist"
if [ -s "$scratch/not_passed" ]; then
  tail -60 "$scratch/run.log" >&2
  give_up "not green without a bug: $(paste -sd, "$scratch/not_passed")"
fi

# --- red with each ---

# plant NAME: sets `verdict` and `found_by`.
plant() {
  local patch=$PWD/$bugs/$1.patch targets red found
  verdict=ERROR
  read -ra targets <<<"$(field "$1" Targets)"
  read -ra red <<<"$(field "$1" Red)"
  git -C "$tree" apply "$patch" 2>"$scratch/apply.log" || {
    found_by="the patch does not apply: $(head -1 "$scratch/apply.log")"
    return
  }
  if ! build "${targets[@]}"; then
    found_by='it does not build'
    tail -20 "$scratch/build.log" >&2
  elif ! run "${red[@]}"; then
    found_by="one of these does not exist: ${red[*]}"
  elif grep -qvE ' (Failed|SEGFAULT|Subprocess aborted)$' "$scratch/not_passed"; then
    found_by=$(paste -sd, "$scratch/not_passed")
  else
    mapfile -t found < <(cases)
    found_by="$(cut -d' ' -f1 "$scratch/not_passed" | paste -sd' ')"
    found_by+=": ${found[0]:-$(cut -d' ' -f2- "$scratch/not_passed" | paste -sd,)}"
    [ ${#found[@]} -lt 2 ] || found_by+=" and $((${#found[@]} - 1)) more"
    if [ "$(wc -l <"$scratch/not_passed")" -eq ${#red[@]} ]; then
      verdict=found
    else
      verdict='NOT FOUND'
      found_by="of ${red[*]} only by: $found_by"
    fi
  fi
  git -C "$tree" checkout --quiet -- .
}

table='' code=0
for name in "${names[@]}"; do
  say "planting $name: $(field "$name" Breaks)"
  plant "$name"
  say "$verdict: $found_by"
  printf -v row '%-9s  %-29s  %-58s  %s\n' "$verdict" "$name" \
    "$(field "$name" Against)" "$found_by"
  table+=$row
  case "$verdict" in
    found) ;;
    ERROR) code=2 ;;
    *) [ "$code" -eq 2 ] || code=1 ;;
  esac
done

printf '%-9s  %-29s  %-58s  %s\n' '' 'bug' 'against' 'found by'
printf '%s' "$table"
exit "$code"
