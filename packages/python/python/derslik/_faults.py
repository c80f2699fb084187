"""The faults of one account."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Union, cast

from ._control import Control, segment
from ._types import Api, Fault, FaultKind, Preset

__tracebackhide__ = True


class Faults:
    """Faults that the service injects into requests and jobs of one account. docs/TESTING.md lists the kinds and their fields."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(
        self,
        kind: FaultKind,
        *,
        status: Optional[int] = None,
        retry_after: Optional[int] = None,
        millis: Optional[int] = None,
        action: Optional[str] = None,
        api: Optional[Api] = None,
        method: Optional[str] = None,
        path: Optional[str] = None,
        nth: Optional[int] = None,
        times: Optional[int] = None,
        probability: Optional[float] = None,
        seed: Optional[int] = None,
    ) -> Fault:
        """Adds a fault such as `add("status", status=429, path="/v1/courses", times=2)`.

        `status` and `retry_after` are for the kind `status`, `millis` for `delay` and `drip`, and `action` for those of jobs. `api`,
        `method` and `path` say which requests may get it, and `nth`, `times`, or `probability` with its `seed`, which of them do.
        """
        fields: dict[str, Any] = {"status": status, "retry_after": retry_after, "millis": millis, "action": action, "api": api}
        fields.update({"method": method, "path": path, "nth": nth, "times": times, "probability": probability, "seed": seed})
        return self._add({"kind": kind}, fields)[0]

    def preset(
        self,
        name: Preset,
        *,
        api: Optional[Api] = None,
        method: Optional[str] = None,
        path: Optional[str] = None,
        nth: Optional[int] = None,
        times: Optional[int] = None,
        probability: Optional[float] = None,
        seed: Optional[int] = None,
    ) -> List[Fault]:
        """Adds the faults of a preset: google-quota, flaky-wifi or lost-replies."""
        fields: dict[str, Any] = {"api": api, "method": method, "path": path, "nth": nth, "times": times}
        fields.update({"probability": probability, "seed": seed})
        return self._add({"preset": name}, fields)

    def list(self) -> List[Fault]:
        """All faults, with how often each was injected."""
        return cast("List[Fault]", self._control.call("GET")["faults"])

    def remove(self, fault: Union[Fault, int]) -> None:
        """Removes a fault, by itself or by its id."""
        self._control.call("DELETE", segment(fault["id"] if isinstance(fault, dict) else fault))

    def clear(self) -> None:
        """Removes all faults."""
        self._control.call("DELETE")

    def _add(self, named: dict[str, str], fields: Mapping[str, Any]) -> List[Fault]:
        body = {**named, **{name: value for name, value in fields.items() if value is not None}}
        return cast("List[Fault]", self._control.call("POST", body=body)["faults"])
