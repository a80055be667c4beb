# SPDX-License-Identifier: Apache-2.0
"""notice_test.py BIN_DIR: cases between agencies, from Suzhou's police to
Fuyang's and back, as the two desks see them."""

import datetime
import json
import re

from scenario import (
    FUYANG_LABOR,
    FUYANG_POLICE,
    SUZHOU_LABOR,
    SUZHOU_POLICE,
    Scenario,
    main,
)
from world import person

ABOUT = ("--about", "name", "--about", "birth_date")
PURPOSE = ("--purpose", "residence_registration")


class Notice(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.count_calendar_days()
        update = person("S-1", residence={"division": "320505001"})
        cls.world.run(SUZHOU_POLICE, "record", "submit", "--yes", stdin=update)

    def send(self, *more):
        sent = self.world.json(
            SUZHOU_POLICE,
            *("notice", "send", "verification", "--record", "S-1"),
            *PURPOSE,
            *ABOUT,
            *("--sector", "public_security", "--division", "341202001"),
            "--yes",
            *more,
        )
        return sent["notice"]

    def waiting(self, agency, *more):
        return self.world.json(agency, "notice", "inbox", *more).get(
            "notices", []
        )


class Desk(Notice):
    def test_a_case_is_sent_answered_and_closed(self):
        world = self.world
        send = ("notice", "send", "verification", "--record", "S-1")
        send += (*PURPOSE, *ABOUT, "--to", FUYANG_POLICE)
        out, _ = self.ends(0, SUZHOU_POLICE, *send, "--dry-run")
        self.assertIn("安徽省阜阳市", out)
        self.assertEqual(self.waiting(FUYANG_POLICE), [])
        code, screen = world.type(
            SUZHOU_POLICE, *send, answers=[("Send this? [y/N]", "y")]
        )
        self.assertEqual(code, 0, screen)
        [notice] = self.waiting(FUYANG_POLICE)
        self.assertEqual(notice["from"], SUZHOU_POLICE)
        self.assertEqual(notice["state"], "STATE_SENT")

        # The name is masked until the clerk asks for it; it is found by the
        # beginning of its id, and looking at it delivers it.
        short = notice["id"][:10]
        out, _ = self.ends(0, FUYANG_POLICE, "notice", "show", short)
        self.assertIn("delivered", out)
        self.assertIn("1990-03-07", out)
        self.assertNotIn("张小花", out)
        out, _ = self.ends(
            0, FUYANG_POLICE, "notice", "show", short, "--reveal", "name"
        )
        self.assertIn("张小花", out)
        self.assertNotIn("320505", out, "it is not about the residence")

        answer = ("notice", "answer", short, "--result", "found")
        _, err = self.ends(2, FUYANG_POLICE, *answer, "--yes")
        self.assertIn("each attribute of the notice once", err)
        answer += ("--field", "name=match", "--field", "birth_date=differs")
        answer += ("--evidence", "document_seen", "--note", "by the register")
        out, _ = self.ends(0, FUYANG_POLICE, *answer, "--dry-run")
        self.assertIn("answered: found", out)
        self.assertEqual(len(self.waiting(FUYANG_POLICE)), 1)
        self.ends(0, FUYANG_POLICE, *answer, "--yes")
        self.assertEqual(self.waiting(FUYANG_POLICE), [])

        [mine] = self.waiting(SUZHOU_POLICE)
        self.assertEqual(mine["id"], notice["id"])
        out, _ = self.ends(0, SUZHOU_POLICE, "notice", "show", mine["id"])
        for shown in ("S-1", "differs", "by the register", "answered: found"):
            self.assertIn(shown, out)
        self.ends(0, SUZHOU_POLICE, "notice", "close", mine["id"], "--yes")
        self.assertEqual(self.waiting(SUZHOU_POLICE), [])
        _, err = self.ends(5, FUYANG_POLICE, *answer, "--yes")
        self.assertIn("before it is answered", err)
        [row] = self.rows(SUZHOU_POLICE, "notice", "list", "--box", "sent")
        self.assertEqual(row["id"], notice["id"])

    def test_whoever_it_is_not_for_learns_nothing(self):
        notice = self.send()
        for other in (FUYANG_LABOR, SUZHOU_LABOR):
            self.ends(6, other, "notice", "show", notice["id"])
            self.assertEqual(self.waiting(other), [])

    def test_nothing_goes_where_no_agreement_reaches(self):
        send = ("notice", "send", "verification", "--record", "S-1", *PURPOSE)
        _, err = self.ends(
            *(4, SUZHOU_POLICE, *send, *ABOUT, "--to", FUYANG_LABOR),
            "--yes",
        )
        self.assertIn("No agreement lets the recipient see", err)
        _, err = self.ends(
            *(4, SUZHOU_POLICE, *send, "--about", "contact"),
            *("--to", FUYANG_POLICE, "--yes"),
        )
        self.assertIn("contact", err)
        _, err = self.ends(
            *(6, SUZHOU_POLICE, *send, *ABOUT, "--sector", "public_security"),
            *("--division", "440106", "--yes"),
        )
        self.assertIn("No agency here is responsible", err)
        self.ends(2, SUZHOU_POLICE, *send, *ABOUT, "--yes")
        self.ends(
            *(2, SUZHOU_POLICE, *send, *ABOUT, "--to", FUYANG_POLICE),
            *("--division", "341202", "--yes"),
        )

    def test_several_are_accepted_with_one_question(self):
        ids = [self.send()["id"] for _ in range(3)]
        code, screen = self.world.type(
            *(FUYANG_POLICE, "notice", "accept", *ids),
            answers=[("Accept these? [y/N]", "y")],
        )
        self.assertEqual(code, 0, screen)
        states = {n["id"]: n["state"] for n in self.waiting(FUYANG_POLICE)}
        self.assertEqual({states[i] for i in ids}, {"STATE_ACCEPTED"})
        self.ends(5, FUYANG_POLICE, "notice", "accept", ids[0], "--yes")

    def test_more_time_is_asked_for_once(self):
        notice = self.send("--urgent")
        extend = ("notice", "extend", notice["id"], "--yes", "--reason")
        extended = self.world.json(FUYANG_POLICE, *extend, "archive is closed")
        self.assertGreater(
            extended["notice"]["dueTime"], notice["dueTime"]
        )
        _, err = self.ends(5, FUYANG_POLICE, *extend, "still closed")
        self.assertIn("once, and before the deadline", err)

    def test_a_case_is_taken_back(self):
        notice = self.send()
        take_back = ("notice", "close", notice["id"], "--yes")
        _, err = self.ends(2, SUZHOU_POLICE, *take_back)
        self.assertIn("reason", err)
        out, _ = self.ends(
            0, SUZHOU_POLICE, *take_back, "--reason", "sent twice"
        )
        self.assertIn("taken back", out)
        ids = [n["id"] for n in self.waiting(FUYANG_POLICE)]
        self.assertNotIn(notice["id"], ids)

    def test_each_change_comes_to_who_watches(self):
        world = self.world
        before = self.send()

        def answer():
            short = before["id"]
            self.ends(0, FUYANG_POLICE, "notice", "accept", short, "--yes")
            return ""

        # The sender's own desk: nothing waits there but it is told.
        watch = ("notice", "watch", "-o", "json")
        code, screen = world.type(
            *(FUYANG_POLICE, *watch),
            answers=[(before["id"], answer)],
            then="STATE_ACCEPTED",
        )
        self.assertEqual(code, 130, screen)
        self.assertIn('"afresh"', screen)
        [token] = re.findall(r'"pageToken": ?"([^"]+)"', screen)[-1:]
        later = self.send()
        code, screen = world.type(
            *(FUYANG_POLICE, *watch, "--after", token), then=later["id"]
        )
        self.assertEqual(code, 130, screen)
        self.assertNotIn(before["id"], screen)
        self.ends(2, SUZHOU_POLICE, *watch, "--after", token)
        self.ends(0, "office", "notice", "overdue")
        self.ends(4, "operator", "notice", "overdue")
        self.ends(4, "auditor", *watch)

    def test_speaks_chinese(self):
        notice = self.send()
        out, _ = self.ends(
            *(0, FUYANG_POLICE, "notice", "show", notice["id"]),
            *("--lang", "zh"),
        )
        for shown in ("信息核查", "已送达", "发送方记录的内容"):
            self.assertIn(shown, out)

    def test_the_last_day_is_chinas_wherever_one_reads(self):
        notice = self.send()
        days = set()
        for zone in ("UTC", "Fixed/UTC+12:00:00", "Fixed/UTC-12:00:00"):
            self.world.extra = {"TZ": zone}
            out, _ = self.ends(
                0, FUYANG_POLICE, "notice", "show", notice["id"]
            )
            [line] = [
                line
                for line in out.splitlines()
                if line.startswith("Until the end of")
            ]
            days.add(line.split()[-1])
        self.world.extra = {}
        until = datetime.datetime.fromisoformat(
            notice["dueTime"].replace("Z", "+00:00")
        )
        # Midnight behind it, eight hours before UTC's.
        last = until + datetime.timedelta(hours=8, days=-1)
        self.assertEqual(days, {last.date().isoformat()})

    def test_json_is_the_message(self):
        notice = self.send()
        out, _ = self.ends(
            0, FUYANG_POLICE, "notice", "show", notice["id"], "-o", "json"
        )
        message = json.loads(out)
        self.assertEqual(message["notice"]["id"], notice["id"])
        self.assertEqual(message["history"][0]["kind"], "KIND_SENT")
        self.assertTrue(message["etag"])


if __name__ == "__main__":
    main()
