"""The pytest plugin, in runs of pytest of its own."""

import importlib.metadata
import os
import pathlib

import pytest

README = pathlib.Path(__file__).parents[3] / "packages/python/README.md"
# The entry point of an installed wheel loads the plugin by itself.
IS_INSTALLED = any(importlib.metadata.distributions(name="derslik"))
ARGUMENTS = ["-p", "no:cacheprovider", *([] if IS_INSTALLED else ["-p", "derslik.pytest_plugin"])]


def test_a_failing_test_shows_the_last_requests_of_its_account(pytester):
    pytester.makepyfile(
        """
        def test_fails(derslik):
            for number in range(25):
                derslik.request("GET", f"/v1/courses/{number}")
            assert False

        def test_of_another_account(derslik):
            assert derslik.journal.list() == []
        """
    )
    result = pytester.runpytest_subprocess(*ARGUMENTS)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*requests of this account*", "GET /v1/courses/5 -> 404", "GET /v1/courses/24 -> 404"])
    result.stdout.no_fnmatch_line("GET /v1/courses/4 -> 404")


def test_a_failing_test_shows_bodies_faults_and_no_lines_of_the_helpers(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module")
        def school(derslik_server):
            with derslik_server.account("school") as account:
                yield account

        @pytest.mark.derslik_faults("status", status=429, path="/v1/corses")
        def test_fails(derslik, school):
            derslik.post("/v1/courses", {"name": "x" * 300, "ownerId": "me"})
            school.get("/v1/courses")
            derslik.journal.assert_(count=2, path="/v1/courses")
        """
    )
    result = pytester.runpytest_subprocess(*ARGUMENTS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "*requests of the account school*",
            "*requests of the account *test_a_failing_test_shows_bodies*::test_fails*",
            "POST /v1/courses -> 200",
            '    {"name": "' + "x" * 190 + "…",
            "*faults that no request or job of *test_fails has met*",
            "kind status, status 429, retry_after 1, path /v1/corses, seen 0",
            "E*1 request matches, and 2 were expected: path='/v1/courses'",
        ]
    )
    result.stdout.no_fnmatch_line("*_journal.py*")


def test_an_account_has_the_name_of_its_test(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("word", ["a/b?#", "x" * 200])
        def test_name(derslik, request, word):
            assert derslik.name == request.node.nodeid[-100:]

        def test_a_name_that_is_taken(derslik_server, request):
            from derslik.pytest_plugin import _account
            names = [_account(derslik_server, request.node.nodeid, {}).name for _ in range(2)]
            assert names[0] == request.node.nodeid and names[1] != names[0]

        @pytest.mark.derslik(name="mine", frozen=False, seed="courses:\\n- name: Kimya\\n  owner: teacher\\n")
        def test_marked(derslik):
            assert (derslik.name, derslik.clock.show()["frozen"]) == ("mine", False)
            assert len(derslik.get("/v1/courses")["courses"]) == 1
        """
    )
    pytester.runpytest_subprocess(*ARGUMENTS, "--strict-markers").assert_outcomes(passed=4)


def test_requests_of_no_account_are_shown_with_a_failing_test(pytester):
    pytester.makepyfile(
        """
        def test_fails(derslik):
            derslik.request("GET", "/v1/courses", headers={"Authorization": "Bearer nobody"})
            assert False
        """
    )
    result = pytester.runpytest_subprocess(*ARGUMENTS)
    result.stdout.fnmatch_lines(["*requests of no known account since this test began*", "GET /v1/courses -> 401"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_service_that_ends_during_the_tests_is_told_at_their_end(pytester, monkeypatch, workers):
    pytester.makepyfile(
        """
        import os
        import pathlib
        import signal

        def test_fails(derslik):
            for process in pathlib.Path("/proc").iterdir():
                try:
                    line = (process / "cmdline").read_bytes().split(b"\\0")
                except OSError:
                    continue
                if b"--temporary" in line and str(os.environ["MARK"]).encode() in (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
            derslik.get("/v1/courses")
        """
    )
    monkeypatch.setenv("MARK", f"mark-{os.urandom(8).hex()}")
    result = pytester.runpytest_subprocess(*ARGUMENTS, *workers)
    result.stdout.fnmatch_lines(["*EndedError*", "*derslik has ended during the tests*", "by signal 9; the end of its log:"])


def test_all_workers_share_one_service_and_no_account(pytester):
    pytester.makepyfile(
        """
        import pathlib
        import pytest

        @pytest.mark.parametrize("number", range(200))
        def test_alone(derslik, number):
            derslik.post("/v1/courses", {"name": str(number), "ownerId": "me"})
            assert [course["name"] for course in derslik.get("/v1/courses")["courses"]] == [str(number)]
            pathlib.Path(f"{number}.url").write_text(derslik.url)
        """
    )
    result = pytester.runpytest_subprocess(*ARGUMENTS, "-n", "4")
    result.assert_outcomes(passed=200)
    assert len({path.read_text() for path in pytester.path.glob("*.url")}) == 1


def test_the_example_of_the_readme_passes(pytester):
    example = README.read_text().split("```python\n", 1)[1].split("```", 1)[0]
    assert len(example.strip().splitlines()) <= 5
    pytester.makepyfile(example)
    pytester.runpytest_subprocess(*ARGUMENTS).assert_outcomes(passed=1)


def test_a_run_that_needs_no_account_starts_no_service(pytester, monkeypatch):
    monkeypatch.setenv("DERSLIK_BIN", "/no/such/program")
    pytester.makepyfile("def test_alone(): pass")
    pytester.runpytest_subprocess(*ARGUMENTS).assert_outcomes(passed=1)
