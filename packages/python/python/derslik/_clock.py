"""The clock of one account, or that for all accounts without a clock of their own."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Optional, Union, cast

from ._control import Control, given
from ._types import ClockState, Instant, Ran, Span

__tracebackhide__ = True


def _instant(value: Instant) -> str:
    """An instant as RFC 3339. Texts pass as they are."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone: use datetime.now(timezone.utc), or a text as 2026-01-01T00:00:00Z")
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"
    if not isinstance(value, str):
        raise TypeError(f"an instant is a datetime with a time zone, or a text as 2026-01-01T00:00:00Z, and not {value!r}")
    return value


def _span(by: Optional[Span], parts: dict[str, Optional[float]]) -> Union[int, str]:
    """A duration in seconds, or a text as 7d or 90s."""
    of_parts = given(parts)
    if (by is None) == (not of_parts):
        raise TypeError('give a duration, such as "7d", 90 (seconds) or a timedelta, or its parts, such as days=1')
    if isinstance(by, str):
        return by
    if by is not None and (isinstance(by, bool) or not isinstance(by, (int, float, timedelta))):
        raise TypeError(f"a duration is a text such as 7d, a number of seconds or a timedelta, and not {by!r}")
    span = timedelta(**of_parts) if by is None else by if isinstance(by, timedelta) else timedelta(seconds=by)
    if span < timedelta(0):
        raise ValueError("advance goes forwards: to go back, use set")
    seconds = span.total_seconds()
    if not seconds.is_integer():
        raise ValueError("advance goes by whole seconds: to go to a part of one, name the instant, as to=clock.now() + span")
    return int(seconds)


class Clock:
    """The time by which objects go. Leases, timeouts and limits of the service stay on real time."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def show(self) -> ClockState:
        """The state of the clock: `now`, `frozen`, `own` and `next_due`."""
        return cast(ClockState, self._control.call("GET"))

    def now(self) -> datetime:
        """The instant that the clock shows."""
        return datetime.fromisoformat(self.show()["now"].replace("Z", "+00:00"))

    def freeze(self, at: Optional[Instant] = None) -> ClockState:
        """Stops the clock, at that instant if one is given."""
        return self._post("freeze", {} if at is None else {"at": _instant(at)})

    def set(self, to: Instant) -> ClockState:
        """Sets the clock, forwards or backwards. Nothing runs because of it alone."""
        return self._post("set", {"to": _instant(to)})

    def advance(
        self,
        by: Optional[Span] = None,
        *,
        to: Optional[Instant] = None,
        weeks: Optional[float] = None,
        days: Optional[float] = None,
        hours: Optional[float] = None,
        minutes: Optional[float] = None,
        seconds: Optional[float] = None,
    ) -> list[Ran]:
        """Moves the clock on by whole seconds: `days=1`, `"7d"`, 90 for seconds, a timedelta, or `to` an instant. Returns what ran, once
        all that fell due has.
        """
        parts = {"weeks": weeks, "days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
        if to is not None and (by is not None or any(part is not None for part in parts.values())):
            raise TypeError("give a duration, or the instant to go to, and not both")
        body = {"to": _instant(to)} if to is not None else {"by": _span(by, parts)}
        return cast("list[Ran]", self._control.call("POST", "advance", body)["ran"])

    def run_to_next_due(self) -> list[Ran]:
        """Moves the clock to the next instant at which something is due. Returns what ran."""
        return cast("list[Ran]", self._control.call("POST", "run-to-next-due")["ran"])

    def resume(self) -> ClockState:
        """Lets a frozen clock run on."""
        return self._post("resume", None)

    def release(self) -> None:
        """Gives the clock back: an account shows the clock of all accounts again, and that one the time of the machine."""
        self._control.call("DELETE")

    def _post(self, path: str, body: Optional[dict[str, Any]]) -> ClockState:
        return cast(ClockState, self._control.call("POST", path, body))
