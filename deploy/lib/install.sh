#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages listed in the files given, those only that are
# missing. Needs root, or sudo, only when something is missing. An executable
# that another way of installing already provides (node, npm) is left alone.
set -euo pipefail

missing=()
while read -r package _; do
  case "$package" in
    '' | '#'*) continue ;;
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
  esac
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
    grep -q 'ok installed' || missing+=("$package")
done < <(cat "$@")

[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install: ${missing[*]} missing, and neither root nor sudo" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "install: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
# Another package manager may hold the lock on a machine that has just started.
"${as_root[@]}" apt-get install -y -qq --no-install-recommends \
  -o DPkg::Lock::Timeout=300 "${missing[@]}" >&2
