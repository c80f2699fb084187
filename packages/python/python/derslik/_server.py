"""The service as a child process. It ends together with this process, however that ends."""

import atexit
import collections
import json
import os
import shutil
import subprocess
import sysconfig
import threading

from ._account import Account
from ._control import Control

ARGUMENTS = ["serve", "--temporary", "--exit-with-stdin", "--print", "json", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]
# Settings of the surroundings are not meant for the service of a test.
FOREIGN = ("DERSLIK_", "OTEL_")
FOREIGN_NAMES = ("DATABASE_URL", "DATABASE_URL_FILE", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")
LAST_LINES = 50


class StartError(Exception):
    """The program is missing, or it did not start."""


def program():
    """The path of the program: DERSLIK_BIN, or what the package brought, or what PATH finds."""
    named = os.environ.get("DERSLIK_BIN")
    if named:
        return named
    schemes = [sysconfig.get_default_scheme()] if hasattr(sysconfig, "get_default_scheme") else []
    schemes.append(f"{os.name}_user")
    for scheme in schemes:
        path = os.path.join(sysconfig.get_path("scripts", scheme), "derslik")
        if os.access(path, os.X_OK):
            return path
    found = shutil.which("derslik")
    if found is None:
        raise StartError("the program derslik is missing: install the package derslik for this platform, or name a program in DERSLIK_BIN")
    return found


def _environment(settings):
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN) and name not in FOREIGN_NAMES}
    return {**own, "DERSLIK_LOG__FILTER": "warn", **settings}


class Server:
    """A running service: one that this process started, or one that another process started and told about."""

    def __init__(self, printed, child=None):
        self.url = printed["url"]
        self.operations = printed["operations"]
        self.control = Control(self.operations)
        self._child = child

    @classmethod
    def launch(cls, arguments=(), settings=None):
        """Starts the service on free ports, with temporary data, and waits until it takes requests."""
        path = program()
        try:
            child = subprocess.Popen(
                [path, *ARGUMENTS, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(settings or {}),
                # An interrupt from the terminal is for the tests. They end the service.
                start_new_session=True,
            )
        except OSError as error:
            raise StartError(f"{path} can't be started: {error}") from error
        lines = collections.deque(maxlen=LAST_LINES)
        reader = threading.Thread(target=_drain, args=(child.stderr, lines), daemon=True)
        reader.start()
        line = child.stdout.readline()
        if not line:
            code = child.wait()
            reader.join(1)
            child.stdin.close()
            child.stdout.close()
            raise StartError(f"derslik ended with exit code {code}:\n{''.join(lines)}")
        # Nothing else is printed, but a full pipe would stop the service.
        threading.Thread(target=_drain, args=(child.stdout, collections.deque(maxlen=0)), daemon=True).start()
        server = cls(json.loads(line), child)
        atexit.register(server.stop)
        return server

    def account(self, name=None, seed=None, frozen=True):
        """Makes an account with keys for all APIs. Its clock stands still unless `frozen` is false."""
        body = {key: value for key, value in {"name": name, "seed": seed}.items() if value is not None}
        account = Account(self, self.control.call("POST", "accounts", body))
        if frozen:
            account.clock.freeze()
        return account

    def description(self):
        """What another process needs to use this service."""
        return {"url": self.url, "operations": self.operations}

    def stop(self):
        """Ends the service, if this process started it."""
        child, self._child = self._child, None
        if child is None:
            return
        atexit.unregister(self.stop)
        try:
            child.stdin.close()
        except OSError:
            pass
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _drain(pipe, lines):
    with pipe:
        for line in pipe:
            lines.append(line.decode(errors="replace"))


class _Started:
    """An account with a service of its own; `with` ends both."""

    def __init__(self, account):
        self.account = account

    def __enter__(self):
        return self.account

    def __exit__(self, *_):
        self.account.server.stop()


def start(*arguments, frozen=True, seed=None, **settings):
    """Starts a service with one account, for use in a `with` statement. `arguments` are further flags of `derslik serve`, and
    `settings` are variables such as DERSLIK_JOBS__GRACE_SECONDS.
    """
    server = Server.launch(arguments, settings)
    try:
        return _Started(server.account(frozen=frozen, seed=seed))
    except BaseException:
        server.stop()
        raise
