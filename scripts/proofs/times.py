"""REL-16: offsets of zones, clocks that go back, and midnights of all kinds."""

import datetime
import zoneinfo

from .control.place import Client, Place, derslik
from .load import KEYS
from .site import Wire, new_session, sites, tests

ZONES = ["Europe/Istanbul", "Asia/Riyadh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
# Zones whose clocks never change, so their offsets are known for all years.
STEADY = ["Europe/Istanbul", "Asia/Riyadh", "Asia/Kathmandu"]
SESSIONS = 2_000
# Days on which clocks change, or nearly: the last Sundays of March and October, and what other zones have.
CHANGES = [(3, 8), (3, 14), (3, 25), (3, 31), (4, 1), (4, 7), (10, 1), (10, 7), (10, 25), (10, 31), (11, 1), (11, 7)]
# Instants before a midnight at which an erasure is due.
EVES = [
    "1970-01-01T12:00:00Z",
    "2026-03-28T22:30:00Z",
    "2026-03-29T00:59:59Z",
    "2026-10-25T00:59:59Z",
    "2028-02-28T20:59:59Z",
    "2028-02-29T23:59:58Z",
    "2099-12-31T23:30:00Z",
    "9998-12-31T12:00:00Z",
]


def prove(figures, binary, cluster, draw, rounds):
    """REL-16"""
    count = rounds.of(SESSIONS)
    figures.begin("REL-16", f"{count} starts in {len(ZONES)} zones, and {len(EVES)} midnights, on each database")
    for site in sites(binary, cluster):
        with site:
            offsets(figures, site, draw, count)
    for own in [None, cluster]:
        with Place(binary, own) as place:
            midnights(figures, place)
    limits = {"PROPTEST_CASES": str(rounds.of(10_000)), "PROPTEST_RNG_SEED": str(draw.getrandbits(32))}
    tests(figures, "tests of instants, zones and schedules by random values", ["-p", "derslik-domain", "--lib"], "time", 10, limits)
    tests(figures, "tests of midnights, leap days and the first and last years", ["-p", "derslik-domain", "--lib"], "schedule", 3, limits)
    tests(figures, "tests of clocks that are moved, on each database", ["--test", "clocks"], least=18)


def start(draw):
    """A civil time and its zone: by half near a change of clocks."""
    zone = draw.choice(ZONES)
    if draw.random() < 0.5:
        month, day = draw.choice(CHANGES)
        face = datetime.datetime(draw.randrange(2027, 2037), month, day, draw.randrange(5), draw.randrange(60))
        return face + datetime.timedelta(days=draw.randrange(-6, 7)), zone
    if draw.random() < 0.2:
        zone = draw.choice(STEADY)
        return datetime.datetime(draw.randrange(2100, 10_000), draw.randrange(1, 13), draw.randrange(1, 28), 12), zone
    return datetime.datetime(2027, 1, 1) + datetime.timedelta(minutes=draw.randrange(9 * 365 * 24 * 60)), zone


def offset(face, zone):
    """The offset of a face: the one afterwards where the clock skips it, and the first where the clock shows it twice."""
    first, second = (face.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
    return second if first < second else first


def offsets(figures, site, draw, count):
    what = f"{site.database}: starts with another offset than the one of the zone, of {count}"
    try:
        zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        figures.not_measured(what, "this machine has no zones")
        return
    service, wrong = site.serve(), []
    with Wire(service, KEYS["sessions"]) as wire:
        for begin in range(0, count, 500):
            sent = {f"t{number}": start(draw) for number in range(begin, min(count, begin + 500))}
            items = [new_session(name, start_date=face.isoformat(), timezone=zone) for name, (face, zone) in sent.items()]
            approved = wire.need("POST", "/xapi/v2/session/batch", items)["approved"]
            if len(approved) != len(items):
                wrong.append(f"{len(items) - len(approved)} of them are refused")
            for session in approved:
                face, zone = sent[session["name"]]
                expected = face.replace(tzinfo=datetime.timezone(offset(face, zone))).isoformat()
                if session["start_date"] != expected:
                    wrong.append(f"{face} in {zone} is {session['start_date']}, not {expected}")
    figures.at_most(what, len(wrong), 0, "")
    for line in wrong[:3]:
        print(f"    {line}")


def midnights(figures, place):
    """Erasures due at a midnight, whose clock goes back by an hour first: none runs early, and none is lost."""
    service, wrong = place.serve(), []
    for eve in EVES:
        account, ran = service.account(), None
        at = datetime.datetime.fromisoformat(eve.replace("Z", "+00:00"))
        midnight = (at + datetime.timedelta(days=1)).replace(hour=0, minute=0, second=0)
        text = lambda instant: instant.replace(tzinfo=None).isoformat() + "Z"
        try:
            with Client(service, account) as client:
                account.clock.freeze(at=eve)
                job = client.erase("ali@okul.example")
                account.clock.set(text(at - datetime.timedelta(hours=1)))
                early = account.clock.advance(to=text(midnight - datetime.timedelta(seconds=1)))
                due = account.clock.advance(to=text(midnight))
                later = account.clock.advance(days=1)
            ran = [[item.get("outcome") for item in one if item.get("job") == job] for one in (early, due, later)]
        except derslik.ControlError as failure:
            ran = str(failure)
        if ran != [[], ["completed"], []]:
            wrong.append((eve, ran))
        account.end()
    what = f"{place.database}: erasures run at their midnight, and once"
    figures.holds(what, not wrong, wrong[:3], f"{len(EVES) - len(wrong)} of {len(EVES)}")
