"""One end of a socket that speaks `wire` frames, blocking, for the worker's side."""

from __future__ import annotations

import socket
from typing import Any

from . import wire

__all__ = ["Channel"]


class Channel:
    """Receives and sends whole frames; EOFError when the grader is gone."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        """The next frame: its header and its payload."""
        header, payload = wire.parse_lengths(bytes(self._exactly(wire.HEADER.size)))
        return wire.parse_header(bytes(self._exactly(header))), self._exactly(payload)

    def send(self, header: dict[str, Any], buffers: list[bytes | memoryview]) -> None:
        """One frame."""
        for piece in wire.pack(header, buffers):
            self._sock.sendall(piece)

    def _exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while len(view) > 0:
            count = self._sock.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return data
