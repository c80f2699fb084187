"""REL-01: the service is killed while clients write, again and again. Nothing acknowledged is lost, doubled or torn."""

import collections
import threading
import time

from .load import KEYS
from .place import judged
from .site import Wire, new_session, sites

KILLS = 50
CLIENTS = 4
# Half of the items of a batch create sessions, and half change some.
ITEMS = 20
PAUSE = 0.02
# When a service is killed, in seconds after it is ready.
SOONEST, LATEST = 0.05, 0.8
# The goals, in seconds.
MOST_READY = {"SQLite": 1.0, "PostgreSQL": 2.0}


class Writer:
    """A client that lives through all kills, and what it knows of its sessions."""

    def __init__(self, number, draw):
        self.number, self.draw = number, draw
        # The name of each session, and its last version.
        self.names, self.versions = {}, {}
        self.made, self.keys, self.pending = 0, 0, None
        self.answered, self.sent_again, self.replayed, self.problems = 0, 0, 0, []

    def batch(self):
        """The items of a batch: each version of a session has the same number in three fields."""
        items = []
        for guid in self.draw.sample(sorted(self.names), min(len(self.names), ITEMS // 2)):
            number = int(self.versions[guid][1:]) + 1
            items.append({"session_guid": guid, "description": f"v{number}", "tags": f"v{number}", "duration": 30 + number % 300})
        while len(items) < ITEMS:
            items.append(new_session(f"k{self.number}-{self.made}", description="v0", tags="v0"))
            self.made += 1
        self.draw.shuffle(items)
        self.keys += 1
        return f"key-{self.number}-{self.keys}", items

    def run(self, service):
        """Writes until the service is gone. A request without an answer is sent again to the next one, with its key."""
        with Wire(service, KEYS["sessions"]) as wire:
            try:
                while True:
                    is_again = self.pending is not None
                    self.pending = self.pending or self.batch()
                    key, items = self.pending
                    status, headers, told = wire.ask("POST", "/xapi/v2/session/batch", items, {"Idempotency-Key": key})
                    if status in (409, 503):
                        # The transaction of the killed service may still be open.
                        time.sleep(0.1)
                        continue
                    self.sent_again += is_again
                    self.replayed += headers.get("Idempotent-Replayed") == "true"
                    self.take(status, items, told)
                    self.pending = None
                    time.sleep(PAUSE)
            except OSError:
                pass

    def take(self, status, items, told):
        approved = (told or {}).get("approved", [])
        if status != 200 or len(approved) != len(items):
            self.problems.append(f"a batch is answered {status} with {len(approved)} approved items: {str(told)[:200]}")
            return
        self.answered += 1
        expected = {item.get("session_guid", item.get("name")): item["description"] for item in items}
        for session in approved:
            guid = session["session_guid"]
            version = expected.get(guid, expected.get(session["name"]))
            if session["description"] != version:
                self.problems.append(f"{session['name']} is answered with {session['description']}, not {version}")
            self.names[guid], self.versions[guid] = session["name"], version


def prove(figures, binary, cluster, draw, rounds):
    """REL-01"""
    kills = rounds.of(KILLS)
    figures.begin("REL-01", f"{kills} kills on each database, under {CLIENTS} clients that write batches of {ITEMS}")
    for site in sites(binary, cluster):
        with site:
            prove_on(figures, site, draw, kills)


def prove_on(figures, site, draw, kills):
    writers, ready = [Writer(number, draw) for number in range(CLIENTS)], []
    for _ in range(kills):
        begin = time.monotonic()
        service = site.serve()
        with Wire(service, KEYS["sessions"]) as wire:
            wire.need("POST", "/xapi/v2/session/search", {"page_size": 1})
        ready.append(time.monotonic() - begin)
        threads = [threading.Thread(target=writer.run, args=(service,)) for writer in writers]
        for thread in threads:
            thread.start()
        time.sleep(draw.uniform(SOONEST, LATEST))
        service.process.kill()
        service.process.wait()
        for thread in threads:
            thread.join()
    service = site.serve()
    for writer in writers:
        settle(writer, service)
    database, problems = site.database, [problem for writer in writers for problem in writer.problems]
    figures.show(f"{database}: batches that were answered", f"{sum(writer.answered for writer in writers)}")
    again, replayed = sum(writer.sent_again for writer in writers), sum(writer.replayed for writer in writers)
    figures.show(f"{database}: sent again after a kill, and replayed", f"{again}, {replayed}")
    figures.holds(f"{database}: each answer is whole", not problems, problems[:3])
    # The first start makes the database.
    figures.at_most(f"{database}: ready after a kill, the longest", max(ready[1:] or ready), MOST_READY[database], "s", 2, judged(figures))
    expected = {name: writer.versions[guid] for writer in writers for guid, name in writer.names.items()}
    compare(figures, f"{database}: read by the API", expected, by_api(service))
    service.end()
    stored = site.rows("SELECT name, description, tags, duration_minutes FROM sessions WHERE name LIKE 'k%'")
    compare(figures, f"{database}: read in the database", expected, stored)


def settle(writer, service):
    """Gets the answer that the last kill has taken."""
    while writer.pending is not None:
        with Wire(service, KEYS["sessions"]) as wire:
            key, items = writer.pending
            status, headers, told = wire.ask("POST", "/xapi/v2/session/batch", items, {"Idempotency-Key": key})
            if status in (409, 503):
                time.sleep(0.1)
                continue
            writer.sent_again += 1
            writer.replayed += headers.get("Idempotent-Replayed") == "true"
            writer.take(status, items, told)
            writer.pending = None


def by_api(service):
    found, page = [], 1
    with Wire(service, KEYS["sessions"]) as wire:
        while part := wire.need("POST", "/xapi/v2/session/search", {"page_size": 1000, "page_number": page}):
            found += [[one["name"], one["description"], one["tags"], one["duration"]] for one in part if one["name"].startswith("k")]
            page += 1
    return found


def compare(figures, what, expected, stored):
    names = collections.Counter(name for name, *_ in stored)
    figures.at_most(f"{what}: sessions that are lost, of {len(expected)}", len(expected.keys() - names.keys()), 0, "")
    strange = [name for name, times in names.items() if times > 1 or name not in expected]
    figures.at_most(f"{what}: there twice, or never acknowledged", len(strange), 0, "")
    torn = [
        row
        for row in stored
        if (version := expected.get(row[0])) and [row[1], row[2], int(row[3])] != [version, version, 30 + int(version[1:]) % 300]
    ]
    figures.at_most(f"{what}: not the last acknowledged version", len(torn), 0, "")
    for row in torn[:3]:
        print(f"    {row}, not {expected[row[0]]}")
