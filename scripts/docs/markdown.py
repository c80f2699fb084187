"""The shell blocks of a Markdown document, with the comments above them and the outputs below them. Knows nothing of their execution."""

import dataclasses
import re
import subprocess

from . import Fault

SHELLS = ["sh", "bash", "console"]
OUTPUTS = ["text", "json"]
# Other names of shells and outputs would hide blocks from this script.
MISNAMED = ["shell", "zsh", "fish", "shell-session", "shellsession", "sh-session", "terminal", "output", "txt", "jsonc"]
RUN_WORDS = ["service", "postgres", "serves", "afresh"]

FENCE = re.compile(r"^(?P<indent>\s*)(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)$")
HIDDEN_FENCE = re.compile(r"^\s*(>|[-*+]|\d+\.)\s*(```|~~~)")
COMMENT = re.compile(r"^\s*<!--(?P<text>.*?)-->\s*$", re.DOTALL)
# The first word of an indented code block that is a command.
COMMANDS = re.compile(r"^(?: {4}|\t)(\$ |(sudo|make|derslik|curl|docker|cargo|git|scripts/\S+|target/\S+|psql|createdb|systemctl)\b)")


@dataclasses.dataclass
class Class:
    """How a block, or the commands that begin with `only`, is treated."""

    kind: str
    places: list = dataclasses.field(default_factory=list)
    reason: str = ""
    words: set = dataclasses.field(default_factory=set)
    code: int = 0
    only: str | None = None

    def __str__(self):
        words = sorted(self.words) + ([f"exit {self.code}"] if self.code else [])
        detail = ", ".join(self.places or words) or self.reason
        return self.kind + (f": {detail}" if detail else "")


@dataclasses.dataclass
class Block:
    """A shell block, or one of another language that has a class. `commands` are the logical commands of a shell block, and `shown` are the
    outputs that a console block has below them."""

    document: str
    line: int
    language: str
    commands: list = dataclasses.field(default_factory=list)
    shown: list = dataclasses.field(default_factory=list)
    classes: list = dataclasses.field(default_factory=list)
    before: list = dataclasses.field(default_factory=list)
    where: list = dataclasses.field(default_factory=list)
    typed: list = dataclasses.field(default_factory=list)
    output: tuple | None = None

    def __str__(self):
        return f"{self.document}:{self.line}"

    def class_of(self, command):
        """The class of a command: one that names it, or that of the block."""
        named = [found for found in self.classes if found.only and command.startswith(found.only)]
        return (named or [found for found in self.classes if not found.only] or [None])[0]

    def of_kind(self, kind):
        return [command for command in self.commands if (found := self.class_of(command)) and found.kind == kind]

    @property
    def run(self):
        """The class by which commands of the block are executed, if any are."""
        return next((found for found in self.classes if found.kind == "run"), None)


def complete(text):
    """Whether the shell would begin another command after this one."""
    ending = re.search(r"<<-?\s*(['\"]?)(\w+)\1", text)
    if ending:
        return re.search(rf"^\s*{ending.group(2)}$", text, re.MULTILINE) is not None
    if text.endswith("\\"):
        return False
    return subprocess.run(["bash", "-n"], input=text, stderr=subprocess.DEVNULL, text=True, check=False).returncode == 0


def logical(lines):
    """The commands of lines of a shell, without empty lines and comments of their own."""
    commands, open_command = [], []
    for line in lines:
        if not open_command and (not line.strip() or line.lstrip().startswith("#")):
            continue
        open_command.append(line)
        if complete("\n".join(open_command)):
            commands.append("\n".join(open_command))
            open_command = []
    if open_command:
        raise Fault(f"this command does not end: {open_command[0].strip()}")
    return commands


