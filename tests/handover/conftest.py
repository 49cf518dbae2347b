"""Desks on loopback: a database with referrals, a certificate authority, and real receivers."""

import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from handover_mailbox import Mailbox
from handover_office import SECRET, Clock, Office

from bench.ports import free_port
from bot.handover.worker import make_worker
from bot.settings import Settings


@pytest.fixture
def office(database):
    return Office(database)


@pytest.fixture
def environment(tmp_path, database):
    return {
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": database.url,
        "SECRET_KEY": SECRET,
        "RASA_TOKEN": SECRET,
        "WEBHOOK_SECRET": SECRET,
    }


@pytest.fixture
def worker(environment, database):
    """Makes a worker with these settings, and the clock of the test."""

    def made(clock=None, **settings):
        found = make_worker(Settings.from_environment({**environment, **settings}), database)
        if clock:
            found._clock = clock
        return found

    return made


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority of our own, and a server certificate of it for localhost."""
    folder = tmp_path_factory.mktemp("authority")
    now = datetime.datetime.now(datetime.timezone.utc)

    def certificate(name, key, issuer, issuer_key, *extensions):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    # What RFC 5280 asks of an authority, and Python 3.13 with it (VERIFY_X509_STRICT).
    may_sign = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    root = certificate(
        "Test CA",
        root_key,
        None,
        root_key,
        (x509.BasicConstraints(True, None), True),
        (may_sign, True),
        (x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False),
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = certificate(
        "localhost",
        key,
        root.subject,
        root_key,
        (x509.SubjectAlternativeName(names), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False),
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(root.public_bytes(pem))
    (folder / "server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + leaf.public_bytes(pem)
    )
    return folder


@pytest.fixture
def tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    return context


@pytest.fixture
def mailbox(tls):
    """An SMTP server with STARTTLS and a password."""
    box = Mailbox(free_port(), tls)
    box.start()
    yield box
    box.stop()
