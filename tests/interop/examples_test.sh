#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples_test.sh LANGUAGE SOURCE_DIR BIN_DIR WORK_DIR: runs the examples of
# one language ("python" or "node") against the test vectors and against a
# throw-away hub.
set -euo pipefail
language=$1 source=$2 bin=$3 work=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
examples=$source/client/examples/$language

mkdir -p "$work"
cd "$work"

fail() {
  echo "interop_$language: $*" >&2
  exit 1
}

# --- the language's own preparation --------------------------------------

case "$language" in
  python)
    rm -rf gen
    mkdir -p gen
    protoc -I "$source/proto" --python_out=gen --grpc_python_out=gen \
      --plugin=protoc-gen-grpc_python="$(command -v grpc_python_plugin)" \
      "$source"/proto/waystation/v1/*.proto \
      "$source"/proto/waystation/config/v1/rules.proto
    export PYTHONPATH=$work/gen:$examples PYTHONDONTWRITEBYTECODE=1
    vectors() { /usr/bin/python3 "$here/vectors_test.py" "$@"; }
    example() { /usr/bin/python3 "$examples/$1.py" "${@:2}"; }
    ;;
  node)
    # Installed here, so that nothing is written among the sources.
    cp "$examples"/*.mjs "$examples"/package*.json "$here/vectors_test.mjs" .
    if ! cmp -s package-lock.json node_modules/.installed-lock; then
      npm ci --silent --no-fund --no-audit --ignore-scripts
      cp package-lock.json node_modules/.installed-lock
    fi
    export WAYSTATION_PROTO=$source/proto NODE_NO_WARNINGS=1
    vectors() { node vectors_test.mjs "$@"; }
    example() { node "$1.mjs" "${@:2}"; }
    ;;
  *) fail "no such language" ;;
esac

vectors "$source/proto/testvectors/frame_signature.json"

# --- a hub ----------------------------------------------------------------

rm -rf hub hub.out # That of an earlier run says "ready" already.
"$bin/waystationd" dev --dir "$work/hub" >hub.out 2>hub.log &
hub=$!
trap 'kill "$hub" 2>/dev/null; wait "$hub" 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  grep -qxs ready hub.out && break
  kill -0 "$hub" || fail "the hub did not start: $(cat hub.log)"
  sleep 0.1
done
# shellcheck source=/dev/null
. hub/env.sh

# --- the story ------------------------------------------------------------

# Two labor agencies hold the same worker; each proves what it sent.
submitted() {
  example submit_and_prove "$@" >out || fail "submit_and_prove $*"
  cat out
}
submitted labor.320500 A-1 1
grep -q '^APPLIED p-' out || fail "the update was not applied"
grep -Eq '^proven: entry [0-9]+ of [0-9]+$' out || fail "nothing was proven"
submitted labor.341200 B-7 1
grep -q '^proven' out || fail "nothing was proven"

# Sending the same again is safe, and writes nothing that could be proven.
submitted labor.341200 B-7 1
grep -q '^UNCHANGED p-' out || fail "repeating was not safe"
grep -q '^proven' out && fail "there was nothing to prove"

# A change of one reaches the other's mailbox, once.
example read_mailbox labor.320500 social_insurance_transfer >/dev/null
submitted labor.341200 B-7 2
example read_mailbox labor.320500 social_insurance_transfer >out
cat out
grep -Eq '^CHANGED p-[a-z0-9]+ A-1 .*employment' out ||
  fail "the change did not arrive"
grep -q 'employer: 苏州第 2 电子厂' out || fail "the new employer is not told"
example read_mailbox labor.320500 social_insurance_transfer >out
[ -s out ] && fail "what was acknowledged came again"

# A log key that is not the log's proves nothing.
other_key() {
  WAYSTATION_LOG_KEY=$(/usr/bin/python3 - <<'PYTHON'
import base64, hashlib
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives import serialization as s
raw = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(
    s.Encoding.Raw, s.PublicFormat.Raw)
name = "dev.waystation.example/log"
data = b"\x01" + raw
digest = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
print(f"{name}+{digest.hex()}+{base64.b64encode(data).decode()}")
PYTHON
  ) example submit_and_prove labor.320500 A-1 9
}
other_key >out 2>err && fail "a foreign key was taken"
grep -q 'not signed' err || fail "another error than expected: $(cat err)"

# And the log as a whole is intact, the frames' signatures included.
"$bin/wayctl" --context auditor audit verify

# --- cases ----------------------------------------------------------------

# One agency asks, the other is told and answers, the first is told of that.
[ "$language" = python ] || exit 0
example notices labor.320500 watch >out
[ "$(wc -l <out)" = 1 ] || fail "something waited before anything was sent"
token=$(sed -n 's/^token: //p' out)
example notices labor.320500 send A-1 labor.341200 \
  social_insurance_transfer employment >out || fail "nothing was sent"
id=$(cut -d' ' -f1 out)
example notices labor.341200 watch >out
cat out
grep -q "^$id SENT labor.341200" out || fail "the case is not told"
example notices labor.341200 answer "$id" employment=differs >out ||
  fail "the case was not answered"
example notices labor.320500 watch "$token" >out
cat out
grep -q "^$id ANSWERED" out || fail "the answer is not told"
