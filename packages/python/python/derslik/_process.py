"""The process of a service: how it ended, and the end of its log."""

from __future__ import annotations

import collections
import subprocess
from typing import Optional

LAST_LINES = 50
SHOWN_LINES = 10


class Process:
    """A process that this one started, or one that another started."""

    def __init__(self, child: Optional[subprocess.Popen[bytes]] = None, log: Optional[collections.deque[str]] = None) -> None:
        self.child = child
        self.log: collections.deque[str] = collections.deque(maxlen=LAST_LINES) if log is None else log
        self.is_stopped = False

    def code(self) -> Optional[int]:
        """The exit code of a process that has ended without being told to."""
        return None if self.child is None or self.is_stopped else self.child.poll()

    def ended(self, base: str) -> str:
        """Why nothing listens on an address."""
        if self.is_stopped:
            return "the service was stopped before this request"
        if self.child is None:
            return f"the service of another process, at {base}, has ended: that process has its exit code and its log"
        try:
            code = self.child.wait(5)
        except subprocess.TimeoutExpired:
            return f"the service takes no connections at {base}, and its process {self.child.pid} has not ended"
        return f"the service has ended {how(code)}; the end of its log:\n{self.last() or '(empty)'}"

    def last(self) -> str:
        """The last lines of the log."""
        return "".join(list(self.log)[-SHOWN_LINES:]).rstrip("\n")


def how(code: int) -> str:
    """An exit code, or the signal that ended a process."""
    return f"by signal {-code}" if code < 0 else f"with exit code {code}"
