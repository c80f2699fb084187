"""What the proofs of reliability share: a PostgreSQL that is theirs, replicas of the service, and clients that keep a ledger."""

import importlib.machinery
import importlib.util
import pathlib
import sys

# Scripts have no ending, and leave no compiled file beside them.
sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def script(name):
    """Another script of this folder, as a module."""
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


abuse = script("abuse")
secure = script("secure")
