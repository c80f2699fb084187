"""REL-05: clients that change the same thing at once. No change is lost, and of rivals one wins."""

import collections
import threading

from .load import KEYS, PROJECT
from .site import Wire, sites

THREADS, CHANGES = 16, 50
FIELDS = ["name", "section", "descriptionHeading", "description", "room"]
RACERS, RACES, ALIASES, CANCELS = 32, 50, 20, 20


def prove(figures, binary, cluster, draw, rounds):
    """REL-05"""
    figures.begin("REL-05", f"{THREADS} clients with {CHANGES} changes each, and races of {RACERS}")
    for site in sites(binary, cluster):
        with site:
            service = site.serve()
            disjoint(figures, site, service, rounds)
            counted(figures, site, service, rounds)
            raced(figures, site, service, rounds)
            named(figures, site, service, rounds)
            cancelled(figures, site, service, rounds)


def together(service, key, count, work):
    """What `work` tells, for each of `count` clients that begin at the same time."""
    told, begin, failures = [None] * count, threading.Barrier(count), []

    def run(number):
        try:
            with Wire(service, key) as wire:
                begin.wait()
                told[number] = work(wire, number)
        except (OSError, SystemExit, KeyError, TypeError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"a client failed: {failures[0]!r}")
    return told


def new_course(service, state="ACTIVE"):
    with Wire(service, KEYS["courses"]) as wire:
        return wire.need("POST", "/v1/courses", {"name": "Kimya", "ownerId": "me", "courseState": state, "room": "0"})["id"]


def disjoint(figures, site, service, rounds):
    """Each client has a field of one of the courses for itself."""
    changes = rounds.of(CHANGES)
    courses = [new_course(service) for _ in range(-(-THREADS // len(FIELDS)))]

    def change(wire, number):
        course, field = courses[number // len(FIELDS)], FIELDS[number % len(FIELDS)]
        for turn in range(changes):
            value = f"{field} {number} {turn}"
            told = wire.need("PATCH", f"/v1/courses/{course}?updateMask={field}", {field: value})
            if told[field] != value:
                raise SystemExit(f"{field} is answered as {told[field]}, not {value}")
        return course, field, value

    last = together(service, KEYS["courses"], THREADS, change)
    with Wire(service, KEYS["courses"]) as wire:
        found = {course: wire.need("GET", f"/v1/courses/{course}") for course in courses}
    lost = [(field, found[course][field], value) for course, field, value in last if found[course][field] != value]
    what = f"{site.database}: fields that do not show the last of {changes} acknowledged values, of {THREADS}"
    figures.at_most(what, len(lost), 0, "")


def counted(figures, site, service, rounds):
    """A number that each client raises by one, as often as it wins by the tag."""
    changes, course = rounds.of(CHANGES), new_course(service)

    def count(wire, _):
        stale, done = 0, 0
        while done < changes:
            _, headers, told = wire.ask("GET", f"/v1/courses/{course}")
            body, tag = {"room": str(int(told["room"]) + 1)}, {"If-Match": headers["ETag"]}
            status, _, told = wire.ask("PATCH", f"/v1/courses/{course}?updateMask=room", body, tag)
            if status not in (200, 412):
                raise SystemExit(f"a change by a tag is answered {status}: {told}")
            done, stale = done + (status == 200), stale + (status == 412)
        return stale

    stale = sum(together(service, KEYS["courses"], THREADS, count))
    with Wire(service, KEYS["courses"]) as wire:
        room = wire.need("GET", f"/v1/courses/{course}")["room"]
    expected = str(THREADS * changes)
    figures.holds(f"{site.database}: a count by tags has each of its {expected} steps; {stale} were stale", room == expected, room, room)


def raced(figures, site, service, rounds):
    """Two states that do not lead to each other."""
    wrong, races = [], rounds.of(RACES)
    for _ in range(races):
        course = new_course(service, "PROVISIONED")

        def race(wire, number):
            state = "ACTIVE" if number % 2 else "DECLINED"
            status, _, told = wire.ask("PATCH", f"/v1/courses/{course}?updateMask=courseState", {"courseState": state})
            return status, state, (told.get("error") or {}).get("status")

        outcomes = together(service, KEYS["courses"], RACERS, race)
        with Wire(service, KEYS["courses"]) as wire:
            _, headers, told = wire.ask("GET", f"/v1/courses/{course}")
        refused = [outcome for outcome in outcomes if outcome[0] != 200]
        winners = {state for status, state, _ in outcomes if status == 200}
        is_legal = all(outcome[0] == 400 and outcome[2] == "FAILED_PRECONDITION" for outcome in refused)
        # The first revision is that of the creation, and the second the only change.
        if winners != {told["courseState"]} or not is_legal or headers["ETag"] != f'"{course}-2"':
            wrong.append((winners, told["courseState"], headers["ETag"], refused[:1]))
    figures.holds(f"{site.database}: {RACERS} racing transitions come to one change, {races} times", not wrong, wrong[:3])


def named(figures, site, service, rounds):
    """One alias for many new courses."""
    wrong, times = [], rounds.of(ALIASES)
    for number in range(times):
        new = {"id": f"d:race{number}", "name": "Kimya", "ownerId": "me"}
        statuses = together(service, KEYS["courses"], RACERS, lambda wire, _: wire.ask("POST", "/v1/courses", new)[0])
        if collections.Counter(statuses) != {200: 1, 409: RACERS - 1}:
            wrong.append(collections.Counter(statuses))
    figures.holds(f"{site.database}: of {RACERS} creations of one alias one succeeds, {times} times", not wrong, wrong[:3])


def cancelled(figures, site, service, rounds):
    """One job that many cancel."""
    wrong, times = [], rounds.of(CANCELS)
    for number in range(times):
        with Wire(service, KEYS["jobs"]) as wire:
            job = wire.need("DELETE", f"/api/v1/{PROJECT}/users/race{number}")["data"]["jobId"]
        path = f"/api/v1/{PROJECT}/jobs/{job}"
        statuses = together(service, KEYS["jobs"], RACERS, lambda wire, _: wire.ask("DELETE", path)[0])
        if collections.Counter(statuses) != {200: 1, 501: RACERS - 1}:
            wrong.append(collections.Counter(statuses))
    figures.holds(f"{site.database}: of {RACERS} cancels of one job one succeeds, {times} times", not wrong, wrong[:3])
