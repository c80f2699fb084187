"""Clients of all three APIs that write down what was acknowledged, and look for all of it at the end."""

import collections
import http.client
import json
import threading
import time

from . import abuse, secure

PROJECT = "3sWXSsqHgSKnE87YkNJK"
KEYS = {"sessions": abuse.SESSIONS_BEARER, "jobs": secure.ORGANIZATION_KEY, "courses": abuse.ADMINISTRATOR}
# The pause of a client between two requests, so that clients and service share the processors.
PAUSE = 0.02

Outcome = collections.namedtuple("Outcome", "begin end api status problem")


def unavailable(api, answer, body):
    """What is wrong with an answer 503: it must ask to retry, in the words of its API."""
    if not answer.getheader("Retry-After"):
        return "503 without Retry-After"
    try:
        told = json.loads(body)
    except ValueError:
        return f"503 that is not JSON: {body[:100]!r}"
    shaped = {
        "sessions": lambda: told["code"] == 11,
        "jobs": lambda: isinstance(told["errors"], list),
        "courses": lambda: told["error"]["code"] == 503 and told["error"]["status"] == "UNAVAILABLE",
    }
    try:
        return None if shaped[api]() else f"503 in other words: {told}"
    except (KeyError, TypeError):
        return f"503 in other words: {told}"


