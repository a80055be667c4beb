#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh FOLDER ARGUMENT...: generates the stubs into FOLDER and runs the
# example with the arguments.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
proto=$here/../../../proto
stubs=$1
shift
mkdir -p "$stubs"
(cd "$proto" && protoc -I . --python_out="$stubs" --grpc_out="$stubs" \
  --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" \
  waystation/v1/*.proto)
PYTHONPATH="$stubs:$here" exec /usr/bin/python3 "$here/exchange.py" "$@"
