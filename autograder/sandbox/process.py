"""The template process and the workers that it forks.

A worker lives for one check. Every exchange with it has a deadline in CPU seconds, so that a
loaded machine changes no verdict; wall time only catches code that sleeps.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from autograder.errors import GraderError
from autograder.models import Isolation, Limits
from autograder.sandbox import faults
from autograder.sandbox.worker import channel, limits, wire

__all__ = ["Sandbox", "Worker"]

# Environment that changes how NumPy computes, not what a student can learn.
PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "SYSTEMROOT")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
# sys.path comes as an argument: -I and -S leave the standard library alone on it.
BOOT = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from autograder_worker.template import main; main(int(sys.argv[2]))"
)
START_SECONDS = 60.0  # NumPy's first import from a cold, slow disk
POLL_SECONDS = 0.05
IDLE_SECONDS = 10.0  # without any CPU use: it sleeps, or waits for what never comes


class Sandbox:
    """Starts workers for one submission. Use it as a context manager.

    Args:
        workspaces: folder name -> files (path -> content) that a worker may be given.
        budget: limits per call, per check and for the whole submission.
        packages: top-level packages that student code may import.

    Raises:
        GraderError: the template does not start.
    """

    def __init__(
        self,
        workspaces: Mapping[str, Mapping[str, bytes]],
        budget: Limits,
        packages: Sequence[str] = ("numpy",),
    ) -> None:
        self.budget = budget
        self.cpu_used = 0.0
        self.peak_megabytes = 0.0
        self._folder = Path(tempfile.mkdtemp(prefix="autograder-"))
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        try:
            link_packages(self._folder / "packages", packages)
            for name, files in workspaces.items():
                write_files(self._folder / name, files)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def isolation(self) -> Isolation:
        """What keeps student code away from the rest of this machine."""
        present = ["process", "rlimits"]
        missing = ["user", "namespaces", "landlock", "seccomp"]
        (present if sys.platform.startswith("linux") else missing).append("no-new-privileges")
        return Isolation("reduced", tuple(present), tuple(missing))

    @contextlib.contextmanager
    def worker(self, workspace: str, stubs: Mapping[str, Sequence[str]]) -> Iterator[Worker]:
        """A fresh worker on one of the workspaces; killed with all its offspring at the end."""
        self._count += 1
        scratch = self._folder / f"scratch-{self._count}"
        scratch.mkdir()
        settings = {
            "workspace": str(self._folder / workspace),
            "scratch": str(scratch),
            "stubs": {module: list(names) for module, names in stubs.items()},
            "limits": {
                "memory_mb": self.budget.memory_mb,
                "processes": self.budget.processes,
                "file_mb": self.budget.file_mb,
            },
        }
        ours, theirs = socket.socketpair()
        try:
            worker = Worker(self._fork(settings, theirs), ours, self)
        finally:
            theirs.close()
        try:
            yield worker
        finally:
            worker.close()
            self._bury(worker)
            shutil.rmtree(scratch, ignore_errors=True)

    def close(self) -> None:
        """End the template and everything below it, and remove the folder."""
        if self._process is not None:
            self._control.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                limits.kill_descendants(self._process.pid)
                self._process.kill()
                self._process.wait()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        command = [sys.executable, "-I", "-S", "-B", "-c", BOOT]
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and shim
            [*command, str(self._folder / "packages"), str(theirs.fileno())],
            env=ENVIRONMENT | environment,
            cwd=self._folder,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        ours.settimeout(START_SECONDS)
        self._control = ours
        self._channel = channel.Channel(ours)
        try:
            self._channel.receive()
        except (OSError, EOFError, wire.ProtocolError) as error:
            self._process.kill()
            said = (self._process.stderr.read() if self._process.stderr else b"").decode()
            raise GraderError(
                f"the worker template did not start: {said.strip()[-500:]}"
            ) from error
        finally:
            if self._process.stderr:
                self._process.stderr.close()

    def _fork(self, settings: dict[str, Any], theirs: socket.socket) -> int:
        # A template that student code has shot down is replaced once; twice is our problem.
        for attempt in (1, 2):
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                self._channel.send({"fork": settings}, [])
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
                return int(self._channel.receive()[0]["pid"])
            except (OSError, EOFError, wire.ProtocolError) as error:
                self._forget()
                if attempt == 2:
                    raise GraderError("the worker template ended while forking") from error
        raise AssertionError

    def _bury(self, worker: Worker) -> None:
        try:
            self._channel.send({"kill": worker.pid}, [])
            usage = self._channel.receive()[0]["usage"]
        except (OSError, EOFError, wire.ProtocolError, KeyError):
            self._forget()
            return
        self.cpu_used += float(usage["cpu"])
        self.peak_megabytes = max(self.peak_megabytes, float(usage["megabytes"]))

    def _forget(self) -> None:
        if self._process is not None:
            limits.kill_descendants(self._process.pid)
            self._process.kill()
            self._process.wait()
            self._control.close()
            self._process = None


class Worker:
    """One forked process with a student's modules in it."""

    def __init__(self, pid: int, sock: socket.socket, sandbox: Sandbox) -> None:
        self.pid = pid
        self._sock = sock
        self._sandbox = sandbox
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
        deadline = _Deadline(self, function, seconds)
        try:
            self._send(wire.pack(header, encoder.buffers), deadline)
            while True:
                reply, payload = self._receive(deadline)
                if "lend" not in reply or lend is None:
                    break
                self._send(wire.pack(*lend(reply["lend"], payload)), deadline)
        except wire.ProtocolError as error:
            self._dead = f"{function} sent something that is no answer ({error})"
            raise faults.Died(function, self._dead) from error
        except (EOFError, ConnectionError) as error:
            self._dead = f"{function} ended the whole Python process instead of returning"
            raise faults.Died(function, self._dead) from error
        except faults.TimedOut as fault:
            self._dead = fault.message
            raise
        if reply.get("turn") != self._turn:
            self._dead = f"{function} sent an answer to a question that was not asked"
            raise faults.Died(function, self._dead)
        return reply, payload

    def _send(self, pieces: Sequence[bytes | memoryview], deadline: _Deadline) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while len(view) > 0:
                deadline.wait(self._sock, writing=True)
                view = view[self._sock.send(view, socket.MSG_DONTWAIT) :]

    def _receive(self, deadline: _Deadline) -> tuple[dict[str, Any], bytearray]:
        header, payload = wire.parse_lengths(bytes(self._exactly(wire.HEADER.size, deadline)))
        parsed = wire.parse_header(bytes(self._exactly(header, deadline)))
        return parsed, self._exactly(payload, deadline)

    def _exactly(self, size: int, deadline: _Deadline) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while len(view) > 0:
            deadline.wait(self._sock)
            count = self._sock.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return data


