#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# catalogue_test.sh SOURCE_DIR: each sentence that wayctl says stands in the
# Chinese catalogue, and the catalogue holds no sentence that nobody says.
set -euo pipefail
cd "$1/client/wayctl"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
xgettext --language=C++ --from-code=UTF-8 --keyword=Say --no-location \
  --output="$work/said.pot" ./*.cc ./*.h
# Names of the protos are looked up as they come and stand in no source.
msgattrib --no-obsolete po/zh_CN.po |
  msggrep --invert-match --msgctxt -e '.' -o "$work/sentences.po" -
msgcmp --use-untranslated "$work/sentences.po" "$work/said.pot"
# The other way round: translated, but not said.
msgcomm --more-than=1 "$work/sentences.po" "$work/said.pot" -o "$work/both.po"
unsaid=$(($(grep -c '^msgid' "$work/sentences.po") -
  $(grep -c '^msgid' "$work/both.po")))
if [ "$unsaid" -ne 0 ]; then
  echo "po/zh_CN.po: $unsaid sentences that nobody says" >&2
  exit 1
fi
