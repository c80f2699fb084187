"""Accounts in one call, resets under load, and snapshots."""

import threading
import time

from .place import PROCESSES, Client, derslik, new_session

# The goals, in milliseconds.
MOST_ACCOUNT = 5
MOST_RESET = {1_000: 20, 100_000: 300}
MOST_RESTORE = 50
# How often each is repeated.
ACCOUNTS = 200
RESETS = {1_000: 20, 100_000: 5}
RESTORES = 50

READERS = 8
SEARCHERS = 2
EARLY = [f"early-{number:06}" for number in range(10)]
# The pause of a reader, so that all of them and the service share the processors.
PAUSE = 0.01
SEED = """\
people:
- email: ali@okul.example
  name: Ali
courses:
- name: Kimya
  owner: teacher
  students:
  - ali@okul.example
sessions:
- name: seeded
  start: tomorrow 09:00
  duration: 40
jobs:
- erase: ali@okul.example
  start: +3d 00:00
"""


def prove(figures, place, rounds):
    count = rounds.of(ACCOUNTS)
    figures.begin("accounts", f"{count} accounts with keys of all three APIs, by one call each, on {place.database}")
    service = place.serve()
    made, ended, served, refused = [], [], 0, 0
    for _ in range(count):
        begin = time.monotonic()
        told = service.control.call("POST", "accounts", {})
        made.append(time.monotonic() - begin)
        account = derslik.Account(service, told)
        with Client(service, account) as client:
            paths = ["/v1/courses", "/api/v1/projects", f"/xapi/v2/session/{account.users['admin']['guid']}"]
            before = [client.ask("GET", path)[0] for path in paths]
            begin = time.monotonic()
            account.end()
            ended.append(time.monotonic() - begin)
            after = [client.ask("GET", path)[0] for path in paths]
        # There is no such session, which only a valid key is told.
        served += before[:2] == [200, 200] and before[2] not in (401, 403)
        refused += after == [401] * 3
    figures.times("an account is made", made, MOST_ACCOUNT)
    figures.times("an account is ended", ended, MOST_ACCOUNT)
    figures.holds("its keys are good at once in each API", served == count, f"{served}", f"{served} of {count}")
    figures.holds("its keys are refused at once after its end", refused == count, f"{refused}", f"{refused} of {count}")


def prove_resets(figures, place, rounds):
    figures.begin("reset", f"accounts that are reset while {READERS} threads use them, on {place.database}")
    service = place.serve()
    for objects, most in MOST_RESET.items():
        account = service.account(seed=SEED)
        first_content = account.seed_export()
        times, problems, answers, differences = [], [], 0, []
        for _ in range(rounds.of(RESETS[objects])):
            seconds, seen, late = reset_under_load(service, account, objects)
            times.append(seconds)
            answers += len(seen.answers)
            problems += seen.problems + late
            # What was written after the reset goes as well, so that the rest can be compared.
            account.reset()
            if account.seed_export() != first_content:
                differences.append("the content is not that of the seed")
        figures.times(f"a reset of {objects} objects", times, most)
        figures.holds(f"all {answers} answers are of before or of after", not problems, problems[:3])
        figures.holds("the account holds exactly its seed afterwards", not differences, differences[:1])
        account.end()


class Seen:
    """What the readers of one reset have seen."""

    def __init__(self, answers, problems):
        self.answers, self.problems = answers, problems


def reset_under_load(service, account, objects):
    """The time of the reset, what the readers saw, and what is wrong with the sessions that were written meanwhile."""
    with Client(service, account) as client:
        client.fill(objects - len(EARLY))
        # Few sessions have these names, so a search for them is cheap.
        guid = client.fill(len(EARLY), "early")
        client.need("POST", "/v1/courses", {"name": "Tarih", "ownerId": "me"})
        client.erase("veli@okul.example")
        over, count = PROCESSES.Event(), PROCESSES.Value("i", 0)
        here, there = PROCESSES.Pipe()
        load = PROCESSES.Process(target=read_all, args=(service, account, guid, over, count, there))
        load.start()
        try:
            wait_for_answers(load, count, 10 * READERS)
            begin = time.monotonic()
            account.reset()
            end = time.monotonic()
            wait_for_answers(load, count, count.value + 10 * READERS)
        finally:
            over.set()
        answers, written, problems = here.recv()
        load.join()
        # A reader may see the state before until the end of the reset, and the one after from its beginning.
        for reader in answers.values():
            states = [state for _, _, state in reader]
            if states != sorted(states, key=["before", "after"].index):
                problems.append("the state before was seen after the one after")
        flat = [answer for reader in answers.values() for answer in reader]
        problems += [f"the state before, {sent - end:.3f} s after the reset" for sent, _, state in flat if state == "before" and sent > end]
        problems += [f"the state after, {begin - got:.3f} s before the reset" for _, got, state in flat if state == "after" and got < begin]
        return end - begin, Seen(flat, problems), misplaced(client, written, begin, end)


