"""A private PostgreSQL that a proof stops, restarts and disturbs, and a client for it that needs no library."""

import os
import pathlib
import pwd
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

from . import ROOT

PROGRAMS = ["initdb", "pg_ctl", "postgres"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def binaries():
    """The folder of the server's programs: as for the tests, `PG_BIN`, the newest of Debian, the path, or what the tests download."""
    named = os.environ.get("PG_BIN")
    installed = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    folders = [pathlib.Path(named)] if named else [*installed, *map(pathlib.Path, os.environ.get("PATH", "").split(os.pathsep))]
    for folder in folders:
        if all((folder / program).is_file() for program in PROGRAMS):
            return folder
    found = subprocess.run([ROOT / "scripts/postgres-bin"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    if not found:
        raise SystemExit("no PostgreSQL: install one (Debian: apt-get install postgresql)")
    return pathlib.Path(found)


class Refused(Exception):
    """The server answered a statement, or a connection, with an error."""


class Client:
    """A connection, by the simple protocol and without a password."""

    def __init__(self, port, timeout=60, database="postgres"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.file = self.socket.makefile("rb")
        parameters = f"user\0postgres\0database\0{database}\0application_name\0proof\0\0".encode()
        self.socket.sendall(struct.pack("!ii", len(parameters) + 8, 196_608) + parameters)
        self._answers()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, statements):
        """Runs statements, and returns all their rows: lists of texts, or of None for a null."""
        text = statements.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(text) + 4) + text)
        return self._answers()

    def _read(self, length):
        data = self.file.read(length)
        if len(data) != length:
            raise ConnectionError("the server closed the connection")
        return data

    def _answers(self):
        rows, error = [], None
        while True:
            kind, length = struct.unpack("!ci", self._read(5))
            body = self._read(length - 4)
            if kind == b"D":
                rows.append(self._row(body))
            elif kind == b"E":
                error = " ".join(field[1:].decode(errors="replace") for field in body.split(b"\0") if field[:1] in (b"S", b"C", b"M"))
                # Before a connection is ready, nothing follows an error.
                if error.startswith("FATAL"):
                    raise Refused(error)
            elif kind == b"Z":
                if error:
                    raise Refused(error)
                return rows

    @staticmethod
    def _row(body):
        (count,), at, row = struct.unpack_from("!h", body), 2, []
        for _ in range(count):
            (length,) = struct.unpack_from("!i", body, at)
            at += 4
            row.append(None if length < 0 else body[at : at + length].decode())
            at += max(length, 0)
        return row


class Cluster:
    """A private server with its default durability. Its files go with it."""

    def __init__(self):
        self.programs, self.port = binaries(), free_port()
        # A socket's path is short, so the folder is not below a long one.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        self.owner = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            user = next(user for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))
            self.owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.data = self.folder / "data"
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def __enter__(self):
        self._run("initdb", "-N", "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "-D", self.data)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\nmax_connections = 200\n")
            settings.write(f"unix_socket_directories = '{self.folder}'\n")
        self.start()
        return self

    def __exit__(self, *_):
        try:
            self._control("stop", "-m", "immediate", check=False)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *arguments, check=True):
        command = [self.programs / program, *arguments]
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            **self.owner,
        )
        if check and done.returncode != 0:
            raise SystemExit(f"{program} failed: {done.stderr}\n{self.log()[-2000:]}")

    def _control(self, *arguments, check=True):
        self._run("pg_ctl", "-s", "-w", "-t", "60", "-D", self.data, "-l", self.folder / "log", *arguments, check=check)

    def log(self):
        try:
            return (self.folder / "log").read_text(errors="replace")
        except OSError:
            return ""

    def is_ready(self):
        """What `pg_isready` tells: whether the server takes connections."""
        try:
            Client(self.port, timeout=5).close()
        except (OSError, Refused):
            return False
        return True

    def start(self):
        """Starts the server, and returns the moment at which it first took a connection."""
        starting = threading.Thread(target=self._control, args=("start",))
        starting.start()
        at = None
        while starting.is_alive() and at is None:
            if self.is_ready():
                at = time.monotonic()
            time.sleep(0.01)
        starting.join()
        if not self.is_ready():
            raise SystemExit(f"the server did not start: {self.log()[-2000:]}")
        return at or time.monotonic()

    def stop(self, mode):
        self._control("stop", "-m", mode)

    def client(self):
        return Client(self.port)

    def ask(self, statements):
        with self.client() as client:
            return client.ask(statements)

    def cut_all(self):
        """Ends all connections but the one that asks."""
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
