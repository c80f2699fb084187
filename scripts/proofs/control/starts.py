"""How soon a service is ready, and what is left of it when the process that started it is killed."""

import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time

from .place import FREE_PORTS, environment

# The goals.
MOST_READY = 150  # ms
MOST_GONE = 1_000  # ms
STARTS = 40
ABORTS = 100
# A run that is to be killed: it starts the service, and tells the process id, and then that the service is ready.
RUN = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(child.pid, flush=True)
child.stdout.readline()
print("ready", flush=True)
time.sleep(600)
"""


def prove(figures, place, rounds):
    count = rounds.of(STARTS)
    figures.begin("ready", f"{count} starts, on {place.database}")
    times = []
    for _ in range(count):
        folder = place.folder_for("start")
        command = [place.binary, "serve", *FREE_PORTS, *place.arguments(folder)]
        begin = time.monotonic()
        service = place.start(command, folder)
        times.append(time.monotonic() - begin)
        service.stop()
    if place.cluster:
        # The goal is that of --temporary. Here the start makes the schema of an empty database.
        figures.show("the median from the start to the line of JSON, with the schema", f"{1000 * statistics.median(times):.0f} ms")
    else:
        figures.times("from the start of the process to its line of JSON", times, MOST_READY, "p95")

    count = rounds.of(ABORTS)
    gone, left, running, draw = [], [], 0, random.Random(7)
    for number in range(count):
        folder = place.folder_for("abort")
        data = place.arguments(folder)
        # Each third run is killed while the service starts.
        pause = draw.random() * MOST_READY / 1000 if number % 3 == 2 else None
        seconds, was_gone = abort([place.binary, "serve", *FREE_PORTS, *data], folder, pause)
        gone.append(seconds)
        running += not was_gone
        if not place.cluster:
            left += [str(path.relative_to(folder)) for path in folder.rglob("*")]
    figures.times("until a service whose parent was killed has ended", gone, MOST_GONE, "max")
    figures.at_most(f"processes left of {count} aborted runs", running, 0, "")
    if place.cluster:
        figures.not_measured("files left of them", "--temporary is for the embedded database")
    else:
        figures.at_most("files left of them", len(left), 0, "")
        for path in left[:3]:
            print(f"    {path}")


def abort(command, folder, pause):
    """Kills a run: the time until its service has ended, and whether it did so within ten seconds."""
    run = subprocess.Popen(
        [sys.executable, "-S", "-c", RUN, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(folder),
        text=True,
    )
    pid = int(run.stdout.readline())
    if pause is None:
        if run.stdout.readline().strip() != "ready":
            raise SystemExit("a service of an aborted run did not start")
    else:
        time.sleep(pause)
    begin = time.monotonic()
    run.kill()
    run.wait()
    run.stdout.close()
    while is_running(pid):
        if time.monotonic() - begin > 10:
            os.kill(pid, signal.SIGKILL)
            return time.monotonic() - begin, False
        time.sleep(0.002)
    return time.monotonic() - begin, True


def is_running(pid):
    """Whether there is such a process. One that has ended counts as gone, even if its parent has not read its end."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"
