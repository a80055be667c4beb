#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# working_days_test.sh SOURCE_DIR BIN_DIR WORK_DIR: holds the shipped calendar and
# how wayctl counts by it against a library that is not ours.
set -euo pipefail
source=$1 bin=$2 work=$3

# Installed there, so that nothing is written among the sources.
mkdir -p "$work"
cd "$work"
cp "$source"/tests/interop/working_days/* .
if ! cmp -s package-lock.json node_modules/.installed-lock; then
  npm ci --silent --no-fund --no-audit --ignore-scripts
  cp package-lock.json node_modules/.installed-lock
fi
node working_days_test.mjs "$bin/wayctl" "$source/deploy/calendars/cn.yaml"
