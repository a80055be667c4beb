# SPDX-License-Identifier: Apache-2.0
"""rules_test.py SOURCE_DIR: no English sentence of the sources is without Chinese.

Goes through the string literals of the programs. Each that holds two words and
more must be said through the catalogue (Say, a log line), stand in the table of
rules (proto/errors/rule.cc) or in that of reasons, or be named below with why
nobody reads it.
"""

import pathlib
import re
import sys

ROOMS = ("proto", "server", "client", "adapters", "tests/population")
TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>\w*)\(.*?\)(?P=d)"|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\]|\\.)'",
    re.S,
)
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,}")
# Whatever is translated where it is said.
SAID = re.compile(r"\b(?:Say|debug|info|warn|error)\s*\(\s*$")

# What is no sentence for a reader: file, and the end of the code before the
# literal with the literal.
EXEMPT = [
    # The other tables.
    (r"proto/errors/(reason|rule)\.cc", r""),
    (r"server/domain/(notice|record|service)_conventions\.cc", r""),
    (r"client/wayctl/service_rate_conventions\.cc", r""),
    # A law in both languages at once.
    (r"adapters/.*", r" / [^\x00-\x7f]"),
    # Command lines that are examples, and SQL.
    (r"client/wayctl/.*", r'"(wayctl|source <\(wayctl) [^"]*$'),
    (r"(server/storage|adapters/framework)/.*",
     r"(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|FROM|WHERE|VALUES)\b"),
    # Labels of derived keys, of types and of formats.
    (r"server/hub/.*", r"DeriveKey\([^;]*$"),
    (r"server/storage/.*", r'kPointerType<\w+> =\s*"[^"]*$|"waystation store '),
    (r"client/library/include/.*", r'Format =\s*"[^"]*$'),
    (r"server/hub/lifecycle\.cc", r'\{"row", "hub identity$'),
    (r"proto/sealed/envelope\.cc", r'StrCat\(\s*"waystation hand-over 1'),
    # HTML and SVG.
    (r"client/wayctl/report_html\.cc", r'"[^"]*<'),
    # What machines read: help of metrics, gRPC's own services, HTTP.
    (r"server/service/metrics\.cc", r""),
    (r"server/service/(health|reflection)\.cc",
     r"(NOT_FOUND, |set_error_message\()\"[^\"]*$"),
    (r"proto/runtime/http_endpoint\.cc", r"answer = \{405, "),
    # Words of CLI11, taken apart.
    (r"proto/language/command_line\.cc", r'Split\(\w+, "[^"]*$'),
    # Names in certificates and comments in files that are made; the agencies of
    # `dev` have a Chinese name beside it.
    (r"server/waystationd/layout\.cc", r"MakeAuthority\(|demo_numbers"),
    (r"server/hub/keys\.cc", r"# Secret"),
    (r"server/waystationd/dev\.cc", r"[^\x00-\x7f]"),
    # An installation without ICU's tables: nothing else works either.
    (r"adapters/framework/decoding/gb18030\.cc", r"ICU has no usable"),
]


def literals(text):
    """(offset, value) of each literal, adjacent ones joined."""
    found = []
    for match in TOKEN.finditer(text):
        token = match.group(0)
        if not token.startswith('"'):
            continue
        value = token[1:-1]
        if found and not text[found[-1][1]:match.start()].strip():
            found[-1] = (found[-1][0], match.end(), found[-1][2] + value)
        else:
            found.append((match.start(), match.end(), value))
    return [(begin, value) for begin, _, value in found]


def unescaped(value):
    return value.replace('\\"', '"').replace("\\\\", "\\")


def sources(root):
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in (".cc", ".h") and not path.stem.endswith("_test"):
                yield path


def rows(text):
    """English and Chinese of each row of a table of words."""
    table = text[text.index("kRules[] = {"):text.index("// clang-format on")]
    return re.findall(
        r'\{"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\}', table)


def main():
    root = pathlib.Path(sys.argv[1])
    table = rows((root / "proto/errors/rule.cc").read_text("utf-8"))
    fixed = [part for english, _ in table
             for part in re.split(r"\$\d", unescaped(english))]
    wrong = []
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text("utf-8")
        for begin, value in literals(text):
            value = unescaped(value)
            before = text[:begin]
            if not SENTENCE.search(value) or SAID.search(before[-80:]):
                continue
            if any(value.strip() in part for part in fixed):
                continue
            near = f'{before[-120:]}"{value}'
            if any(re.fullmatch(file, name) and re.search(code, near)
                   for file, code in EXEMPT):
                continue
            wrong.append(f"{name}:{before.count(chr(10)) + 1}: {value}")
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        print("say it with Say(), or give it a row in proto/errors/rule.cc",
              file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
