"""Tests of pytest side by side: workers of pytest-xdist on one service, as a suite that uses the plugin has them."""

import subprocess
import time
import xml.etree.ElementTree as xml

from .. import ROOT, abuse
from .place import environment

ROUNDS = 10
WORKERS = 4
# How often each of the tests below runs.
TIMES = 20
TESTS = """
import pytest

COURSE = {"name": "Kimya", "ownerId": "me"}
SESSION = {"name": "Deney", "start_date": "2099-08-05T12:00:00Z", "duration": 40}
pytestmark = pytest.mark.parametrize("number", range(%d))


def test_a_list_has_the_courses_of_the_test_alone(derslik, number):
    made = [derslik.post("/v1/courses", {**COURSE, "name": f"Kimya {number} {place}"})["id"] for place in range(3)]
    assert sorted(course["id"] for course in derslik.get("/v1/courses")["courses"]) == sorted(made)


def test_a_search_finds_the_sessions_of_the_test_alone(derslik, number):
    told = derslik.post("/xapi/v2/session/batch", [{**SESSION, "name": f"Deney {number}"}])
    assert len(told["approved"]) == 1
    assert [session["name"] for session in derslik.post("/xapi/v2/session/search", {})] == [f"Deney {number}"]


def test_an_erasure_runs_in_an_advance(derslik, number):
    assert derslik.delete(f"/api/v1/{derslik.project['key']}/users/{number}")["data"]["status"] == "scheduled"
    assert [(ran["kind"], ran["outcome"]) for ran in derslik.clock.advance(days=1)] == [("job", "completed")]


def test_a_clock_stands_still_until_it_is_moved(derslik, number):
    before = derslik.clock.now()
    assert derslik.clock.now() == before
    derslik.clock.advance(minutes=number + 1)
    assert (derslik.clock.now() - before).total_seconds() == 60 * (number + 1)


def test_a_fault_hits_the_requests_of_the_test_alone(derslik, number):
    times = 1 + number %% 3
    derslik.faults.add("status", status=503, path="/v1/courses", times=times)
    assert [derslik.request("GET", "/v1/courses")[0] for _ in range(times + 1)] == [503] * times + [200]


def test_a_journal_has_the_requests_of_the_test_alone(derslik, number):
    derslik.get(f"/v1/courses?pageSize={number + 1}")
    derslik.request("GET", "/no/such/path")
    found = [(entry["path"], entry["status"]) for entry in derslik.journal.wait(count=2)]
    assert found == [("/v1/courses", 200), ("/no/such/path", 404)]


def test_a_reset_brings_the_first_content_back(derslik, number):
    derslik.post("/v1/courses", COURSE)
    derslik.reset()
    assert derslik.get("/v1/courses").get("courses", []) == []


def test_a_restore_brings_a_snapshot_back(derslik, number):
    course = derslik.post("/v1/courses", COURSE)["id"]
    derslik.snapshot("one")
    derslik.post("/v1/courses", COURSE)
    derslik.restore("one")
    assert [course["id"] for course in derslik.get("/v1/courses")["courses"]] == [course]


@pytest.mark.derslik(seed={"courses": [{"name": "Tarih", "owner": "teacher"}]})
def test_a_seed_is_there_from_the_beginning(derslik, number):
    assert [course["name"] for course in derslik.get("/v1/courses")["courses"]] == ["Tarih"]
    derslik.seed({"courses": [{"name": "Fizik", "owner": "teacher"}]})
    assert len(derslik.get("/v1/courses")["courses"]) == 2


@pytest.mark.derslik_faults("lose-answer", method="POST", times=1)
def test_a_request_with_a_key_is_carried_out_once(derslik, number):
    for _ in range(2):
        try:
            status, told = derslik.request("POST", "/v1/courses", COURSE, {"Idempotency-Key": f"key-{number}"})
        except OSError:
            continue
        assert status == 200
    assert [course["id"] for course in derslik.get("/v1/courses")["courses"]] == [told["id"]]
""" % TIMES
COUNT = TIMES * TESTS.count("\ndef test_")


def prove(figures, place, rounds):
    count = rounds.of(ROUNDS)
    figures.begin("xdist", f"{count} runs of {COUNT} tests, {WORKERS} workers of pytest-xdist on one service, on {place.database}")
    if place.cluster:
        figures.not_measured("tests that fail", "the plugin starts the service with --temporary, which is for the embedded database")
        return
    python = installed()
    if not python:
        figures.not_measured("tests that fail", "pytest and pytest-xdist can't be installed on this machine")
        return
    times, ran, failed = [], 0, []
    for number in range(count):
        begin = time.monotonic()
        tests, problems = run(python, place, number)
        times.append(time.monotonic() - begin)
        ran += tests
        failed += problems
    figures.show("a run, with the start of the service", f"{min(times):.1f} to {max(times):.1f} s")
    figures.holds(f"each run has had its {COUNT} tests", ran == count * COUNT, ran, str(ran))
    figures.at_most(f"tests that fail, of {ran}", len(failed), 0, "")
    for problem in failed[:5]:
        print(f"    {problem}")


def installed():
    """The Python that has what the suite of the helper needs, made as `e2e/run` does. None if it can't be installed."""
    folder = abuse.TARGET / "e2e/helpers-python"
    made = subprocess.run([ROOT / "e2e/suites/helpers-python/environment", folder], check=False)
    return folder / "bin/python" if made.returncode == 0 else None


def run(python, place, number):
    """One run: how many tests it had, and what failed."""
    folder = place.folder_for("xdist")
    path, report = folder / "test_side_by_side.py", folder / "report.xml"
    path.write_text(TESTS)
    options = ["-q", "-p", "no:cacheprovider", "-p", "derslik.pytest_plugin", "-n", str(WORKERS), "--rootdir", folder, "--junitxml", report]
    settings = {"DERSLIK_BIN": place.binary, "PYTHONPATH": str(ROOT / "packages/python/python"), "PYTHONDONTWRITEBYTECODE": "1"}
    with (folder / "told").open("w") as told:
        command = [python, "-m", "pytest", *options, path]
        done = subprocess.run(command, cwd=folder, env=environment(folder, settings), stdout=told, stderr=told, check=False)
    if not report.exists():
        raise SystemExit(f"pytest did not run: {(folder / 'told').read_text(errors='replace')[-2000:]}")
    cases = xml.parse(report).getroot().findall(".//testcase")
    problems = [
        f"run {number + 1}, {case.get('name')}: {(problem.get('message') or '').splitlines()[:1]}"
        for case in cases
        for problem in case
        if problem.tag in ("failure", "error")
    ]
    if done.returncode != 0 and not problems:
        problems.append(f"run {number + 1} ended with {done.returncode}: {(folder / 'told').read_text(errors='replace')[-300:]}")
    return len(cases), problems
