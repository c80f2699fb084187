"""Derslik for tests: starts the service, and gives each test an account of its own.

    with derslik.start() as account:
        account.clock.advance(days=1)
"""

from ._account import Account
from ._control import ControlError
from ._server import Server, StartError, start

__all__ = ["Account", "ControlError", "Server", "StartError", "start"]
