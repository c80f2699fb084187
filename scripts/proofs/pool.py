"""REL-08: locks hold all connections of a small pool, and a crowd of requests comes."""

import http.client
import json
import math
import time

from . import abuse, secure
from .load import KEYS, unavailable
from .place import Place, judged, needs_operations
from .replicas import Watch

# The goals, in seconds unless named otherwise.
MOST_REFUSAL = 3.0
MOST_HEALTH = 50  # ms
MOST_AFTER_RELEASE = 1.0

LOCKED = "BEGIN; LOCK TABLE sessions, courses, projects, jobs IN ACCESS EXCLUSIVE MODE"
CROWD = 64
POOL_ROUNDS = 5
NEW_SESSION = json.dumps([{"name": "crowd", "start_date": "2099-08-05T12:00:00Z", "duration": 80}])
CROWD_CALLS = [
    ("sessions", "POST", "/xapi/v2/session/batch", NEW_SESSION),
    ("jobs", "GET", "/api/v1/projects", None),
    ("courses", "GET", "/v1/courses", None),
    ("sessions", "POST", "/xapi/v2/session/search", "{}"),
]


def call(service, number):
    """One request of the crowd: when it began and ended, its status, and what is wrong with a 503."""
    api, method, path, body = CROWD_CALLS[number % len(CROWD_CALLS)]
    begin, client = time.monotonic(), http.client.HTTPConnection(*service.address, timeout=60)
    try:
        client.request(method, path, body, {"Authorization": f"Bearer {KEYS[api]}", "Content-Type": "application/json"})
        answer = client.getresponse()
        data, status = answer.read(), answer.status
        problem = unavailable(api, answer, data) if status == 503 else None
    except (OSError, http.client.HTTPException) as failure:
        status, problem = None, repr(failure)
    finally:
        client.close()
    return begin, time.monotonic(), status, problem


def prove(figures, binary):
    """REL-08"""
    figures.begin("REL-08", f"{CROWD} requests at once, {POOL_ROUNDS} times, while locks hold all connections of a pool of 4")
    with Place(binary) as place:
        service = place.serve(DERSLIK_DATABASE__CONNECTIONS="4")
        for number in range(len(CROWD_CALLS)):
            call(service, number)
        refused, after, slow_health, statuses = [], [], [], set()
        for _ in range(POOL_ROUNDS):
            with place.cluster.client() as holder:
                holder.ask(LOCKED)
                if service.operations:
                    with Watch(service, "/healthz", every=0.01) as health:
                        refused += crowd(service)
                    slow_health += [seconds for _, _, seconds in health.seen]
                    statuses |= {status for _, status, _ in health.seen}
                else:
                    refused += crowd(service)
                holder.ask("ROLLBACK")
            released = time.monotonic()
            after += [(end - released, status) for _, end, status, _ in crowd(service)]
        wrong = [outcome for outcome in refused if outcome[2] != 503 or outcome[3]]
        figures.holds(f"all {len(refused)} are answered 503 with Retry-After", not wrong, [outcome[2:] for outcome in wrong[:3]])
        longest = max(end - begin for begin, end, _, _ in refused)
        figures.at_most("the longest of them", longest, MOST_REFUSAL, "s", 2, judged(figures))
        if needs_operations(figures, service, "/healthz meanwhile"):
            figures.holds("/healthz is 200 meanwhile", statuses == {200}, statuses)
            slowest = 1000 * percentile(slow_health, 0.99)
            figures.at_most(f"/healthz meanwhile, p99 of {len(slow_health)}", slowest, MOST_HEALTH, "ms", 1, judged(figures))
        failed = [status for _, status in after if status != 200]
        figures.holds(f"all {len(after)} requests after the release succeed", not failed, failed[:3])
        figures.at_most("the last of them after the release", max(end for end, _ in after), MOST_AFTER_RELEASE, "s", 2, judged(figures))
    secure.tests(figures, "tests of the time limits of each connection", "faults_postgres", "locked_table", 2)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0.0


def crowd(service):
    return abuse.at_once(CROWD, lambda number: call(service, number), CROWD)
