"""The service as a child process. It ends together with this process, however that ends."""

from __future__ import annotations

import atexit
import collections
import json
import os
import shutil
import subprocess
import sysconfig
import threading
from typing import IO, Any, Dict, List, Mapping, Optional, Sequence, Union, cast

from ._account import Account, document
from ._clock import Clock
from ._control import Control, given
from ._process import LAST_LINES, Process, how
from ._types import Entry, ListedAccount, Seed

__tracebackhide__ = True

ARGUMENTS = ["serve", "--temporary", "--exit-with-stdin", "--print", "json", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]
# Settings of the surroundings are not meant for the service of a test.
FOREIGN = ("DERSLIK_", "OTEL_")
FOREIGN_NAMES = ("DATABASE_URL", "DATABASE_URL_FILE", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET")

Setting = Union[str, int, float, bool, "os.PathLike[str]"]


class StartError(Exception):
    """The program is missing, or it did not start."""


def program() -> str:
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


def _environment(settings: Mapping[str, Setting]) -> Dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN) and name not in FOREIGN_NAMES}
    return {**own, "DERSLIK_LOG__FILTER": "warn", **{name: _text(name, value) for name, value in settings.items()}}


def _text(name: str, value: object) -> str:
    """A setting as the text of a variable."""
    if name != name.upper():
        known = "frozen, name, seed and time_to_live"
        raise TypeError(f"there is no argument {name}: there are {known}, and settings as variables, such as DERSLIK_JOBS__GRACE_SECONDS")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float, os.PathLike)):
        return os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    raise TypeError(f"{name} is a text, a number or a truth value, and not {value!r}")


class Server:
    """A running service: one that this process started, or one that another process started and told about."""

    def __init__(self, printed: Mapping[str, Any], process: Optional[Process] = None) -> None:
        self.url: str = printed["url"]
        self.operations: str = printed["operations"]
        self._process = process or Process()
        self._control = Control(self.operations, self._process)
        self.clock = Clock(self._control.below("clock"))

    @classmethod
    def launch(cls, arguments: Sequence[str] = (), settings: Optional[Mapping[str, Setting]] = None) -> Server:
        """Starts the service on free ports, with temporary data, and waits until it takes requests."""
        path, environment = program(), _environment(settings or {})
        try:
            child = subprocess.Popen(
                [path, *ARGUMENTS, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                # An interrupt from the terminal is for the tests. They end the service.
                start_new_session=True,
            )
        except OSError as error:
            raise StartError(f"{path} can't be started: {error}") from error
        stdin, stdout, stderr = (cast("IO[bytes]", pipe) for pipe in (child.stdin, child.stdout, child.stderr))
        log: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
        reader = threading.Thread(target=_drain, args=(stderr, log), daemon=True)
        reader.start()
        line = stdout.readline()
        if not line:
            code = child.wait()
            reader.join(1)
            stdin.close()
            stdout.close()
            raise StartError(f"derslik ended {how(code)}:\n{''.join(log)}")
        # Nothing else is printed, but a full pipe would stop the service.
        threading.Thread(target=_drain, args=(stdout, collections.deque(maxlen=0)), daemon=True).start()
        server = cls(json.loads(line), Process(child, log))
        atexit.register(server.stop)
        return server

    def account(
        self, name: Optional[str] = None, *, seed: Optional[Seed] = None, time_to_live: Optional[int] = None, frozen: bool = True
    ) -> Account:
        """Makes an account with keys for all APIs. Its clock stands still unless `frozen` is false. `seed` is its first content, and
        `time_to_live` is in seconds of real time.
        """
        content = None if seed is None else document(seed)
        body = {"name": name, "seed": content, "time_to_live_seconds": time_to_live}
        account = Account(self, self._control.call("POST", "accounts", given(body)))
        if frozen:
            account.clock.freeze()
        return account

    def accounts(self) -> List[ListedAccount]:
        """The accounts that have not ended."""
        return cast("List[ListedAccount]", self._control.call("GET", "accounts")["accounts"])

    def reset(self) -> None:
        """Brings all accounts back to their first content."""
        self._control.call("POST", "reset")

    def unmatched(self) -> List[Entry]:
        """The last requests whose account is not known: their credential is missing or wrong."""
        return cast("List[Entry]", self._control.call("GET", "journal/unmatched")["entries"])

    def _told(self) -> Dict[str, str]:
        """What another process needs to use this service."""
        return {"url": self.url, "operations": self.operations}

    def stop(self) -> None:
        """Ends the service, if this process started it."""
        child = self._process.child
        if child is None or self._process.is_stopped:
            return
        atexit.unregister(self.stop)
        has_ended = child.poll() is not None
        # The reason of an end that was not asked for stays known.
        self._process.is_stopped = not has_ended
        try:
            cast("IO[bytes]", child.stdin).close()
        except OSError:
            pass
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _drain(pipe: IO[bytes], lines: collections.deque[str]) -> None:
    with pipe:
        for line in pipe:
            lines.append(line.decode(errors="replace"))


class _Started:
    """An account with a service of its own; `with` ends both."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def __enter__(self) -> Account:
        return self.account

    def __exit__(self, *_: object) -> None:
        self.account.server.stop()


def start(
    *arguments: str,
    name: Optional[str] = None,
    seed: Optional[Seed] = None,
    time_to_live: Optional[int] = None,
    frozen: bool = True,
    **settings: Setting,
) -> _Started:
    """Starts a service with one account, for use in a `with` statement. `arguments` are further flags of `derslik serve`, and
    `settings` are variables such as DERSLIK_JOBS__GRACE_SECONDS.
    """
    server = Server.launch(arguments, settings)
    try:
        return _Started(server.account(name, seed=seed, time_to_live=time_to_live, frozen=frozen))
    except BaseException:
        server.stop()
        raise
