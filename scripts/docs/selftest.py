"""Small documents, each with what has to be found in it. Shows that this script finds what it is for, before it is believed."""

import pathlib
import tempfile

from .run import Run
from .shell import LIMIT


def shell(comment, command, output="", language="text"):
    below = f"\n```{language}\n{output}\n```\n" if output else ""
    return f"<!-- {comment} -->\n```sh\n{command}\n```\n{below}"


def above(comment, command, output=""):
    """A block that is run, with a comment about it."""
    return f"<!-- {comment} -->\n" + shell("run", command, output)


def other(comment):
    """A block of another language."""
    return f"<!-- {comment} -->\n```yaml\na: 1\n```\n"


def console(text):
    return f"<!-- run -->\n```console\n{text}\n```\n"


FIRST = shell("run", "x=1; export y=2; alias z='echo 3'; cd deploy")

# What a case is called, its document, and a part of the fault that has to be found: None if there is none.
CASES = [
    ("a right output", shell("run", "echo one; echo two 7", "one\ntwo …"), None),
    ("a wrong output", shell("run", "echo one", "two"), "differs"),
    ("a line too many", shell("run", "printf '1\\n2\\n'", "1"), "differs"),
    ("any lines", shell("run", "seq 5", "1\n…\n5"), None),
    ("errors are seen too", shell("run", "echo bad >&2", "bad"), None),
    ("a right JSON", shell("run", "echo '{\"a\": [1, 2], \"b\": \"x1\"}'", '{"b": "x…", "a": [1, "…"]}', "json"), None),
    ("a wrong JSON", shell("run", "echo '{\"a\": 1}'", '{"a": true}', "json"), "differs"),
    ("a member that is not shown", shell("run", "echo '{\"a\": 1, \"b\": 2}'", '{"a": 1}', "json"), "is not shown"),
    ("no JSON at all", shell("run", "echo '<html>'", '{"a": 1}', "json"), "not JSON"),
    ("an output after prose", shell("run", "echo 1") + "It says:\n\n<!-- output -->\n```text\n2\n```\n", "differs"),
    ("an output that is not named", shell("run", "echo 1") + "Another page has:\n\n```text\n2\n```\n", None),
    ("a right console", console("$ echo a \\\n  b\na b\n$ true\n$ echo c\nc"), None),
    ("a wrong console", console("$ echo a\na\n$ echo b\nc"), "differs"),
    ("a missing class", "```sh\ntrue\n```\n", "no class"),
    ("a comment that is too far away", "<!-- run -->\n\n```sh\ntrue\n```\n", "no class"),
    ("an unknown comment", shell("runs", "true"), "unknown comment"),
    ("an unknown word", shell("run: daemon", "true"), "unknown after"),
    ("two classes", above("check: none", "true"), "more than one class"),
    ("a comment above no block", "<!-- run -->\nText.\n", "stands above no block"),
    ("a failing command", shell("run", "false"), "ended with 1 instead of 0"),
    ("a failing command in the middle", shell("run", "true\nfalse\ntrue"), "ended with 1 instead of 0"),
    ("a failing part of a pipe", shell("run", "false | cat"), "ended with 1 instead of 0"),
    ("the exit code that is told", shell("run: exit 3", "(exit 3)"), None),
    ("another exit code", shell("run: exit 3", "(exit 2)"), "ended with 2 instead of 3"),
    ("a command without an end", shell("run", "sleep 60"), "did not end within"),
    ("a placeholder", shell("run", "echo …"), "can't run"),
    ("a placeholder that is told", above("where: key_… = echo key_1", "echo key_…", "key_1"), None),
    ("what was done before", above("before: echo 1 >made", "cat made", "1"), None),
    ("what is typed", above("typed: word", "read -rs X; echo $X", "word"), None),
    ("nothing is typed", shell("run", "read -r X"), "ended with 1"),
    ("shared variables and folders", FIRST + shell("run", "echo $x $y; z; [ -e derslik.service ]", "1 2\n3"), None),
    ("a fresh start", FIRST + shell("run: afresh", "[ -e Makefile ]; echo $x$y", ""), None),
    ("nothing of before after a fresh start", FIRST + shell("run: afresh", "z"), "ended with 127"),
    ("a service that ends", shell("run: serves", "exec echo ' serves on '") + shell("run", "sleep 1"), "ended before the blocks did"),
    ("a service that does not stop", shell("run: serves", "trap '' TERM; echo ' serves on '; while :; do sleep 9; done"), "did not stop"),
    ("a service that is none", shell("run: serves", "echo hello"), "did not say that it serves"),
    ("one place and one check", shell("run by: make lint", "make lint"), None),
    ("a place that is missing", shell("run by: scripts/no-such", "make lint"), "there is no scripts/no-such"),
    ("a place without the words", shell("run by: scripts/secrets", "docker compose up"), "does not have docker"),
    ("a place that another target has", shell("run by: scripts/secrets", "make bench"), "does not have"),
    ("a place without an argument", shell("run by: scripts/secure", "make secure ARGS=no-such-part"), "does not have no-such-part"),
    ("a place with another flag", shell("run by: scripts/secrets", "head -z 4096"), "does not have -z"),
    ("a target that is missing", shell("check: none", "make no-such"), "has no target"),
    ("a program that is missing", shell("check: none", "no-such-program"), "there is no program"),
    ("a file that is missing", shell("check: none", "sudo cp deploy/no-such.service /etc"), "there is no file"),
    ("a command of the program", shell("check: none", "sudo -u derslik env X=1 derslik key list --account okul"), None),
    ("a command that the program lacks", shell("check: none", "derslik key lists"), "has no command lists"),
    ("a command that is not whole", shell("check: none", "derslik key"), "needs a command"),
    ("a flag that the program lacks", shell("check: none", "derslik key list --acount okul"), "has no flag --acount"),
    ("a command in a container", shell("check: none", "docker compose exec derslik derslik keys list"), "has no command keys"),
    ("a unit that is missing", shell("check: none", "sudo systemctl start no-such"), "has no unit"),
    ("a syntax that is wrong", shell("check: none", "echo (a)"), "does not end"),
    ("a class for some commands", above("check: none; only: false", "true\nfalse"), None),
    ("a class for no command", above("check: none; only: false", "true"), "no command begins"),
    ("an output of what is not run", shell("check: none", "true", "1"), "need a block that is run"),
    ("commands that are indented", "Text:\n\n    derslik serve\n", "indented"),
    ("commands without a language", "```\n$ derslik serve\n```\n", "without a language"),
    ("another name of a shell", "```shell\ntrue\n```\n", "not known here"),
    ("a block in a quote", "> ```sh\n> true\n> ```\n", "begin its line"),
    ("a fence that is open", "<!-- run -->\n```sh\ntrue\n", "not closed"),
    ("another language", other("run by: scripts/docs/selftest.py"), None),
    ("another language whose place is missing", other("run by: scripts/no-such"), "there is no scripts/no-such"),
    ("another language whose place has another document", other("run by: scripts/secrets"), "does not name case.md"),
    ("another language that is run here", other("run"), "not of a shell"),
    ("other blocks", "```rust\nfn main() {}\n```\n", None),
]
# Stands for the program where a case asks for its commands.
PROGRAM = """#!/bin/sh
case "$*" in
--help) printf 'Usage: derslik <COMMAND>\\n\\nCommands:\\n  key   Keys\\n  help  Help\\n\\nOptions:\\n  --json\\n' ;;
"key --help") printf 'Usage: derslik key <COMMAND>\\n\\nCommands:\\n  list  Keys\\n\\nOptions:\\n  --json\\n' ;;
"key list --help") printf 'Usage: derslik key list [OPTIONS]\\n\\nOptions:\\n  --account <ACCOUNT>\\n' ;;
*) exit 2 ;;
esac
"""

# The cases that take their whole time.
HANGING = ["a command without an end", "a service that does not stop"]


def self_test():
    """The cases that did not end as they have to."""
    with tempfile.TemporaryDirectory(prefix="derslik-docs-") as folder:
        program = pathlib.Path(folder) / "derslik"
        program.write_text(PROGRAM)
        program.chmod(0o755)
        return failed_cases(program)


def failed_cases(program):
    wrong = []
    for name, text, wanted in CASES:
        with Run(program, limit=1 if name in HANGING else LIMIT, tell=lambda _: None) as run:
            run.document("case.md", text)
        is_right = not run.faults if wanted is None else any(wanted in fault for fault in run.faults)
        if not is_right:
            wrong.append(f"{name}: {'no fault' if wanted is None else wanted} expected, found: {run.faults}")
    return wrong
