"""The pytest plugin, in runs of pytest of its own."""

import importlib.metadata
import pathlib

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
