"""Derslik for tests: starts the service, and gives each test an account of its own.

    with derslik.start() as account:
        account.clock.advance(days=1)
"""

from ._account import Account
from ._clock import Clock
from ._control import ControlError, EndedError
from ._faults import Faults
from ._journal import Journal
from ._server import Server, StartError, start

__all__ = ["Account", "Clock", "ControlError", "EndedError", "Faults", "Journal", "Server", "StartError", "start"]
