# SPDX-License-Identifier: Apache-2.0
"""nanjing_test.py BIN_DIR: the grid as a tree of divisions. A notice about somebody
goes to whoever is responsible for the street or the district, never to a unit of 300
households; a unit is a place from which the nearest service point is found."""

import json

import grpc
from desks import Desk, Flow
from scenario import SOURCE, main
from waystation.v1 import (
    admin_service_pb2, agreement_pb2, notice_service_pb2,
)
from wire import DEADLINE, caller
from world import person

SUZHOU = "health.320500"
DISTRICT, STREET = "health.320102", "health.320102002"
UNIT = "320102002001007"
POINTS = str(SOURCE / "deploy/services/points.yaml")
CATALOGUE = str(SOURCE / "deploy/services/catalogue.yaml")


class Grid(Flow):
    """Street, community, unit: health of Suzhou hands somebody's vaccination over."""

    AGENCIES = {DISTRICT: "玄武区卫健委", STREET: "第二街道卫生服务中心"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count_calendar_days()
        cls.does(SUZHOU, "record", "submit", "--yes", stdin=person("N-1"))

    def send(self, division, ends=0):
        out, err = self.ends(
            ends, SUZHOU, "notice", "send", "service", "--record", "N-1",
            "--about", "name", "--purpose", "public_health_service",
            "--sector", "health", "--division", division, "--yes", "-o", "json")
        return json.loads(out)["notice"] if ends == 0 else err

    def ask(self, division, sector="health"):
        """The same by a program, which may name a unit; nothing is sent."""
        with caller(self.world, SUZHOU) as me:
            return me.notices.SendNotice(
                notice_service_pb2.SendNoticeRequest(
                    kind=notice_service_pb2.Notice.KIND_SERVICE,
                    purpose=agreement_pb2.PURPOSE_PUBLIC_HEALTH_SERVICE,
                    record_key="N-1", attributes=["name"], validate_only=True,
                    responsible=notice_service_pb2.Responsible(
                        sector=sector, division=division),
                ), timeout=DEADLINE).notice.to

    def test_a_case_climbs_to_who_is_responsible(self):
        for division, recipient in (
            ("320102002001", STREET),  # A community of that street.
            ("320102002", STREET),
            ("320102003", DISTRICT),  # A street that has no centre of its own.
            ("320102003004", DISTRICT),
            ("320102", DISTRICT),
        ):
            with self.subTest(division):
                self.assertEqual(self.send(division)["to"], recipient)
        # The next district has nobody, nor has the city.
        self.assertIn("No agency here is responsible", self.send("320104", ends=6))

    def test_a_unit_is_nobodys_desk(self):
        """What a unit is named for goes to its street or its district."""
        self.assertEqual(self.ask(UNIT), STREET)
        self.assertEqual(self.ask("320102003004001"), DISTRICT)
        # No unit can be an agency, so none is ever a recipient.
        for agency in ("health." + UNIT, "grid." + UNIT):
            with self.assertRaises(AssertionError) as caught:
                Desk(self.world, agency, "第七单元")
            self.assertIn("2 to 12 digits of a division", str(caught.exception))
        with caller(self.world, "operator") as operator:
            for agency, jurisdiction in (
                ("health.320102002", UNIT), ("health." + UNIT, "320102002"),
            ):
                with self.assertRaises(grpc.RpcError):
                    operator.admin.PutAgency(
                        admin_service_pb2.PutAgencyRequest(
                            agency=admin_service_pb2.Agency(
                                id=agency, sector="health",
                                jurisdiction=jurisdiction, name_zh="单元")),
                        timeout=DEADLINE)
        listed = self.world.json("operator", "agency", "list")["agencies"]
        self.assertTrue(all(
            len(one["agency"]["jurisdiction"]) < 15 for one in listed))
        _, err = self.ends(
            6, SUZHOU, "notice", "send", "service", "--record", "N-1", "--about",
            "name", "--purpose", "public_health_service", "--to",
            "health." + UNIT, "--yes")
        self.assertIn("No agency here is responsible", err)

    def test_nobody_watches_a_household(self):
        """Heads of a grid are no sector to whom an agreement could give anything."""
        text = (SOURCE / "deploy/agreements/labor.yaml").read_text("utf-8")
        file = self.world.write("grid.yaml", text.replace(
            "recipient_sector: labor", "recipient_sector: grid"))
        _, err = self.ends(4, "operator", "agreement", "lint", file)
        self.assertIn("never from public_security to grid", err)

    def test_the_district_sees_what_is_its_own(self):
        notice = self.send("320102003")
        self.ends(6, STREET, "notice", "show", notice["id"])
        self.ends(0, DISTRICT, "notice", "show", notice["id"])
        self.ends(0, DISTRICT, "notice", "accept", notice["id"], "--yes")
        [row] = [row for row in self.rows(SUZHOU, "notice", "list", "--box", "sent")
                 if row["id"] == notice["id"]]
        self.assertIn("closed", row["state"])


class ServicePoints(Flow):
    """15分钟公共服务圈: centre, station, room; found by whoever asks, unnamed."""

    def nearest(self, division, *more, ends=0):
        out, _ = self.ends(
            ends, None, "service", "nearest", division, "--points", POINTS,
            "--catalogue", CATALOGUE, *more, "-o", "json")
        said = json.loads(out)
        return (said.get("level"), said.get("division"),
                [point["id"] for point in said.get("points", [])])

    def test_from_the_unit_outwards(self):
        self.assertEqual(
            self.nearest(UNIT), ("LEVEL_UNIT", UNIT, ["nj_xuanwu_unit_2_1_7"]))
        for service, level in (
            ("registration.contact_card", "LEVEL_COMMUNITY"),  # A room.
            ("health.vaccination", "LEVEL_STREET"),  # A station.
            ("education.school_entry", "LEVEL_COUNTY"),  # A centre.
            ("training.vocational_course", "LEVEL_CITY"),  # The next district's.
        ):
            with self.subTest(service):
                self.assertEqual(self.nearest(UNIT, "--service", service)[0], level)

    def test_no_point_can_ask_who_comes(self):
        """A point has no field for whom it serves, or what it costs."""
        text = (SOURCE / "deploy/services/points.yaml").read_text("utf-8")
        for line in ("sex: female", "age_from: 15", "married: true", "fee: 5",
                     "households: 300"):
            file = self.world.write("points.yaml", text.replace(
                "    kind: centre\n", f"    kind: centre\n    {line}\n", 1))
            _, err = self.ends(2, None, "service", "lint", "--points", file)
            self.assertRegex(err, r"points\.yaml:\d+")
            self.assertIn(line.split(":")[0], err)


if __name__ == "__main__":
    main()
