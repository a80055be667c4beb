#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# sources.sh PACKAGE...: brings the Debian source of each installed package, in
# the very version that is installed, to build/tools/sources/PACKAGE, unpacked
# and patched. apt checks signatures and sums; its own lists and settings stay
# as they are, and root is needed only where apt has no lists at all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

apt=build/tools/apt
sources=build/tools/sources
mkdir -p "$sources"

fail() {
  echo "sources: $*" >&2
  echo "sources: Debian's mirror must be reachable, and hold what is installed" >&2
  echo "  (after a point release: apt-get upgrade). Nothing is tested instead." >&2
  exit 1
}

missing=()
for package in "$@"; do
  version=$(dpkg-query -W -f='${source:Version}' "$package") ||
    fail "$package is not installed"
  [ "$(cat "$sources/$package.version" 2>/dev/null)" = "$version" ] ||
    missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

# The same mirrors, for sources.
mkdir -p $apt/lists/partial $apt/archives/partial
list_mirrors() {
  # apt fills these in.
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' | sort -u |
    sed 's|^|deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] |' \
      >$apt/sources.list
}
list_mirrors
if [ ! -s $apt/sources.list ] && [ "$(id -u)" -eq 0 ]; then
  # An image that was made small has no lists of packages.
  apt-get update -qq >&2 || true
  list_mirrors
fi
[ -s $apt/sources.list ] || fail "apt knows no mirror of Debian: apt-get update"
options=(-qq
  -o Dir::Etc::SourceList="$PWD/$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$PWD/$apt/lists" -o Dir::Cache="$PWD/$apt"
  -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3)
apt-get update "${options[@]}" -o APT::Update::Error-Mode=any >&2 ||
  fail "no list of sources"

for package in "${missing[@]}"; do
  read -r name version < <(dpkg-query -W \
    -f='${source:Package} ${source:Version}\n' "$package")
  echo "sources: $name $version" >&2
  rm -rf "${sources:?}/$package" "$sources/$package.version" $apt/download
  mkdir -p $apt/download
  (cd $apt/download && apt-get source "${options[@]}" --download-only \
    "$name=$version" >&2) || fail "$name $version cannot be fetched"
  dpkg-source --no-check --no-copy -x $apt/download/*.dsc "$sources/$package" \
    >/dev/null || fail "$name $version cannot be unpacked"
  echo "$version" >"$sources/$package.version"
done
rm -rf $apt/download
