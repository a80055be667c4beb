# SPDX-License-Identifier: Apache-2.0
"""health_to_health_test.py BIN_DIR: what care providers hand over to each other,
and who does not get it."""

import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import stat
import subprocess
import textwrap

import grpc
from scenario import Scenario, main
from waystation.v1 import notice_service_pb2 as messages
from waystation.v1 import notice_service_pb2_grpc as services

# Maternal and child health in Suzhou, vaccination in Fuyang, made up.
SUZHOU = "health.320505"
FUYANG = "health.341204"
HEFEI = "health.340102"
COMMISSION = "health.341200"
POLICE = "public_security.341200"
LABOR = "labor.341200"
BORN = (datetime.date.today() - datetime.timedelta(days=90)).isoformat()
GUARDIAN = [
    *("--consent", "C-2026-17", "--consent-by", "guardian"),
    *("--consent-form", "signed_paper", "--consent-to", FUYANG),
    *("--consent-date", BORN),
]
SECRET = "卡介苗"


def bundle(*resources):
    return json.dumps(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": resource} for resource in resources],
        },
        ensure_ascii=False,
    )


def child(name="李小满", born=BORN):
    return {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"text": name}],
        "birthDate": born,
    }


DOSE = {
    "resourceType": "Immunization",
    "status": "completed",
    "vaccineCode": {"text": SECRET},
    "patient": {"reference": "Patient/p1"},
    "occurrenceDateTime": BORN,
}
WEIGHT = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "出生体重"},
    "subject": {"reference": "Patient/p1"},
    "valueQuantity": {"value": 3.4, "unit": "kg"},
}


