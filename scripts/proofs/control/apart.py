"""Tests side by side: each has an account, and sees nothing of the others."""

import collections
import json
import secrets
import time

from .place import PROCESSES, Client, new_session

WORKERS = 8
REQUESTS = 10_000
# With this number of requests, each kind is sent twice.
LEAST = 30


def prove(figures, place, rounds):
    count = max(LEAST, rounds.of(REQUESTS))
    figures.begin("apart", f"{WORKERS} processes with an account each, {count} requests each in all APIs, on {place.database}")
    service = place.serve()
    # Every text that a process writes has its mark, which no other text can have by chance.
    marks = [f"mark{secrets.token_hex(8)}" for _ in range(WORKERS)]
    accounts = [service.account() for _ in marks]
    known = [first_objects(service, account, mark) for account, mark in zip(accounts, marks)]
    begin = time.monotonic()
    told = at_once([(service, accounts, marks, known, number, count) for number in range(WORKERS)])
    seconds = time.monotonic() - begin
    sent = collections.Counter()
    for one in told:
        sent.update(one["sent"])
    figures.show("requests in all", f"{sum(sent.values())} in {seconds:.0f} s")
    figures.show("of them in each API", ", ".join(f"{api} {number}" for api, number in sorted(sent.items())))
    strange = [problem for one in told for problem in one["strange"]]
    figures.at_most("answers with data of another account", len(strange), 0, "")
    failed = [problem for one in told for problem in one["failed"]]
    figures.at_most("answers other than the expected one", len(failed), 0, "")
    opened = sum(one["foreign"] for one in told)
    figures.holds(f"{opened} requests for objects of others find nothing", opened > 0 and not strange and not failed, failed[:1], "0 found")
    differing = [mark for one, account, mark in zip(told, accounts, marks) if lists(service, account) != one["made"]]
    figures.holds("each account lists exactly what it made", not differing, differing, f"{WORKERS} of {WORKERS}")
    for problem in (strange + failed)[:3]:
        print(f"    {problem}")


def first_objects(service, account, mark):
    """A session, a course and a job that others will ask for."""
    with Client(service, account) as client:
        guid = client.need("POST", "/xapi/v2/session/batch", [new_session(f"{mark}-0")])["approved"][0]["session_guid"]
        course = client.need("POST", "/v1/courses", {"name": f"{mark}-0", "ownerId": "me"})["id"]
        return guid, course, client.erase(f"{mark}-0")


def lists(service, account):
    """The names that each list of an account has."""
    with Client(service, account) as client:
        return {
            "sessions": sorted(session["name"] for session in client.sessions("")),
            "courses": sorted(course["name"] for course in client.courses()),
            "jobs": sorted(job["referenceId"] for job in client.jobs()),
        }


def at_once(work):
    """What each process told."""
    pipes = [PROCESSES.Pipe(duplex=False) for _ in work]
    running = [PROCESSES.Process(target=run, args=(there, *one)) for one, (_, there) in zip(work, pipes)]
    for process in running:
        process.start()
    for _, there in pipes:
        there.close()
    try:
        return [here.recv() for here, _ in pipes]
    except EOFError as failure:
        raise SystemExit("a process of an account has failed") from failure
    finally:
        for process in running:
            process.join()


def run(there, service, accounts, marks, known, number, count):
    """The process of one account."""
    with Client(service, accounts[number]) as client:
        worker = Worker(client, marks, number, known)
        steps = [
            worker.new_session, worker.read_session, worker.new_course, worker.read_course, worker.new_job, worker.read_job,
            worker.find_sessions, worker.list_courses, worker.list_jobs, worker.change_session, worker.change_course, worker.list_projects,
            worker.session_of_others, worker.course_of_others, worker.job_of_others,
        ]
        for turn in range(count):
            steps[turn % len(steps)](turn)
        there.send(worker.told())


