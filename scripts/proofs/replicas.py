"""Replicas of the service, and the choice among them that a load balancer makes by their readiness."""

import http.client
import subprocess
import threading
import time

from . import abuse
from .postgres import free_port


def has_operations_listener(binary):
    """Whether that version of the program has a listener for operations."""
    told = subprocess.run([binary, "serve", "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return "--ops-listen" in told


class Replica(abuse.Service):
    """A service. `operations` is the address of its listener for operations, if that version has one."""

    def __init__(self, binary, folder, database_url, settings=()):
        settings = dict(settings)
        self.name, self.operations, self.is_ready = "", None, False
        if has_operations_listener(binary):
            self.operations = ("127.0.0.1", free_port())
            settings["DERSLIK_OPS__LISTEN"] = f"127.0.0.1:{self.operations[1]}"
        super().__init__(binary, str(folder), database_url, settings)

    def probe(self, path, timeout=5):
        """The status of a request to the listener for operations, and the seconds that it took; no status if nothing answered."""
        begin, client = time.monotonic(), http.client.HTTPConnection(*self.operations, timeout=timeout)
        try:
            client.request("GET", path)
            answer = client.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            status = None
        finally:
            client.close()
        return status, time.monotonic() - begin

    def ask_to_stop(self):
        self.process.terminate()

    def wait(self, begin, limit=30):
        """Waits for the end: the exit code, and the seconds since `begin`."""
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        return code, time.monotonic() - begin


class Watch:
    """Asks a path of the listener for operations again and again, and keeps what was answered when."""

    def __init__(self, replica, path, every=0.05):
        self.replica, self.path, self.every = replica, path, every
        self.seen, self.over = [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _run(self):
        while not self.over.is_set():
            begin = time.monotonic()
            status, seconds = self.replica.probe(self.path)
            self.seen.append((begin, status, seconds))
            self.over.wait(self.every)

    def between(self, begin, end):
        return [(at, status, seconds) for at, status, seconds in list(self.seen) if begin <= at < end]

    def first(self, status, after):
        """The seconds from `after` until the first answer with that status, at its end; None if there was none."""
        ends = [at + seconds for at, found, seconds in list(self.seen) if found == status and at >= after]
        return min(ends) - after if ends else None


class Balancer:
    """Chooses among replicas that are ready. Those without readiness are taken out by hand."""

    def __init__(self):
        self.replicas, self.over = [], threading.Event()
        self.used, self.lock = {}, threading.Lock()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _run(self):
        while not self.over.is_set():
            for replica in list(self.replicas):
                if replica.operations:
                    replica.is_ready = replica.probe("/readyz", timeout=1)[0] == 200
            self.over.wait(0.1)

    def add(self, replica):
        replica.is_ready = not replica.operations
        self.replicas.append(replica)
        deadline = time.monotonic() + 30
        while not replica.is_ready:
            if time.monotonic() > deadline:
                raise SystemExit(f"{replica.name} does not become ready")
            time.sleep(0.02)

    def choose(self, client):
        """The replica for a client, which says by this that it uses no other one any more."""
        with self.lock:
            ready = [replica for replica in self.replicas if replica.is_ready]
            self.used[client] = ready[client % len(ready)] if ready else None
            return self.used[client]

    def stop(self, replica):
        """Stops a replica as an orchestrator does, while clients go on: the exit code, and the seconds until the end."""
        if not replica.operations:
            # Nothing tells its clients that it stops, so they leave first.
            with self.lock:
                replica.is_ready = False
            while replica in self.in_use():
                time.sleep(0.02)
        begin = time.monotonic()
        replica.ask_to_stop()
        code, seconds = replica.wait(begin)
        with self.lock:
            self.replicas.remove(replica)
        return code, seconds

    def in_use(self):
        with self.lock:
            return list(self.used.values())
