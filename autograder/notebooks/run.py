"""Running a notebook headless, cell by cell, whatever happens in one of them.

nbclient executes a cell; around it stands a watch over processor time, memory, disk and output.
What a cell exceeds costs that cell: it is interrupted, and if that does not help its kernel is
ended. A new kernel then repeats the quick cells that had run, and goes on with the next one.

Processor time decides, of the kernel and of all that it starts, so that a loaded machine changes
nothing; wall time only catches a cell that waits for what never comes.

Messages and files are the student's to forge: what is no message ends its kernel, and the watch
also looks at what the grader itself holds of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from autograder.models import CellRun, CellStatus, Isolation
from autograder.notebooks.desk import Desk
from autograder.notebooks.kernel import Manager
from autograder.sandbox import usage
from autograder.sandbox.program import Program

__all__ = ["Execution", "execute"]

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
START_SECONDS = 90.0  # of wall time, for a kernel to be ready
IDLE_SECONDS = 20.0  # without any processor time: it waits
WALL_FACTOR = 5.0  # wall seconds for each second of processor time: it waits in small steps
GRACE_SECONDS = 3.0  # for an interrupt to be heeded
QUICK_SECONDS = 5.0  # a cell that took no longer is repeated for a new kernel
MOST_KERNELS = 5
DISK_MB = 1024
DISK_POLL_SECONDS = 2.0
SMALLEST = 16 << 10  # bytes that a file counts as: their number fills a disk too
UNSEEN_MB = 8192  # by which the disk may fill up meanwhile: deleted files are in no folder
HELD_MB = 1024  # by which the grader may grow: messages wait in it before they can be looked at
PRINTED = 16  # times what is kept of it, a cell may print
LONGEST, MOST = 10_000, 60  # characters of an error and of each entry of its traceback; entries
CUT = "\n[more was printed than is kept]\n"
TOLD = 300  # characters of an error's message


@dataclass
class Execution:
    """What became of one notebook's run.

    `notebook` has the outputs; `cells` has one entry for each of its code cells.
    """

    notebook: Any
    cells: list[CellRun] = field(default_factory=list)
    isolation: Isolation | None = None
    seconds: float = 0.0


# Given the desk, it returns code for the kernel and what to do once that has run.
Probe = Callable[[Desk], tuple[str, Callable[[], None]]]


async def execute(
    notebook: Any,
    desk: Desk,
    *,
    after: Mapping[int, Probe] | None = None,
    on_cell: Callable[[int, int], None] = lambda _done, _all: None,
) -> Execution:
    """Run all code cells of a notebook in order.

    Args:
        notebook: nbformat 4; its outputs are replaced.
        desk: where it runs.
        after: for the index of a cell, what to run behind it.
        on_cell: called before each code cell with how many are done, and of how many.

    Raises:
        GraderError: a kernel does not start.
    """
    asyncio.get_running_loop().set_exception_handler(_forgotten)
    return await _Run(notebook, desk, after or {}, on_cell).all()


def _forgotten(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """nbclient leaves tasks behind: no terminal is to show what a kernel made them fail with."""
    log.debug("%s", context["message"], exc_info=context.get("exception"))


class _Overrun(Exception):
    """A cell has exceeded a limit; the message says which."""


class _Client(NotebookClient):  # type: ignore[misc]  # untyped
    """Keeps the beginning of what a cell prints and draws, and its error."""

    most = 0  # bytes to keep of one cell
    printed = 0  # bytes that the running cell has sent

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Drop what is for widgets: nobody operates any, and nbclient would keep it."""
        if str(msg["msg_type"]).startswith("comm"):
            self.printed += _size(msg["content"])
            return None
        return super().process_message(msg, cell, cell_index)

    def _update_display_id(self, display_id: str, msg: Any) -> None:
        """Show something else in place of outputs, if there is room for it in all of them."""
        places = sum(map(len, self._display_id_map.get(display_id, {}).values()))
        self.printed += _size(msg["content"]) * places
        if self.printed <= self.most:
            super()._update_display_id(display_id, msg)

    def output(self, outs: Any, msg: Any, display_id: str, cell_index: int) -> Any:
        """Keep an output, or its beginning, if there is room for it."""
        content = msg["content"]
        room = max(self.most - self.printed, 0)
        self.printed += _size(content)
        if msg["msg_type"] == "error":
            for name in ("ename", "evalue"):
                content[name] = str(content[name])[:LONGEST]
            content["traceback"] = [str(line)[:LONGEST] for line in content["traceback"][-MOST:]]
        elif self.printed > self.most:
            if room == 0 or msg["msg_type"] != "stream":
                return None
            content["text"] = str(content["text"])[:room] + CUT
        return super().output(outs, msg, display_id, cell_index)


class _NoKernel(Exception):
    """After one that ended, another does not start."""


