# SPDX-License-Identifier: Apache-2.0
"""Reads what waystation-population exports with nothing but Python: each
agency's rows as dicts under its own names, with what all have in common besides
under `key`, `number`, `name`, `birth` and `changed`.
"""
import csv
import functools
import json
import os
import struct

EXPORTS = ("", "changes-01", "changes-02")
SECTORS = ("public_security", "labor", "health", "commerce")
ORIGINS = ("34", "41")
CITIZEN_NUMBER = "urn:oid:2.16.156.10011.1.3"


def decode(line, charset):
    """The text of a row, or None where it is not text."""
    try:
        text = line.decode(charset)
    except UnicodeDecodeError:
        return None
    assert text.encode(charset) == line, "not a round trip"
    return text


class Text:
    """Fields between delimiters under a line of headings."""

    def __init__(self, file, charset, delimiter, common, mark=b""):
        self.file, self.charset, self.delimiter = file, charset, delimiter
        self.common, self.mark = common, mark

    def read(self, data):
        assert data.startswith(self.mark)
        lines = data[len(self.mark):].split(b"\r\n")
        assert lines.pop() == b"", "the last line ends in CR LF"
        header = lines[0].decode(self.charset).split(self.delimiter)
        rows, broken = [], []
        for line in lines[1:]:
            text = decode(line, self.charset)
            fields = [] if text is None else next(
                csv.reader([text], delimiter=self.delimiter,
                           quoting=csv.QUOTE_MINIMAL))
            if len(fields) != len(header):
                broken.append(line)
                continue
            row = dict(zip(header, fields))
            row.update({ours: row[theirs]
                        for ours, theirs in self.common.items()})
            rows.append(row)
        return rows, broken


class Table:
    """dBase III, GBK."""

    file = "jyz.dbf"
    common = dict(key="JYZJLH", number="GMSFHM", name="XM", birth="CSRQ",
                  changed="GXSJ")

    def read_all(self, data):
        """Live rows, broken rows, deleted rows, and the charset's byte."""
        version, _, _, _, count, head, width = struct.unpack_from(
            "<BBBBIHH", data)
        assert version == 3 and data[head - 1:head] == b"\x0d"
        assert len(data) == head + count * width + 1
        assert data.endswith(b"\x1a")
        columns = []
        for at in range(32, head - 1, 32):
            name, kind, size = struct.unpack_from("<11sc4xB", data, at)
            columns.append((name.rstrip(b"\0").decode("ascii"), kind, size))
        assert width == 1 + sum(size for _, _, size in columns)
        rows, broken, deleted = [], [], []
        for index in range(count):
            line = data[head + index * width:head + (index + 1) * width]
            row, at = {}, 1
            for name, _, size in columns:
                row[name] = decode(line[at:at + size].strip(b" \0"), "gbk")
                at += size
            if None in row.values() or not row["JYZJLH"]:
                broken.append(line)
                continue
            row.update({ours: row[theirs]
                        for ours, theirs in self.common.items()})
            assert line[:1] in b" *"
            (deleted if line[:1] == b"*" else rows).append(row)
        return rows, broken, deleted, data[29]

    def read(self, data):
        return self.read_all(data)[:2]


class Bundle:
    """FHIR R4: the Patients of a Bundle, an entry a line."""

    file = "patients.json"

    def read(self, data):
        lines = data.split(b"\n")
        head = json.loads(lines[0] + b"]}")
        assert (head["resourceType"], head["type"]) == ("Bundle", "collection")
        assert lines[-2:] == [b"]}", b""]
        # Nothing is wrong with the file as a whole.
        json.loads(data.decode("utf-8", errors="replace"))
        rows, broken = [], []
        for line in lines[1:-2]:
            row = self.patient(line.rstrip(b","))
            if row is None:
                broken.append(line)
            else:
                rows.append(row)
        return rows, broken

    @staticmethod
    def patient(line):
        try:
            patient = json.loads(line.decode("utf-8"))["resource"]
            json.dumps(patient, ensure_ascii=False).encode("utf-8")
        except UnicodeError:
            return None
        assert patient["resourceType"] == "Patient"
        if "id" not in patient:
            return None
        name = next(n for n in patient["name"] if n["use"] == "official")
        numbers = [i["value"] for i in patient["identifier"]
                   if i["system"] == CITIZEN_NUMBER]
        return dict(patient, key=patient["id"], number="".join(numbers),
                    official=name,
                    name=name.get("text") or name.get("family", "") + "".join(
                        name.get("given", [])),
                    birth=patient["birthDate"],
                    changed=patient["meta"]["lastUpdated"])


FORMS = {
    "public_security": Text(
        "ldrk.csv", "gb18030", ",",
        dict(key="RYBH", number="SFZH", name="XM", birth="CSRQ",
             changed="ZHXGSJ")),
    "labor": Text(
        "ac01.txt", "gbk", "^",
        dict(key="AAC001", number="AAC002", name="AAC003", birth="AAC006",
             changed="AAE036")),
    "health": Bundle(),
    "health_at_origin": Text(
        "jmjkda.csv", "utf-8", ",",
        dict(key="档案编号", number="身份证号", name="姓名", birth="出生日期",
             changed="更新时间"), mark=b"\xef\xbb\xbf"),
    "commerce": Table(),
}


def form_of(agency):
    sector, _, place = agency.partition(".")
    origin = sector == "health" and place.startswith(ORIGINS)
    return FORMS["health_at_origin" if origin else sector]


def path_of(root, export, agency):
    return os.path.join(root, export, agency, form_of(agency).file)


def read_bytes(root, export, agency):
    with open(path_of(root, export, agency), "rb") as file:
        return file.read()


@functools.lru_cache(maxsize=None)
def read_export(root, export, agency):
    """Rows as dicts, and the raw rows that are none; not to be changed."""
    return form_of(agency).read(read_bytes(root, export, agency))


@functools.lru_cache(maxsize=None)
def read_truth(root, name):
    """The lines of a file of the truth; not to be changed."""
    with open(os.path.join(root, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
