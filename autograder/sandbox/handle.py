"""The grader's end of one worker: a question out, an answer or a fault back."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from autograder.sandbox import faults
from autograder.sandbox.deadline import OUT_OF_TIME, Deadline
from autograder.sandbox.worker import wire
from autograder.sandbox.worker.channel import Channel

if TYPE_CHECKING:
    from autograder.sandbox.process import Sandbox

__all__ = ["Spent", "Worker"]


class Worker:
    """One forked process with a student's modules in it."""

    def __init__(self, pid: int, sock: socket.socket, sandbox: Sandbox) -> None:
        self.pid = pid
        self._sock = sock
        self._channel = Channel(sock)
        self.sandbox = sandbox
        self.offspring_cpu = 0.0  # as last seen
        self._last_cpu = 0.0
        self._turn = 0
        self._dead = ""
        # Offspring may hold the socket open after the worker's end: watch the process as well.
        self.exits = [os.pidfd_open(pid)] if hasattr(os, "pidfd_open") else []

    def close(self) -> None:
        """Let go of the socket and the process handle."""
        self._sock.close()
        for descriptor in self.exits:
            os.close(descriptor)

    def cpu(self) -> float:
        """CPU seconds used so far; infinity once the process is gone."""
        try:
            return time.clock_gettime((~self.pid << 3) | 2)  # clock_getcpuclockid(3)
        except OSError:
            return float("inf")

    def used(self) -> float:
        """CPU seconds of the process and of what it started, as far as they are known."""
        own = self.cpu()
        if own != float("inf"):
            self._last_cpu = own
        return self._last_cpu + self.offspring_cpu

    def ask(
        self,
        header: dict[str, Any],
        encoder: wire.Encoder,
        function: str,
        seconds: float,
        lend: Any = None,
    ) -> tuple[dict[str, Any], bytearray]:
        """Send a request and wait for its answer; serve what the worker borrows meanwhile.

        Args:
            header: the request.
            encoder: holds the request's arrays.
            function: the name of what is called, for messages.
            seconds: CPU seconds that this call may use.
            lend: answers a worker's request for a lent function, or None if nothing is lent.

        Raises:
            TimedOut, Died: there is no answer and there will be none.
        """
        if self._dead:
            raise faults.Died(function, self._dead)
        self._turn += 1
        header["turn"] = self._turn
        deadline = Deadline(self, function, seconds)
        try:
            self._send(wire.pack(header, encoder.buffers), deadline)
            while True:
                reply, payload = self._channel.receive(lambda: deadline.wait(self._sock))
                if "lend" not in reply or lend is None:
                    break
                self._send(wire.pack(*lend(reply["lend"], payload)), deadline)
        except wire.ProtocolError as error:
            self._dead = f"{function} sent something that is no answer ({error})"
            raise faults.Died(function, self._dead) from error
        except (EOFError, ConnectionError) as error:
            self._dead = f"{function} ended the whole Python process instead of returning"
            raise faults.Died(function, self._dead) from error
        except (faults.TimedOut, faults.Died) as fault:
            self._dead = fault.message
            raise
        if reply.get("turn") != self._turn:
            self._dead = f"{function} sent an answer to a question that was not asked"
            raise faults.Died(function, self._dead)
        return reply, payload

    def _send(self, pieces: Sequence[bytes | memoryview], deadline: Deadline) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while len(view) > 0:
                deadline.wait(self._sock, writing=True)
                view = view[self._sock.send(view, socket.MSG_DONTWAIT) :]


class Spent(Worker):
    """Stands for a worker that is not started because the submission's time is used up."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def ask(
        self,
        header: dict[str, Any],  # noqa: ARG002  no question gets an answer
        encoder: wire.Encoder,  # noqa: ARG002
        function: str,
        seconds: float,  # noqa: ARG002
        lend: Any = None,  # noqa: ARG002
    ) -> NoReturn:
        """There is no time left for any answer."""
        most = self.sandbox.budget.submission_seconds
        raise faults.TimedOut(function, OUT_OF_TIME.format(function=function, seconds=most))
