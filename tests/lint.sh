#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Format, protos and scripts. Changes nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo "lint: clang-format" >&2
git ls-files '*.cc' '*.h' | xargs clang-format --dry-run --Werror

echo "lint: shellcheck" >&2
{
  git ls-files '*.sh'
  echo .ci/run
} | xargs shellcheck -x

mkdir -p build/tools
echo "lint: promtool" >&2
# Taken out of its package: installed, it would start a server.
if [ ! -x build/tools/usr/bin/promtool ]; then
  (cd build/tools && apt-get download -qq prometheus &&
    dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb) >&2
fi
build/tools/usr/bin/promtool check rules deploy/prometheus/alerts.yaml >&2
build/tools/usr/bin/promtool test rules deploy/prometheus/alerts_test.yaml >&2

echo "lint: buf" >&2
[ -x build/tools/node_modules/.bin/buf ] ||
  npm install --silent --no-fund --no-audit --prefix build/tools \
    @bufbuild/buf@1.50.0 >&2
# A change that old clients or stored bytes would not bear is not made. Where it
# is meant all the same, `buf build -o baseline.binpb.gz` in proto/ says so.
(cd proto && ../build/tools/node_modules/.bin/buf lint &&
  ../build/tools/node_modules/.bin/buf breaking --against baseline.binpb.gz)
