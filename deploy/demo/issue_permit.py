# SPDX-License-Identifier: Apache-2.0
"""What a residence register exports when somebody's permit has been issued: the
row of that person once more, with the permit in it.

  issue_permit.py EXPORT RECORD_KEY DAY VALID_UNTIL > NEW_EXPORT
"""

import csv
import io
import sys


def main():
    export, key, day, until = sys.argv[1:]
    with open(export, encoding="gb18030", newline="") as file:
        rows = csv.DictReader(file)
        row = next(row for row in rows if row["RYBH"] == key)
    row |= {"SFSLJZZ": "1", "JZZBH": "JZ320500" + key[7:], "JZZYXQ": until,
            "ZHXGSJ": f"{day} 09:00:00"}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    sys.stdout.buffer.write(text.getvalue().encode("gb18030"))


if __name__ == "__main__":
    main()