class HealthToHealth(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count_calendar_days()
        for agency in (SUZHOU, FUYANG, HEFEI):
            cls.join(agency)
        year, month, day = (int(part) for part in BORN.split("-"))
        cls.expect(
            *(0, SUZHOU, "record", "submit", "--yes"),
            stdin=json.dumps(
                {
                    "recordKey": "ET-1",
                    "revision": 1,
                    "claims": {
                        "name": {"full": "李小满"},
                        "birthDate": {
                            "date": {"year": year, "month": month, "day": day}
                        },
                    },
                    "times": {"recordedTime": f"{BORN}T08:00:00Z"},
                    "evidence": "EVIDENCE_DOCUMENT_SEEN",
                    "guardian": {"reference": "G-1"},
                }
            ),
        )
        cls.history = cls.world.write("history.json", bundle(child(), DOSE))

    @classmethod
    def expect(cls, expected, context, *arguments, stdin=""):
        code, out, err = cls.world.run(context, *arguments, stdin=stdin)
        assert code == expected, f"{arguments}: exit {code}\n{out}{err}"
        return out, err

    @classmethod
    def join(cls, agency):
        """A clinic with a key to seal for, a certificate and a context."""
        world = cls.world
        prefix = world.file(agency)
        identity = ("--identity", f"agency/{agency}")
        cls.expect(
            *(0, None, "key", "seal", f"{prefix}.seal", "--agency", agency)
        )
        cls.put(agency)
        cls.expect(0, None, "cert", "request", *identity, "--out", prefix)
        cls.expect(
            *(0, "operator", "cert", "sign", f"{prefix}.csr", *identity),
            *("--out", f"{prefix}.pem"),
        )
        with open(world.file("hub/wayctl.yaml"), encoding="utf-8") as file:
            text = file.read()
        contexts = textwrap.dedent(
            f"""
            - name: {agency}
              connection:
                hubs: ["{world.listen}"]
                ca: {world.file("hub/tls/ca.pem")}
                cert: {prefix}.pem
                key: {prefix}.key
            """
        )
        text = text.replace(
            "contexts:\n", "contexts:" + textwrap.indent(contexts, "  "), 1
        )
        world.write("hub/wayctl.yaml", text)

    @classmethod
    def put(cls, agency, cares=True, certificate=None):
        with open(
            certificate or cls.world.file(f"{agency}.seal.crt"),
            encoding="utf-8",
        ) as file:
            pem = textwrap.indent(file.read(), "    ")
        sector, division = agency.split(".")
        entry = (
            f"id: {agency}\nsector: {sector}\njurisdiction: '{division}'\n"
            "unsigned_unary: true\nunsigned_frames: true\n"
            f"care_provider: {str(cares).lower()}\n"
            f"sealing_certificates:\n  - |\n{pem}"
        )
        return cls.expect(
            0, "operator", "agency", "put", "-", "-o", "json", stdin=entry
        )

    def hand_over(
        self,
        file=None,
        to=FUYANG,
        kind="vaccination_history",
        consent=GUARDIAN,
    ):
        return (
            *("notice", "send", "hand_over", "--record", "ET-1"),
            *("--about", "name", "--about", "birth_date", "--to", to),
            *("--purpose", "public_health_service"),
            *("--attach", file or self.history, "--type", kind, *consent),
            *("--sealing-key", self.world.file(f"{SUZHOU}.seal"), "--yes"),
        )

    def sent(self):
        return self.world.json(SUZHOU, *self.hand_over())["notice"]

    def save(self, agency, notice, *more, key=None):
        folder = pathlib.Path(self.world.file(f"saved-{os.urandom(4).hex()}"))
        folder.mkdir()
        code, _, err = self.world.run(
            *(agency, "notice", "show", notice["id"]),
            *("--save-attachments", str(folder), "--sealing-key"),
            *(self.world.file(f"{key or agency}.seal"), *more),
        )
        return code, err, sorted(folder.iterdir())

    # --- what goes ---

    def test_a_newborn_goes_on_being_vaccinated(self):
        notice = self.sent()
        self.assertEqual(len(notice["attachmentSizes"]), 1)
        out, _ = self.ends(0, FUYANG, "notice", "show", notice["id"])
        for shown in ("guardian", "C-2026-17", "vaccination history"):
            self.assertIn(shown, out)
        self.assertNotIn(SECRET, out)
        code, err, files = self.save(FUYANG, notice)
        self.assertEqual(code, 0, err)
        [file] = files
        self.assertEqual(
            file.read_text(encoding="utf-8"),
            pathlib.Path(self.history).read_text(encoding="utf-8"),
        )
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.ends(
            *(0, FUYANG, "notice", "answer", notice["id"]),
            *("--result", "taken_up", "--yes"),
        )
        self.ends(0, SUZHOU, "notice", "close", notice["id"], "--yes")
        # Nothing of it is kept once it is done.
        code, err, files = self.save(FUYANG, notice)
        self.assertEqual((code, files), (3, []), err)

    def test_either_desk_has_a_copy_for_the_person_and_it_is_logged(self):
        notice = self.sent()
        for agency in (SUZHOU, FUYANG):
            code, err, files = self.save(agency, notice, "--for-person")
            self.assertEqual(code, 0, err)
            self.assertIn(SECRET, files[0].read_text(encoding="utf-8"))
        logged = self.world.json(
            "auditor", "audit", "list", "--object", notice["id"]
        )
        acts = [
            (entry["event"]["actor"], entry["event"].get("act"))
            for entry in logged["events"]
        ]
        for agency in (SUZHOU, FUYANG):
            self.assertIn(
                (f"agency/{agency}", "notice.copy_for_person"), acts
            )

    def test_openssl_opens_it_too(self):
        notice = self.sent()
        shown = self.stored(FUYANG, notice)
        sealed = self.world.file("sealed.der")
        with open(sealed, "wb") as file:
            file.write(shown)
        key = self.world.file(f"{FUYANG}.seal")
        inner = self.world.file("signed.der")
        subprocess.run(
            ["openssl", "cms", "-decrypt", "-inform", "DER", "-in", sealed,
             "-recip", key, "-inkey", key, "-out", inner],
            check=True,
        )
        done = subprocess.run(
            ["openssl", "cms", "-verify", "-inform", "DER", "-in", inner,
             "-certfile", self.world.file(f"{SUZHOU}.seal.crt"),
             "-nointern", "-noverify", "-binary"],
            check=True,
            capture_output=True,
        )
        self.assertIn(SECRET, done.stdout.decode())

    def test_mother_and_child_are_handed_over_as_such(self):
        file = self.world.write("both.json", bundle(child(), WEIGHT))
        send = self.hand_over(file, kind="maternal_hand_over")
        notice = self.world.json(SUZHOU, *send)["notice"]
        code, err, _ = self.save(FUYANG, notice)
        self.assertEqual(code, 0, err)

    # --- what does not ---

    def test_nobody_but_a_care_provider_gets_it(self):
        for to in (POLICE, LABOR, COMMISSION):
            consent = [to if word == FUYANG else word for word in GUARDIAN]
            send = self.hand_over(to=to, consent=consent)
            _, err = self.ends(4, SUZHOU, *send)
            self.assertIn("Only care providers", err)
        # Nor can an operator mark police as one.
        entry = (
            f"id: {POLICE}\nsector: public_security\njurisdiction: '3412'\n"
            "care_provider: true\n"
        )
        _, err = self.ends(
            2, "operator", "agency", "put", "-", stdin=entry
        )
        self.assertIn("of health alone", err)

    def test_others_see_nothing_of_it(self):
        notice = self.sent()
        for other in (POLICE, LABOR, COMMISSION, HEFEI):
            self.ends(6, other, "notice", "show", notice["id"])
        for other in ("operator", "auditor", "office"):
            self.ends(4, other, "notice", "show", notice["id"])

    def test_without_a_consent_to_this_nothing_goes(self):
        _, err = self.ends(4, SUZHOU, *self.hand_over(consent=[]))
        self.assertIn("There is no consent", err)
        other = [HEFEI if word == FUYANG else word for word in GUARDIAN]
        _, err = self.ends(4, SUZHOU, *self.hand_over(consent=other))
        self.assertIn("names another recipient", err)
        # A child cannot give it.
        own = ["person" if word == "guardian" else word for word in GUARDIAN]
        _, err = self.ends(4, SUZHOU, *self.hand_over(consent=own))
        self.assertIn("by a guardian for a child under 14", err)

    def test_a_payload_of_another_type_goes_nowhere(self):
        for number, resources in enumerate(
            [
                (child(), WEIGHT),
                (child(),),
                (child(), {**DOSE, "patient": {"reference": "Patient/p2"}}),
                ({**child(), "maritalStatus": {"text": "已婚"}}, DOSE),
            ]
        ):
            file = self.world.write(f"bad-{number}.json", bundle(*resources))
            _, err = self.ends(3, SUZHOU, *self.hand_over(file))
            self.assertIn("not what its type says", err)
            self.assertNotIn("已婚", err)

    def test_what_is_about_another_child_is_not_taken(self):
        file = self.world.write(
            "other.json", bundle(child("李大满", "2020-02-02"), DOSE)
        )
        notice = self.world.json(SUZHOU, *self.hand_over(file))["notice"]
        code, err, files = self.save(FUYANG, notice)
        self.assertEqual((code, files), (3, []), err)
        self.assertIn("about the person of the notice", err)

    def test_another_clinic_cannot_open_it(self):
        notice = self.sent()
        code, err, files = self.save(FUYANG, notice, key=HEFEI)
        self.assertEqual((code, files), (3, []), err)

    def test_what_was_altered_is_not_taken(self):
        with self.calls(SUZHOU) as stub:
            sealed = bytearray(self.stored(SUZHOU, self.sent()))
            sealed[-1] ^= 1
            request = messages.SendNoticeRequest(
                kind=messages.Notice.KIND_HAND_OVER,
                purpose="PURPOSE_PUBLIC_HEALTH_SERVICE",
                record_key="ET-1",
                agency=FUYANG,
                attributes=["name", "birth_date"],
                consent=messages.HandOverConsent(
                    giver="GIVER_GUARDIAN",
                    form="FORM_SIGNED_PAPER",
                    reference="C-2026-17",
                    recipient=FUYANG,
                ),
            )
            request.consent.given_time.FromDatetime(
                datetime.datetime.fromisoformat(f"{BORN}T00:00:00+08:00")
            )
            request.attachments.add(
                type="TYPE_VACCINATION_HISTORY", sealed=bytes(sealed)
            )
            altered = stub.SendNotice(request, timeout=30).notice
            # As it was, but for another child, or as something else.
            sealed[-1] ^= 1
            request.attachments[0].sealed = bytes(sealed)
            request.attachments[0].type = (
                messages.SealedAttachment.TYPE_MATERNAL_HAND_OVER
            )
            renamed = stub.SendNotice(request, timeout=30).notice
            # In the clear the hub takes nothing.
            request.attachments[0].sealed = b"in the clear"
            with self.assertRaises(grpc.RpcError) as refused:
                stub.SendNotice(request, timeout=30)
        self.assertEqual(
            refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT
        )
        for notice in (altered, renamed):
            code, err, files = self.save(FUYANG, {"id": notice.id})
            self.assertEqual((code, files), (3, []), err)

    def test_a_key_that_was_put_between_the_two_is_found(self):
        # The hub, or whoever rules it, says that its key is Fuyang's.
        between = self.world.file(f"{HEFEI}.seal.crt")
        out, _ = self.put(FUYANG, certificate=between)
        self.assertIn("CERTIFICATE", out)
        try:
            # A sender who has the certificate from Fuyang itself sees it.
            send = (*self.hand_over(), "--recipient-certificate")
            own = self.world.file(f"{FUYANG}.seal.crt")
            _, err = self.ends(4, SUZHOU, *send, own)
            self.assertIn("ask the recipient", err)
            # One who has not sends; Fuyang cannot open it, and both see in the
            # log for which certificate it was sealed.
            notice = self.sent()
            code, err, files = self.save(FUYANG, notice)
            self.assertEqual((code, files), (3, []), err)
            out, _ = self.ends(
                *(0, "auditor", "audit", "list", "--object", notice["id"]),
                *("-o", "json"),
            )
            fingerprint = self.fingerprint(between)
            self.assertIn(fingerprint, out)
            self.assertNotEqual(fingerprint, self.fingerprint(own))
        finally:
            self.put(FUYANG)

    def test_the_operator_reads_nothing_with_all_that_the_hub_has(self):
        notice = self.sent()
        found = 0
        for path in pathlib.Path(self.world.hub_folder).rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                self.assertNotIn(SECRET.encode(), data, path)
                self.assertNotIn(b"Immunization", data, path)
                found += 1
        self.assertGreater(found, 3)
        # Every key that the hub has, as a key to open it with.
        sealed = self.world.file("taken.der")
        with open(sealed, "wb") as file:
            file.write(self.stored(FUYANG, notice))
        keys = [
            path
            for path in pathlib.Path(self.world.hub_folder).rglob("*.key")
        ]
        self.assertTrue(keys)
        for key in keys:
            done = subprocess.run(
                ["openssl", "cms", "-decrypt", "-inform", "DER", "-in",
                 sealed, "-inkey", str(key)],
                capture_output=True,
                check=False,
            )
            self.assertNotEqual(done.returncode, 0, key)
            self.assertNotIn(SECRET.encode(), done.stdout)

    # --- by the API, as a program of an agency would ---

    @contextlib.contextmanager
    def calls(self, agency):
        prefix = self.world.file(agency)
        credentials = grpc.ssl_channel_credentials(
            *(
                pathlib.Path(name).read_bytes()
                for name in (
                    self.world.file("hub/tls/ca.pem"),
                    f"{prefix}.key",
                    f"{prefix}.pem",
                )
            )
        )
        with grpc.secure_channel(self.world.listen, credentials) as channel:
            yield services.NoticeServiceStub(channel)

    def stored(self, agency, notice):
        """The sealed bytes as the hub gives them out."""
        with self.calls(agency) as stub:
            got = stub.GetNotice(
                messages.GetNoticeRequest(
                    id=notice["id"],
                    attachments="ATTACHMENTS_FOR_CARE",
                ),
                timeout=30,
            )
        return got.text.attachments[0].sealed

    def fingerprint(self, file):
        done = subprocess.run(
            ["openssl", "x509", "-in", file, "-outform", "DER"],
            check=True,
            capture_output=True,
        )
        return hashlib.sha256(done.stdout).hexdigest()


if __name__ == "__main__":
    main()
