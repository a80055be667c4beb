# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by hand, for what no client library would send. Headers are written as
literals (RFC 7541, 6.2.2), answers are read as far as their frames."""

import os
import socket
import ssl
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = (
    0,
    1,
    3,
    4,
    6,
    7,
    8,
)
CONTINUATION = 9
ACK = END_STREAM = 1
END_HEADERS = 4

INITIAL_WINDOW_SIZE = 4

# Where the attackers come from; everybody else comes from 127.0.0.1.
ELSEWHERE = "127.0.0.66"


def frame(kind, flags, stream, payload=b""):
    return (
        struct.pack(">I", len(payload))[1:]
        + struct.pack(">BBI", kind, flags, stream)
        + payload
    )


def settings(values):
    return frame(
        SETTINGS,
        0,
        0,
        b"".join(struct.pack(">HI", *pair) for pair in values.items()),
    )


def integer(value, bits):
    """RFC 7541, 5.1, with nothing in the bits before."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    out = [most]
    value -= most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def literal(name, value):
    return (
        b"\0" + integer(len(name), 7) + name + integer(len(value), 7) + value
    )


def call_headers(path, more=()):
    """The header block of a gRPC call."""
    fields = [
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":path", path.encode()),
        (b":authority", b"localhost"),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
        *more,
    ]
    return b"".join(literal(*field) for field in fields)


def message(body):
    """A gRPC message as the contents of a DATA frame."""
    return b"\0" + struct.pack(">I", len(body)) + body


def dial(world, source=ELSEWHERE):
    """A TCP connection on which nothing is said yet."""
    host, port = world.listen.rsplit(":", 1)
    return socket.create_connection(
        (host, int(port)), timeout=60, source_address=(source, 0)
    )


class Peer:
    """A connection with a certificate, and no manners."""

    def __init__(self, world, role, source=ELSEWHERE):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(
            os.path.join(world.hub_folder, "tls/ca.pem")
        )
        prefix = os.path.join(world.hub_folder, "clients", role)
        context.load_cert_chain(prefix + ".pem", prefix + ".key")
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(dial(world, source))
        self.stream = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def greet(self, **how):
        """Begins to speak HTTP/2; without an answer to the other side's
        SETTINGS unless one is asked for."""
        self.send(PREFACE + settings(how.get("settings", {})))
        if how.get("acknowledge", True):
            self.send(frame(SETTINGS, ACK, 0))
        return self

    def next_stream(self):
        self.stream += 2
        return self.stream

    def send(self, data):
        self.socket.sendall(data)

    def is_open(self):
        """Reads what there is; False once the other side has hung up."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(1 << 16):
                pass
            return False
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        finally:
            self.socket.settimeout(60)

    def frames(self):
        """What the other side says, frame by frame, until it hangs up."""
        buffer = b""
        while True:
            while len(buffer) >= 9:
                size = int.from_bytes(buffer[:3], "big")
                if len(buffer) < 9 + size:
                    break
                kind, flags, stream = struct.unpack(">BBI", buffer[3:9])
                yield kind, flags, stream, buffer[9 : 9 + size]
                buffer = buffer[9 + size :]
            try:
                more = self.socket.recv(1 << 16)
            except (ConnectionError, ssl.SSLError):
                return
            if not more:
                return
            buffer += more