class _Deadline:
    """When to stop waiting for one answer."""

    def __init__(self, worker: Worker, function: str, seconds: float) -> None:
        self.worker = worker
        self.function = function
        self.seconds = seconds
        self.cpu_start = worker.cpu()
        self.wall_start = self.progress_at = time.monotonic()
        self.progress = self.cpu_start
        self.wall_seconds = seconds * worker._sandbox.budget.wall_factor  # noqa: SLF001  its sibling

    def wait(self, sock: socket.socket, *, writing: bool = False) -> None:
        """Return when the socket is ready.

        Raises:
            TimedOut: the time is up first.
            EOFError: the process has ended and will say no more.
        """
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
        """Raise TimedOut if the call has had its share."""
        cpu, now = self.worker.cpu(), time.monotonic()
        if cpu > self.progress + 0.001:
            self.progress, self.progress_at = cpu, now
        if cpu == float("inf"):
            return  # gone: the socket will say so
        if cpu - self.cpu_start > self.seconds:
            said = f"was still computing after {self.seconds:.0f} seconds of processor time"
            hint = "look for a loop that never ends"
        elif now - self.progress_at > IDLE_SECONDS:
            said = f"did nothing for {IDLE_SECONDS:.0f} seconds"
            hint = "look for a sleep, or for a wait that nothing ends"
        elif now - self.wall_start > self.wall_seconds + IDLE_SECONDS:
            said, hint = f"had not returned after {self.wall_seconds:.0f} seconds", "is it waiting?"
        else:
            return
        raise faults.TimedOut(self.function, f"{self.function} {said}; {hint}")


def link_packages(folder: Path, packages: Sequence[str]) -> None:
    """A folder that holds the shim and the allowed packages, and so all that can be imported."""
    folder.mkdir()
    (folder / "autograder_worker").symlink_to(Path(__file__).parent / "worker")
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise GraderError(f"the assignment allows the package {name}, which is not installed")
        if spec.submodule_search_locations:
            home = Path(next(iter(spec.submodule_search_locations)))
        else:
            home = Path(spec.origin)
        (folder / home.name).symlink_to(home)
        # Wheels keep the shared libraries that they bring in a folder beside the package.
        for libraries in (home.parent / f"{name}.libs", home.parent / f".{name}.dylibs"):
            if libraries.is_dir():
                (folder / libraries.name).symlink_to(libraries)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a workspace."""
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
