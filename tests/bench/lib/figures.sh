#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Rounds, medians, tables and ratios. Sourced by tests/bench/run.sh.

# shellcheck disable=SC2154  # work, rounds, ...: set by who sources this

# What each round gave: figures[name] = "v1 v2 v3".
declare -A figures=()

forget() { figures=(); }
note() { figures[$1]+="${figures[$1]:+ }$2"; }

calculate() { awk "BEGIN { printf \"%.${2:-2}f\\n\", ($1) }"; }

median() {
  tr ' ' '\n' <<<"${figures[$1]}" | sort -g |
    awk '{ v[NR] = $1 }
      END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# The rounds of one figure and their median: row LABEL NAME
row() {
  local value
  printf '  %-46s' "$1"
  for value in ${figures[$2]}; do printf ' %9.0f' "$value"; done
  printf '   median %9.0f\n' "$(median "$2")"
}

head_of_table() {
  local round
  printf '  %-46s' "$1"
  for ((round = 1; round <= rounds; ++round)); do
    printf ' %9s' "round $round"
  done
  printf '\n'
}

# ratio NAME OURS PEER OP GOAL: the median over rounds of ours / peer, so that
# what else the machine does meets both sides of each ratio.
ratio() {
  local -a ours peer
  local i
  read -ra ours <<<"${figures[$2]}"
  read -ra peer <<<"${figures[$3]}"
  unset "figures[ratio]"
  for i in "${!ours[@]}"; do
    note ratio "$(calculate "${ours[i]} / ${peer[i]}" 4)"
  done
  goal "$1" "$(median ratio)" "$4" "$5"
}

# goal NAME VALUE OP GOAL
goal() { printf 'RATIO %s %s goal %s %s\n' "$1" "$(calculate "$2")" "$3" "$4"; }

question() {
  printf '%s\n' "${benchmarks[@]}" | sed -n "s/^$1  *//p"
}

# What the machine is, for whoever reads a table later.
machine() {
  printf '%s x %s, %s GiB, %s, %s\n' "$(nproc)" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
    "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" \
    "$(df --output=fstype "$work" | tail -n 1)" \
    "$(sed -n 's/^PRETTY_NAME="\(.*\)"$/\1/p' /etc/os-release)"
}

# Whom a benchmark is about.
subjects() {
  if [[ $1 =~ ^(linkage|latin|train)$ ]]; then
    echo "$people people"
  elif [ "$1" = desk ]; then
    echo "$many people at $agencies agencies"
  else
    echo "$persons people at $agencies agencies"
  fi
}

# Puts the output of one benchmark between its marks in RESULTS.md; what stands
# around them is prose and stays.
record() {
  local file=tests/bench/RESULTS.md begin="<!-- figures: $1 -->"
  grep -qF "$begin" "$file" || printf '\n%s\n<!-- end -->\n' "$begin" >>"$file"
  {
    printf '\n```\n'
    machine
    printf '%s, %s, load average %s\n' "$(date -u +%Y-%m-%d)" \
      "$(subjects "$1")" "$(cut -d' ' -f1 /proc/loadavg)"
    cat "$work/$1.out"
    printf '```\n'
  } >"$work/block"
  awk -v begin="$begin" -v block="$work/block" '
    $0 == begin { print; while ((getline line < block) > 0) print line; skip = 1 }
    $0 == "<!-- end -->" { skip = 0 }
    !skip && $0 != begin { print }' "$file" >"$work/results"
  cp "$work/results" "$file"
}
