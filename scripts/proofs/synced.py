"""REL-02: what is acknowledged was forced to the disk before, as the kernel and PostgreSQL count it."""

import pathlib
import shutil
import subprocess
import time

from . import postgres
from .load import KEYS
from .site import Site, Wire, new_session

WRITES = 100
CALLS = "fsync,fdatasync,sync_file_range,msync"
# PostgreSQL tells its counts some seconds late.
PATIENCE = 30


def prove(figures, binary, cluster, draw, rounds):
    """REL-02"""
    count = rounds.of(WRITES)
    figures.begin("REL-02", f"{count} writes, one after the other")
    with Site(binary) as site:
        embedded(figures, site, count)
    with Site(binary, cluster) as site:
        server(figures, site, count)


def write(service, count):
    with Wire(service, KEYS["sessions"]) as wire:
        for number in range(count):
            wire.need("POST", "/xapi/v2/session/batch", [new_session(f"synced {number}")])


def embedded(figures, site, count):
    what = f"SQLite: calls that sync, in {count} acknowledged writes"
    strace = shutil.which("strace")
    if not strace:
        figures.not_measured(what, "this machine has no strace")
        return
    # Sweeps write too, and would be counted.
    service = site.serve(DERSLIK_JOBS__SWEEP_SECONDS="0")
    write(service, 1)
    trace = site.folder / "trace"
    tracer = subprocess.Popen(
        [strace, "-f", "-qq", "-o", str(trace), "-e", f"trace={CALLS}", "-p", str(service.process.pid)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if not wait_until_traced(service.process.pid, tracer):
            figures.not_measured(what, "this machine traces no other process")
            return
        write(service, count)
    finally:
        tracer.terminate()
        tracer.wait()
    calls = sum("= 0" in line for line in trace.read_text(errors="replace").splitlines())
    figures.holds(what, calls >= count, calls, str(calls))


def wait_until_traced(pid, tracer):
    """Waits until all threads of a process are traced."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and tracer.poll() is None:
        statuses = [path.read_text() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status")]
        if statuses and all("\nTracerPid:\t0\n" not in status for status in statuses):
            return True
        time.sleep(0.02)
    return False


def server(figures, site, count):
    service = site.serve(DERSLIK_JOBS__SWEEP_SECONDS="0")
    write(service, 1)
    settings = site.rows("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') ORDER BY 1")
    is_durable = settings == [["fsync", "on"], ["synchronous_commit", "on"]]
    figures.holds("PostgreSQL: its settings are durable", is_durable, settings)
    what = f"PostgreSQL: syncs of the log, in {count} acknowledged writes"
    time.sleep(2)
    before = log_syncs(site)
    if before is None:
        figures.not_measured(what, "this version does not count them")
        return
    write(service, count)
    deadline = time.monotonic() + PATIENCE
    while (syncs := log_syncs(site) - before) < count and time.monotonic() < deadline:
        time.sleep(0.5)
    figures.holds(what, syncs >= count, syncs, str(syncs))


def log_syncs(site):
    """How often the log was synced so far. Since PostgreSQL 18 this is with the other counts of input and output."""
    for statement in ["SELECT wal_sync FROM pg_stat_wal", "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'"]:
        try:
            found = site.rows(statement)[0][0]
        except postgres.Refused:
            continue
        if found is not None:
            return int(float(found))
    return None
