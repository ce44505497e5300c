"""The template process and the workers that it forks.

A worker lives for one check. Every exchange with it has a deadline (`deadline.py`), and its
layers of isolation (`worker/fences.py`) are all in force before a student's code runs.
"""

from __future__ import annotations

import contextlib
import os
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
from autograder.sandbox import leases
from autograder.sandbox.folder import link_packages, remove, write_files
from autograder.sandbox.handle import Spent, Worker
from autograder.sandbox.worker import channel, limits, wire

__all__ = ["ENVIRONMENT", "HIDDEN_MEMORY", "PASSED_ON", "Sandbox", "Worker", "isolation"]

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
HIDDEN_MEMORY = "hidden-memory"  # the one layer that is raised around the grader itself
STRONG = frozenset({"user", "landlock", "namespaces"})


def isolation(layers: Mapping[str, str]) -> Isolation:
    """What the layers amount to: name -> "" or why it is missing."""
    present = ("process", *(name for name, reason in layers.items() if not reason))
    missing = tuple(name for name, reason in layers.items() if reason)
    return Isolation("isolated" if STRONG & set(present) else "reduced", present, missing)


class Sandbox:
    """Starts workers for one submission. Use it as a context manager.

    Args:
        workspaces: folder name -> files (path -> content) that a worker may be given.
        budget: limits per call, per check and for the whole submission.
        packages: top-level packages that student code may import.
        without: names of layers that are left out, for tests.

    Raises:
        GraderError: the template does not start.
    """

    def __init__(
        self,
        workspaces: Mapping[str, Mapping[str, bytes]],
        budget: Limits,
        packages: Sequence[str] = ("numpy",),
        without: Sequence[str] = (),
    ) -> None:
        self.budget = budget
        self.peak_megabytes = 0.0
        self._without = frozenset(without)
        self._spent = 0.0
        self._live: list[Worker] = []
        self._layers: dict[str, str] = {}
        self._started_at = time.monotonic()
        self._folder = Path(tempfile.mkdtemp(prefix="autograder-")).resolve()
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._memory_hidden = HIDDEN_MEMORY not in self._without and limits.hide_memory()
        try:
            # A worker that is another user passes through, and cannot list what is beside it.
            self._folder.chmod(0o711)
            for name in ("root", "scratch"):
                (self._folder / name).mkdir(mode=0o711)
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
        return isolation(self.layers())

    def layers(self) -> dict[str, str]:
        """Every layer by name, with "" or why it is missing; starts the template if need be."""
        if not self._layers:
            self._start()
        hidden = "" if self._memory_hidden else "needs Linux"
        if HIDDEN_MEMORY in self._without:
            hidden = "switched off"
        return self._layers | {HIDDEN_MEMORY: hidden}

    @property
    def cpu_used(self) -> float:
        """CPU seconds of all workers until now."""
        return self._spent + sum(worker.used() for worker in self._live)

    @property
    def template(self) -> int:
        """The process id of the template; 0 if none runs."""
        return self._process.pid if self._process else 0

    @contextlib.contextmanager
    def worker(self, workspace: str, stubs: Mapping[str, Sequence[str]]) -> Iterator[Worker]:
        """A fresh worker on one of the workspaces; killed with all its offspring at the end."""
        if self._exhausted():
            yield Spent(self)
            return
        self._count += 1
        scratch = self._folder / "scratch" / str(self._count)
        scratch.mkdir(mode=0o700)
        with contextlib.ExitStack() as stack:
            stack.callback(remove, scratch)
            number = None
            if not self.layers()["user"]:
                number = stack.enter_context(leases.lease())
                os.chown(scratch, number, number)
            settings = {
                "workspace": str(self._folder / workspace),
                "scratch": str(scratch),
                "stubs": {module: list(names) for module, names in stubs.items()},
                "uid": number,
                "limits": {
                    "memory_mb": self.budget.memory_mb,
                    "processes": self.budget.processes,
                    "file_mb": self.budget.file_mb,
                    "check_seconds": self.budget.check_seconds,
                },
            }
            ours, theirs = socket.socketpair()
            try:
                worker = Worker(self._fork(settings, theirs), ours, self)
            except BaseException:
                ours.close()
                raise
            finally:
                theirs.close()
            self._live.append(worker)
            try:
                yield worker
            finally:
                worker.close()
                self._bury(worker, number)

    def _exhausted(self) -> bool:
        seconds = self.budget.submission_seconds
        wall = time.monotonic() - self._started_at
        return self.cpu_used > seconds or wall > seconds * self.budget.wall_factor

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
        remove(self._folder)

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
            start_new_session=True,  # an interrupt at the keyboard is for the grader alone
        )
        theirs.close()
        ours.settimeout(START_SECONDS)
        self._control = ours
        self._channel = channel.Channel(ours)
        settings = {
            "folder": str(self._folder),
            "packages": str(self._folder / "packages"),
            "without": sorted(self._without),
        }
        try:
            self._channel.send(settings, [])
            hello, _ = self._channel.receive()
        except (OSError, EOFError, wire.ProtocolError) as error:
            self._process.kill()
            said = (self._process.stderr.read() if self._process.stderr else b"").decode()
            raise GraderError(
                f"the worker template did not start: {said.strip()[-500:]}"
            ) from error
        finally:
            if self._process.stderr:
                self._process.stderr.close()
        if "failed" in hello:
            self._forget()
            raise GraderError(f"a layer of isolation failed: {hello['failed']}")
        self._layers = {str(name): str(reason) for name, reason in hello["layers"].items()}

    def _fork(self, settings: dict[str, Any], theirs: socket.socket) -> int:
        # A template that student code has shot down is replaced once; twice is our problem.
        for attempt in (1, 2):
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                self._channel.send({"fork": settings}, [])
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
                answer, _ = self._channel.receive()
                break
            except (OSError, EOFError, wire.ProtocolError) as error:
                self._forget()
                if attempt == 2:
                    raise GraderError("the worker template ended while forking") from error
        if "failed" in answer:
            raise GraderError(f"a layer of isolation failed: {answer['failed']}")
        return int(answer["pid"])

    def _bury(self, worker: Worker, number: int | None) -> None:
        self._live.remove(worker)
        try:
            self._channel.send({"kill": worker.pid, "uid": number}, [])
            usage = self._channel.receive()[0]["usage"]
        except (OSError, EOFError, wire.ProtocolError, KeyError):
            self._spent += worker.used()
            self._forget()
            return
        self._spent += float(usage["cpu"])
        self.peak_megabytes = max(self.peak_megabytes, float(usage["megabytes"]))

    def _forget(self) -> None:
        if self._process is not None:
            limits.kill_descendants(self._process.pid)
            self._process.kill()
            self._process.wait()
            self._control.close()
            self._process = None
