"""A database of either kind with services on it, a client for them, and tests that cargo runs."""

import http.client
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile

from . import ROOT, postgres
from .replicas import Replica


class Site:
    """A folder with a database of its own, embedded or in a cluster, and the services on it."""

    def __init__(self, binary, cluster=None):
        self.binary, self.cluster, self.services = binary, cluster, []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="derslik-prove-"))
        self.file = self.folder / "derslik.sqlite"
        self.url, self.name = f"sqlite://{self.file}", None
        if cluster:
            self.name = self.folder.name.replace("-", "_").lower()
            cluster.ask(f"CREATE DATABASE {self.name}")
            self.url = cluster.url.rsplit("/", 1)[0] + f"/{self.name}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in self.services:
            if service.process.poll() is None:
                service.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def database(self):
        return "PostgreSQL" if self.cluster else "SQLite"

    def serve(self, **settings):
        service = Replica(self.binary, self.folder, self.url, settings)
        self.services.append(service)
        return service

    def rows(self, statement):
        """The rows of a statement, read from the database itself."""
        if self.cluster:
            with postgres.Client(self.cluster.port, database=self.name) as client:
                return client.ask(statement)
        connection = sqlite3.connect(self.file, timeout=60)
        try:
            return [[value if value is None else str(value) for value in row] for row in connection.execute(statement)]
        finally:
            connection.close()


def sites(binary, cluster):
    """A site on each database."""
    yield Site(binary)
    yield Site(binary, cluster)


class Wire:
    """A connection that lasts. After it broke, the next request makes a new one."""

    def __init__(self, service, key, timeout=60):
        self.client, self.key = http.client.HTTPConnection(*service.address, timeout=timeout), key

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def ask(self, method, path, body=None, headers=()):
        """The status, the headers and the JSON of the answer. A connection that ends before that is an OSError."""
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **dict(headers)}
        try:
            self.client.request(method, path, None if body is None else json.dumps(body), sent)
            answer = self.client.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as failure:
            self.client.close()
            raise OSError(repr(failure)) from failure
        return answer.status, answer.headers, json.loads(data) if data else None

    def need(self, method, path, body=None):
        status, _, told = self.ask(method, path, body)
        if status not in (200, 201, 204):
            raise SystemExit(f"{method} {path} is answered {status}: {told}")
        return told


def new_session(name, **more):
    return {"name": name, "start_date": "2099-08-05T12:00:00Z", "duration": 30, **more}


def tests(figures, what, target, selected="", least=1, variables=()):
    """Runs tests by cargo: those of a target, such as `--test access`, whose names contain a text. At least `least` of them must run."""
    environment = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"} | dict(variables)
    if "TEST_PG_BIN" not in environment:
        environment["TEST_PG_BIN"] = str(postgres.binaries())
    packages = [] if "-p" in target else ["--workspace"]
    command = ["cargo", "test", "--quiet", *packages, "--all-features", *target, "--", selected]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    counts = [(int(passed), int(failed)) for passed, failed in re.findall(r"(\d+) passed; (\d+) failed", done.stdout)]
    passed, failed = (sum(column) for column in zip(*counts)) if counts else (0, 0)
    is_met = done.returncode == 0 and failed == 0 and passed >= least
    if not is_met:
        print(done.stdout)
    figures.holds(what, is_met, f"{passed} passed, {failed} failed", f"{passed} of {passed}")


def full(seed):
    """The variables that ask a test for its full size."""
    return {"DERSLIK_PROVE": "full", "DERSLIK_PROVE_SEED": str(seed)}
