"""Clocks that are advanced over what falls due."""

import time

from .place import Client

# The goals, in milliseconds.
MOST_ERASURE = 200
MOST_WEEK = 2_000
ERASURES = 50
WEEKS = 5
# What falls due in the week: sessions that end, with erasures between them.
SESSIONS, ERASURES_OF_WEEK = 9_900, 100
MINUTES = 7 * 24 * 60
# How many erasures are advanced over for the cost of each, which has no goal.
BARE_ERASURES = 200


def prove(figures, place, rounds):
    figures.begin("clock", f"clocks that are advanced, on {place.database}")
    service = place.serve()
    times, wrong = [], []
    for _ in range(rounds.of(ERASURES)):
        account = service.account()
        with Client(service, account) as client:
            job = client.erase("mehdi@okul.example")
            path = f"/api/v1/{account.project['key']}/jobs/{job}"
            before = client.need("GET", path)["data"]["status"]
            begin = time.monotonic()
            account.clock.advance(days=1)
            after = client.need("GET", path)["data"]["status"]
            times.append(time.monotonic() - begin)
            if (before, after) != ("scheduled", "completed"):
                wrong.append((before, after))
        account.end()
    figures.times("an erasure of the next midnight is seen completed", times, MOST_ERASURE, "max")
    figures.holds("each was scheduled before, and completed after", not wrong, wrong[:3])

    times, wrong = [], []
    for _ in range(rounds.of(WEEKS)):
        seconds, told = week(service)
        times.append(seconds)
        if told != (SESSIONS, ERASURES_OF_WEEK, True):
            wrong.append(told)
    figures.times(f"a week in which {SESSIONS} sessions end, and {ERASURES_OF_WEEK} erasures are due", times, MOST_WEEK)
    figures.holds("all of them ran, each when it was due", not wrong, wrong[:3])

    account = service.account()
    count = rounds.of(BARE_ERASURES)
    account.seed({"jobs": [{"erase": f"user{number}", "start": f"+{number + 1}m"} for number in range(count)]})
    begin = time.monotonic()
    ran = account.clock.advance(days=1)
    figures.show(f"an erasure of {len(ran)} in one advance", f"{1000 * (time.monotonic() - begin) / max(1, len(ran)):.2f} ms")


def week(service):
    """The time of an advance by a week, and what ran: the sessions, the completed jobs, and whether in order."""
    account = service.account()
    # A body of test control has a limit, so the content comes in parts.
    for begin in range(0, SESSIONS, 1_000):
        minutes = [1 + number * (MINUTES - 60) // SESSIONS for number in range(begin, min(SESSIONS, begin + 1_000))]
        account.seed({"sessions": [{"name": "ders", "start": f"+{minute}m", "duration": 40} for minute in minutes]})
    steps = [(number + 1) * (MINUTES - 60) // ERASURES_OF_WEEK for number in range(ERASURES_OF_WEEK)]
    account.seed({"jobs": [{"erase": f"user{step}", "start": f"+{step}m"} for step in steps]})
    begin = time.monotonic()
    # The helper waits for a minute at the most.
    ran = service.control.call("POST", f"accounts/{account.id}/clock/advance", {"by": "7d"}, timeout=600)["ran"]
    seconds = time.monotonic() - begin
    account.end()
    sessions = sum(item.get("sessions", 0) for item in ran)
    jobs = sum(item.get("outcome") == "completed" for item in ran)
    dues = [item["due"] for item in ran]
    return seconds, (sessions, jobs, dues == sorted(dues))
