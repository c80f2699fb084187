"""The tests that docs/TESTING.md shows, as they stand there."""

import importlib.metadata
import pathlib
import re
from typing import get_args

import derslik as helpers
from derslik._types import FaultKind, FaultOptions, Match

PAGE = pathlib.Path(__file__).parents[3] / "docs/TESTING.md"
IS_INSTALLED = any(importlib.metadata.distributions(name="derslik"))
ARGUMENTS = ["-p", "no:cacheprovider", *([] if IS_INSTALLED else ["-p", "derslik.pytest_plugin"])]


def files():
    """The blocks that begin with the name of a file."""
    return re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_tests_before_and_after_pass(pytester):
    tests = 0
    for name, text in files():
        (pytester.path / name).write_text(text)
        tests += text.count("\ndef test_") + text.startswith("def test_")
    pairs = {f"test_{code}_{when}.py" for code in ("timetable", "privacy", "rosters") for when in ("before", "after")}
    assert {name for name, _ in files()} >= {*pairs, "test_faults.py", "test_school.py", "conftest.py"}
    result = pytester.runpytest_subprocess(*ARGUMENTS, "--rootdir", pytester.path, "--import-mode", "prepend")
    outcomes = result.parseoutcomes()
    # A test with parameters passes more than once.
    assert outcomes["passed"] >= tests and not {"failed", "errors"} & set(outcomes), outcomes


def names(part):
    """The names of the row that begins with a part."""
    row = next(line for line in PAGE.read_text().split("\n") if line.startswith(f"| `{part}` |"))
    return set(re.findall(r"`([^`]+)`", row.split("|", 2)[2]))


def test_the_names_are_those_of_the_table(derslik):
    own = names("Python")
    parts = {"server": derslik.server, "account": derslik, "clock": derslik.clock, "faults": derslik.faults, "journal": derslik.journal}
    for part, value in parts.items():
        found = {name.rstrip("_") for name in dir(value) if not name.startswith("_")}
        assert found == names(part) | {name.split(".")[1] for name in own if name.startswith(f"{part}.")}, part
    assert set(helpers.__all__) == {"Account", "Clock", "ControlError", "EndedError", "Faults", "Journal", "Server", "StartError", "start"}


def test_the_tables_of_faults_and_matches_are_complete():
    kinds = re.findall(r"^\| (`[^|]*`) \|[^|]*\|[^|]*\|$", PAGE.read_text(), re.MULTILINE)
    kinds = {kind for cell in kinds for kind in re.findall(r"`([^`]+)`", cell)}
    assert kinds >= set(get_args(FaultKind)), set(get_args(FaultKind)) - kinds
    rows = set(re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (`[^|]*`) \|", PAGE.read_text(), re.MULTILINE))))
    fields = set(FaultOptions.__annotations__)
    assert fields - rows == {"status", "retry_after", "millis", "action"} - rows
    assert set(Match.__annotations__) <= rows
