"""REL-09: the embedded database under many writers and readers of two processes, and on a disk that fills up."""

import collections
import os
import subprocess
import threading
import time

from .load import KEYS
from .site import Site, Wire, new_session

WRITERS = READERS = 16
SECONDS = 60
DISK_MIB = 32
# What is left of the disk when the writers begin.
LEFT_BYTES = 512 * 1024
# The most batches that are sent to a full disk, each of nearly a megabyte.
MOST_BATCHES = 50
MOST_RECOVERY = 5.0


def prove(figures, binary, cluster, draw, rounds):
    """REL-09"""
    seconds = rounds.of(SECONDS)
    figures.begin("REL-09", f"{WRITERS} writers and {READERS} readers of two services on one file for {seconds} s, and a full disk")
    with Site(binary) as site:
        crowd(figures, site, seconds)
    with Site(binary) as site:
        full_disk(figures, site)


def crowd(figures, site, seconds):
    services = [site.serve(), site.serve()]
    over, lock = threading.Event(), threading.Lock()
    statuses, strange, slowest, acknowledged = collections.Counter(), [], [0.0], []

    def run(number):
        guid, turn, own = None, 0, []
        with Wire(services[number % 2], KEYS["sessions"]) as wire:
            while not over.is_set():
                turn += 1
                begin = time.monotonic()
                if number < WRITERS:
                    name = f"s{number}-{turn}"
                    status, _, told = wire.ask("POST", "/xapi/v2/session/batch", [new_session(name)])
                    if status == 200:
                        own.append(name)
                elif guid and turn % 2:
                    status, _, told = wire.ask("GET", f"/xapi/v2/session/{guid}")
                else:
                    status, _, told = wire.ask("POST", "/xapi/v2/session/search", {"page_size": 20})
                    guid = told[0]["session_guid"] if status == 200 and told else None
                taken = time.monotonic() - begin
                with lock:
                    statuses[status] += 1
                    slowest[0] = max(slowest[0], taken)
                    if status != 200:
                        strange.append((status, str(told)[:200]))
        with lock:
            acknowledged.extend(own)

    failures = []

    def guarded(number):
        try:
            run(number)
        except (OSError, KeyError, ValueError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(WRITERS + READERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in threads:
        thread.join()
    figures.holds("no connection broke", not failures, failures[:1])
    figures.at_most(f"answers other than 200, of {sum(statuses.values())}", len(strange), 0, "")
    for one in strange[:3]:
        print(f"    {one}")
    figures.show("the slowest request", f"{slowest[0]:.2f} s")
    for service in services:
        service.end()
    stored = {name for name, in site.rows("SELECT name FROM sessions")}
    figures.at_most(f"acknowledged sessions that are lost, of {len(acknowledged)}", len(set(acknowledged) - stored), 0, "")
    is_whole(figures, site, "after that")


def is_whole(figures, site, when):
    told = site.rows("PRAGMA integrity_check")
    figures.holds(f"the file is whole {when}", told == [["ok"]], told[:1])


def full_disk(figures, site):
    what = "writes on a full disk are answered 503, and reads 200"
    disk = site.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", disk], check=False, stderr=subprocess.DEVNULL)
    if mounted.returncode != 0:
        figures.not_measured(what, "this user can't mount a small disk")
        return
    try:
        site.file = disk / "derslik.sqlite"
        site.url = f"sqlite://{site.file}"
        service = site.serve(DERSLIK_JOBS__SWEEP_SECONDS="0")
        with Wire(service, KEYS["sessions"]) as wire:
            guid = wire.need("POST", "/xapi/v2/session/batch", [new_session("first")])["approved"][0]["session_guid"]
            filler = disk / "filler"
            free = os.statvfs(disk)
            filler.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - LEFT_BYTES))
            seen, acknowledged = collections.Counter(), ["first"]
            for number in range(MOST_BATCHES):
                names = [f"d{number}-{item}" for item in range(100)]
                status, headers, told = wire.ask(
                    "POST", "/xapi/v2/session/batch", [new_session(name, description="d" * 9_000) for name in names]
                )
                seen[status, (told or {}).get("code"), "Retry-After" in headers] += 1
                acknowledged += names if status == 200 else []
                if seen[503, 11, True] >= 5:
                    break
            read = wire.ask("GET", f"/xapi/v2/session/{guid}")[0]
            refused = {outcome for outcome in seen if outcome[0] != 200}
            figures.holds(what, refused == {(503, 11, True)} and read == 200, (dict(seen), read))
            filler.unlink()
            begin, status = time.monotonic(), None
            while status != 200 and time.monotonic() - begin < 30:
                status = wire.ask("POST", "/xapi/v2/session/batch", [new_session("afterwards")])[0]
            figures.at_most("from the end of that to the first write, without a restart", time.monotonic() - begin, MOST_RECOVERY, "s", 2)
            figures.holds("that write succeeds", status == 200, status)
        service.end()
        stored = {name for name, in site.rows("SELECT name FROM sessions")}
        figures.at_most(f"acknowledged sessions that are lost, of {len(acknowledged)}", len(set(acknowledged) - stored), 0, "")
        is_whole(figures, site, "after the full disk")
    finally:
        for service in site.services:
            if service.process.poll() is None:
                service.end()
        subprocess.run(["umount", disk], check=False)
