"""REL-04: batches that are refused in part, change one session twice, or meet a database that fails in the middle."""

import sqlite3

from .load import KEYS
from .site import Wire, new_session, sites

ITEMS = 1_000
POSITIONS = 40
# The connection ends at one of the rows of a batch.
POISON = """
    CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.name LIKE '%poison' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER poison BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION poison()"""
BATCH = "/xapi/v2/session/batch"


def prove(figures, binary, cluster, draw, rounds):
    """REL-04"""
    positions = sorted({0, ITEMS - 1, *draw.sample(range(ITEMS), rounds.of(POSITIONS))})
    figures.begin("REL-04", f"batches of {ITEMS} with one bad item at {len(positions)} positions, and other batches")
    for site in sites(binary, cluster):
        with site:
            service = site.serve()
            with Wire(service, KEYS["sessions"]) as wire:
                refused_in_part(figures, site, wire, positions)
                changed_twice(figures, site, wire)
                failed(figures, site, wire, draw, rounds)


def refused_in_part(figures, site, wire, positions):
    wrong = []
    for position in positions:
        items = [new_session(f"b{position}-{number}") for number in range(ITEMS)]
        items[position]["duration"] = 4
        status, _, told = wire.ask("POST", BATCH, items)
        names = [session["name"] for session in told["approved"]]
        refused = [one["model"]["name"] for one in told["rejected"]]
        good = [item["name"] for item in items if item["duration"] != 4]
        stored = count(site, f"b{position}-")
        if (status, names, refused, stored) != (207, good, [items[position]["name"]], ITEMS - 1):
            wrong.append((position, status, len(names), refused, stored))
    figures.holds(f"{site.database}: the others are created, in their order", not wrong, wrong[:3], f"{len(positions)} of {len(positions)}")
    status, _, told = wire.ask("POST", BATCH, [new_session("bad", duration=4), {"duration": 4}])
    is_met = (status, told["approved"], len(told["rejected"])) == (400, [], 2)
    figures.holds(f"{site.database}: a batch of bad items is 400", is_met, status)


def changed_twice(figures, site, wire):
    guid = wire.need("POST", BATCH, [new_session("twice")])["approved"][0]["session_guid"]
    change = lambda **fields: {"session_guid": guid, **fields}
    status, _, told = wire.ask("POST", BATCH, [change(duration=90), change(duration=4), change(name="second"), change(duration=100)])
    found = wire.need("GET", f"/xapi/v2/session/{guid}")
    seen = (status, len(told["approved"]), len(told["rejected"]), found["name"], found["duration"])
    figures.holds(f"{site.database}: changes of one session in order, without the bad one", seen == (207, 3, 1, "second", 100), seen)


def failed(figures, site, wire, draw, rounds):
    """The database fails in the middle of a batch, or refuses its writer."""
    wrong, times = [], rounds.of(20)
    if site.cluster:
        site.rows(POISON)
        for number in range(times):
            items = [new_session(f"p{number}-{place}") for place in range(ITEMS)]
            items[draw.randrange(ITEMS)]["name"] += " poison"
            status, headers, told = wire.ask("POST", BATCH, items)
            seen = (status, told.get("code"), "Retry-After" in headers, count(site, f"p{number}-"))
            if seen != (503, 11, True, 0):
                wrong.append(seen)
        site.rows("DROP TRIGGER poison ON sessions")
        what = "a connection that ends in the middle of a batch"
    else:
        times = min(times, 3)
        for number in range(times):
            holder = sqlite3.connect(site.file, isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            try:
                status, headers, told = wire.ask("POST", BATCH, [new_session(f"p{number}-{place}") for place in range(ITEMS)])
            finally:
                holder.execute("ROLLBACK")
                holder.close()
            seen = (status, told.get("code"), "Retry-After" in headers, count(site, f"p{number}-"))
            if seen != (503, 11, True, 0):
                wrong.append(seen)
        what = "a database that another process holds"
    figures.holds(f"{site.database}: {what} gives 503, and stores nothing", not wrong, wrong[:3], f"{times} of {times}")
    again = wire.need("POST", BATCH, [new_session("afterwards")])
    figures.holds(f"{site.database}: the next batch succeeds", len(again["approved"]) == 1)


def count(site, beginning):
    return int(site.rows(f"SELECT count(*) FROM sessions WHERE name LIKE '{beginning}%'")[0][0])
