"""The service as a child: it ends with its parent, and leaves nothing. The number of aborted runs is DERSLIK_ABORTS."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import derslik

ABORTS = int(os.environ.get("DERSLIK_ABORTS", "5"))
PARENT = """
import time
import derslik
server = derslik.Server.launch()
print(server._process.child.pid, flush=True)
time.sleep(600)
"""


def lives(pid):
    """Whether a process runs. One that has ended and was not waited for does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ended(pid):
    for _ in range(1000):
        if not lives(pid):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_killed_parents_leave_neither_processes_nor_files(tmp_path):
    for _ in range(ABORTS):
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, env=environment) as parent:
            try:
                pid = int(parent.stdout.readline())
                assert list(tmp_path.iterdir())
            finally:
                parent.send_signal(signal.SIGKILL)
        assert ended(pid)
        assert not list(tmp_path.iterdir())


def test_a_stopped_service_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with derslik.start() as account:
        assert account.get("/v1/courses") == {}
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_settings_of_the_surroundings_do_not_reach_the_service(tmp_path, monkeypatch):
    monkeypatch.setenv("DERSLIK_PROFILE", "production")
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere")
    with derslik.start() as account:
        assert account.get("/v1/courses") == {}


def test_a_start_that_fails_shows_why(monkeypatch):
    with pytest.raises(derslik.StartError, match="exit code 2"):
        derslik.start("--listen", "nowhere")
    monkeypatch.setenv("DERSLIK_BIN", "/no/such/program")
    with pytest.raises(derslik.StartError, match="/no/such/program"):
        derslik.start()


def test_a_service_that_was_killed_says_how_it_ended():
    server = derslik.Server.launch()
    account = server.account()
    server._process.child.kill()
    for ask in (lambda: account.get("/v1/courses"), account.faults.list, server.accounts):
        with pytest.raises(derslik.EndedError, match="the service has ended by signal 9; the end of its log:"):
            ask()
    # Another process knows less.
    told = derslik.Server(server._told())
    with pytest.raises(derslik.EndedError, match="the service of another process, at .*, has ended"):
        told.accounts()
    server.stop()


def test_a_service_that_was_stopped_says_so():
    with derslik.start() as account:
        pass
    with pytest.raises(derslik.EndedError, match="was stopped"):
        account.get("/v1/courses")


def test_settings_are_texts_numbers_and_truth_values():
    with derslik.start(DERSLIK_JOBS__GRACE_SECONDS=7, DERSLIK_FIXED_DEV_KEYS=True) as account:
        assert account.get("/v1/courses") == {}
    with pytest.raises(TypeError, match="DERSLIK_LISTEN"):
        derslik.start(DERSLIK_LISTEN=["127.0.0.1:0"])
