"""REL-10: a service is told to stop while requests and jobs are under way."""

import json
import threading
import time

from . import abuse, secure
from .load import KEYS, PROJECT
from .place import Place, needs_operations, wait_for
from .replicas import Watch, has_operations_listener

# The goals, in seconds.
MOST_STOP = 10.0
MOST_UNTIL_RERUN = 2.0
NEW_SESSION = json.dumps([{"name": "last", "start_date": "2099-08-05T12:00:00Z", "duration": 80}])
UNDER_WAY = 20
BODY_SECONDS = 2.0
DRAIN_SECONDS = 2
JOBS = 3
# A job that takes longer than a request, and ends. The other one writes back what it deletes, until the trigger is gone.
SLOW = """
    CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3.5); RETURN OLD; END $$;
    CREATE TRIGGER slow BEFORE DELETE ON credentials FOR EACH ROW EXECUTE FUNCTION slowly()"""
ENDLESS = """
    CREATE FUNCTION bring_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO credentials (account_id, id, principal_id, kind, public_id, digest, scopes, created_at)
        VALUES (OLD.account_id, OLD.id, OLD.principal_id, OLD.kind, OLD.public_id, OLD.digest, OLD.scopes, OLD.created_at);
        RETURN NULL;
    END $$;
    CREATE TRIGGER endless AFTER DELETE ON credentials FOR EACH ROW EXECUTE FUNCTION bring_back()"""


