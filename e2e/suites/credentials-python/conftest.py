"""A service of the suite's own over TLS, a proxy that stands for the names of the original, and credentials files from the CLI."""

import datetime
import ipaddress
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Without the variables that the program would read as settings.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DERSLIK_")}
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "derslik"
NAMES = ["localhost", "oauth2.googleapis.com", "classroom.googleapis.com", "classroom.okul.example"]


def signed(name, public_key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def certificates():
    """A folder with a certificate authority of the test, and its certificate for all names of the service."""
    folder = pathlib.Path(tempfile.mkdtemp())
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    names = [x509.DNSName(name) for name in NAMES] + [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    (folder / "authority.pem").write_bytes(signed(authority, authority_key.public_key(), authority, authority_key, constraints))
    localhost = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = signed(localhost, key.public_key(), authority, authority_key, x509.SubjectAlternativeName(names))
    (folder / "certificate.pem").write_bytes(certificate)
    plain = serialization.NoEncryption()
    encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(encoded)
    return folder


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
    """A proxy that leads every name to the service, and notes the names. Its URL, and the names."""
    listener, names = socket.create_server(("127.0.0.1", 0)), []

    def serve(client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return
            head += piece
        names.append(head.split()[1].decode().split(":")[0])
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


@pytest.fixture
def places(folder, port, proxy, monkeypatch):
    """The names of the original lead to the service, whose authority is trusted. What was asked of the proxy is returned."""
    url, names = proxy
    for variable in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, url)
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder / "authority.pem"))
    names.clear()
    return names


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
def service_account(derslik):
    """The address of a service account that may act for the teacher."""
    made = derslik("service-account", "create", "timetable", "--account", "demo", "--role", "admin", "--act-for", "teacher@demo.example")
    return made["address"]


@pytest.fixture
def credentials_file(derslik, service_account, base, tmp_path, monkeypatch):
    """Makes a credentials file of a kind, and tells client libraries of it."""

    def make(owner, kind, *more):
        file = derslik("token", "create", owner, "--account", "demo", "--as", kind, "--url", base, *more)
        return use(file)

    def use(file):
        path = tmp_path / "credentials.json"
        path.write_text(json.dumps(file))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        return file

    make.use = use
    return make
