"""The faults of one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Collection, List, Mapping, Union, cast

from ._control import Control, given, segment
from ._types import Fault, FaultKind, FaultOptions, Preset, PresetOptions

if TYPE_CHECKING:
    from typing_extensions import Unpack

__tracebackhide__ = True


class Faults:
    """Faults that the service injects into requests and jobs of one account. docs/TESTING.md lists the kinds and their fields."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, kind: FaultKind, **options: Unpack[FaultOptions]) -> Fault:
        """Adds a fault such as `add("status", status=429, path="/v1/courses", times=2)`.

        `status` and `retry_after` are for the kind `status`, `millis` for `delay` and `drip`, and `action` for those of jobs. `api`,
        `method` and `path` say which requests may get it, and `nth`, `times`, or `probability` with its `seed`, which of them do.
        """
        return self._add({"kind": kind}, options, FaultOptions.__annotations__)[0]

    def preset(self, name: Preset, **options: Unpack[PresetOptions]) -> List[Fault]:
        """Adds the faults of a preset: google-quota, flaky-wifi or lost-replies. The options that say which requests get them are those
        of `add`.
        """
        return self._add({"preset": name}, options, PresetOptions.__annotations__)

    def list(self) -> List[Fault]:
        """All faults, with how often each was injected."""
        return cast("List[Fault]", self._control.call("GET")["faults"])

    def remove(self, fault: Union[Fault, int]) -> None:
        """Removes a fault, by itself or by its id."""
        self._control.call("DELETE", segment(fault["id"] if isinstance(fault, dict) else fault))

    def clear(self) -> None:
        """Removes all faults."""
        self._control.call("DELETE")

    def _add(self, named: Mapping[str, str], options: Mapping[str, Any], names: Collection[str]) -> List[Fault]:
        return cast("List[Fault]", self._control.call("POST", body={**named, **given(options, names)})["faults"])