class Ledger:
    """What was tried, and what was acknowledged."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tried, self.sessions, self.jobs = set(), {}, {}
        # For each course: the values that may be stored. An acknowledged one rules out those before it.
        self.courses = {}

    def differences(self, service):
        """Compares what is stored with what may be stored."""
        found, stored = [], collections.Counter()
        for page in range(1, 1_000_000):
            body = json.dumps({"name": "ledger", "page_size": 1000, "page_number": page})
            status, answer, _ = service.ask("POST", "/xapi/v2/session/search", KEYS["sessions"], body)
            if status != 200:
                raise SystemExit(f"the ledger can't be compared: {status} {answer[:200]!r}")
            sessions = json.loads(answer)
            if not sessions:
                break
            stored.update((session["name"], session["session_guid"]) for session in sessions)
        names = collections.Counter(name for name, _ in stored.elements())
        found += [f"session {name} is lost" for name, guid in self.sessions.items() if (name, guid) not in stored]
        found += [f"session {name} is there {times} times" for name, times in names.items() if times > 1]
        found += [f"session {name} was not sent" for name in names if name not in self.tried]
        for course, values in self.courses.items():
            status, answer, _ = service.ask("GET", f"/v1/courses/{course}", KEYS["courses"])
            value = json.loads(answer).get("section") if status == 200 else None
            if value not in values:
                found.append(f"course {course} has {value} ({status}), not one of {values}")
        status, answer, _ = service.ask("GET", f"/api/v1/{PROJECT}/jobs", KEYS["jobs"])
        if status != 200:
            raise SystemExit(f"the ledger can't be compared: {status} {answer[:200]!r}")
        references = {job["jobId"]: job["referenceId"] for job in json.loads(answer)["data"]}
        found += [f"job {job} of {reference} is lost" for job, reference in self.jobs.items() if references.get(job) != reference]
        return found

    def counts(self):
        return f"{len(self.sessions)} sessions, {len(self.courses)} courses, {len(self.jobs)} jobs"


class Load:
    """Clients that go on until the end. `choose` gives the service for a client, or None while there is none."""

    def __init__(self, choose, clients=16, timeout=30):
        self.choose, self.timeout = choose, timeout
        self.ledger, self.outcomes, self.lock = Ledger(), [], threading.Lock()
        self.over, self.broken = threading.Event(), []
        self.threads = [threading.Thread(target=self._guarded, args=(number,), daemon=True) for number in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        if self.broken:
            raise SystemExit(f"a client of the load failed: {self.broken[0]!r}")

    def _guarded(self, number):
        try:
            Caller(self, number).run()
        except Exception as failure:  # A thread that ends in silence would make the proof pass with less load.
            self.broken.append(failure)

    def add(self, outcome):
        with self.lock:
            self.outcomes.append(outcome)

    def during(self, begin, end):
        """The outcomes of requests that were sent in that time."""
        with self.lock:
            return [outcome for outcome in self.outcomes if begin <= outcome.begin < end]

    def until(self, count, limit=120):
        """Waits for `count` further answers."""
        target, deadline = len(self.outcomes) + count, time.monotonic() + limit
        while len(self.outcomes) < target:
            if self.broken or time.monotonic() > deadline:
                raise SystemExit(f"the load does not go on: {self.broken[:1]}")
            time.sleep(0.05)


class Caller:
    """One client, with a connection that lasts."""

    def __init__(self, load, number):
        self.load, self.ledger, self.number = load, load.ledger, number
        self.connection = self.service = self.course = None
        self.value = 0

    def run(self):
        turn = 0
        while not self.load.over.is_set():
            steps = [self.write_sessions, self.read_session, self.change_course, self.list_projects, self.ask_erasure, self.read_course]
            steps[turn % len(steps)](turn)
            turn += 1
            time.sleep(PAUSE)
        self.leave()

    def leave(self):
        if self.connection:
            self.connection.close()
        self.connection = self.service = None

    def send(self, api, method, path, body=None):
        """One request: the answer as JSON if it was carried out, and None if not. There is no second try."""
        service = self.load.choose(self.number)
        while service is None and not self.load.over.is_set():
            time.sleep(0.01)
            service = self.load.choose(self.number)
        if service is None:
            return None
        headers = {"Authorization": f"Bearer {KEYS[api]}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        begin, status, problem, told = time.monotonic(), None, None, None
        try:
            if service is not self.service or self.connection is None:
                self.leave()
                self.connection = http.client.HTTPConnection(*service.address, timeout=self.load.timeout)
                self.connection.connect()
                # Otherwise a connection that was dropped would be made again without notice.
                self.connection.auto_open = 0
                self.service = service
            self.connection.request(method, path, body=body, headers=headers)
            answer = self.connection.getresponse()
            data, status = answer.read(), answer.status
            if status == 503:
                problem = unavailable(api, answer, data)
            elif status not in (200, 204):
                problem = f"{method} {path} is answered {status}: {data[:200]!r}"
            else:
                told = json.loads(data) if data else {}
            if answer.will_close:
                self.leave()
        except (OSError, http.client.HTTPException, ValueError) as failure:
            problem = f"{method} {path}: {failure!r}"
            self.leave()
        self.load.add(Outcome(begin, time.monotonic(), api, status, problem))
        return told

    def write_sessions(self, turn):
        names = [f"ledger {self.number}-{turn}-{item}" for item in range(2)]
        with self.ledger.lock:
            self.ledger.tried.update(names)
        items = [{"name": name, "start_date": "2099-08-05T12:00:00Z", "duration": 80} for name in names]
        told = self.send("sessions", "POST", "/xapi/v2/session/batch", json.dumps(items))
        if told is not None:
            with self.ledger.lock:
                self.ledger.sessions.update({session["name"]: session["session_guid"] for session in told["approved"]})

    def read_session(self, turn):
        own = f"ledger {self.number}-{turn - 1}-0"
        guid = self.ledger.sessions.get(own)
        if guid:
            told = self.send("sessions", "GET", f"/xapi/v2/session/{guid}")
            if told is not None and told.get("name") != own:
                raise AssertionError(f"session {guid} is read as {told}")

    def change_course(self, _turn):
        if self.course is None:
            course = {"name": f"ledger {self.number}", "ownerId": "me", "courseState": "ACTIVE", "section": "0"}
            told = self.send("courses", "POST", "/v1/courses", json.dumps(course))
            if told is not None:
                self.course = told["id"]
                with self.ledger.lock:
                    self.ledger.courses[self.course] = ["0"]
            return
        self.value += 1
        value = str(self.value)
        with self.ledger.lock:
            self.ledger.courses[self.course].append(value)
        told = self.send("courses", "PATCH", f"/v1/courses/{self.course}?updateMask=section", json.dumps({"section": value}))
        if told is not None:
            with self.ledger.lock:
                self.ledger.courses[self.course] = [value]

    def read_course(self, _turn):
        if self.course is not None:
            told = self.send("courses", "GET", f"/v1/courses/{self.course}")
            if told is not None and told.get("section") not in self.ledger.courses[self.course]:
                raise AssertionError(f"course {self.course} is read as {told.get('section')}, not {self.ledger.courses[self.course]}")

    def list_projects(self, _turn):
        self.send("jobs", "GET", "/api/v1/projects")

    def ask_erasure(self, turn):
        reference = f"ledger-{self.number}-{turn}"
        told = self.send("jobs", "DELETE", f"/api/v1/{PROJECT}/users/{reference}")
        if told is not None:
            with self.ledger.lock:
                self.ledger.jobs[told["data"]["jobId"]] = reference
