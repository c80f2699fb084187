"""A service at `classroom.okul.example` over TLS, with a metadata server. The test has neither that name nor port 443, so the Python of
its clients is told where both lead."""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import types

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "derslik"
DOMAIN = "okul.example"
HOST = f"classroom.{DOMAIN}"
ACCOUNT = "timetable@1329.iam.derslik.internal"
# What programs and clients would read from the environment of the test.
FOREIGN = ("DERSLIK_", "GCE_", "GOOGLE_", "CLOUDSDK_", "HTTP", "http", "NO_PROXY", "no_proxy")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


def signed(name, public_key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(issuer_key, hashes.SHA256())


def write_certificates(folder):
    """An authority of the test, and its certificate for the host."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of the test")])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    root = signed(authority, authority_key.public_key(), authority, authority_key, constraints, identifier)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    leaf = signed(subject, key.public_key(), authority, authority_key, names, by)
    (folder / "authority.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    (folder / "certificate.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    (folder / "key.pem").chmod(0o600)


# What a line in the hosts file does, and the port. Every other name leads nowhere, so that no request leaves this machine unnoticed.
HOSTS = """
import os
import socket

look_up, connect_to = socket.getaddrinfo, socket.socket.connect
site = ("127.0.0.1", int(os.environ["SITE_PORT"]))


def place(host, port):
    if (host, port) == ("%s", 443):
        return site
    if host != "127.0.0.1":
        raise socket.gaierror(f"{host}:{port} is not known here")
    return host, port


socket.getaddrinfo = lambda host, port, *rest, **named: look_up(*place(host, port), *rest, **named)
socket.socket.connect = lambda self, address: connect_to(self, place(*address[:2]))
""" % HOST


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The running service, and the variables of a client of it."""
    folder = tmp_path_factory.mktemp("site")
    write_certificates(folder)
    data = ["--data-dir", folder / "data"]
    arguments = ["serve", "--json", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--ops-listen", "off", *data]
    arguments += ["--tls-cert", folder / "certificate.pem", "--tls-key", folder / "key.pem"]
    settings = {
        "DERSLIK_METADATA__LISTEN": "127.0.0.1:0",
        "DERSLIK_METADATA__SERVICE_ACCOUNT": ACCOUNT,
        "DERSLIK_METADATA__UNIVERSE_DOMAIN": DOMAIN,
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen([PROGRAM, *arguments], env=ENVIRONMENT | settings, **pipes) as service:
        banner = json.loads(service.stdout.readline())
        (folder / "sitecustomize.py").write_text(HOSTS)
        metadata = banner["metadata"].removeprefix("http://")
        client = {
            **ENVIRONMENT,
            "HOME": str(folder),
            "PYTHONPATH": str(folder),
            "SITE_PORT": banner["url"].rsplit(":", 1)[1],
            "GOOGLE_CLOUD_UNIVERSE_DOMAIN": DOMAIN,
            "HTTPLIB2_CA_CERTS": str(folder / "authority.pem"),
        }
        yield types.SimpleNamespace(metadata=metadata, client=client, data=data)
        service.terminate()


@pytest.fixture
def run(site):
    """Runs a program of a user with these variables, and returns what it prints as JSON."""

    def run(program, **variables):
        ended = subprocess.run(
            [sys.executable, "-c", program], env=site.client | variables, capture_output=True, text=True, timeout=120
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run
