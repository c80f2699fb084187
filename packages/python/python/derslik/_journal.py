"""The requests of one account."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, cast

from ._control import Control, ControlError, given, nearest
from ._types import Entry, Match

if TYPE_CHECKING:
    from typing_extensions import Unpack

__tracebackhide__ = True


class Journal:
    """The requests of one account. `api`, `method`, `path`, `status`, `contains` and `after` say which are meant. docs/TESTING.md
    describes them.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    def list(self, limit: int = 100, **match: Unpack[Match]) -> List[Entry]:
        """The newest requests that match, oldest first."""
        query = {"limit": limit, **_matching(match)}
        return cast("List[Entry]", self._control.call("GET", query=query)["entries"])

    def wait(self, count: int = 1, timeout: float = 5, **match: Unpack[Match]) -> List[Entry]:
        """Waits until that many requests match, at most 30 seconds. Otherwise the ControlError shows the nearest ones."""
        query = {"count": count, "timeout": timeout, **_matching(match)}
        return cast("List[Entry]", self._control.call("GET", "wait", query=query, timeout=timeout + 10)["entries"])

    def assert_(
        self,
        count: Optional[int] = None,
        at_least: Optional[int] = None,
        none: Optional[bool] = None,
        *,
        body: Any = None,
        **match: Unpack[Match],
    ) -> List[int]:
        """Fails with the differences of the nearest requests, unless the number of matches is `count`, at least `at_least`, or zero with
        `none`; at least one by default. `body` is a part of the body of a request. Returns the numbers of the requests.
        """
        expected = {**_matching(match), **given({"body": body})}
        chosen = given({"count": count, "at_least": at_least, "none": none}) or {"at_least": 1}
        try:
            return cast("List[int]", self._control.call("POST", "assert", {"match": expected, **chosen})["matched"])
        except ControlError as error:
            if error.status != 409:
                raise
            unmet = _unmet(expected, error.problem)
        raise AssertionError(unmet)

    def live(self, timeout: Optional[float] = None, **match: Unpack[Match]) -> Iterator[Entry]:
        """Each request that matches, those of before first, as they come. It ends if none comes for `timeout` seconds."""
        return self._live(timeout, _matching(match))

    def _live(self, timeout: Optional[float], match: Mapping[str, Any]) -> Iterator[Entry]:
        after = match.get("after", 0)
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            patience = None if until is None else max(until - time.monotonic(), 0.001)
            for entry in self._control.events("live", {**match, "after": after}, patience):
                if entry is not None:
                    after = entry["seq"]
                    yield cast(Entry, entry)
                    until = None if timeout is None else time.monotonic() + timeout
                elif until is not None and time.monotonic() >= until:
                    return
            # The service ends such an answer after some minutes. What was not seen yet comes with the next one.
            if until is not None and time.monotonic() >= until:
                return

    def curl(self, limit: int = 100, **match: Unpack[Match]) -> str:
        """The newest matching requests as commands of curl, for the variables `DERSLIK_URL` and `DERSLIK_AUTHORIZATION`."""
        return cast(str, self._control.call("GET", "curl", query={"limit": limit, **_matching(match)}) or "")

    def clear(self) -> None:
        """Forgets all requests."""
        self._control.call("DELETE")


def _matching(match: Match) -> Dict[str, Any]:
    """The parts of a match that were given."""
    return given(match, Match.__annotations__)


def _unmet(match: Mapping[str, Any], problem: Any) -> str:
    """How many requests match, which were meant, and what is nearest."""
    meant = ", ".join(f"{name}={value!r}" for name, value in match.items()) or "all requests"
    return "\n".join([f"{problem['detail']}: {meant}", *(nearest(problem) or ["the journal is empty"])])


def line(entry: Entry, longest: int = 200) -> str:
    """A request on one line, and its body on another, cut to a number of characters."""
    query = f"?{entry['query']}" if entry.get("query") else ""
    status = entry["status"] if entry["status"] is not None else "no answer"
    fault = f"  ({entry['fault']})" if entry.get("fault") else ""
    text = f"{entry['method']} {entry['path']}{query} -> {status}{fault}"
    body = entry.get("body")
    if body is None:
        return text
    written = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return f"{text}\n    {written if len(written) <= longest else written[:longest] + '…'}"
