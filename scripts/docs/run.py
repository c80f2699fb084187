"""Goes through documents: reads their blocks, runs or checks each one, and says what is wrong."""

import time

from . import ROOT, Fault, markdown
from .commands import Checker, aliases_of
from .place import STOP, Databases, Place
from .shell import LIMIT, Failure, Shell

PATTERNS = ["README.md", "README.*.md", "docs/**/*.md", "crates/**/README.md", "migrations/README.md"]


def documents():
    """All documents whose blocks are tested."""
    return sorted({path.relative_to(ROOT).as_posix() for pattern in PATTERNS for path in ROOT.glob(pattern)})


def summary(block):
    """A block in one line: where it is, its classes, and its first command."""
    classes = "; ".join(f"{found} ({found.only})" if found.only else str(found) for found in block.classes)
    first = block.commands[0].split("\n")[0].split(" #")[0].strip() if block.commands else f"({block.language})"
    more = len(block.commands) - 1
    compared = " = output" if block.output or any(block.shown) else ""
    return f"{str(block):<30} {classes:<34} {first[:70]}{f' (+{more})' if more > 0 else ''}{compared}"


class Run:
    """The blocks of some documents, and what became of them."""

    def __init__(self, binary, limit=LIMIT, tell=print):
        self.binary, self.limit, self.tell = binary, limit, tell
        self.checker = Checker(binary)
        self.databases, self.reader = Databases(), None
        self.faults, self.counts = [], {"run": 0, "run by": 0, "check": 0}

    def fault(self, text):
        self.faults.append(text)
        self.tell(f"FAILED {text}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.databases.end()

    def document(self, name, text):
        """Every block of a document, in order. The first block that fails ends the run of the others."""
        blocks, faults = markdown.read(name, text)
        for fault in faults:
            self.fault(fault)
        if faults:
            return
        aliases, failed = {}, False
        try:
            for block in blocks:
                aliases |= aliases_of(block.commands)
                if failed and block.run:
                    self.fault(f"{block}: not run, since an earlier block of the document failed")
                    continue
                begin = time.monotonic()
                try:
                    if block.run:
                        self.execute(block)
                except (Fault, Failure) as fault:
                    failed = True
                    self.fault(f"{block}: {fault}")
                    continue
                seconds = time.monotonic() - begin
                try:
                    self.static(block, aliases)
                    self.passed(block, seconds)
                except Fault as fault:
                    self.fault(f"{block}: {fault}")
        finally:
            if reason := self.leave():
                self.fault(f"{name}: {reason}")

    def leave(self):
        """Ends the place of the reader. Returns what was wrong with what ran there, or None."""
        reader, self.reader = self.reader, None
        return reader.place.end() if reader else None

    def static(self, block, aliases):
        for kind in ["run by", "check"]:
            if commands := block.of_kind(kind):
                self.checker.check(block, commands, aliases)
        for found in block.classes:
            if found.kind == "run by":
                mine = [command for command in block.commands if block.class_of(command) is found]
                self.checker.run_by(block, found, mine, aliases)

    def execute(self, block):
        if "afresh" in block.run.words and (reason := self.leave()):
            raise Failure(reason)
        if self.reader is None:
            self.reader = Shell(Place(self.binary, self.databases, min(STOP, self.limit)), self.limit)
        # The service comes first: it has a file of its own, whatever the variables name afterwards.
        for word in ["service", "postgres"]:
            if word in block.run.words:
                self.reader.set(self.reader.place.provide(word))
        self.reader.block(block)

    def passed(self, block, seconds):
        for found in block.classes:
            self.counts[found.kind] += 1
        self.tell(f"{summary(block)}  {seconds:.1f} s" if block.run else summary(block))
