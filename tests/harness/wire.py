# SPDX-License-Identifier: Apache-2.0
"""Calls to a hub as one who holds a certificate, without a program between."""

import datetime
import os

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from google.rpc import error_details_pb2, status_pb2
from waystation.v1 import (
    admin_service_pb2,
    admin_service_pb2_grpc,
    audit_service_pb2_grpc,
    directory_service_pb2_grpc,
    mailbox_service_pb2_grpc,
    notice_service_pb2_grpc,
    reconciliation_service_pb2_grpc,
    registry_service_pb2_grpc,
    verify_service_pb2_grpc,
)

# Longer than any call takes, so that a hub that does not answer ends the test.
DEADLINE = 60

# What a connection says when the hub dies under it.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


# --- errors ---


def details_of(error):
    """The bytes of the google.rpc.Status that came with an error."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return value
    return b""


def reason(error):
    """The reason of proto/errors; "" where the error carries none."""
    for detail in status_pb2.Status.FromString(details_of(error)).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return ""


def refusal(error):
    """All that a caller can see of an error, to be compared."""
    return error.code(), error.details(), details_of(error)


def outcome(call, request):
    """What a call came to: its answer, or all that can be seen of the error."""
    try:
        return call(request, timeout=DEADLINE)
    except grpc.RpcError as error:
        return refusal(error)


# --- certificates ---


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def uri(path, domain="waystation.example"):
    return x509.UniformResourceIdentifier(f"spiffe://{domain}/{path}")


class Authority:
    """Signs whatever it is asked to, odd things included."""

    def __init__(self, certificate, key):
        self.certificate = certificate
        self.key = key

    @classmethod
    def load(cls, path):
        """The authority that lies at `path`.pem and `path`.key."""
        return cls.parse(read_file(path + ".pem"), read_file(path + ".key"))

    @classmethod
    def parse(cls, certificate, key):
        return cls(
            x509.load_pem_x509_certificate(certificate),
            serialization.load_pem_private_key(key, None),
        )

    @classmethod
    def new(cls, name):
        key = new_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.utcnow()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    def issue(
        self,
        names,
        is_authority=False,
        until=datetime.timedelta(1),
        usage=ExtendedKeyUsageOID.CLIENT_AUTH,
    ):
        """A certificate that ends `until` from now, and its key, both PEM."""
        key = new_key()
        now = datetime.datetime.utcnow()
        end = now + until
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, end) - datetime.timedelta(days=1))
            .not_valid_after(end)
            .add_extension(
                x509.BasicConstraints(is_authority, None), critical=True
            )
            .add_extension(
                x509.ExtendedKeyUsage([usage]),
                critical=False,
            )
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(names), critical=False
            )
        certificate = builder.sign(self.key, hashes.SHA256())
        return (
            certificate.public_bytes(serialization.Encoding.PEM),
            key_pem(key),
        )


# --- callers ---


class Caller:
    """The hub's services as the holder of one certificate sees them."""

    def __init__(self, world, certificate, key):
        self.channel = grpc.secure_channel(
            world.listen,
            grpc.ssl_channel_credentials(
                read_file(os.path.join(world.hub_folder, "tls/ca.pem")),
                key,
                certificate,
            ),
            # A connection of its own, which does not wait out the failures of
            # another one.
            options=[("grpc.use_local_subchannel_pool", 1)],
        )
        self.registry = registry_service_pb2_grpc.RegistryServiceStub(
            self.channel
        )
        self.mailbox = mailbox_service_pb2_grpc.MailboxServiceStub(self.channel)
        self.notices = notice_service_pb2_grpc.NoticeServiceStub(self.channel)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(
            self.channel)
        self.verify = verify_service_pb2_grpc.VerifyServiceStub(self.channel)
        self.office = (
            reconciliation_service_pb2_grpc.ReconciliationServiceStub(
                self.channel
            )
        )
        self.audit = audit_service_pb2_grpc.AuditServiceStub(self.channel)
        self.admin = admin_service_pb2_grpc.AdminServiceStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()


def caller(world, role):
    """One of those whom `waystationd dev` made certificates for, or `enroll`."""
    prefix = os.path.join(world.hub_folder, "clients", role)
    return Caller(world, read_file(prefix + ".pem"), read_file(prefix + ".key"))


def enroll(world, agency):
    """Registers an agency as an operator does, and keeps its certificate."""
    sector, _, division = agency.partition(".")
    key = new_key()
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(key, hashes.SHA256())
    )
    with caller(world, "operator") as operator:
        operator.admin.PutAgency(
            admin_service_pb2.PutAgencyRequest(
                agency=admin_service_pb2.Agency(
                    id=agency,
                    sector=sector,
                    jurisdiction=division[:4],
                    name_zh=agency,
                    unsigned_unary=True,
                )
            ),
            timeout=DEADLINE,
        )
        signed = operator.admin.SignCertificate(
            admin_service_pb2.SignCertificateRequest(
                certificate_request=request.public_bytes(
                    serialization.Encoding.PEM
                ).decode(),
                identity="agency/" + agency,
            ),
            timeout=DEADLINE,
        )
    prefix = os.path.join(world.hub_folder, "clients", agency)
    with open(prefix + ".pem", "w", encoding="ascii") as file:
        file.write(signed.certificate_chain)
    with open(prefix + ".key", "wb") as file:
        file.write(key_pem(key))
