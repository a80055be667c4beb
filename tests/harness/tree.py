# SPDX-License-Identifier: Apache-2.0
"""A hub's audit log, read leaf by leaf and hashed here (RFC 6962)."""

import grpc
import waystation_client as client
from proofs import roots_of_consistency
from waystation.v1 import audit_service_pb2
from wire import DEADLINE, GONE


class Tree:
    """Grows by leaves and knows the root at each size."""

    def __init__(self):
        self.size = 0
        # Roots of the perfect subtrees, the largest first.
        self.edge = []
        self.roots = {0: client.tree_root([])}

    def append(self, leaf):
        node = client.leaf_hash(leaf)
        odd = self.size
        while odd & 1:
            node = client.node_hash(self.edge.pop(), node)
            odd >>= 1
        self.edge.append(node)
        self.size += 1
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = client.node_hash(left, root)
        self.roots[self.size] = root


def leaves(audit, begin):
    """LoggedEvents from `begin` to the end, with their bytes."""
    while True:
        page = audit.ListEvents(
            audit_service_pb2.ListEventsRequest(
                from_index=begin, page_size=1000, with_bytes=True
            ),
            timeout=DEADLINE,
        )
        for event in page.events:
            assert event.index == begin, f"leaf {begin} is missing"
            begin += 1
            yield event
        if begin >= page.tree_size:
            return


def check_consistency(first, second, path, first_root, second_root):
    """RFC 9162 section 2.1.4.2; raises ProofError where it does not hold."""
    if first == second:
        if path or first_root != second_root:
            raise client.ProofError("one size, two roots")
        return
    path = list(path)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if roots_of_consistency(first, second, path) != (first_root, second_root):
        raise client.ProofError("the log does not continue what was seen")


def newest_checkpoint(audit):
    """A note that covers all that stands now; None if the hub goes away."""
    try:
        page = audit.ListEvents(
            audit_service_pb2.ListEventsRequest(page_size=1), timeout=DEADLINE
        )
        return audit.GetCheckpoint(
            audit_service_pb2.GetCheckpointRequest(at_least=page.tree_size),
            timeout=DEADLINE,
        ).checkpoint
    except grpc.RpcError as error:
        if error.code() not in GONE:
            raise
        return None
