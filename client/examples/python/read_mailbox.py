# SPDX-License-Identifier: Apache-2.0
"""read_mailbox.py AGENCY PURPOSE

Reads what the agency is told, to the end, and acknowledges each page once it is
"stored", which here means printed. PURPOSE is one of waystation.v1.Purpose,
such as social_insurance_transfer.
"""

import sys

import waystation_client as client
from waystation.v1 import (
    agreement_pb2,
    mailbox_service_pb2,
    mailbox_service_pb2_grpc,
)


def pages(stub, purpose):
    """Each page up to the end; acknowledges one when the next is asked for."""
    token = ""
    while True:
        page = stub.Pull(
            mailbox_service_pb2.PullRequest(page_token=token, purpose=purpose),
            timeout=30,
        ).page
        yield page
        if page.entries:
            stub.Acknowledge(
                mailbox_service_pb2.AcknowledgeRequest(
                    page_token=page.last_token
                ),
                timeout=30,
            )
        if page.at_end:
            return
        token = page.last_token


def main(agency, purpose):
    number = agreement_pb2.Purpose.Value("PURPOSE_" + purpose.upper())
    with client.connect(agency) as channel:
        stub = mailbox_service_pb2_grpc.MailboxServiceStub(channel)
        for page in pages(stub, number):
            for entry in page.entries:
                kind = mailbox_service_pb2.ChangeKind.Name(entry.kind)
                print(
                    kind.removeprefix("CHANGE_KIND_"),
                    entry.view.handle,
                    ",".join(entry.view.record_keys),
                    ",".join(entry.attributes),
                )
                if entry.view.person.HasField("employment"):
                    print("  employer:", entry.view.person.employment.employer)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