class _Run:
    def __init__(
        self,
        notebook: Any,
        desk: Desk,
        after: Mapping[int, Probe],
        on_cell: Callable[[int, int], None],
    ) -> None:
        self.desk, self.budget, self.after, self.on_cell = desk, desk.budget, after, on_cell
        self.done = Execution(notebook)
        self.started = time.monotonic()
        self.program: Program | None = None
        self.spent = 0.0  # processor seconds of kernels that have ended
        self.seen = 0.0  # of all, as last seen
        self.kernels = 0
        self.cpu_before = 0.0  # of this cell
        self.disk_seen_at = 0.0
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        # nbclient puts a cell that it has run into its notebook: here into one of a single cell.
        scratch = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()])
        self.client = _Client(
            scratch, km=None, timeout=None, allow_errors=True, store_widget_state=False
        )
        self.client.most = self.budget.output_kb << 10

    async def all(self) -> Execution:
        """Run the cells; a kernel that ends is replaced."""
        cells = self.done.notebook.cells
        pending = [i for i, cell in enumerate(cells) if cell.cell_type == "code"]
        count = len(pending)
        while pending:
            why = self._used_up()
            if self.kernels == MOST_KERNELS or why:
                self._skip(pending, why or "not run: the kernel had ended too often before")
                break
            try:
                async with self._kernel():
                    await self._repeat()
                    while pending and self._alive():
                        index = pending.pop(0)
                        self.on_cell(len(self.done.cells), count)
                        await self._one(index)
            except _NoKernel:
                self._skip(pending, "not run: after what ran before, no new kernel would start")
                break
        self.on_cell(count, count)
        self.done.seconds = self.spent
        return self.done

    @contextlib.asynccontextmanager
    async def _kernel(self) -> AsyncIterator[None]:
        self.kernels += 1
        client = self.client
        client.km = client.kc = self.program = None
        client.reset_execution_trackers()
        self.held, self.free = _held(), shutil.disk_usage(self.desk.root).free
        manager = None
        try:
            try:
                manager = self.manager = client.km = Manager(self.desk)
                await client.async_start_new_kernel()
                self.program = manager.provisioner.program
                self.done.isolation = self.program.isolation
                ready = asyncio.wait_for(client.async_start_new_kernel_client(), START_SECONDS)
                await self._guarded(ready, START_SECONDS)
            except Exception as error:
                if self.kernels == 1:
                    raise
                raise _NoKernel from error  # what ran before may be to blame, and was the student's
            yield
        finally:
            self.cpu()
            self.spent = self.seen
            if client.kc is not None:
                client.kc.stop_channels()
            if manager is not None:
                await manager.shutdown_kernel(now=True)
            self._close()
            client.km = client.kc = None

    def _alive(self) -> bool:
        return self.program is not None and self.program.running

    def _close(self) -> None:
        if self.program is not None:
            self.program.close()

    def _usage(self) -> usage.Usage:
        return usage.below(self.program.process.pid) if self.program else usage.Usage()

    def cpu(self) -> float:
        """Processor seconds of this notebook until now."""
        self.seen = max(self.seen, self.spent + self._usage().cpu)
        return self.seen

    def _used_up(self) -> str:
        """Why no more cells are run; empty if they are."""
        seconds = self.budget.notebook_seconds
        if self.cpu() > seconds:
            return f"not run: the notebook had used its {seconds:.0f} seconds of processor time"
        if time.monotonic() - self.started > seconds * WALL_FACTOR:
            return f"not run: the notebook had taken {seconds * WALL_FACTOR:.0f} seconds"
        return ""

    async def _repeat(self) -> None:
        """After the end of a kernel: run what had run quickly once more, for its variables."""
        for old in list(self.done.cells):
            if old.status is CellStatus.RAN and old.seconds <= QUICK_SECONDS and self._alive():
                cell = nbformat.v4.new_code_cell(self.done.notebook.cells[old.index].source)
                with contextlib.suppress(Exception):
                    await self._watched(cell)

    async def _one(self, index: int) -> None:
        """Run one cell and what stands behind it, and note how it ended."""
        cell = self.done.notebook.cells[index]
        if why := self._used_up():
            self._note(index, CellStatus.SKIPPED, why)
            return
        try:
            await self._watched(cell)
        except _Overrun as overrun:
            self._note(index, CellStatus.TIMED_OUT, str(overrun))
        except Exception:
            # It has ended, or speaks like no kernel does: then nothing more can be said to it.
            log.debug("executing a cell", exc_info=True)
            self._close()
            self._note(index, CellStatus.DIED, "the kernel ended in this cell")
        else:
            error = _error(cell)
            self._note(index, CellStatus.ERRORED if error else CellStatus.RAN, error)
        if index in self.after and self._alive():
            code, then = self.after[index](self.desk)
            with contextlib.suppress(Exception):
                await self._watched(nbformat.v4.new_code_cell(code), silent=True)
            then()

    def _note(self, index: int, status: CellStatus, message: str) -> None:
        seconds = self.cpu() - self.cpu_before if status is not CellStatus.SKIPPED else 0.0
        self.done.cells.append(CellRun(index, status, message, max(seconds, 0.0)))

    def _skip(self, pending: list[int], message: str) -> None:
        self.done.cells += [CellRun(i, CellStatus.SKIPPED, message) for i in pending]

    async def _watched(self, cell: Any, *, silent: bool = False) -> None:
        """Execute a cell under the eye of the limits.

        Raises:
            _Overrun: it exceeded one.
            Exception: the kernel ended, or can no longer be talked to.
        """
        # Where nbclient looks for outputs that are to show something else.
        self.client.nb.cells[0] = cell
        self.client.reset_execution_trackers()
        doing = self.client.async_execute_cell(cell, 0, store_history=not silent)
        await self._guarded(doing, self.budget.cell_seconds)
        if not isinstance(cell.execution_count, int):
            cell.execution_count = None

    async def _guarded(self, doing: Awaitable[Any], seconds: float) -> None:
        """Await something that may take so much processor time."""
        self.client.printed = 0
        self.cpu_before = self.cpu()
        self.progress, self.progress_at = self.cpu_before, time.monotonic()
        self.began = self.progress_at
        running = asyncio.ensure_future(doing)
        try:
            while not (await asyncio.wait({running}, timeout=POLL_SECONDS))[0]:
                why = self._exceeded(seconds)
                if not why:
                    continue
                if not await self._interrupted(running):
                    self._close()
                raise _Overrun(why)
            running.result()
        finally:
            if not running.done():
                running.cancel()
            with contextlib.suppress(BaseException):
                await running

    async def _interrupted(self, running: asyncio.Future[Any]) -> bool:
        """Ask the kernel to stop this cell; whether it did."""
        if self._alive():
            await self.manager.interrupt_kernel()
        return bool((await asyncio.wait({running}, timeout=GRACE_SECONDS))[0])

    def _exceeded(self, seconds: float) -> str:
        """Which limit this cell has exceeded; empty for none."""
        used = self._usage()
        self.seen = max(self.seen, self.spent + used.cpu)
        now, cpu = time.monotonic(), self.seen
        if cpu > self.progress + 0.001:
            self.progress, self.progress_at = cpu, now
        budget = self.budget
        if cpu - self.cpu_before > seconds:
            return f"stopped after {seconds:.0f} seconds of processor time"
        if cpu > budget.notebook_seconds:
            return f"stopped: the notebook had used {budget.notebook_seconds:.0f} seconds in all"
        if now - self.progress_at > IDLE_SECONDS:
            return f"stopped: it did nothing for {IDLE_SECONDS:.0f} seconds"
        left = budget.notebook_seconds * WALL_FACTOR - (self.began - self.started)
        longest = min(seconds * WALL_FACTOR, left)
        if now - self.began > longest:
            return f"stopped: it waited for most of {longest:.0f} seconds"
        if used.megabytes > budget.memory_mb:
            self._close()  # what fills it would stay after an interrupt
            return f"stopped: it used more than {budget.memory_mb} MB of memory"
        if _held() > self.held + HELD_MB:
            self._close()
            return f"stopped: it sent more than {HELD_MB} MB at once"
        if now - self.disk_seen_at > DISK_POLL_SECONDS:
            self.disk_seen_at = now
            if _beyond(self.desk.scratch, DISK_MB << 20):
                self._close()
                return f"stopped: it wrote more than {DISK_MB} MB of files"
            if self.free - shutil.disk_usage(self.desk.root).free > UNSEEN_MB << 20:
                self._close()
                return f"stopped: the disk lost more than {UNSEEN_MB} MB while it ran"
        if self.client.printed > PRINTED * budget.output_kb << 10:
            return f"stopped: it printed more than {PRINTED * budget.output_kb >> 10} MB"
        return ""


def _error(cell: Any) -> str:
    """The error that a cell ended with, in one line; empty if none."""
    for output in cell.outputs:
        if output.output_type == "error":
            if output.ename == "StdinNotImplementedError":
                return "it asks for input, and nobody is there to give any"
            text = f"{output.ename}: {output.evalue}".strip()
            return text if len(text) <= TOLD else f"{text[:TOLD]} …"
    return ""


def _size(content: Any) -> int:
    """About how many bytes an output has, at the least what it takes to hold it."""
    if isinstance(content, str):
        return len(content)
    if isinstance(content, Mapping):
        return 64 + sum(len(str(key)) + _size(value) for key, value in content.items())
    if isinstance(content, list | tuple):
        return 8 + sum(map(_size, content))
    return 8


def _held() -> float:
    """Megabytes that this process holds; 0 where there is no /proc."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * usage.PAGE / (1 << 20)
    except OSError:
        return 0.0


def _beyond(folder: Path, most: int) -> bool:
    """Whether so many bytes lie in a folder, which may be deep and change meanwhile."""
    total, pending = 0, [str(folder)]
    while pending:
        with contextlib.suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    total += max(found.st_blocks * 512, SMALLEST)
                if total > most:
                    return True
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return False
