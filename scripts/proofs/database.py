"""REL-07: the database is restarted, is away, and ends all connections, while clients go on."""

import time

from .load import Load
from .place import Place, judged, needs_operations, wait_for
from .postgres import Refused
from .replicas import Watch

CLIENTS = 16
# The goals, in seconds unless named otherwise.
MOST_UNTIL_SUCCESS = 2.0
MOST_UNTIL_TOLD = 2.0
MOST_REQUEST = 6.0
MOST_GROWTH = 50  # MiB
MOST_FAILED = 1.0  # per cent


class Faults:
    """The moments of the faults of the part `database`, and what followed them."""

    def __init__(self, load, cluster):
        self.load, self.cluster = load, cluster
        self.recoveries, self.windows = [], []

    def restart(self, mode, away=0.0):
        """Stops the server, waits, starts it, and lets the load go on: the moments of the loss and of the return."""
        lost = time.monotonic()
        self.cluster.stop(mode)
        time.sleep(away)
        back = self.cluster.start()
        wait_for(lambda: self.successes(lost, back), "no request succeeds after the return of the server")
        self.recoveries.append(min(self.successes(lost, back)) - back)
        self.windows.append((lost, back))
        time.sleep(3)
        return lost, back

    def successes(self, lost, back):
        """The ends of successful requests after the return. They may have been sent before, and waited."""
        outcomes = self.load.during(lost, time.monotonic())
        return [outcome.end for outcome in outcomes if outcome.status == 200 and outcome.end >= back]


def prove(figures, binary):
    """REL-07"""
    figures.begin("REL-07", f"restarts of the database under {CLIENTS} clients of all three APIs")
    with Place(binary) as place:
        service = place.serve()
        load = Load(lambda _: service, CLIENTS)
        if needs_operations(figures, service, "health and readiness meanwhile"):
            with Watch(service, "/healthz") as health, Watch(service, "/readyz") as ready, load:
                disturb(figures, place, service, load, ready)
            told_health(figures, health)
        else:
            with load:
                disturb(figures, place, service, load, None)
        differences = load.ledger.differences(service)
        figures.show("acknowledged", load.ledger.counts())
        figures.holds("what was acknowledged is stored, and nothing twice", not differences, differences[:3])
        figures.holds("the service was never restarted", service.process.poll() is None)
        slowest = max(outcome.end - outcome.begin for outcome in load.outcomes)
        figures.at_most("the slowest request of all", slowest, MOST_REQUEST, "s", 2, judged(figures))
        problems = [outcome.problem for outcome in load.outcomes if outcome.problem]
        count = len(load.outcomes)
        figures.at_most(f"answers other than 200, 204 and a 503 that asks to retry, of {count}", len(problems), 0, "")
        for problem in problems[:3]:
            print(f"    {problem}")


def disturb(figures, place, service, load, ready):
    faults = Faults(load, place.cluster)
    load.until(3_000)
    before = service.memory()
    for _ in range(5):
        faults.restart("fast")
    for _ in range(2):
        faults.restart("immediate")
    slowest = max(faults.recoveries)
    figures.at_most("first success after 7 restarts, the longest", slowest, MOST_UNTIL_SUCCESS, "s", 2, judged(figures))
    lost, back = faults.restart("fast", away=30)
    figures.at_most("first success after 30 s without a server", faults.recoveries[-1], MOST_UNTIL_SUCCESS, "s", 2, judged(figures))
    failing = load.during(lost + 2, back)
    figures.show("answers during these 30 s", f"{len(failing)}, {sum(one.status == 503 for one in failing)} of them 503")
    if ready:
        told_readiness(figures, ready, faults, lost, back)
    cut(figures, place, load)
    load.until(1_000)
    figures.at_most("growth of the resident memory", service.memory() - before, MOST_GROWTH, "MiB", 1)


def told_readiness(figures, ready, faults, lost, back):
    off, on = ready.first(503, lost), ready.first(200, back)
    figures.holds("readiness is told off and on", off is not None and on is not None, (off, on))
    if off is not None and on is not None:
        figures.at_most("readiness off after the loss", off, MOST_UNTIL_TOLD, "s", 2)
        figures.at_most("readiness on after the return", on, MOST_UNTIL_TOLD, "s", 2)
    returns = [at for _, at in faults.windows]
    wrong = [status for at in returns for _, status, _ in ready.between(at + MOST_UNTIL_TOLD, at + 3) if status != 200]
    figures.holds("ready again 2 s after every return", not wrong, wrong[:3])


def told_health(figures, health):
    statuses = {status for _, status, _ in health.seen}
    figures.holds(f"/healthz is 200 throughout, {len(health.seen)} times", statuses == {200}, statuses)


def cut(figures, place, load):
    """All connections to the server are ended each second for 20 s."""
    begin = time.monotonic()
    for second in range(20):
        try:
            place.cluster.cut_all()
        except (OSError, Refused) as failure:
            raise SystemExit(f"the connections can't be cut: {failure}") from failure
        time.sleep(max(0.0, begin + second + 1 - time.monotonic()))
    outcomes = load.during(begin, time.monotonic())
    failed = sum(outcome.status not in (200, 204) for outcome in outcomes)
    figures.at_most(f"failed of {len(outcomes)}, all connections cut each second", 100 * failed / len(outcomes), MOST_FAILED, "%", 2)