def console(lines):
    """The commands of a console block, and the output that it shows of each: None where there is none."""
    commands, shown, open_command = [], [], None
    for line in lines:
        if open_command is not None:
            open_command += "\n" + line.removeprefix("> ")
        elif line.startswith("$ "):
            open_command = line[2:]
        elif commands:
            shown[-1] = [*(shown[-1] or []), line]
            continue
        else:
            raise Fault("a console block begins with `$ `")
        if complete(open_command):
            commands.append(open_command)
            shown.append(None)
            open_command = None
    if open_command is not None:
        raise Fault(f"this command does not end: {open_command.strip()}")
    return commands, [None if lines is None else "\n".join(lines) for lines in shown]


def split_comment(text):
    """The keyword of a comment and what it says; no keyword if the comment is not one of ours."""
    text = text.strip()
    found = re.match(r"(run by|run|check|before|where|typed|output)(?:\s*$|:\s*|\n)", text)
    return (found.group(1), text[found.end() :].strip()) if found else (None, text)


def read_class(keyword, text):
    text, _, only = text.partition("; only:")
    only = only.strip() or None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if keyword == "check":
        if not text.strip():
            raise Fault("`check` needs a reason")
        return Class("check", reason=text.strip(), only=only)
    if keyword == "run by":
        if not parts:
            raise Fault("`run by` needs a place")
        return Class("run by", places=parts, only=only)
    if only:
        raise Fault("`run` is for the whole block: give `only` to the other comment")
    codes = [int(part[5:]) for part in parts if re.fullmatch(r"exit \d+", part)]
    words = {part for part in parts if not part.startswith("exit ")}
    if unknown := words - set(RUN_WORDS):
        raise Fault(f"unknown after `run:`: {', '.join(sorted(unknown))}")
    if len(codes) + len(words) != len(parts):
        raise Fault(f"`run: {text.strip()}` is not understood")
    return Class("run", words=words, code=codes[0] if codes else 0)


def add_comment(block, text):
    keyword, rest = split_comment(text)
    if keyword in ("run", "run by", "check"):
        block.classes.append(read_class(keyword, rest))
    elif keyword == "before" and rest:
        block.before.append(rest)
    elif keyword == "where" and " = " in rest:
        block.where.append(tuple(part.strip() for part in rest.split(" = ", 1)))
    elif keyword == "typed":
        block.typed.append(rest)
    else:
        raise Fault(f"unknown comment above a shell block: <!-- {text.strip()} -->")


def check_classes(block):
    """Each command has one class, and each class has a command."""
    whole = [found for found in block.classes if not found.only]
    if len(whole) > 1:
        raise Fault("more than one class")
    for found in block.classes:
        if found.only and not any(command.startswith(found.only) for command in block.commands):
            raise Fault(f"no command begins with `{found.only}`")
    if not block.commands:
        raise Fault("a shell block without a command")
    if without := [command for command in block.commands if block.class_of(command) is None]:
        raise Fault(f"no class: put a comment such as <!-- run --> above the block ({without[0].splitlines()[0]})")
    if whole and not any(block.class_of(command) is whole[0] for command in block.commands):
        raise Fault(f"no command is left for the class `{whole[0]}`")
    if not block.run and (block.output or any(block.shown) or block.before or block.where or block.typed):
        raise Fault("an output, `before`, `where` and `typed` need a block that is run")


