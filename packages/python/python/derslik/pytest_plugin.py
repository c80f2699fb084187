"""The fixture `derslik`: an account of its own for each test, on one service for all tests and all workers of pytest-xdist."""

import pytest

from ._server import Server

SHOWN = 20
_SERVER = pytest.StashKey()
_ACCOUNT = pytest.StashKey()


def _server(config):
    """The service of this run. It starts when a test first needs it. A worker of pytest-xdist uses that of the controller."""
    if _SERVER not in config.stash:
        told = getattr(config, "workerinput", {}).get("derslik")
        config.stash[_SERVER] = Server(told) if told else Server.launch()
    return config.stash[_SERVER]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["derslik"] = _server(node.config).description()


def pytest_unconfigure(config):
    if _SERVER in config.stash:
        config.stash[_SERVER].stop()


@pytest.fixture(scope="session")
def derslik_server(request):
    """The running service."""
    return _server(request.config)


@pytest.fixture
def derslik(request, derslik_server):
    """An account of its own, whose clock stands still."""
    account = derslik_server.account()
    request.node.stash[_ACCOUNT] = account
    yield account
    account.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed and _ACCOUNT in item.stash:
        report.sections.append(("requests of this account", _requests(item.stash[_ACCOUNT])))
    return report


def _requests(account):
    try:
        entries = account.journal.list(limit=SHOWN)
    except Exception as error:  # A report must not hide why the test failed.
        return f"the journal can't be read: {error}"
    return "\n".join(map(_line, entries)) or "none"


def _line(entry):
    query = f"?{entry['query']}" if entry.get("query") else ""
    status = entry["status"] if entry["status"] is not None else "no answer"
    fault = f"  ({entry['fault']})" if entry.get("fault") else ""
    return f"{entry['method']} {entry['path']}{query} -> {status}{fault}"
