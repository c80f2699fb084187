"""What scripts/docs-test consists of: blocks of Markdown, their classes, the place of their reader, a shell, and comparisons."""

import pathlib
import sys

# Scripts leave no compiled file beside them.
sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ANY = "…"


class Fault(Exception):
    """Why a block, or a document, is not as it has to be."""
