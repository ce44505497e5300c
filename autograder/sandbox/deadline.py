"""When to stop waiting for an answer: budgets of a call, a check and a submission.

CPU seconds decide, of the worker and of everything it started, so that a loaded machine changes
no verdict; wall time only catches code that sleeps.
"""

from __future__ import annotations

import select
import socket
import time
from typing import TYPE_CHECKING, Any

from autograder.sandbox import faults, usage

if TYPE_CHECKING:
    from autograder.sandbox.handle import Worker

__all__ = ["OUT_OF_TIME", "Deadline"]

POLL_SECONDS = 0.05
IDLE_SECONDS = 10.0  # without any CPU use: it sleeps, or waits for what never comes
OUT_OF_TIME = (
    "{function} was not called: the {seconds:.0f} seconds of processor time for the whole "
    "submission were used up before"
)


class Deadline:
    """The budgets that one call runs against.

    Args:
        worker: what is waited for.
        function: what is called, for messages.
        seconds: CPU seconds that this call may use.
    """

    def __init__(self, worker: Worker, function: str, seconds: float) -> None:
        self.worker = worker
        self.function = function
        self.seconds = seconds
        self.budget = worker.sandbox.budget
        self.cpu_start = worker.used()
        self.wall_start = self.progress_at = time.monotonic()
        self.progress = self.cpu_start
        self.checked_at = self.wall_start

    def wait(self, sock: socket.socket, *, writing: bool = False) -> None:
        """Return when the socket is ready.

        Raises:
            TimedOut: the time is up first.
            Died: the memory is.
            EOFError: the process has ended and will say no more.
        """
        # Also while bytes arrive: an answer that dribbles in has no more time than another.
        if time.monotonic() - self.checked_at > POLL_SECONDS:
            self.check()
        while True:
            reading: list[Any] = [] if writing else [sock]
            writable: list[Any] = [sock] if writing else []
            ended, ready, _ = select.select(
                [*reading, *self.worker.exits], writable, [], POLL_SECONDS
            )
            if sock in ended or ready:
                return
            if ended and not any(select.select(reading, writable, [], 0)[:2]):
                raise EOFError
            self.check()

    def check(self) -> None:
        """Raise TimedOut or Died if the call, the check or the submission has had its share."""
        self.checked_at = time.monotonic()
        own = self.worker.cpu()
        if own == float("inf"):  # gone, as the socket will say; or no such clock on this system
            self._check_wall(time.monotonic())
            return
        offspring = usage.offspring(self.worker.sandbox.template, self.worker.pid)
        self.worker.offspring_cpu = max(self.worker.offspring_cpu, offspring.cpu)
        self._check_memory(offspring)
        self._check_time(self.worker.used(), time.monotonic())

    def _check_memory(self, offspring: usage.Usage) -> None:
        most = self.budget.memory_mb
        if offspring.count and offspring.megabytes > most:
            raise faults.Died(
                self.function,
                f"{self.function} used more than {most} MB of memory, "
                f"in {offspring.count + 1} processes together",
            )

    def _check_time(self, cpu: float, now: float) -> None:
        if cpu > self.progress + 0.001:
            self.progress, self.progress_at = cpu, now
        budget, sandbox = self.budget, self.worker.sandbox
        loop = "look for a loop that never ends"
        if sandbox.cpu_used > budget.submission_seconds:
            said = f"was stopped: the whole submission had used its {budget.submission_seconds:.0f}"
            said, hint = f"{said} seconds of processor time", loop
        elif cpu > budget.check_seconds:
            said = f"was stopped: its check had used {budget.check_seconds:.0f}"
            said, hint = f"{said} seconds of processor time over several calls", loop
        elif cpu - self.cpu_start > self.seconds:
            said = f"was still computing after {self.seconds:.0f} seconds of processor time"
            hint = loop
        elif now - self.progress_at > IDLE_SECONDS:
            said = f"did nothing for {IDLE_SECONDS:.0f} seconds"
            hint = "look for a sleep, or for a wait that nothing ends"
        else:
            self._check_wall(now)
            return
        raise faults.TimedOut(self.function, f"{self.function} {said}; {hint}")

    def _check_wall(self, now: float) -> None:
        seconds = self.seconds * self.budget.wall_factor
        if now - self.wall_start > seconds + IDLE_SECONDS:
            said = f"{self.function} had not returned after {seconds:.0f} seconds; is it waiting?"
            raise faults.TimedOut(self.function, said)
