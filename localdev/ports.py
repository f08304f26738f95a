"""Loopback ports: finding free ones and seeing whether somebody listens."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def free_port(preferred: int = 0) -> int:
    """A port on loopback that nobody holds now: `preferred` if it is free, else any."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # A server that just ended leaves its connections in TIME_WAIT; those do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on loopback")


def is_open(port: int) -> bool:
    """Whether a server accepts connections on this port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
