"""Shuts every way out of this process but loopback: for processes that tests start, where pytest-socket does not reach."""

import ipaddress
import sys


def _shut(event: str, args: tuple[object, ...]) -> None:
    """An audit hook, which nothing in the process can take away."""
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    address = args[1]
    if not isinstance(address, tuple):
        return  # a socket of the file system
    host = str(address[0])
    try:
        inside = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise PermissionError(f"tests have no network but loopback, and {host} is beyond it")


sys.addaudithook(_shut)
