"""The fixture `derslik`: an account of its own for each test, on one service for all tests and all workers of pytest-xdist.

`@pytest.mark.derslik(seed="school.yaml", frozen=False)` has the arguments of `Server.account`, and
`@pytest.mark.derslik_faults("status", status=429, times=2)`, or with a preset, adds faults before the test begins.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, Generator, Iterator, List, Mapping, cast, get_args

import pytest

from ._account import Account
from ._control import ControlError
from ._journal import line
from ._process import how
from ._server import Server
from ._types import Entry, Preset

SHOWN = 20
LONGEST_NAME = 100
FAULT_FIELDS = ("kind", "status", "retry_after", "millis", "action", "api", "method", "path", "nth", "times", "probability", "seed", "seen")
_SERVER = pytest.StashKey[Server]()
_BEGIN = pytest.StashKey[datetime]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "derslik(name=, seed=, time_to_live=, frozen=): how the account of the fixture derslik is made.")
    config.addinivalue_line("markers", "derslik_faults(kind or preset, **fields): a fault in the account of the fixture derslik.")


def _server(config: pytest.Config) -> Server:
    """The service of this run. It starts when a test first needs it. A worker of pytest-xdist uses that of the controller."""
    if _SERVER not in config.stash:
        told = cast("Mapping[str, Any]", getattr(config, "workerinput", {})).get("derslik")
        config.stash[_SERVER] = Server(told) if told else Server.launch()
    return config.stash[_SERVER]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["derslik"] = _server(node.config)._told()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SERVER in config.stash:
        config.stash[_SERVER].stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    process = config.stash[_SERVER]._process if _SERVER in config.stash else None
    code = process.code() if process else None
    if process and code is not None:
        terminalreporter.section("derslik has ended during the tests", sep="=", red=True)
        terminalreporter.line(f"{how(code)}; the end of its log:")
        terminalreporter.line(process.last() or "(empty)")


@pytest.fixture(scope="session")
def derslik_server(request: pytest.FixtureRequest) -> Server:
    """The running service. `derslik_server.account()` makes an account for a fixture of any scope."""
    return _server(request.config)


@pytest.fixture
def derslik(request: pytest.FixtureRequest, derslik_server: Server) -> Iterator[Account]:
    """An account of its own, with the name of the test, whose clock stands still."""
    marker = request.node.get_closest_marker("derslik")
    account = _account(derslik_server, request.node.nodeid, dict(marker.kwargs) if marker else {})
    try:
        # The one that is nearest to the test comes first, and the reader sees it last.
        for mark in reversed(list(request.node.iter_markers("derslik_faults"))):
            preset = mark.args[0] in get_args(Preset)
            (account.faults.preset if preset else account.faults.add)(*mark.args, **mark.kwargs)
        yield account
    finally:
        account.end()


def _account(server: Server, test: str, wanted: Dict[str, Any]) -> Account:
    """An account with the name of a test. Where an account of another run of the test has it, the service chooses one."""
    if "name" in wanted:
        return server.account(**wanted)
    try:
        return server.account(test[-LONGEST_NAME:], **wanted)
    except ControlError as error:
        is_of_the_name = error.status == 409 or (isinstance(error.problem, dict) and error.problem.get("field") == "name")
        if not is_of_the_name:
            raise
    return server.account(**wanted)


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_BEGIN] = datetime.now(timezone.utc)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when in ("setup", "call") and report.failed:
        accounts = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Account)]
        for account in {account.id: account for account in accounts}.values():
            what = "this account" if len(accounts) == 1 else f"the account {account.name}"
            report.sections.append((f"requests of {what}", _part(_requests, account)))
            if unmet := _part(_unmet_faults, account):
                report.sections.append((f"faults that no request or job of {what} has met", unmet))
        if accounts and (unmatched := _part(_unmatched, accounts[0].server, item.stash[_BEGIN])):
            report.sections.append(("requests of no known account since this test began", unmatched))
    return report


def _part(read: Any, *of: Any) -> str:
    try:
        return "\n".join(read(*of))
    except Exception as error:  # A report must not hide why the test failed.
        return f"they can't be read: {error}"


def _requests(account: Account) -> List[str]:
    return [line(entry) for entry in account.journal.list(limit=SHOWN)] or ["none"]


def _unmet_faults(account: Account) -> List[str]:
    unmet = [cast("Dict[str, Any]", fault) for fault in account.faults.list() if fault["injected"] == 0]
    return [", ".join(f"{name} {fault[name]}" for name in FAULT_FIELDS if fault.get(name) is not None) for fault in unmet]


def _unmatched(server: Server, begin: datetime) -> List[str]:
    return [line(entry) for entry in server.unmatched()[-SHOWN:] if _instant(entry) >= begin]


def _instant(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"].replace("Z", "+00:00"))
