#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Format, small habits, protos and scripts. Changes nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo "lint: clang-format" >&2
git ls-files '*.cc' '*.h' | xargs clang-format --dry-run --Werror

echo "lint: shellcheck" >&2
{
  git ls-files '*.sh'
  echo .ci/run
} | xargs shellcheck -x

echo "lint: buf" >&2
mkdir -p build/tools
[ -x build/tools/node_modules/.bin/buf ] ||
  npm install --silent --no-fund --no-audit --prefix build/tools \
    @bufbuild/buf@1.50.0 >&2
(cd proto && ../build/tools/node_modules/.bin/buf lint)

echo "lint: clang-tidy" >&2
[ -f build/release/build.ninja ] || cmake --preset release >&2
# Generated headers are needed; the rest is not built here.
cmake --build --preset release --target proto_services >&2
git ls-files 'proto/*.cc' 'server/*.cc' 'client/*.cc' 'adapters/*.cc' |
  xargs -P 2 -n 4 clang-tidy -p build/release --quiet 2>build/tidy.log || {
  grep -E 'error|warning' build/tidy.log >&2 || true
  exit 1
}