def wait_for_answers(load, count, least):
    deadline = time.monotonic() + 120
    while count.value < least:
        if not load.is_alive() or time.monotonic() > deadline:
            raise SystemExit("the readers of a reset do not go on")
        time.sleep(0.002)


def misplaced(client, written, begin, end):
    """Sessions written meanwhile belong to the account before the reset, or to the one after it, by their times."""
    left = {session["name"] for session in client.sessions("late-")}
    kept = [name for name, (_, got) in written.items() if got < begin and name in left]
    lost = [name for name, (sent, _) in written.items() if sent > end and name not in left]
    problems = [f"{name} was written before the reset, and is there" for name in kept]
    return problems + [f"{name} was written after the reset, and is lost" for name in lost]


def read_all(service, account, guid, over, count, there):
    """The process of the readers."""
    answers, written, problems = {}, {}, []
    threads = [
        threading.Thread(target=read, args=(service, account, guid, over, count, number, answers.setdefault(number, []), written, problems))
        for number in range(READERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    there.send((answers, written, problems))


def read(service, account, guid, over, count, number, answers, written, problems):
    """One reader. Each step tells the state that its answer is of, or None."""
    project = account.project["key"]

    def found(client):
        status, told = client.ask("POST", "/xapi/v2/session/search", {"name": "early", "page_size": 100})
        names = sorted(session["name"] for session in told) if status == 200 else told
        return status, {"before": EARLY, "after": []}, names

    def one(client):
        status, told = client.ask("GET", f"/xapi/v2/session/{guid}")
        return (200 if status == 404 else status), {"before": EARLY[0], "after": None}, (told or {}).get("name")

    def courses(client):
        status, told = client.ask("GET", "/v1/courses")
        names = sorted(course["name"] for course in told.get("courses", []))
        return status, {"before": ["Kimya", "Tarih"], "after": ["Kimya"]}, names

    def jobs(client):
        status, told = client.ask("GET", f"/api/v1/{project}/jobs")
        users = sorted(job["referenceId"] for job in told.get("data") or [] if job["action"] == "delete_user_data")
        return status, {"before": ["ali@okul.example", "veli@okul.example"], "after": ["ali@okul.example"]}, users

    def write(client):
        name, sent = f"late-{number}-{len(written)}", time.monotonic()
        status, told = client.ask("POST", "/xapi/v2/session/batch", [new_session(name)])
        if status == 200:
            written[name] = (sent, time.monotonic())
        return status, None, told

    # A search in many sessions that are not indexed yet takes a whole processor for a while, so few readers search.
    steps, turn = [one, courses, jobs, write] + [found] * (number < SEARCHERS), number
    try:
        with Client(service, account) as client:
            while not over.is_set():
                begin = time.monotonic()
                status, states, value = steps[turn % len(steps)](client)
                turn += 1
                state = next((name for name, expected in (states or {}).items() if value == expected), None)
                if status != 200 or (states and state is None):
                    what, now = steps[(turn - 1) % len(steps)].__name__, time.monotonic()
                    problems.append(f"{what} is answered {status} after {now - begin:.3f} s: {str(value)[:200]}")
                elif state:
                    answers.append((begin, time.monotonic(), state))
                with count.get_lock():
                    count.value += 1
                time.sleep(PAUSE)
    except (OSError, ValueError) as failure:
        problems.append(f"a reader got no answer: {failure!r}")


def prove_snapshots(figures, place, rounds):
    objects = 1_000
    figures.begin("snapshots", f"a state of {objects} objects that is restored, on {place.database}")
    service = place.serve()
    account = service.account(seed=SEED)
    taken, times, differences = [], [], 0
    with Client(service, account) as client:
        client.fill(objects)
        content = account.seed_export()
        for number in range(rounds.of(RESTORES)):
            begin = time.monotonic()
            account.snapshot("full")
            taken.append(time.monotonic() - begin)
            client.fill(10, f"more{number}")
            client.erase("veli@okul.example")
            begin = time.monotonic()
            account.restore("full")
            times.append(time.monotonic() - begin)
            differences += account.seed_export() != content
    figures.times(f"a snapshot of {objects} objects is taken", taken, MOST_RESTORE)
    figures.times(f"a snapshot of {objects} objects is restored", times, MOST_RESTORE)
    figures.holds("the content is that of the snapshot each time", differences == 0, f"{differences} differ")