class Worker:
    """Requests of one account, all of whose answers are searched for the marks of the others."""

    def __init__(self, client, marks, number, known):
        self.client, self.mark, self.number = client, marks[number], number
        self.marks = [mark.encode() for mark in marks]
        self.known, self.project = known, client.account.project["key"]
        self.guid, self.course, self.job = known[number]
        self.names = {"session": f"{self.mark}-0", "course": f"{self.mark}-0"}
        self.made = {"sessions": [self.names["session"]], "courses": [self.names["course"]], "jobs": [f"{self.mark}-0"]}
        self.sent, self.strange, self.failed, self.foreign = collections.Counter(), [], [], 0

    def told(self):
        made = {name: sorted(values) for name, values in self.made.items()}
        return {"sent": self.sent, "strange": self.strange, "failed": self.failed, "foreign": self.foreign, "made": made}

    def ask(self, api, method, path, body=None, expected=200, holds=None):
        """The JSON of the answer, or None if it is not the expected one."""
        status, data = self.client.line.ask(method, path, self.client.account._authorization(path), body)
        self.sent[api] += 1
        if any(mark in data for other, mark in enumerate(self.marks) if other != self.number):
            self.strange.append(f"{method} {path}: {data[:200]!r}")
        told = json.loads(data) if data else {}
        if status != expected or (holds and not holds(told)):
            self.failed.append(f"{method} {path} is answered {status}: {data[:200]!r}")
            return None
        return told

    def new_session(self, turn):
        name = f"{self.mark}-{turn}-s"
        told = self.ask("sessions", "POST", "/xapi/v2/session/batch", [new_session(name)])
        if told:
            self.made["sessions"].append(name)
            self.guid, self.names["session"] = told["approved"][0]["session_guid"], name

    def read_session(self, _):
        is_it = lambda told: told["name"] == self.names["session"]
        self.ask("sessions", "GET", f"/xapi/v2/session/{self.guid}", holds=is_it)

    def find_sessions(self, _):
        only = lambda told: told and all(session["name"].startswith(self.mark) for session in told)
        # Without a name, all sessions of the account are found.
        self.ask("sessions", "POST", "/xapi/v2/session/search", {"page_size": 20}, holds=only)

    def change_session(self, turn):
        change = [{"session_guid": self.guid, "description": f"{self.mark} {turn}"}]
        self.ask("sessions", "POST", "/xapi/v2/session/batch", change, holds=lambda told: len(told["approved"]) == 1)

    def new_course(self, turn):
        name = f"{self.mark}-{turn}-c"
        told = self.ask("courses", "POST", "/v1/courses", {"name": name, "ownerId": "me"})
        if told:
            self.made["courses"].append(name)
            self.course, self.names["course"] = told["id"], name

    def read_course(self, _):
        self.ask("courses", "GET", f"/v1/courses/{self.course}", holds=lambda told: told["name"] == self.names["course"])

    def list_courses(self, _):
        only = lambda told: told["courses"] and all(course["name"].startswith(self.mark) for course in told["courses"])
        self.ask("courses", "GET", "/v1/courses?pageSize=20", holds=only)

    def change_course(self, turn):
        self.ask("courses", "PATCH", f"/v1/courses/{self.course}?updateMask=room", {"room": f"{self.mark} {turn}"})

    def new_job(self, turn):
        user = f"{self.mark}-{turn}-j"
        told = self.ask("jobs", "DELETE", f"/api/v1/{self.project}/users/{user}")
        if told:
            self.made["jobs"].append(user)
            self.job = told["data"]["jobId"]

    def read_job(self, _):
        is_own = lambda told: told["data"]["referenceId"] == self.made["jobs"][-1]
        self.ask("jobs", "GET", f"/api/v1/{self.project}/jobs/{self.job}", holds=is_own)

    def list_jobs(self, _):
        only = lambda told: told["data"] and all(job["referenceId"].startswith(self.mark) for job in told["data"])
        self.ask("jobs", "GET", f"/api/v1/{self.project}/jobs?limit=20", holds=only)

    def list_projects(self, _):
        is_own = lambda told: [project["projectKey"] for project in told["data"]] == [self.project]
        self.ask("jobs", "GET", "/api/v1/projects", holds=is_own)

    def _other(self, turn):
        self.foreign += 1
        return self.known[(self.number + 1 + turn % (len(self.known) - 1)) % len(self.known)]

    def session_of_others(self, turn):
        self.ask("sessions", "GET", f"/xapi/v2/session/{self._other(turn)[0]}", expected=404)

    def course_of_others(self, turn):
        self.ask("courses", "GET", f"/v1/courses/{self._other(turn)[1]}", expected=404)

    def job_of_others(self, turn):
        self.ask("jobs", "GET", f"/api/v1/{self.project}/jobs/{self._other(turn)[2]}", expected=404)