class SlowRequest:
    """A request whose body arrives in parts, over two seconds."""

    def __init__(self, service):
        self.body = NEW_SESSION.encode()
        self.connection = service.connect()
        head = (
            f"POST /xapi/v2/session/batch HTTP/1.1\r\nHost: l\r\nAuthorization: Bearer {KEYS['sessions']}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        self.connection.sendall(head.encode())
        # The service has begun with the request as soon as it asks for the body.
        if not self.connection.recv(1024).startswith(b"HTTP/1.1 100"):
            raise SystemExit("the service does not ask for the body of a request")

    def finish(self):
        """Sends the body, and returns the status; None if there is no answer."""
        half = len(self.body) // 2
        try:
            for part in [self.body[:half], self.body[half:]]:
                time.sleep(BODY_SECONDS / 2)
                self.connection.sendall(part)
            answer = b""
            while part := self.connection.recv(65_536):
                answer += part
            return int(answer.split()[1])
        except (OSError, IndexError, ValueError):
            return None
        finally:
            self.connection.close()


def erasures(place, service, about):
    """Starts the erasure of some people, who have a token each, and waits until all of them run: the ids of the jobs."""
    jobs = []
    for number in range(JOBS):
        person = f"{about}{number}@demo.example"
        place.command("user", "create", person, "--account", "demo")
        place.command("token", "create", person, "--account", "demo")
        status, answer, _ = service.ask("DELETE", f"/api/v1/{PROJECT}/users/{person}", KEYS["jobs"])
        if status != 200:
            raise SystemExit(f"an erasure is answered {status}")
        jobs.append(json.loads(answer)["data"]["jobId"])
    for job in jobs:
        place.command("job", "run-now", str(job), "--account", "demo")
    wait_for(lambda: [status for _, status, _ in states(place, jobs)] == ["running"] * JOBS, "the jobs do not start")
    return jobs


def states(place, jobs):
    """The id, the status and the worker of each of the jobs."""
    return place.cluster.ask(f"SELECT id, status, worker FROM jobs WHERE id IN ({', '.join(map(str, jobs))}) ORDER BY id")


def done_once(figures, place, jobs, what):
    wait_for(lambda: all(status == "completed" for _, status, _ in states(place, jobs)), "the jobs do not end")
    counts = place.cluster.ask(
        "SELECT job_id, count(*) FROM audit_records WHERE event = 'erasure_completed' "
        f"AND job_id IN ({', '.join(map(str, jobs))}) GROUP BY job_id"
    )
    is_met = sorted(counts) == sorted([str(job), "1"] for job in jobs)
    figures.holds(what, is_met, counts)


def prove(figures, binary):
    """REL-10"""
    figures.begin("REL-10", f"a stop with {UNDER_WAY} requests of {BODY_SECONDS:.0f} s and {JOBS} jobs under way")
    with Place(binary) as place:
        jobs_that_end(figures, place)
        jobs_that_do_not_end(figures, place)
    secure.tests(figures, "a second signal ends the service at once", "process", "a_second_signal", 1)
    figures.not_measured("deliveries of webhooks", "there are no webhooks yet")


def jobs_that_end(figures, place):
    drain = {"DERSLIK_OPS__DRAIN_SECONDS": str(DRAIN_SECONDS)} if has_operations_listener(place.binary) else {}
    service = place.serve(**drain)
    place.cluster.ask(SLOW)
    jobs = erasures(place, service, "short")
    requests = [SlowRequest(service) for _ in range(UNDER_WAY)]
    closed = []

    def until_closed():
        while not closed:
            try:
                service.connect().close()
            except OSError:
                closed.append(time.monotonic())
            time.sleep(0.01)

    with Watch(service, "/readyz", every=0.01) if service.operations else Nothing() as ready:
        begin = time.monotonic()
        service.ask_to_stop()
        watching = threading.Thread(target=until_closed)
        watching.start()
        answered = abuse.at_once(UNDER_WAY, lambda number: requests[number].finish(), UNDER_WAY)
        code, seconds = service.wait(begin)
        watching.join()
    figures.holds(f"{UNDER_WAY} of {UNDER_WAY} requests are answered 200", answered == [200] * UNDER_WAY, answered)
    if needs_operations(figures, service, "readiness off before the listener closes"):
        off = ready.first(503, begin)
        figures.holds("readiness is told off", off is not None)
        if off is not None:
            figures.show("readiness off after the signal", f"{1000 * off:.0f} ms")
            figures.holds("it is off before the listener closes", begin + off < closed[0], (off, closed[0] - begin))
        open_for = closed[0] - begin
        figures.holds(f"the listener stays open for {DRAIN_SECONDS} s", open_for >= DRAIN_SECONDS, f"{open_for:.2f} s", f"{open_for:.2f} s")
    figures.holds("the exit code is 0", code == 0, code)
    figures.at_most("the service has ended after", seconds, MOST_STOP, "s", 2)
    place.cluster.ask("DROP TRIGGER slow ON credentials")
    if any(status != "completed" for _, status, _ in states(place, jobs)):
        # The grace of jobs was over: another process does them.
        place.serve()
    done_once(figures, place, jobs, f"{JOBS} jobs are done exactly once")


class Nothing:
    """A watch of a version without a listener for operations."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def jobs_that_do_not_end(figures, place):
    settings = {"DERSLIK_JOBS__LEASE_MS": "600000", "DERSLIK_JOBS__GRACE_SECONDS": "1"}
    for service in place.services:
        if service.process.poll() is None:
            service.end()
    service = place.serve(**settings)
    place.cluster.ask(ENDLESS)
    jobs = erasures(place, service, "long")
    workers = {worker for _, _, worker in states(place, jobs)}
    # It has no jobs until the first process gives up its own.
    other = place.serve(**settings)
    begin = time.monotonic()
    service.ask_to_stop()
    held, taken = dict.fromkeys(jobs, begin), {}
    deadline = begin + 60
    while len(taken) < JOBS and time.monotonic() < deadline:
        for job, _, worker in states(place, jobs):
            if worker in workers:
                held[int(job)] = time.monotonic()
            elif worker is not None:
                taken.setdefault(int(job), time.monotonic())
        time.sleep(0.01)
    code, seconds = service.wait(begin)
    figures.holds("the exit code is 0 with jobs that do not end", code == 0, code)
    figures.at_most("that service has ended after", seconds, MOST_STOP, "s", 2)
    figures.holds("the jobs run elsewhere long before their leases end", len(taken) == JOBS, f"{len(taken)} of {JOBS}")
    if len(taken) == JOBS:
        longest = max(taken[job] - held[job] for job in jobs)
        figures.at_most("from the end of a lease that was given back to the next run, the longest", longest, MOST_UNTIL_RERUN, "s", 2)
    place.cluster.ask("DROP TRIGGER endless ON credentials")
    done_once(figures, place, jobs, "these jobs are done exactly once")
    other.end()
