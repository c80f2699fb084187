"""The types of the package, as a type checker sees them."""

import os
import pathlib
import subprocess
import sys

import derslik

RIGHT = """
import derslik

def check(account: derslik.Account) -> int:
    account.clock.advance(days=1)
    account.clock.advance("7d")
    account.faults.add("status", status=429, times=2)
    account.faults.preset("flaky-wifi", path="/v1/**")
    account.classroom("teacher")
    return account.journal.wait(path="/v1/courses", timeout=1)[0]["seq"]
"""
# Each line has one mistake.
WRONG = [
    "account.clock.advanc(days=1)",
    "account.clock.advance(day=1)",
    'account.faults.add("stats")',
    'account.faults.add("status", stauts=429)',
    'account.faults.preset("flaky")',
    'account.classroom("techer")',
    'account.journal.list(pth="/v1")',
    'account.journal.list()[0]["sequence"]',
]


def checked(path):
    # An installed package is found by itself, and one of the sources by its folder.
    source = pathlib.Path(derslik.__file__).parents[1]
    variables = {} if source.name == "site-packages" else {"MYPYPATH": str(source)}
    command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", "--cache-dir", os.devnull, str(path)]
    return subprocess.run(command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True, check=False)


def test_the_package_and_what_uses_it_rightly_have_no_errors(tmp_path):
    path = tmp_path / "right.py"
    path.write_text(RIGHT)
    done = checked(path)
    assert done.returncode == 0, done.stdout


def test_each_mistake_is_found(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text("import derslik\n\ndef check(account: derslik.Account) -> None:\n" + "".join(f"    {line}\n" for line in WRONG))
    found = {line.split(":")[1] for line in checked(path).stdout.splitlines() if ": error:" in line}
    assert found == {str(number) for number in range(4, 4 + len(WRONG))}
