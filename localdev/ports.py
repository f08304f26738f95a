"""Loopback ports: finding free ones and seeing whether somebody listens."""

from __future__ import annotations

import socket

from ephemeral_port_reserve import reserve

HOST = "127.0.0.1"


def free_port(preferred: int = 0) -> int:
    """A port on loopback that nobody holds now: `preferred` if it is free, else any.

    It waits for its server for a minute on Linux (the length of TIME_WAIT; see the package): until
    then nobody else is given it who asks for any port, or connects from any.
    """
    return int(reserve(HOST, preferred))


def is_open(port: int) -> bool:
    """Whether a server accepts connections on this port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
