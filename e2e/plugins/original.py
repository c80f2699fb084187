"""What the suites of unmodified programs share: a service of their own over TLS, and a proxy by which the names of the original lead to
it, as a line in a hosts file would."""

import datetime
import ipaddress
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Without the variables that the program would read as settings.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DERSLIK_")}
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "derslik"
NAMES = ["localhost", "*.googleapis.com", "classroom.okul.example"]


def signed(name, public_key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def certificates():
    """A folder with a certificate authority of the test, and its certificate for all names of the service."""
    folder = pathlib.Path(tempfile.mkdtemp())
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    names = [x509.DNSName(name) for name in NAMES] + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    root = signed(authority, authority_key.public_key(), authority, authority_key, constraints, identifier)
    (folder / "authority.pem").write_bytes(root)
    localhost = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = signed(localhost, key.public_key(), authority, authority_key, x509.SubjectAlternativeName(names), by)
    (folder / "certificate.pem").write_bytes(certificate)
    plain = serialization.NoEncryption()
    encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(encoded)
    (folder / "key.pem").chmod(0o600)
    return folder


# Here the library of the client looks up, in the background, where a service account may act. It goes on without an answer.
LOOKUP = "iamcredentials.googleapis.com"
FOLDER = certificates()
# The library of the client reads it when it is imported.
os.environ["HTTPLIB2_CA_CERTS"] = str(FOLDER / "authority.pem")


@pytest.fixture(scope="session")
def folder():
    yield FOLDER
    shutil.rmtree(FOLDER)


@pytest.fixture(scope="session")
def port(folder):
    arguments = ["serve", "--fixed-dev-keys", "--listen", "127.0.0.1:0", "--data-dir", folder / "data"]
    arguments += ["--tls-cert", folder / "certificate.pem", "--tls-key", folder / "key.pem"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen([PROGRAM, *arguments], env=ENVIRONMENT, **pipes) as service:
        yield int(service.stdout.readline().split(" serves on https://")[1].strip().rsplit(":", 1)[1])
        service.terminate()


def copy(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@pytest.fixture(scope="session")
def proxy(port):
    """A proxy that leads every name to the service, and notes the names but that of the lookup. Its URL, and the names."""
    listener, names = socket.create_server(("127.0.0.1", 0)), []

    def serve(client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return
            head += piece
        name = head.split()[1].decode().split(":")[0]
        if name == LOOKUP:
            client.close()
            return
        names.append(name)
        server = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=copy, args=(client, server), daemon=True).start()
        copy(server, client)

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", names
    listener.close()


@pytest.fixture(scope="session")
def base(port):
    return f"https://localhost:{port}"


@pytest.fixture(scope="session")
def derslik(folder, port):
    """Runs a command beside the service, and returns what it printed as JSON."""

    def run(*arguments):
        command = [PROGRAM, *arguments, "--json", "--data-dir", folder / "data"]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def admin(folder, base):
    """Sends a request as an administrator, and returns the answer."""
    trusted = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=folder / "authority.pem"))
    )

    def send(method, path, body=None):
        request = urllib.request.Request(base + path, method=method, data=json.dumps(body).encode() if body else None)
        request.add_header("Authorization", "Bearer demo-admin-token")
        request.add_header("Content-Type", "application/json")
        with trusted.open(request) as answer:
            return json.load(answer)

    return send


@pytest.fixture(scope="session")
def client(folder, proxy):
    """The variables of the environment of a program for which the names of the original lead to the service."""
    url, _ = proxy
    authority = str(folder / "authority.pem")
    trusted = {name: authority for name in ("HTTPLIB2_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")}
    proxies = {name: url for name in ("HTTPS_PROXY", "https_proxy")} | {name: "localhost,127.0.0.1" for name in ("NO_PROXY", "no_proxy")}
    foreign = ("GOOGLE_", "GCE_", "CLOUDSDK_", "GAM")
    own = {name: value for name, value in ENVIRONMENT.items() if not name.startswith(foreign)}
    return own | trusted | proxies