class Reader:
    """Reads one document from top to bottom."""

    def __init__(self, name, text):
        self.name, self.lines = name, text.split("\n")
        self.blocks, self.faults, self.comments = [], [], []
        # The last shell block, and whether only blank lines follow it so far.
        self.last, self.is_next = None, False

    def fault(self, number, text):
        self.faults.append(f"{self.name}:{number}: {text}")

    def read(self):
        at = 0
        while at < len(self.lines):
            at = self.step(at)
        self.drop_comments()
        fences = sum(1 for line in self.lines if re.match(r"^[\s>]*(```+|~~~+)\s*(sh|bash|console)\b", line))
        shells = [block for block in self.blocks if block.language in SHELLS]
        if fences != len(shells):
            self.fault(1, f"{fences} fences of shells, and {len(shells)} blocks")
        for block in shells:
            try:
                check_classes(block)
            except Fault as fault:
                self.fault(block.line, fault)
        return self.blocks, self.faults

    def step(self, at):
        line = self.lines[at]
        if fence := FENCE.match(line):
            return self.fence(at, fence)
        if line.lstrip().startswith("<!--"):
            end = at
            while end + 1 < len(self.lines) and "-->" not in self.lines[end]:
                end += 1
            if comment := COMMENT.match("\n".join(self.lines[at : end + 1])):
                self.comments.append((at + 1, comment.group("text")))
                return end + 1
        if HIDDEN_FENCE.match(line):
            self.fault(at + 1, "a fence has to begin its line")
        if COMMANDS.match(line) and (at == 0 or not self.lines[at - 1].strip()) and not self.in_list(at):
            self.fault(at + 1, "commands that are indented: put them into a fenced block")
        self.drop_comments()
        self.is_next = self.is_next and not line.strip()
        return at + 1

    def in_list(self, at):
        """Whether an indented line belongs to an item of a list."""
        for line in reversed(self.lines[:at]):
            if line.strip() and not line.startswith((" ", "\t")):
                return re.match(r"([-*+]|\d+\.)\s", line) is not None
        return False

    def drop_comments(self):
        for number, text in self.comments:
            if split_comment(text)[0]:
                self.fault(number, f"this comment stands above no block: <!-- {text.strip()} -->")
        self.comments = []

    def fence(self, at, fence):
        mark, indent = fence["mark"], len(fence["indent"])
        end = at + 1
        while end < len(self.lines) and not re.match(rf"^\s*{re.escape(mark[0])}{{{len(mark)},}}\s*$", self.lines[end]):
            end += 1
        if end == len(self.lines):
            self.fault(at + 1, "this fence is not closed")
        inside = [line[indent:] if not line[:indent].strip() else line for line in self.lines[at + 1 : end]]
        language = fence["info"].strip().split(" ")[0].lower()
        comments, self.comments = self.comments, []
        try:
            if language in SHELLS:
                self.shell(at + 1, language, inside, comments)
            else:
                self.other(at + 1, language, inside, comments)
        except Fault as fault:
            self.fault(at + 1, fault)
        return end + 1

    def shell(self, number, language, inside, comments):
        block = Block(self.name, number, language)
        self.blocks.append(block)
        self.last, self.is_next = block, True
        for _, text in comments:
            add_comment(block, text)
        if language == "console":
            block.commands, block.shown = console(inside)
        else:
            block.commands = logical(inside)

    def other(self, number, language, inside, comments):
        is_output = any(split_comment(text)[0] == "output" for _, text in comments)
        block = Block(self.name, number, language)
        for _, text in comments:
            keyword, rest = split_comment(text)
            if keyword == "run by" and "; only:" not in rest and language not in OUTPUTS:
                block.classes.append(read_class(keyword, rest))
            elif keyword not in (None, "output"):
                raise Fault(f"this comment stands above a block that is not of a shell: <!-- {text.strip()} -->")
        if language in MISNAMED:
            raise Fault(f"`{language}` is not known here: write sh, bash, console, text or json")
        if not language and any(re.match(r"\$ ", line) or COMMANDS.match("    " + line) for line in inside):
            raise Fault("commands in a block without a language: write sh or console")
        if is_output or (self.is_next and language in OUTPUTS):
            if language not in OUTPUTS:
                raise Fault("an output is `text` or `json`")
            if self.last is None or self.last.output:
                raise Fault("an output without a shell block of its own above it")
            self.last.output = (language, "\n".join(inside), number)
        if block.classes:
            self.blocks.append(block)
        self.is_next = False


def read(name, text):
    """The shell blocks of a document, those of other languages that have a class, and its faults."""
    return Reader(name, text).read()
