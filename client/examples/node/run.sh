#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh FOLDER ARGUMENT...: installs the two packages into FOLDER and runs the
# example there with the arguments.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
shift
mkdir -p "$folder"
cp "$here"/package*.json "$here"/*.js "$folder"
(cd "$folder" && npm ci --silent --no-fund --no-audit >&2)
WAYSTATION_PROTO=$here/../../../proto exec node "$folder/exchange.js" "$@"
