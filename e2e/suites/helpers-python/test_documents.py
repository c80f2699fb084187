"""The tests that docs/TESTING.md shows, as they stand there."""

import importlib.metadata
import pathlib
import re

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
    assert {name for name, _ in files()} >= {f"test_{code}_{when}.py" for code in ("timetable", "privacy", "rosters") for when in ("before", "after")}
    result = pytester.runpytest_subprocess(*ARGUMENTS, "--rootdir", pytester.path, "--import-mode", "prepend")
    result.assert_outcomes(passed=tests)
