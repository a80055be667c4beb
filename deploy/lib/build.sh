#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh PRESET [TARGET...]: configures and builds one preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

preset=$1
shift
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >&2
if [ $# -gt 0 ]; then
  cmake --build --preset "$preset" --target "$@" >&2
else
  cmake --build --preset "$preset" >&2
fi
