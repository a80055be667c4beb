# SPDX-License-Identifier: Apache-2.0
"""notices.py AGENCY send RECORD_KEY RECIPIENT PURPOSE ATTRIBUTE...
notices.py AGENCY watch [TOKEN]
notices.py AGENCY answer NOTICE [ATTRIBUTE=match|differs|unknown...]

`send` asks another agency whether these fields of a record say what its own
say (a verification). `watch` prints what waits and goes on until nothing is
left; with the token that it printed last, what changed since. `answer` answers
one field by field, or says that nothing was found.
"""

import sys
import uuid

import waystation_client as client
from waystation.v1 import (
    agreement_pb2,
    notice_service_pb2,
    notice_service_pb2_grpc,
)

Notice = notice_service_pb2.Notice
PATIENCE = 30  # seconds for one call


def send(stub, record_key, recipient, purpose, *attributes):
    request = notice_service_pb2.SendNoticeRequest(
        kind=Notice.KIND_VERIFICATION,
        purpose=agreement_pb2.Purpose.Value("PURPOSE_" + purpose.upper()),
        record_key=record_key,
        agency=recipient,
        attributes=attributes,
        # Sent again after a broken connection, it is the same notice.
        request_id=str(uuid.uuid4()),
    )
    show(stub.SendNotice(request, timeout=PATIENCE).notice)


def watch(stub, token=""):
    """Ends where a program of yours would wait: the stream goes on."""
    stream = stub.WatchNotices(
        notice_service_pb2.WatchNoticesRequest(page_token=token)
    )
    for news in stream:
        # `afresh` begins the list of what waits: forget what you knew.
        for notice in news.notices:
            show(notice)
        for notice_id in news.passed_on:
            print(notice_id, "PASSED_ON")
        if news.at_end:
            print("token:", news.page_token)
            stream.cancel()
            return


def answer(stub, notice_id, *fields):
    # Looking delivers it, shows what the sender's record says, and is in the
    # audit log; the etag says which state of it is answered.
    seen = stub.GetNotice(
        notice_service_pb2.GetNoticeRequest(id=notice_id), timeout=PATIENCE
    )
    step = notice_service_pb2.StepNoticeRequest(id=notice_id, etag=seen.etag)
    given = step.answer.answer
    given.result = Notice.RESULT_FOUND if fields else Notice.RESULT_NOT_FOUND
    for field in fields:
        attribute, _, said = field.partition("=")
        given.fields.add(
            attribute=attribute,
            answer=notice_service_pb2.FieldAnswer.Answer.Value(
                "ANSWER_" + said.upper()
            ),
        )
    show(stub.StepNotice(step, timeout=PATIENCE).notice)


def show(notice):
    state = Notice.State.Name(notice.state).removeprefix("STATE_")
    overdue = " OVERDUE" if notice.overdue else ""
    print(notice.id, state, notice.to + overdue)


def main(agency, verb, *arguments):
    verbs = {"send": send, "watch": watch, "answer": answer}
    if verb not in verbs:
        sys.exit(__doc__)
    with client.connect(agency) as channel:
        stub = notice_service_pb2_grpc.NoticeServiceStub(channel)
        verbs[verb](stub, *arguments)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
