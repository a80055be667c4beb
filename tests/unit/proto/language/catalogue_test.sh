#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# catalogue_test.sh SOURCE_DIR: each sentence that a program says or logs stands
# in the Chinese catalogue, and the catalogue holds no sentence that nobody says.
set -euo pipefail
cd "$1"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
po=proto/language/po/zh_CN.po
find proto server client adapters tests/population -name '*.cc' -o -name '*.h' \
  >"$work/sources"
xgettext --language=C++ --from-code=UTF-8 --no-location \
  --keyword=Say --keyword=debug --keyword=info --keyword=warn --keyword=error \
  --files-from="$work/sources" --output="$work/said.pot"
# Names of the protos are looked up as they come and stand in no source.
msgattrib --no-obsolete "$po" |
  msggrep --invert-match --msgctxt -e '.' -o "$work/sentences.po" -
msgcmp "$work/sentences.po" "$work/said.pot"
# The other way round: translated, but not said.
msgcomm --more-than=1 "$work/sentences.po" "$work/said.pot" -o "$work/both.po"
unsaid=$(($(grep -c '^msgid' "$work/sentences.po") -
  $(grep -c '^msgid' "$work/both.po")))
if [ "$unsaid" -ne 0 ]; then
  echo "$po: $unsaid sentences that nobody says" >&2
  exit 1
fi
# A value that is lost in translation would be missed by nobody but the reader.
python3 - "$work/sentences.po" <<'CHECK'
import re
import subprocess
import sys

text = subprocess.run(["msgcat", "--no-wrap", sys.argv[1]],
                      capture_output=True, text=True, check=True).stdout
wrong = 0
for entry in text.split("\n\n"):
    parts = entry.split("\nmsgstr ")
    if len(parts) != 2 or 'msgid ""\nmsgstr' in entry:
        continue
    values = [sorted(set(re.findall(r"\$\d", part))) for part in parts]
    gaps = [part.count("{}") for part in parts]
    if values[0] != values[1] or gaps[0] != gaps[1]:
        print(f"other values in translation:\n{entry}\n", file=sys.stderr)
        wrong += 1
sys.exit(1 if wrong else 0)
CHECK
