"""The journal: how soon its events come, and what test control costs a request."""

import http.client
import json
import random
import statistics
import subprocess
import threading
import time

from .. import secure
from ..place import judged
from .place import FREE_PORTS, Client, environment, new_session

# The goals.
MOST_DELAY = 300  # ms
MOST_COST = 3.0  # per cent
EVENTS = 200
# The longest pause before a request, so that it comes at any moment of the work of the service.
MOST_PAUSE = 0.05

ROUNDS = 15
ROUND_SECONDS = 2
CONNECTIONS = 16


def prove(figures, place, rounds):
    count = rounds.of(EVENTS)
    figures.begin("journal", f"{count} requests and their events, on {place.database}")
    service = place.serve()
    account = service.account()
    arrived, came = {}, threading.Condition()
    host, port = service.operations.rsplit("/", 1)[1].split(":")
    follower = http.client.HTTPConnection(host, int(port), timeout=60)
    follower.request("GET", f"/_derslik/v1/accounts/{account.id}/journal/live?after=0")
    stream = follower.getresponse()

    def follow():
        # The end of this part closes the connection.
        try:
            for line in stream:
                if line.startswith(b"data: "):
                    at, entry = time.monotonic(), json.loads(line[6:])
                    with came:
                        arrived[entry["seq"]] = (at, entry)
                        came.notify_all()
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass

    threading.Thread(target=follow, daemon=True).start()
    ends, wrong = {}, []
    draw = random.Random(7)
    with Client(service, account) as client:
        for number in range(1, count + 1):
            time.sleep(draw.random() * MOST_PAUSE)
            if number % 2:
                client.need("POST", "/xapi/v2/session/batch", [new_session(f"event-{number}")])
            else:
                client.need("GET", "/v1/courses")
            ends[number] = time.monotonic()
            with came:
                if not came.wait_for(lambda: number in arrived, 30):
                    raise SystemExit(f"the event of request {number} does not come")
            path = "/xapi/v2/session/batch" if number % 2 else "/v1/courses"
            if arrived[number][1]["path"] != path or arrived[number][1]["status"] != 200:
                wrong.append(arrived[number][1])
    # An event may come before the client has read the answer.
    times = [max(0.0, arrived[number][0] - end) for number, end in ends.items()]
    figures.times("from the end of a request to its event", times, MOST_DELAY, "p95")
    figures.holds("each request has one event, in order", not wrong and list(arrived) == list(ends), wrong[:1])
    follower.close()


def prove_cost(figures, place, rounds):
    count = rounds.of(ROUNDS)
    figures.begin("cost", f"the same requests with test control and without it, {count} rounds each, on {place.database}")
    # The service of profile dev has test control and keeps a journal, since it has a listener for operations. Profile production has
    # neither. The second service of production shows the difference between two services of one kind.
    kinds = {kind: Measured(place, profile) for kind, profile in PROFILES.items()}
    compare(figures, kinds, count, "one test after another", Measured.tests, MOST_COST)
    # No request costs less than this one, so a journal costs no greater part of any other. No goal is for it.
    compare(figures, kinds, count, "reading one session", Measured.reads, None)
    entries = kinds["test control"].entries()
    figures.holds("the journal has these requests", entries == 1, entries)


def compare(figures, kinds, count, load, of_round, most):
    for measured in kinds.values():
        of_round(measured)
    rounds_of = {kind: [] for kind in kinds}
    for number in range(count):
        order = list(kinds)
        for kind in order if number % 2 else reversed(order):
            rounds_of[kind].append(of_round(kinds[kind]))
    rate = {kind: statistics.median(rate for rate, _ in measured) for kind, measured in rounds_of.items()}
    effort = {kind: statistics.median(effort for _, effort in measured) for kind, measured in rounds_of.items()}
    for kind, measured in rounds_of.items():
        slowest, fastest = min(measured)[0], max(measured)[0]
        figures.show(f"{load}, {kind}: requests a second, the median (slowest, fastest)", f"{rate[kind]:.0f} ({slowest:.0f}, {fastest:.0f})")
        figures.show(f"{load}, {kind}: processor time a request", f"{1e6 * effort[kind]:.1f} us")
    noise = 100 * abs(effort["none again"] / effort["none"] - 1)
    figures.show(f"{load}: two services without it differ in processor time by", f"{noise:.1f} %")
    figures.show(f"{load}: what test control costs of the requests a second", f"{100 * (1 - rate['test control'] / rate['none']):.1f} %")
    cost = 100 * (effort["test control"] / statistics.mean([effort["none"], effort["none again"]]) - 1)
    what = f"{load}: what test control costs of the processor time"
    if most is None:
        figures.show(what, f"{cost:.1f} %")
    else:
        why = judged(figures) or ("" if figures.is_quiet else "the machine was busy at the start")
        figures.at_most(what, cost, most, "%", 1, why)


PROFILES = {"test control": "dev", "none": "production", "none again": "production"}


