"""Answers that are lost after the work was committed, and requests that are sent again with the same key."""

import collections

from .place import Client, new_session

# The keys of each fault: half of them for sessions, half for courses.
KEYS = 500
# The most attempts for one key. An answer is lost with a probability of one half.
MOST_ATTEMPTS = 60


def prove(figures, place, rounds):
    count = rounds.of(KEYS)
    figures.begin("lost", f"{count} requests with an Idempotency-Key whose answers are lost, on {place.database}")
    service = place.serve()
    lose_some = lambda account: account.faults.preset("lost-replies")
    send_all(figures, service, count, "the preset lost-replies", prepare=lose_some, least=count // 4)
    lose_next = lambda account: account.faults.add("lose-answer", method="POST", times=1)
    send_all(figures, service, count, "each first answer lost", before_each=lose_next, least=count)


def send_all(figures, service, count, what, least, prepare=None, before_each=None):
    """Sends each request again until it is answered. At least `least` answers must be lost."""
    account, lost, replayed = service.account(), 0, 0
    if prepare:
        prepare(account)
    with Client(service, account) as client:
        for number in range(count):
            if before_each:
                before_each(account)
            attempts = send(client, number)
            lost += attempts - 1
            replayed += attempts > 1
        account.faults.clear()
        sessions = collections.Counter(session["name"] for session in client.sessions("once-"))
        courses = collections.Counter(course["name"] for course in client.courses())
    effects = sessions + courses
    figures.show(f"{what}: answers that were lost, of {count} keys", f"{lost}, of {replayed}")
    # Without lost answers nothing is proved.
    figures.holds(f"{what}: enough answers were lost", lost >= least, lost)
    expected = collections.Counter(f"once-{number}" for number in range(count))
    once = sum(effects[name] == 1 for name in expected)
    figures.holds(f"{what}: each key has one effect", effects == expected, f"{once}", f"{once} of {count}")
    account.end()


def send(client, number):
    """How often a request had to be sent."""
    name = f"once-{number}"
    path, body = ("/xapi/v2/session/batch", [new_session(name)]) if number % 2 else ("/v1/courses", {"name": name, "ownerId": "me"})
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            status, told = client.ask("POST", path, body, f"Idempotency-Key: {name}\r\n")
        except OSError:
            continue
        # The first request may still run.
        if status == 409:
            continue
        if status != 200:
            raise SystemExit(f"{path} is answered {status}: {told}")
        return attempt
    raise SystemExit(f"{path} is not answered in {MOST_ATTEMPTS} attempts")
