"""Requests to the test control of a running service. It knows HTTP and JSON, and no resource."""

import http.client
import json
from urllib.parse import quote, urlencode, urlsplit

ROOT = "/_derslik/v1"


class ControlError(Exception):
    """The service refused a request of test control."""

    def __init__(self, status, problem):
        self.status = status
        self.problem = problem
        if isinstance(problem, dict):
            text = problem.get("detail") or problem.get("title") or json.dumps(problem)
        else:
            text = str(problem)
        super().__init__(f"{status}: {text}")


def segment(text):
    """A text as one segment of a path."""
    return quote(str(text), safe="")


def request(base, method, path, body=None, headers=None, timeout=60):
    """Sends one request past all proxies. Returns the status, and the body as JSON, text or bytes, or None if it is empty."""
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
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
        kind = answer.getheader("Content-Type", "")
    finally:
        connection.close()
    if not content:
        return answer.status, None
    if "zstd" in kind:
        return answer.status, content
    text = content.decode()
    return answer.status, json.loads(text) if "json" in kind else text


class Control:
    """The resources below one path of test control."""

    def __init__(self, base, path=""):
        self.base = base
        self.path = path

    def below(self, path):
        """The resources below a longer path."""
        return Control(self.base, f"{self.path}/{path}")

    def call(self, method, path="", body=None, query=None, content_type=None, timeout=60):
        """Sends a request and returns its answer. A refusal is a ControlError."""
        target = ROOT + self.path + (f"/{path}" if path else "")
        given = {name: value for name, value in (query or {}).items() if value is not None}
        if given:
            target += "?" + urlencode(given)
        headers = {"Content-Type": content_type} if content_type else None
        status, answer = request(self.base, method, target, body, headers, timeout)
        if status >= 400:
            raise ControlError(status, answer)
        return answer
