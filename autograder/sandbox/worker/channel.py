"""One end of a socket that speaks `wire` frames, blocking unless told how to wait."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from . import wire

__all__ = ["Channel"]


class Channel:
    """Receives and sends whole frames; EOFError when the other side is gone."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def receive(self, wait: Callable[[], None] | None = None) -> tuple[dict[str, Any], bytearray]:
        """The next frame: its header and its payload; `wait` is called before each read."""
        header, payload = wire.parse_lengths(bytes(self._exactly(wire.HEADER.size, wait)))
        return wire.parse_header(bytes(self._exactly(header, wait))), self._exactly(payload, wait)

    def send(self, header: dict[str, Any], buffers: list[bytes | memoryview]) -> None:
        """One frame."""
        for piece in wire.pack(header, buffers):
            self._sock.sendall(piece)

    def _exactly(self, size: int, wait: Callable[[], None] | None) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while len(view) > 0:
            if wait:
                wait()
            count = self._sock.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return data
