"""A program behind the same fences as a worker, with a shell and a compiler at hand.

`worker/program.py` is the other side. What the program may read is a list of packages, the
system's programs and libraries, and its scratch folder, the one place where it may write.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.errors import GraderError
from autograder.models import Isolation
from autograder.sandbox.process import ENVIRONMENT, HIDDEN_MEMORY, PASSED_ON, isolation
from autograder.sandbox.worker import limits

__all__ = ["Program"]

# -S leaves the standard library alone on sys.path, and the shim comes as an argument.
BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from autograder_worker.program import main; main()"
)
START_SECONDS, END_SECONDS = 60.0, 5.0


class Program:
    """A running program; `close` ends it with everything that it started.

    Args:
        folder: of this run; it holds `packages` (what can be imported), `sent` (what the program
            may read besides) and `scratch`.
        scratch: the folder that belongs to the program.
        argv: the command.
        env: its environment, beside PATH, LANG and the like.
        cwd: where it starts, below scratch.
        budget: limits as in `worker.limits.resources`.
        views: other names of folders in scratch, for a program with a view of its own.
        number: the user that it becomes if the grader is root.
        without: names of layers that are left out, for tests.

    Raises:
        GraderError: it does not start.
    """

    def __init__(
        self,
        folder: Path,
        scratch: Path,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        budget: Mapping[str, float],
        views: Mapping[str, str],
        number: int | None = None,
        without: Sequence[str] = (),
    ) -> None:
        hidden = limits.hide_memory()
        passed = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        places = dict.fromkeys((str(Path(sys.executable).parent), "/usr/local/bin"))
        environment = ENVIRONMENT | passed
        environment["PATH"] = ":".join((*places, ENVIRONMENT["PATH"]))
        settings = {
            "folder": str(folder),
            "packages": str(folder / "packages"),
            "scratch": str(scratch),
            "without": list(without),
            "uid": number,
            "limits": dict(budget),
            "views": dict(views),
            "programs": {
                "argv": list(argv),
                "env": environment | dict(env),
                "cwd": str(cwd),
                "prefix": sys.prefix,
            },
        }
        self.process = subprocess.Popen(  # noqa: S603  our own interpreter and shim
            [sys.executable, "-I", "-S", "-B", "-c", BOOT, str(folder / "packages")],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt at the keyboard is for the grader alone
        )
        try:
            said = self._greet(settings)
        except BaseException:
            self.close()
            raise
        layers = {HIDDEN_MEMORY: "" if hidden else "needs Linux"}
        self.isolation: Isolation = isolation(said["layers"] | layers)

    def _greet(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(settings).encode() + b"\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], START_SECONDS)[0]:
                raise TimeoutError(f"nothing was heard of it for {START_SECONDS:.0f} seconds")
            said: dict[str, Any] = json.loads(self.process.stdout.readline() or b"{}")
        except (OSError, ValueError) as error:
            raise GraderError(f"a program behind the fences did not start: {error}") from error
        if "layers" not in said:
            why = said.get("failed", "it ended before it began")
            raise GraderError(f"a program behind the fences did not start: {why}")
        return said

    @property
    def running(self) -> bool:
        """Whether the program has not ended."""
        return self.process.poll() is None

    def close(self) -> None:
        """End the program and all that it started; nothing happens the second time."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            limits.kill_descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
