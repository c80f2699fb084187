"""Commands that are not executed: whether what they name exists, and whether the place that runs them has their words."""

import functools
import pathlib
import re
import shlex
import shutil
import subprocess

from . import ANY, ROOT, Fault

# Programs of an operator's machine that the machine of the tests may lack.
FOREIGN = {"docker", "systemctl", "systemd-run", "journalctl", "sudo", "kubectl", "cargo", "git", "psql", "createuser", "createdb"}
FOREIGN |= {"apt-get", "nginx", "caddy", "ssh"}
# Of systemctl, what the documents may use.
SYSTEMCTL = {"daemon-reload", "enable", "disable", "start", "stop", "restart", "reload", "status", "is-active", "show"}
# Files of an operator, and what a build makes.
NOT_OURS = ("/", "-", "$", "~", ".", "target/", "data/")


def words_of(command):
    """The words of each simple command of a line: separators end one, comments, redirections and text for standard input are left out."""
    first = command.split("\n")[0] if re.search(r"<<-?\s*['\"]?\w", command) else command.replace("\\\n", " ")
    lexer = shlex.shlex(first, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found, words, redirected = [], [], False
    for word in lexer:
        if set(word) <= set("();|&<>"):
            redirected = ">" in word or "<" in word
            if not redirected:
                found.append(words)
                words = []
        elif redirected:
            redirected = False
        else:
            words.append(word)
    return [words for words in [*found, words] if words]


def is_assignment(word):
    return re.match(r"[A-Za-z_]\w*=", word) is not None


def unwrapped(words):
    """The command without assignments before it, `sudo` and `env`."""
    words = list(words)
    while words:
        if is_assignment(words[0]) or words[0] in ("exec", "env", "time", "if", "then", "!", "while", "do"):
            words.pop(0)
        elif words[0] == "sudo":
            words.pop(0)
            while words and words[0].startswith("-"):
                if words.pop(0) in ("-u", "-g") and words:
                    words.pop(0)
        else:
            return words
    return words


def targets():
    """The targets of the Makefile, each with its recipe."""
    found, name = {}, None
    for line in (ROOT / "Makefile").read_text().split("\n"):
        if start := re.match(r"([a-z-]+):", line):
            name = start.group(1)
            found[name] = ""
        elif name and line.startswith("\t"):
            found[name] += line + "\n"
    return found


def make_targets(words):
    return [word for word in words[1:] if not is_assignment(word) and not word.startswith("-")]


class Checker:
    """Checks commands against the repository and the program."""

    def __init__(self, binary):
        self.binary = binary
        self.helps = {}

    def check(self, block, commands, aliases):
        """Everything that can be known of commands without running them."""
        text = "\n".join(commands)
        done = subprocess.run(["bash", "-n"], input=text, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Fault(f"bash -n: {done.stderr.strip()}")
        for command in commands:
            for words in words_of(command):
                self.simple(unwrapped(expanded(words, aliases)), aliases)

    def simple(self, words, aliases):
        if not words:
            return
        program = words[0].rsplit("/", 1)[-1]
        if program == "make":
            if missing := [target for target in make_targets(words) if target not in targets()]:
                raise Fault(f"the Makefile has no target {', '.join(missing)}")
        elif program in ("derslik", "derslik.new"):
            self.derslik(words[1:])
        elif program in ("docker", "systemd-run"):
            if words[1:2] != ["tag"] and "derslik" in words[:-1]:
                last = len(words) - 1 - words[::-1].index("derslik")
                self.derslik(words[last + 1 :])
        elif program == "systemctl":
            self.systemctl(words[1:])
        elif program == "cargo":
            self.cargo(words[1:])
        elif words[0] == "scripts/test":
            self.nextest(words[1:])
        elif words[0].startswith(NOT_OURS) and "/" in words[0]:
            pass
        elif program not in aliases and program not in FOREIGN and not (ROOT / words[0]).is_file():
            builtin = subprocess.run(["bash", "-c", 'type -t -- "$1"', "bash", program], stdout=subprocess.DEVNULL, check=False)
            if builtin.returncode and not shutil.which(program):
                raise Fault(f"there is no program {words[0]}")
        for word in words:
            self.file(word)

    def file(self, word):
        """A word that looks like a file of the repository is one."""
        if word.startswith(NOT_OURS) or "://" in word or not re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", word):
            return
        first = word.split("/")[0]
        is_named = "/" in word and (ROOT / first).is_dir() or re.match(r"docker-compose.*\.yml$", word)
        if is_named and not (ROOT / word).exists():
            raise Fault(f"there is no file {word}")

    def help(self, path):
        if path not in self.helps:
            done = subprocess.run(
                [self.binary, *path, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                check=False, timeout=20,
            )
            if done.returncode:
                raise Fault(f"derslik {' '.join(path)} --help: {done.stdout.strip()}")
            self.helps[path] = done.stdout
        return self.helps[path]

    def derslik(self, words):
        """The subcommands and flags of a command of the program are those that its help names."""
        if self.binary is None:
            return
        path, words = (), list(words)
        while words and not words[0].startswith("-"):
            listed = re.search(r"^Commands:\n(.*?)(?:\n\n|\Z)", self.help(path), re.MULTILINE | re.DOTALL)
            if not listed:
                break
            names = set(re.findall(r"^  (\S+)", listed.group(1), re.MULTILINE))
            if words[0] not in names:
                # A command may take subcommands or an argument, as `backup FILE` and `backup verify FILE` do.
                if re.search(r"^Arguments:", self.help(path), re.MULTILINE):
                    break
                raise Fault(f"derslik {' '.join(path)} has no command {words[0]}")
            path += (words.pop(0),)
        if listed := re.search(r"^Usage: .*<COMMAND>", self.help(path), re.MULTILINE):
            raise Fault(f"derslik {' '.join(path)} needs a command: {listed.group(0)}")
        for word in words:
            flag = word.split("=")[0]
            if re.match(r"--?[a-z]", flag) and not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", self.help(path)):
                raise Fault(f"derslik {' '.join(path)} has no flag {flag}")

    @staticmethod
    def systemctl(words):
        names = [word for word in words if not word.startswith("-")]
        if not names or names[0] not in SYSTEMCTL:
            raise Fault(f"systemctl {' '.join(words)} is not known here")
        for unit in names[1:]:
            if not (ROOT / "deploy" / f"{unit.removesuffix('.service')}.service").is_file():
                raise Fault(f"deploy/ has no unit {unit}")

    @staticmethod
    def cargo(words):
        """The crates, tests and features that a command of cargo names."""
        files = []
        for name, value in zip(words, words[1:]):
            if name == "--":
                break
            if name in ("-p", "--package"):
                need_crate(value)
            if name == "--features" and not all(re.search(rf"^{re.escape(one)} = ", manifests(), re.MULTILINE) for one in value.split(",")):
                raise Fault(f"no crate has the feature {value}")
            if name == "--test":
                files = need_test(value)
        for word in words[words.index("--") + 1 :] if "--" in words else []:
            if files and not word.startswith("-") and not any(word in file.read_text() for file in files):
                raise Fault(f"the test has no {word}")

    @staticmethod
    def nextest(words):
        """What selects tests: a filter with names of crates and tests, or a part of the name of a test."""
        for word in words:
            for kind, name in re.findall(r"(package|binary)\(([\w-]+)\)", word):
                need_crate(name) if kind == "package" else need_test(name)
            is_name = re.fullmatch(r"\w+", word)
            if is_name and not any(re.search(rf"fn \w*{word}", file.read_text()) for file in ROOT.glob("crates/**/*.rs")):
                raise Fault(f"there is no test {word}")

    def run_by(self, block, found, commands, aliases):
        """The place that a class names exists, and has the words of the commands, or the name of the document if the block has none."""
        sources = [source(place) for place in found.places]
        if not commands and not any(block.document in text for text in sources):
            raise Fault(f"{', '.join(found.places)} does not name {block.document}")
        for command in commands:
            for words in words_of(command):
                words = expanded(words, aliases)
                if words[0] == "alias" or is_assignment(words[0]) and len(words) == 1:
                    continue
                missing = self.missing(words, found.places, sources)
                if missing:
                    raise Fault(f"{', '.join(found.places)} does not have {', '.join(missing)} of `{' '.join(words)}`")

    @staticmethod
    def missing(words, places, sources):
        wanted = []
        for word in words:
            if is_assignment(word):
                wanted += shlex.split(word.split("=", 1)[1])
            else:
                wanted.append(word)
        if unwrapped(words)[:1] == ["make"]:
            # A target and the script that it runs are the same thing.
            recipes = "".join(targets()[target] for target in make_targets(unwrapped(words)))
            if any(place in recipes or place == f"make {target}" for place in places for target in make_targets(unwrapped(words))):
                wanted = [word for word in wanted if word != "make" and word not in make_targets(unwrapped(words))]
        text = "\n".join(sources)
        wanted = [part for word in wanted for part in word.split(",") if not part.strip(f"-{ANY}").isdigit()]
        return [word for word in wanted if not stands_in(word, text)]


def stands_in(word, text):
    """Whether a text has a word. A flag may stand there as the name of a field."""
    bare = word.strip(f"-{ANY}")
    names = {word, "--" + bare, bare.replace("-", "_"), bare} if len(bare) > 1 else {word}
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in names)


def need_crate(name):
    if not re.search(rf'^name = "{re.escape(name)}"', manifests(), re.MULTILINE):
        raise Fault(f"there is no crate {name}")


def need_test(name):
    """The files of a test of a crate."""
    files = [*ROOT.glob(f"crates/**/tests/{name}.rs"), *ROOT.glob(f"crates/**/tests/{name}/**/*.rs")]
    if not files:
        raise Fault(f"there is no test {name}")
    return files


def expanded(words, aliases):
    return [*shlex.split(aliases[words[0]]), *words[1:]] if words[0] in aliases else words


def aliases_of(commands):
    """The aliases that commands define."""
    found = {}
    for command in commands:
        for words in words_of(command):
            if words[0] == "alias":
                found |= dict(word.split("=", 1) for word in words[1:] if "=" in word)
    return found


@functools.cache
def manifests():
    files = [ROOT / "Cargo.toml", *sorted(ROOT.glob("crates/**/Cargo.toml"))]
    return "\n".join(path.read_text() for path in files)


@functools.cache
def source(place):
    """The text of a place: a file, all files of a folder, or a target of the Makefile with the scripts of its recipe."""
    if place.startswith("make "):
        target = place[5:].strip()
        if target not in targets():
            raise Fault(f"the Makefile has no target {target}")
        recipe = targets()[target]
        return "\n".join([f"make {target}", recipe, *(source(name) for name in re.findall(r"\bscripts/[\w-]+", recipe))])
    path = (ROOT / place).resolve()
    if not path.is_relative_to(ROOT) or not path.exists() or place.startswith("docs/"):
        raise Fault(f"there is no {place}")
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return "\n".join(pathlib.Path(file).read_text(errors="replace") for file in files)
