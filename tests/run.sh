#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, and runs every functional test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'HELP'
usage: tests/run.sh [--quick | --sanitizers | --fuzz [SECONDS] | --lint | --tidy |
                     --planted | --all] [-R REGEX]

  (none)        build, and run every functional test
  --quick       unit and conformance tests only
  --sanitizers  the suites named in tests/README.md under ASan+UBSan and TSan
  --fuzz [N]    each reader on inputs that libFuzzer makes of a seed that stays
                the same; or for N seconds, of a seed that each commit has its
                own of
  --lint        clang-format, buf lint, shellcheck
  --tidy        clang-tidy over all of our code; takes half an hour
  --planted     plants bugs and demands that tests fail; takes half an hour
  --all         the functional tests, --lint and --fuzz
  -R REGEX      only tests whose name matches
HELP
}

functional=true sanitizers=false fuzz=false lint=false tidy=false planted=false
select=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) select+=(-L quick) ;;
    --sanitizers) functional=false sanitizers=true ;;
    --lint) functional=false lint=true ;;
    --tidy) functional=false tidy=true ;;
    --planted) functional=false planted=true ;;
    --fuzz)
      functional=false fuzz=true
      if [[ "${2:-}" =~ ^[0-9]+$ ]]; then
        export WAYSTATION_FUZZ_SECONDS=$2
        shift
      fi
      ;;
    --all) lint=true fuzz=true ;;
    -R)
      [ $# -gt 1 ] || {
        usage >&2
        exit 2
      }
      select+=(-R "$2")
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done

# Properties and readers are tried on values that are drawn: others for each tree,
# and for one tree the same, so that what passed here passes wherever it is checked.
tree=$(git rev-parse 'HEAD^{tree}' 2>/dev/null || echo 1)
: "${RC_PARAMS:=seed=$((16#${tree:0:15}))}"
export RC_PARAMS

deploy/lib/install.sh deploy/packages.txt
if $fuzz; then
  # First of all, since it is what may not be had.
  deploy/lib/install.sh deploy/packages-fuzz.txt
  deploy/lib/sources.sh libprotobuf-dev libyaml-cpp-dev
fi
if $lint; then
  deploy/lib/install.sh deploy/packages-lint.txt
  tests/lint.sh
fi
if $tidy; then
  deploy/lib/install.sh deploy/packages-lint.txt
  tests/tidy.sh
fi
if $functional; then
  deploy/lib/install.sh deploy/packages-test.txt
  deploy/lib/build.sh release
  ctest --preset release -j2 "${select[@]}"
fi
if $sanitizers; then
  for sanitizer in asan tsan; do
    deploy/lib/build.sh "$sanitizer" "tests_$sanitizer"
    ctest --preset "$sanitizer" -j2 "${select[@]}"
  done
fi
if $fuzz; then
  deploy/lib/build.sh fuzz tests_fuzz
  WAYSTATION_FUZZ_SEED=${WAYSTATION_FUZZ_SEED:-$((16#${tree:0:7} + 1))} \
    ctest --preset fuzz -j2 "${select[@]}"
fi
if $planted; then
  tests/planted.sh
fi
