#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh TARGET CORPUS MAX_LEN: one target of the preset `fuzz` for
# $WAYSTATION_FUZZ_SECONDS (60), on inputs drawn from $WAYSTATION_FUZZ_SEED (any).
# It begins with the corpus and with what earlier runs on this machine found worth
# keeping (build/fuzz/found). An input that breaks it is left in build/fuzz/broken, and
# how to see it again is printed.
set -euo pipefail
target=$1 corpus=$2 max_len=$3
name=$(basename "$target")
build=$(cd "$(dirname "$target")/.." && pwd)
mkdir -p "$build/found/$name" "$build/broken"

log=$build/broken/$name.log
seed=${WAYSTATION_FUZZ_SEED:-0}

# What libFuzzer's own way of choosing costs grows with the corpus: two thirds of
# the time, for readers as quick as these.
options=(-entropic=0 "-max_total_time=${WAYSTATION_FUZZ_SECONDS:-60}" "-seed=$seed"
  "-max_len=$max_len" "-artifact_prefix=$build/broken/$name-" -print_final_stats=1
  -verbosity=1)
# An input takes milliseconds and some ten megabytes. 25 s and 1 GiB are what a
# slow machine under load never comes near, and a loop or a bomb does.
options+=(-timeout=25 -rss_limit_mb=1024 -malloc_limit_mb=512)
if "$target" "${options[@]}" "$build/found/$name" "$corpus" 2>&1 | tee "$log"; then
  exit 0
fi

# By chance, with the seed 0: then libFuzzer has drawn one and named it.
drawn=$(sed -n 's/^INFO: Seed: //p' "$log")
input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
{
  echo
  echo "fuzz: $name does not hold, with the seed ${drawn:-$seed}"
  if [ -f "$input" ]; then
    echo "fuzz: broken by  $input"
    echo "fuzz: again      $target $input"
    echo "fuzz: elsewhere  deploy/lib/build.sh fuzz $name, then the same with the file of"
    echo "                 echo $(base64 -w0 "$input") | base64 -d"
  fi
} >&2
exit 1
