"""The client in its normal use: with `set_domain`, which always uses HTTPS."""

import datetime
import ipaddress
import os
import pathlib
import socket
import ssl
import subprocess

import pytest
from conftest import ACCESS_KEY, ACCOUNT, SECRET_KEY
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from perculus_sdk.client import APIClient

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Without the variables that the program would read as settings.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DERSLIK_")}
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "derslik"


def signed(name, public_key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A certificate authority of the test, and its certificate for localhost."""
    folder = tmp_path_factory.mktemp("tls")
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    (folder / "authority.pem").write_bytes(pem(signed(authority, authority_key.public_key(), authority, authority_key, constraints)))
    localhost = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    (folder / "certificate.pem").write_bytes(pem(signed(localhost, key.public_key(), authority, authority_key, names)))
    plain = serialization.NoEncryption()
    encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(encoded)
    return folder


@pytest.fixture(scope="module")
def domain(files):
    arguments = ["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--data-dir", files / "data"]
    arguments += ["--tls-cert", files / "certificate.pem", "--tls-key", files / "key.pem"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen([PROGRAM, *arguments], env=ENVIRONMENT, **pipes) as service:
        address = service.stdout.readline().split(" serves on https://")[1].strip()
        yield f"localhost:{address.rsplit(':', 1)[1]}"
        service.terminate()


def test_the_client_works_by_its_domain_alone(domain, files, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files / "authority.pem"))
    client = APIClient()
    client.set_domain(domain)
    assert client.set_credentials(ACCESS_KEY, SECRET_KEY, ACCOUNT) is None
    payload = {"name": "CS201", "start_date": "2099-05-05T12:00:00Z", "duration": 80}
    session = client.sessions.create_session(payload).json()["session_id"]
    guest = {"email": "g@h.example", "name": "G", "surname": "H"}
    assert client.attendees.add_attendee(session, guest).status_code == 200
    person = {"name": "A", "surname": "B", "username": "ab", "email": "a@b.example"}
    assert client.users.create_user(person).status_code == 201
    assert client.sessions.delete_by_session_id(session).status_code == 204


@pytest.mark.parametrize("version, is_spoken", [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nothing_older_than_tls_1_2_is_spoken(domain, files, version, is_spoken):
    context = ssl.create_default_context(cafile=files / "authority.pem")
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    host, port = domain.split(":")
    try:
        with socket.create_connection((host, port), timeout=10) as plain, context.wrap_socket(plain, server_hostname=host):
            assert is_spoken
    except ssl.SSLError:
        assert not is_spoken


def test_a_key_that_is_not_there_ends_the_start_with_one_line(files):
    arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", files / "none", "--tls-cert", files / "certificate.pem"]
    arguments += ["--tls-key", files / "no.pem"]
    ended = subprocess.run([PROGRAM, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2 and len(ended.stderr.splitlines()) == 1 and "no.pem" in ended.stderr
