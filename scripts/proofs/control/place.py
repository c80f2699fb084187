"""Services with test control, clients for them that cost little, and figures of times."""

import json
import math
import multiprocessing
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

from .. import ROOT, secure
from ..place import judged

# The helper for tests that users get: it has the accounts, and their keys.
sys.path.insert(0, str(ROOT / "packages/python/python"))
import derslik
from derslik._process import Process

FREE_PORTS = ["--exit-with-stdin", "--print", "json", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]
FOREIGN = ("DERSLIK_", "OTEL_", "DATABASE_URL", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")
# The most sessions of one batch.
MOST_ITEMS = 1_000
# Loads run in processes of their own, so that the one that measures does not wait for their threads.
PROCESSES = multiprocessing.get_context("fork")


def environment(folder, settings=()):
    """The variables of a service: none of the surroundings, and temporary files in that folder."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**own, "DERSLIK_LOG__FILTER": "error", "TMPDIR": str(folder), **dict(settings)}


class Rounds:
    """How often each measurement is repeated."""

    def __init__(self, most):
        self.most = most

    def of(self, full):
        return full if self.most is None else min(full, self.most)


class Figures(secure.Figures):
    """Figures of times as well."""

    def times(self, what, seconds, most, by="median"):
        """Times in seconds, whose limit is `most` in milliseconds: for their median, for 95 of 100 (`p95`) or for the longest (`max`)."""
        ordered = sorted(1000 * value for value in seconds)
        told = {"median": statistics.median(ordered), "p95": ordered[math.ceil(len(ordered) * 0.95) - 1], "max": ordered[-1]}
        figure = ", ".join(f"{name} {value:.1f}" for name, value in told.items()) + f" ms of {len(ordered)}"
        is_met, why = told[by] <= most, judged(self)
        if why:
            self.left_out.append(f"{self.row} {what}: {why}")
        elif not is_met:
            self.missed.append(f"{self.row} {what}")
        self._add(what, figure, f"{by} <= {most} ms", f"not judged: {why}" if why else "met" if is_met else "MISSED")


class Service(derslik.Server):
    """A service that ends with this process."""

    def __init__(self, command, folder, settings=()):
        self.problems = pathlib.Path(folder) / "stderr"
        with self.problems.open("ab") as problems:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=problems, env=environment(folder, settings)
            )
        # It prints nothing more after this line, so nothing has to be read later.
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the service did not start: {self.problems.read_text(errors='replace')[-2000:]}")
        super().__init__(json.loads(line), Process(self.process))
        self.control = self._control
        host, port = self.url.rsplit("/", 1)[1].split(":")
        self.address = (host, int(port))

    def line(self):
        return Line(self.address)


class Place:
    """A folder, and services in it: each has an embedded database, or one of its own in the cluster."""

    def __init__(self, binary, cluster=None):
        self.binary, self.cluster, self.services = binary, cluster, []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="derslik-control-"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in self.services:
            service.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def database(self):
        return "PostgreSQL" if self.cluster else "SQLite"

    def folder_for(self, name):
        folder = self.folder / f"{name}{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        return folder

    def new_database(self, folder):
        """The URL of an empty database."""
        if not self.cluster:
            return f"sqlite://{folder}/derslik.sqlite"
        name = f"{self.folder.name}_{folder.name}".replace("-", "_")
        self.cluster.ask(f"CREATE DATABASE {name}")
        return self.cluster.url.rsplit("/", 1)[0] + f"/{name}"

    def arguments(self, folder):
        """The flags of `serve` that name the data."""
        if not self.cluster:
            return ["--temporary"]
        return ["--data-dir", str(folder), "--database-url", self.new_database(folder)]

    def serve(self, prefix=()):
        """A service as tests start it, by a command in front of it if one is named."""
        folder = self.folder_for("serve")
        return self.start([*prefix, self.binary, "serve", *FREE_PORTS, *self.arguments(folder)], folder)

    def start(self, command, folder, settings=()):
        service = Service(command, folder, settings)
        self.services.append(service)
        return service


class Line:
    """A connection that lasts, and is made anew after it broke. It reads answers with a length and those in chunks."""

    def __init__(self, address):
        self.address, self.socket, self.rest = address, None, b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.rest = None, b""

    def ask(self, method, path, authorization, body=None, headers=""):
        """The status and the body of the answer. A connection that ends before that is an OSError."""
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n{kind}{headers}\r\n"
        try:
            if not self.socket:
                self.socket = socket.create_connection(self.address, timeout=120)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(head.encode() + data)
            return self._answer()
        except OSError:
            self.close()
            raise

    def _until(self, end):
        while end not in self.rest:
            self._more()
        found, self.rest = self.rest.split(end, 1)
        return found

    def exactly(self, length):
        """The next bytes that come."""
        while len(self.rest) < length:
            self._more()
        found, self.rest = self.rest[:length], self.rest[length:]
        return found

    def _more(self):
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the service closed the connection")
        self.rest += part

    def _answer(self):
        first, *lines = self._until(b"\r\n\r\n").split(b"\r\n")
        status = int(first.split()[1])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        if fields.get(b"transfer-encoding") == b"chunked":
            body = b""
            while length := int(self._until(b"\r\n"), 16):
                body += self.exactly(length)
                self.exactly(2)
            self.exactly(2)
        else:
            body = self.exactly(int(fields.get(b"content-length", 0)))
        if fields.get(b"connection", b"").lower() == b"close":
            self.close()
        return status, body


class Client:
    """The three APIs of one account, over one connection."""

    def __init__(self, service, account):
        self.line, self.account = service.line(), account

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()

    def ask(self, method, path, body=None, headers=""):
        """The status and the JSON of the answer."""
        status, data = self.line.ask(method, path, self.account._authorization(path), body, headers)
        return status, json.loads(data) if data else None

    def need(self, method, path, body=None):
        status, told = self.ask(method, path, body)
        if status != 200:
            raise SystemExit(f"{method} {path} is answered {status}: {told}")
        return told

    def sessions(self, name):
        """All sessions whose names have that part."""
        found, page = [], 1
        while True:
            part = self.need("POST", "/xapi/v2/session/search", {"name": name, "page_size": 1000, "page_number": page})
            found += part
            if len(part) < 1000:
                return found
            page += 1

    def courses(self):
        """All courses that the admin of the account sees."""
        found, token = [], ""
        while True:
            part = self.need("GET", f"/v1/courses?pageSize=500{'&pageToken=' + token if token else ''}")
            found += part.get("courses", [])
            token = part.get("nextPageToken")
            if not token:
                return found

    def jobs(self):
        """All jobs of the project, without those of the service itself."""
        told = self.need("GET", f"/api/v1/{self.account.project['key']}/jobs")
        return [job for job in told["data"] if job["action"] == "delete_user_data"]

    def erase(self, user):
        """Asks for the erasure of a user: the id of the job."""
        return self.need("DELETE", f"/api/v1/{self.account.project['key']}/users/{user}")["data"]["jobId"]

    def fill(self, count, name="filler"):
        """Makes that many sessions, whose names end in their number: the GUID of the first."""
        first = None
        for begin in range(0, count, MOST_ITEMS):
            batch = [new_session(f"{name}-{number:06}") for number in range(begin, min(count, begin + MOST_ITEMS))]
            told = self.need("POST", "/xapi/v2/session/batch", batch)
            if len(told["approved"]) != len(batch):
                raise SystemExit(f"sessions are refused: {told['rejected'][:1]}")
            first = first or told["approved"][0]["session_guid"]
        return first


def new_session(name):
    return {"name": name, "start_date": "2099-08-05T12:00:00Z", "duration": 80}