class Measured:
    """A service of a profile over a database that `migrate` and the commands have filled in the same way for each."""

    def __init__(self, place, profile):
        self.binary, self.folder = place.binary, place.folder_for(profile)
        self.url = place.new_database(self.folder)
        self.settings = {"DERSLIK_ALLOW_SQLITE": "true"} if profile == "production" else {}
        self.command("migrate")
        created = self.command("account", "create", "okul")
        self.authorization = f"Bearer {created['bearer']}"
        self.command("user", "create", "ayse@okul.example", "--role", "admin", "--account", "okul")
        token = self.command("token", "create", "ayse@okul.example", "--account", "okul")
        self.of_courses = f"Bearer {token['token']}"
        data = ["--data-dir", str(self.folder), "--database-url", self.url]
        self.service = place.start([self.binary, "serve", *FREE_PORTS, "--profile", profile, *data], self.folder, self.settings)
        with self.service.line() as line:
            status, answer = line.ask("POST", "/xapi/v2/session/batch", self.authorization, [new_session("read")])
            if status != 200:
                raise SystemExit(f"a session can't be made: {status} {answer[:300]!r}")
        self.guid, self.number = json.loads(answer)["approved"][0]["session_guid"], 0

    def command(self, *arguments):
        done = subprocess.run(
            [self.binary, *arguments, "--json", "--database-url", self.url],
            env=environment(self.folder, self.settings),
            check=True,
            stdout=subprocess.PIPE,
        )
        return json.loads(done.stdout) if done.stdout.strip() else None

    def entries(self):
        """1 if the newest entry of the journal is of the measured request, and 0 otherwise."""
        accounts = self.service.control.call("GET", "accounts")["accounts"]
        account = next(account for account in accounts if account["name"] == "okul")
        told = self.service.control.call("GET", f"accounts/{account['id']}/journal", query={"limit": 1})["entries"]
        return sum(entry["path"].startswith("/xapi/v2/session/") and entry["status"] == 200 for entry in told)

    def tests(self):
        """The same for one connection that runs tests: each makes a session and a course, reads both, changes the course, lists and
        searches, and deletes what it made."""
        line, count, sent = self.service.line(), 0, 0
        begin, before = time.monotonic(), secure.processor_seconds(self.service)

        def ask(method, path, body=None):
            nonlocal sent
            sent += 1
            authorization = self.of_courses if path.startswith("/v1/") else self.authorization
            status, answer = line.ask(method, path, authorization, body)
            if status not in (200, 204):
                raise SystemExit(f"{method} {path}: {status} {answer[:300]!r}")
            return json.loads(answer) if answer else {}

        while time.monotonic() - begin < ROUND_SECONDS:
            self.number, count = self.number + 1, count + 1
            name = f"test-{self.number}"
            guid = ask("POST", "/xapi/v2/session/batch", [new_session(name)])["approved"][0]["session_guid"]
            ask("GET", f"/xapi/v2/session/{guid}")
            ask("POST", "/xapi/v2/session/search", {"name": name, "page_size": 20})
            course = ask("POST", "/v1/courses", {"name": name, "ownerId": "me", "courseState": "ACTIVE"})["id"]
            ask("GET", f"/v1/courses/{course}")
            ask("PATCH", f"/v1/courses/{course}?updateMask=room", {"room": str(count)})
            ask("GET", "/v1/courses?pageSize=20")
            ask("PATCH", f"/v1/courses/{course}?updateMask=courseState", {"courseState": "ARCHIVED"})
            ask("DELETE", f"/v1/courses/{course}")
            ask("DELETE", f"/xapi/v2/session/{guid}")
        seconds, effort = time.monotonic() - begin, secure.processor_seconds(self.service) - before
        line.close()
        return sent / seconds, effort / sent

    def reads(self):
        """Requests a second during one round, and the seconds of processor time that each took of the service. Each connection has one
        request under way."""
        request = f"GET /xapi/v2/session/{self.guid} HTTP/1.1\r\nHost: l\r\nAuthorization: {self.authorization}\r\n\r\n".encode()
        lines = [self.service.line() for _ in range(CONNECTIONS)]
        for line in lines:
            if line.ask("GET", f"/xapi/v2/session/{self.guid}", self.authorization)[0] != 200:
                raise SystemExit("the session can't be read")
        lines[0].socket.sendall(request)
        # All answers are equally long: they differ in the ids of the requests and in the time.
        length, count = secure.length_of_one_answer(lines[0].socket), 0
        begin, before = time.monotonic(), secure.processor_seconds(self.service)
        while time.monotonic() - begin < ROUND_SECONDS:
            for line in lines:
                line.socket.sendall(request)
            for line in lines:
                answer = line.exactly(length)
                if not answer.startswith(b"HTTP/1.1 200 ") or line.rest:
                    raise SystemExit(f"an answer is not as the first: {answer[:300]!r}")
            count += CONNECTIONS
        seconds, effort = time.monotonic() - begin, secure.processor_seconds(self.service) - before
        for line in lines:
            line.close()
        return count / seconds, effort / count
