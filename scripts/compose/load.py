"""Requests of all three APIs, and a ledger of what was acknowledged."""

import collections
import http.client
import json
import threading
import time
import urllib.parse

# How long one request may be repeated until it is answered, in seconds.
PATIENCE = 90
PAGE = 1000


class Keys:
    """The credentials of one account."""

    def __init__(self, account, token):
        self.bearer, self.organization_key = account["bearer"], account["organization_key"]
        self.project, self.token = account["project"]["key"], token


def calls(keys):
    """A call of each API: what it is, its method, path, credential and body."""
    session = [{"name": "first", "start_date": "2099-08-05T12:00:00Z", "duration": 80}]
    return [
        ("sessions: a batch", "POST", "/xapi/v2/session/batch", keys.bearer, session),
        ("jobs: the erasure of a user", "DELETE", f"/api/v1/{keys.project}/users/someone@okul.example", keys.organization_key, None),
        ("courses: a course", "POST", "/v1/courses", keys.token, {"name": "Biology", "ownerId": "me"}),
    ]


class Client:
    """One connection that lasts, until it fails."""

    def __init__(self, host, port, tls=None):
        self.host, self.port, self.tls, self.connection = host, port, tls, None

    def ask(self, method, path, credential, body=None, key=None):
        """One request: its status and its JSON body. A connection that fails raises OSError or HTTPException."""
        if self.connection is None:
            kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
            options = {"context": self.tls} if self.tls else {}
            self.connection = kind(self.host, self.port, timeout=30, **options)
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        try:
            self.connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        try:
            return answer.status, json.loads(content) if content else None
        except ValueError:
            # A proxy answers in words of its own.
            return answer.status, None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


class Ledger:
    """What was acknowledged, and what every request got."""

    def __init__(self):
        self.lock, self.sessions, self.courses = threading.Lock(), set(), set()
        self.answers, self.interrupted, self.unexpected = collections.Counter(), 0, []

    def answered(self, status):
        with self.lock:
            self.answers[status] += 1

    def failed(self, what):
        with self.lock:
            self.interrupted += 1
            if len(self.unexpected) < 5:
                self.unexpected.append(what)

    @property
    def requests(self):
        return sum(self.answers.values()) + self.interrupted


class Load:
    """Threads that send requests until they are told to end. Each request is repeated with its key until it is answered; `ledger` has
    each failure on the way."""

    def __init__(self, keys, connect, ledger, name, threads=4):
        self.keys, self.connect, self.ledger, self.name = keys, connect, ledger, name
        self.over, self.broken = threading.Event(), []
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(2 * PATIENCE)
        if any(thread.is_alive() for thread in self.threads):
            self.broken.append("a thread of the load did not end")

    def work(self, number):
        client, count = self.connect(), 0
        try:
            while not self.over.is_set():
                self.one_of_each(client, f"{self.name}-{number}-{count}")
                count += 1
        except Exception as failure:  # A thread that dies silently would make the load look well.
            self.broken.append(repr(failure))
        finally:
            client.close()

    def one_of_each(self, client, name):
        """Two sessions and a course are created, and something of each API is read."""
        names = [f"{name}-a", f"{name}-b"]
        batch = [{"name": one, "start_date": "2099-08-05T12:00:00Z", "duration": 80} for one in names]
        made = self.until_answered(client, "POST", "/xapi/v2/session/batch", self.keys.bearer, batch, key=f"s-{name}")
        with self.ledger.lock:
            self.ledger.sessions.update(names)
        self.until_answered(client, "GET", f"/xapi/v2/session/{made['approved'][0]['session_guid']}", self.keys.bearer)
        self.until_answered(client, "GET", f"/api/v1/{self.keys.project}/jobs?limit=10", self.keys.organization_key)
        course = {"name": name, "ownerId": "me"}
        made = self.until_answered(client, "POST", "/v1/courses", self.keys.token, course, key=f"c-{name}")
        with self.ledger.lock:
            self.ledger.courses.add(name)
        self.until_answered(client, "GET", f"/v1/courses/{made['id']}", self.keys.token)

    def until_answered(self, client, method, path, credential, body=None, key=None):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                status, content = client.ask(method, path, credential, body, key)
            except (OSError, http.client.HTTPException) as failure:
                self.ledger.failed(f"{method} {path}: {failure!r}")
            else:
                self.ledger.answered(status)
                if status == 200:
                    return content
                # 409: the same request still runs. Of the others only those of a proxy or of a database that is away may pass.
                if status not in (409, 429, 502, 503, 504):
                    raise RuntimeError(f"{method} {path} is answered {status}: {content}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path} is not answered within {PATIENCE} s")
            time.sleep(0.1)


def stored(client, keys):
    """How often each name of a session and of a course is stored."""
    sessions, courses, page, token = collections.Counter(), collections.Counter(), 1, ""
    while True:
        search = {"page_size": PAGE, "page_number": page}
        status, found = client.ask("POST", "/xapi/v2/session/search", keys.bearer, search)
        if status != 200:
            raise SystemExit(f"the search for sessions is answered {status}: {found}")
        sessions.update(session["name"] for session in found)
        if len(found) < PAGE:
            break
        page += 1
    while True:
        after = f"&pageToken={urllib.parse.quote(token, safe='')}" if token else ""
        status, found = client.ask("GET", f"/v1/courses?pageSize=500{after}", keys.token)
        if status != 200:
            raise SystemExit(f"the list of courses is answered {status}: {found}")
        courses.update(course["name"] for course in found.get("courses", []))
        token = found.get("nextPageToken", "")
        if not token:
            return sessions, courses


def differences(ledger, client, keys):
    """The acknowledged objects that are missing, and the stored ones that are there twice."""
    sessions, courses = stored(client, keys)
    missing = [name for name in ledger.sessions if not sessions[name]] + [name for name in ledger.courses if not courses[name]]
    twice = [name for counts in (sessions, courses) for name, count in counts.items() if count > 1]
    return missing, twice
