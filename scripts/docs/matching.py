"""Compares outputs with what a document shows. `…` stands for what differs each time."""

import difflib
import functools
import json
import re

from . import ANY, Fault


def line_pattern(line):
    """An expression for one line: `…` is anything, and any blanks stand for any blanks, so that a table may show tabs as blanks."""
    parts = [re.sub(r"(\\?[ \t])+", r"[ \\t]+", re.escape(part)) for part in line.rstrip().split(ANY)]
    return re.compile(".*".join(parts) + r"[ \t]*")


def text_differs(shown, found):
    """Why the lines of an output are not those that are shown, or None."""
    wanted = shown.rstrip().split("\n")
    lines = found.rstrip().split("\n")
    patterns = [None if line.strip() == ANY else line_pattern(line) for line in wanted]

    @functools.cache
    def fits(at, line):
        if at == len(patterns):
            return line == len(lines)
        if patterns[at] is None:
            return fits(at + 1, line) or (line < len(lines) and fits(at, line + 1))
        return line < len(lines) and patterns[at].fullmatch(lines[line]) is not None and fits(at + 1, line + 1)

    if fits(0, 0):
        return None
    return "\n".join(difflib.unified_diff(wanted, lines, "shown", "found", lineterm=""))


def documents(text, whose):
    """A stream of JSON documents."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            document, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise Fault(f"{whose} is not JSON: {error}: {text[at : at + 200]}") from None
        found.append(document)
    return found


def value_differs(wanted, found, at="$"):
    """Where a value is not the one that is shown: a list of places with both."""
    if wanted == ANY:
        return []
    if isinstance(wanted, str) and isinstance(found, str) and ANY in wanted:
        pattern = ".*".join(map(re.escape, wanted.split(ANY)))
        return [] if re.fullmatch(pattern, found, re.DOTALL) else [f"{at}: shown {wanted!r}, found {found!r}"]
    if isinstance(wanted, dict) and isinstance(found, dict):
        differing = [f"{at}: no member {name!r}" for name in wanted if name != ANY and name not in found]
        if ANY not in wanted:
            differing += [f"{at}: {name!r} is not shown" for name in found if name not in wanted]
        for name in wanted:
            if name in found and name != ANY:
                differing += value_differs(wanted[name], found[name], f"{at}.{name}")
        return differing
    if isinstance(wanted, list) and isinstance(found, list):
        is_open = bool(wanted) and wanted[-1] == ANY
        wanted = wanted[:-1] if is_open else wanted
        if len(found) < len(wanted) or (len(found) > len(wanted) and not is_open):
            return [f"{at}: shown {len(wanted)} elements, found {len(found)}"]
        return [text for place, (one, other) in enumerate(zip(wanted, found)) for text in value_differs(one, other, f"{at}[{place}]")]
    is_same = type(wanted) is type(found) and wanted == found
    return [] if is_same else [f"{at}: shown {wanted!r}, found {found!r}"]


def json_differs(shown, found):
    """Why the documents of an output are not those that are shown, or None."""
    try:
        wanted, actual = documents(shown, "what is shown"), documents(found, "the output")
    except Fault as fault:
        return str(fault)
    if len(wanted) != len(actual):
        return f"shown {len(wanted)} documents, found {len(actual)}:\n{found.strip()}"
    differing = [text for one, other in zip(wanted, actual) for text in value_differs(one, other)]
    return "\n".join([*differing, f"found: {found.strip()}"]) if differing else None


def differs(language, shown, found):
    return json_differs(shown, found) if language == "json" else text_differs(shown, found)
