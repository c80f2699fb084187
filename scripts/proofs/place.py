"""A database with services on it, and what the parts of the proofs have in common."""

import pathlib
import shutil
import tempfile
import time

from . import secure
from .postgres import Cluster
from .replicas import Replica


class Place:
    """A PostgreSQL, a folder, and the services on both."""

    def __init__(self, binary):
        self.binary, self.services = binary, []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="derslik-reliability-"))
        self.cluster = Cluster()

    def __enter__(self):
        self.cluster.__enter__()
        return self

    def __exit__(self, *failure):
        for service in self.services:
            if service.process.poll() is None:
                service.end()
        self.cluster.__exit__(*failure)
        shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self, **settings):
        service = Replica(self.binary, self.folder, self.cluster.url, settings)
        self.services.append(service)
        return service

    def command(self, *arguments):
        """The JSON output of a command."""
        return secure.Place.command(self, *arguments)

    @property
    def url(self):
        return self.cluster.url


def judged(figures):
    return "" if figures.optimised else "the service is not optimised"


def needs_operations(figures, service, what):
    if service.operations:
        return True
    figures.not_measured(what, "this version has no listener for operations")
    return False


def wait_for(holds, failure, limit=60):
    deadline = time.monotonic() + limit
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(failure)
        time.sleep(0.01)
