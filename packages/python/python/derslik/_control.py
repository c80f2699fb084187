"""Requests to the test control of a running service. It knows HTTP and JSON, and no resource."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from typing import Any, Collection, Dict, Iterator, Mapping, Optional, Union
from urllib.parse import quote, urlencode, urlsplit

from ._process import Process

# A failing test shows its own lines, not those of this package.
__tracebackhide__ = True

ROOT = "/_derslik/v1"
# How often, and in which intervals, is looked whether the service has ended.
LOOKS, INTERVAL = 100, 0.01
Body = Union[None, str, bytes, Mapping[str, Any], "list[Any]"]


class ControlError(Exception):
    """The service refused a request of test control. `problem` is the body of its answer."""

    def __init__(self, status: int, problem: Any, sent: Any = None) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"{status}: {_told(problem, sent)}")


class EndedError(ConnectionError):
    """The service has ended, so it takes no requests."""


def _told(problem: Any, sent: Any) -> str:
    """What is wrong, and where: the field, the line, the value that was sent, and the requests that come nearest."""
    if not isinstance(problem, dict):
        return str(problem)
    text = str(problem.get("detail") or problem.get("title") or json.dumps(problem))
    field, line = problem.get("field"), problem.get("line")
    value = problem["value"] if "value" in problem else _at(sent, field)
    if field and str(field) not in text:
        text = f"{field}: {text}"
    if value is not None and not re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", text):
        text += f"; it was {json.dumps(value, ensure_ascii=False)}"
    if line and f"line {line}" not in text:
        text += f" (line {line})"
    return "\n".join([text, *nearest(problem)])


def _at(sent: Any, field: Any) -> Any:
    """The value of what was sent that a field such as `courses.1.state` names; nothing if there is none, or if it is long."""
    for part in str(field).split(".") if field else ():
        if isinstance(sent, dict):
            sent = sent.get(part)
        elif isinstance(sent, list) and part.isdigit() and int(part) < len(sent):
            sent = sent[int(part)]
        else:
            return None
    return sent if isinstance(sent, (str, int, float)) and field and len(str(sent)) <= 200 else None


def nearest(problem: Any) -> list[str]:
    """A line for each request that comes nearest to what was expected, and one for each part of it that is not as expected."""
    lines = []
    for near in (problem.get("nearest") or []) if isinstance(problem, dict) else []:
        what = f"request {near['seq']}, {near['method']} {near['path']}"
        lines.append(f"{what}, differs:" if near["differences"] else f"{what}, matches")
        for part in near["differences"]:
            lines.append(f"  {part['field']}: expected {_shown(part['expected'])}, found {_shown(part['found'])}")
    return lines


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def given(values: Mapping[str, Any], names: Optional[Collection[str]] = None) -> Dict[str, Any]:
    """The values that are not None. A name that is not one of `names` is a TypeError."""
    for name in values:
        if names is not None and name not in names:
            raise TypeError(f"there is no argument {name}: there are {', '.join(names)}")
    return {name: value for name, value in values.items() if value is not None}


def segment(text: object) -> str:
    """A text as one segment of a path."""
    return quote(str(text), safe="")


def _connect(base: str, timeout: Optional[float]) -> http.client.HTTPConnection:
    """A connection past all proxies."""
    address = urlsplit(base)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)


def request(
    base: str, method: str, path: str, body: Body = None, headers: Optional[Mapping[str, str]] = None, timeout: float = 60
) -> tuple[int, Any]:
    """Sends one request. Returns the status, and the body as JSON, text or bytes, or None if it is empty."""
    connection = _connect(base, timeout)
    try:
        sent = dict(headers or {})
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        content = answer.read()
        kind = answer.getheader("Content-Type", "") or ""
    finally:
        connection.close()
    if not content:
        return answer.status, None
    if "zstd" in kind:
        return answer.status, content
    text = content.decode()
    return answer.status, json.loads(text) if "json" in kind else text


class Control:
    """The resources below one path of test control. `process` is what is known of the process that serves."""

    def __init__(self, base: str, process: Process, path: str = "") -> None:
        self.base = base
        self.process = process
        self.path = path

    def below(self, path: str) -> Control:
        """The resources below a longer path."""
        return Control(self.base, self.process, f"{self.path}/{path}")

    def call(
        self,
        method: str,
        path: str = "",
        body: Body = None,
        query: Optional[Mapping[str, Any]] = None,
        content_type: Optional[str] = None,
        timeout: float = 60,
    ) -> Any:
        """Sends a request and returns its answer. A refusal is a ControlError."""
        headers = {"Content-Type": content_type} if content_type else None
        status, answer = self.send(self.base, method, self._target(path, query), body, headers, timeout)
        if status >= 400:
            raise ControlError(status, answer, query if body is None else body)
        return answer

    def send(
        self, base: str, method: str, path: str, body: Body = None, headers: Optional[Mapping[str, str]] = None, timeout: float = 60
    ) -> tuple[int, Any]:
        """Sends a request to one of the addresses of the service. Tells if there is no answer because the service has ended."""
        try:
            return request(base, method, path, body, headers, timeout)
        except (OSError, http.client.HTTPException):
            self._check()
            raise

    def events(self, path: str, query: Mapping[str, Any], patience: Optional[float]) -> Iterator[Any]:
        """The data of server-sent events, until the answer ends, or until none comes for `patience` seconds. A comment is None."""
        connection = _connect(self.base, patience)
        try:
            try:
                connection.request("GET", self._target(path, query), headers={"Accept": "text/event-stream"})
                answer = connection.getresponse()
            except socket.timeout:
                return
            except (OSError, http.client.HTTPException):
                self._check()
                raise
            if answer.status >= 400:
                raise ControlError(answer.status, json.loads(answer.read() or b"null"), query)
            while True:
                try:
                    line = answer.readline()
                except socket.timeout:
                    return
                except (OSError, http.client.HTTPException):
                    self._check()
                    raise
                if not line:
                    return
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
                elif line.startswith(b":"):
                    yield None
        finally:
            connection.close()

    def _target(self, path: str, query: Optional[Mapping[str, Any]]) -> str:
        pairs = urlencode(given(query or {}))
        return ROOT + self.path + (f"/{path}" if path else "") + (f"?{pairs}" if pairs else "")

    def _check(self) -> None:
        """Raises an EndedError if the service has ended. One that is about to end still takes connections, and answers nothing."""
        for _ in range(LOOKS):
            try:
                request(self.base, "GET", "/", timeout=1)
                return
            except ConnectionRefusedError:
                raise EndedError(self.process.ended(self.base)) from None
            except socket.timeout:
                return
            except (OSError, http.client.HTTPException):
                time.sleep(INTERVAL)
