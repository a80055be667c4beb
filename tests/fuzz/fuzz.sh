#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh TARGET CORPUS MAX_LEN: one target of the preset `fuzz` for
# $WAYSTATION_FUZZ_SECONDS (60), on inputs drawn from $WAYSTATION_FUZZ_SEED (any).
# It begins with the corpus and with what earlier runs on this machine found worth
# keeping (build/fuzz/found). An input that breaks it is left in build/fuzz/broken;
# to see it again: TARGET FILE.
set -euo pipefail
target=$1 corpus=$2 max_len=$3
name=$(basename "$target")
build=$(cd "$(dirname "$target")/.." && pwd)
mkdir -p "$build/found/$name" "$build/broken"

options=()
dictionary=$(dirname "$corpus")/../$(basename "$corpus").dict
[ -f "$dictionary" ] && options+=("-dict=$dictionary")
# An input takes milliseconds and some ten megabytes. 25 s and 1 GiB are what a
# slow machine under load never comes near, and a loop or a bomb does.
exec "$target" "${options[@]}" -max_total_time="${WAYSTATION_FUZZ_SECONDS:-60}" \
  -seed="${WAYSTATION_FUZZ_SEED:-0}" -max_len="$max_len" -timeout=25 -rss_limit_mb=1024 -malloc_limit_mb=512 \
  -artifact_prefix="$build/broken/$name-" -print_final_stats=1 -verbosity=1 \
  "$build/found/$name" "$corpus"
