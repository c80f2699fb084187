"""The names and the shapes of test control, for type checkers."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any, Dict, List, Literal, Mapping, Optional, TypedDict, Union

Api = Literal["sessions", "jobs", "courses"]
Role = Literal["admin", "teacher", "coteacher", "student", "stranger"]
FaultKind = Literal[
    "status", "database-away", "delay", "drip", "truncate", "reset", "lose-answer", "job-fails", "job-hangs", "job-panics"
]
Preset = Literal["google-quota", "flaky-wifi", "lost-replies"]

# RFC 3339, or for `set` also a text as in a seed, such as `tomorrow 09:00`.
Instant = Union[str, datetime]
# A number of seconds, a text such as `7d` or `90s`, or a timedelta.
Span = Union[int, float, str, timedelta]
# A text in YAML or JSON, the path of a file, or data.
Seed = Union[str, "os.PathLike[str]", Mapping[str, Any]]


class Requests(TypedDict, total=False):
    """Which requests are meant."""

    api: Optional[Api]
    method: Optional[str]
    path: Optional[str]


class Match(Requests, total=False):
    """Which requests of a journal are meant."""

    status: Optional[int]
    contains: Optional[str]
    after: Optional[int]


class PresetOptions(Requests, total=False):
    """Which requests the faults of a preset are for, and which of those get one."""

    nth: Optional[int]
    times: Optional[int]
    probability: Optional[float]
    seed: Optional[int]


class FaultOptions(PresetOptions, total=False):
    """What a fault does, and which requests or jobs get it."""

    status: Optional[int]
    retry_after: Optional[int]
    millis: Optional[int]
    action: Optional[str]


class ClockState(TypedDict):
    now: str
    frozen: bool
    own: bool
    next_due: Optional[str]


class _Ran(TypedDict):
    due: str
    account: str
    kind: str


class Ran(_Ran, total=False):
    """Something that ran because the clock reached its time: a job, or sessions that expired."""

    job: int
    action: str
    outcome: str
    sessions: int


class Fault(TypedDict):
    id: int
    kind: FaultKind
    status: Optional[int]
    retry_after: Optional[int]
    millis: Optional[int]
    action: Optional[str]
    api: Optional[Api]
    method: Optional[str]
    path: Optional[str]
    nth: Optional[int]
    times: Optional[int]
    probability: Optional[float]
    seed: Optional[int]
    seen: int
    injected: int


class Entry(TypedDict):
    """A request in the journal. `at` is the time of the machine, and `status` is None where no answer was sent."""

    seq: int
    at: str
    api: Optional[Api]
    method: str
    path: str
    query: Optional[str]
    route: Optional[str]
    headers: Dict[str, str]
    body: Any
    body_bytes: int
    status: Optional[int]
    millis: float
    answer_bytes: Optional[int]
    fault: Optional[str]
    request_id: str


class User(TypedDict):
    """A person: `id` in the courses API, and `guid` in the sessions API."""

    role: str
    id: str
    guid: str
    email: str
    token: str


class Project(TypedDict):
    id: int
    key: str
    name: str


class Snapshot(TypedDict):
    name: str
    rows: int
    bytes: int


class SeedCounts(TypedDict):
    people: int
    courses: int
    sessions: int
    jobs: int


class ListedAccount(TypedDict):
    id: str
    name: str


Entries = List[Entry]
