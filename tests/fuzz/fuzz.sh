#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh TARGET CORPUS MAX_LEN RUNS: one target of the preset `fuzz`.
#
# Without settings it tries RUNS inputs that are made of the corpus and of a seed
# that is always the same, so that the same program tries the same ones wherever it
# runs. A machine that is too slow for that ends earlier, after the first of them.
#
# With $WAYSTATION_FUZZ_SECONDS it goes on for so long, on inputs drawn from
# $WAYSTATION_FUZZ_SEED (0: any), and begins with what earlier runs on this machine
# found worth keeping besides (build/fuzz/found).
#
# An input that breaks the target is left in build/fuzz/broken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# From here, since what a program is called by stands on its stack.
target=$(realpath --relative-to=. "$1") corpus=$(realpath --relative-to=. "$2")
max_len=$3 runs=$4
name=$(basename "$target")
build=$(dirname "$(dirname "$target")")
mkdir -p "$build/broken"
log=$build/broken/$name.log

seed=20260301
most_seconds=180

# What libFuzzer's own way of choosing costs grows with the corpus: two thirds of
# the time, for readers as quick as these.
options=(-entropic=0 "-max_len=$max_len" "-artifact_prefix=$build/broken/$name-"
  -print_final_stats=1 -verbosity=1)
# An input takes milliseconds and some ten megabytes. 25 s and 1 GiB are what a
# slow machine under load never comes near, and a loop or a bomb does.
options+=(-timeout=25 -rss_limit_mb=1024 -malloc_limit_mb=512)
# Not each second, which moves what is allocated next.
options+=(-purge_allocator_interval=-1)
if [ -n "${WAYSTATION_FUZZ_SECONDS:-}" ]; then
  seed=${WAYSTATION_FUZZ_SEED:-0}
  mkdir -p "$build/found/$name"
  options+=("-max_total_time=$WAYSTATION_FUZZ_SECONDS" "$build/found/$name" "$corpus")
else
  # By name: a folder lists its files as it likes.
  files=$(LC_ALL=C find "$corpus" -type f | LC_ALL=C sort | paste -sd,)
  options+=("-runs=$runs" "-max_total_time=$most_seconds" "-seed_inputs=$files")
fi

# Where addresses are drawn, so is the order of hash tables, and with it what
# libFuzzer finds worth going on with; and it makes inputs of what the program
# compares, pointers into its stack too, whose place the environment shifts.
fixed=(env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8)
setarch --addr-no-randomize true 2>/dev/null && fixed+=(setarch --addr-no-randomize)
if "${fixed[@]}" "$target" "-seed=$seed" "${options[@]}" 2>&1 | tee "$log"; then
  exit 0
fi

input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
{
  echo
  echo "fuzz: $name does not hold, with the seed $seed"
  if [ -f "$input" ]; then
    echo "fuzz: broken by  $input"
    echo "fuzz: again      $target $input"
    echo "fuzz: elsewhere  deploy/lib/build.sh fuzz $name, then the same with the file of"
    echo "                 echo $(base64 -w0 "$input") | base64 -d"
  fi
  if [ -z "${WAYSTATION_FUZZ_SECONDS:-}" ]; then
    echo "fuzz: all of it  ctest --preset fuzz -R '^$name\$'"
  fi
} >&2
exit 1
