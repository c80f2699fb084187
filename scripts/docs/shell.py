"""Runs the blocks of a document in shells that share a folder, variables, functions and aliases."""

import os
import re
import shlex
import signal
import subprocess
import time

from . import ANY, Fault
from .matching import differs
from .place import START, group_lives

# How long a block may take, in seconds: so much that only one that hangs takes it.
LIMIT = 60
MARK = "\x1e"

# Variables of the shell itself are not handed on.
PRELUDE = r"""
shopt -s expand_aliases
docs_save() {
    {
        for docs_name in $(compgen -v); do
            case $docs_name in
            BASH* | DIRSTACK | EUID | FUNCNAME | GROUPS | HOSTNAME | HOSTTYPE | IFS | LINENO | MACHTYPE | OLDPWD | OPTERR) ;;
            OPTIND | OSTYPE | PIPESTATUS | PPID | PS4 | PWD | RANDOM | SECONDS | SHELL | SHELLOPTS | SHLVL | SRANDOM | EPOCH*) ;;
            UID | _ | docs_*) ;;
            *) declare -p "$docs_name" ;;
            esac
        done
        declare -f
        alias -p
        printf 'cd %q\n' "$PWD"
    } >"$docs_state.new"
    mv "$docs_state.new" "$docs_state"
}
docs_state=$1 docs_block=$2
set --
[ ! -e "$docs_state" ] || . "$docs_state"
trap 'docs_code=$?; set +e; docs_save; exit "$docs_code"' EXIT
set -e -o pipefail
. "$docs_block"
"""


class Failure(Exception):
    """What a block did, and why that is not what the document says."""


class Shell:
    """The reader at the place."""

    def __init__(self, place, limit=LIMIT):
        self.place, self.limit, self.count = place, limit, 0
        self.state = place.top / "state"

    def set(self, variables):
        """Exports variables, as if the reader had done so."""
        with open(self.state, "a", encoding="utf-8") as state:
            for name, value in variables.items():
                state.write(f"export {name}={shlex.quote(value)}\n")

    def start(self, text, output, errors, typed=""):
        """A shell that runs a text, with its output in files."""
        self.count += 1
        block = self.place.top / f"block-{self.count}"
        block.write_text(text + "\n")
        standard = self.place.top / f"typed-{self.count}"
        standard.write_text(typed)
        with open(standard, "rb") as given, open(output, "wb") as out, open(errors or os.devnull, "wb") as other:
            return subprocess.Popen(
                ["bash", "-c", PRELUDE, "docs", str(self.state), str(block)], cwd=self.place.folder, env=self.place.environment(),
                stdin=given, stdout=out, stderr=other if errors else subprocess.STDOUT, start_new_session=True,
            )

    def run(self, text, typed="", apart=False):
        """Runs a text to its end: the exit code, the output, and the errors if they are to be `apart`."""
        output, errors = self.place.top / f"out-{self.count}", self.place.top / f"err-{self.count}"
        process = self.start(text, output, errors if apart else None, typed)
        try:
            code = process.wait(self.limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise Failure(f"it did not end within {self.limit} seconds\n{self.read(output)}") from None
        if group_lives(process.pid):
            self.place.groups.append(process.pid)
        return code, self.read(output), self.read(errors) if apart else ""

    def read(self, path):
        return self.place.shown(path.read_text(errors="replace"))

    def quietly(self, text):
        """Runs what the reader has done already; its output."""
        code, output, errors = self.run(self.place.here(text), apart=True)
        if code:
            raise Failure(f"`{text}` before the block ended with {code}\n{output}{errors}")
        return output.strip()

    def block(self, block):
        """Runs the commands of a block, and compares what they do with what the document shows."""
        for text in block.before:
            self.quietly(text)
        texts = [(shown, self.quietly(command)) for shown, command in block.where]
        pairs = [(command, shown) for command, shown in zip(block.commands, block.shown or [None] * len(block.commands))]
        pairs = [(self.place.here(self.filled(command, texts)), shown) for command, shown in pairs if block.class_of(command).kind == "run"]
        typed = "".join(self.place.here(text) + "\n" for text in block.typed)
        server = pairs.pop() if "serves" in block.run.words else None
        if pairs:
            self.commands(block, pairs, typed, block.output if server is None else None)
        if server:
            self.serve(server[0], block.output or (("text", server[1], 0) if server[1] else None))

    @staticmethod
    def filled(command, texts):
        for shown, value in texts:
            command = command.replace(shown, value)
        if ANY in "".join(part for part in command.split("\n") if not part.lstrip().startswith("#")).split(" #")[0]:
            raise Failure(f"a reader can't run `{command}`: say by `where` what {ANY} stands for")
        return command

    def commands(self, block, pairs, typed, output):
        has_outputs = any(shown is not None for _, shown in pairs)
        marks = [f"printf '%s\\n' '{MARK}'\n" if has_outputs else ""] * len(pairs)
        text = "\n".join(mark + command for mark, (command, _) in zip(marks, pairs))
        code, found, errors = self.run(text, typed, apart=bool(output) and output[0] == "json")
        if code != block.run.code:
            raise Failure(f"it ended with {code} instead of {block.run.code}\n{found.replace(MARK, '')}{errors}")
        if output and (reason := differs(output[0], output[1], found)):
            raise Failure(f"the output in line {output[2]} differs:\n{reason}\n{errors}".rstrip())
        if has_outputs:
            for (command, shown), part in zip(pairs, re.split(rf"^{MARK}\n", found, flags=re.MULTILINE)[1:]):
                if shown is not None and (reason := differs("text", shown, part)):
                    raise Failure(f"the output of `{command}` differs:\n{reason}")

    def serve(self, command, output):
        """Starts a command that serves, and waits until it says so. It runs as long as the place is there."""
        log = self.place.top / f"serves-{self.count}"
        process = self.start(command, log, None)
        self.place.serves(process.pid)
        deadline = time.monotonic() + START
        reason = None
        while time.monotonic() < deadline:
            is_up = re.search(r" serves on | working on jobs ", log.read_text(errors="replace"))
            reason = differs(output[0], output[1], self.read(log)) if is_up and output else None
            if is_up and not reason:
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        if reason:
            raise Failure(f"the output in line {output[2]} differs:\n{reason}")
        raise Failure(f"it did not say that it serves\n{self.read(log)}")
