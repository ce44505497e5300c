"""A notebook's kernel behind the fences: a provisioner and a manager for Jupyter's client.

The kernel is a `Program` (sandbox/program.py). Messages go over unix sockets in its scratch
folder, so it needs no network. Jupyter finds the provisioner by an entry point in pyproject.toml.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import zmq
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner
from jupyter_client.session import Session
from traitlets import Type

from autograder.notebooks.desk import Desk
from autograder.sandbox.program import Program

__all__ = ["Manager", "Provisioner"]

LARGEST_MESSAGE = 16 << 20  # bytes; a page of plots has one or two million
STARTUP = (
    "import autograder_startup; autograder_startup.start(get_ipython()); del autograder_startup"
)
ARGV = (
    *(sys.executable, "-B", "-S", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
    "--HistoryManager.enabled=False",
    f"--IPKernelApp.exec_lines={STARTUP}",
)


class Provisioner(LocalProvisioner):  # type: ignore[misc]  # untyped
    """Starts the kernel at its manager's desk, and ends it with everything that it started."""

    program: Program | None = None

    @property
    def has_process(self) -> bool:
        return self.program is not None

    async def launch_kernel(self, cmd: list[str], **_: Any) -> Any:
        """Start the program; what Jupyter would have passed on to a process is ours to say."""
        desk: Desk = self.parent.desk
        desk.give(Path(self.parent.connection_file))
        self.program = desk.start(cmd)
        return self.connection_info

    async def poll(self) -> int | None:
        """None while it runs, else its exit code."""
        return self.program.process.poll() if self.program else 0

    async def wait(self) -> int | None:
        """Wait for its end."""
        code = self.program.process.wait() if self.program else 0
        self.program = None
        return code

    async def send_signal(self, signum: int) -> None:
        """Interrupts are messages; every other signal ends the tree."""
        if self.program and signum not in (0, signal.SIGINT):
            self.program.close()

    async def kill(self, restart: bool = False) -> None:
        """End the tree."""
        del restart
        await self.send_signal(signal.SIGTERM)

    async def terminate(self, restart: bool = False) -> None:
        """End the tree."""
        await self.kill(restart)


class _Channel(AsyncZMQSocketChannel):  # type: ignore[misc]  # untyped
    """Everything else has a turn before each message: a flood would starve the watch over it."""

    async def get_msg(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return await super().get_msg(*args, **kwargs)


class _Client(AsyncKernelClient):  # type: ignore[misc]  # untyped
    """Refuses messages that would fill the grader's memory."""

    iopub_channel_class = Type(_Channel)
    shell_channel_class = Type(_Channel)
    control_channel_class = Type(_Channel)

    def _create_connected_socket(self, *args: Any, **kwargs: Any) -> Any:
        # For the sockets to come: on one that is connected it would change nothing.
        self.context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        return super()._create_connected_socket(*args, **kwargs)


class Manager(AsyncKernelManager):  # type: ignore[misc]  # untyped
    """Manages the one kernel of a desk."""

    def __init__(self, desk: Desk) -> None:
        # A new folder: an earlier kernel may have left anything under a name that it knew.
        home = Path(tempfile.mkdtemp(prefix="k-", dir=desk.scratch))
        desk.give(home)
        super().__init__(
            transport="ipc",
            ip=str(home / "k"),
            connection_file=str(home / "kernel.json"),
            session=Session(),
            client_class=f"{__name__}._Client",
        )
        self.desk = desk

    @property
    def kernel_spec(self) -> KernelSpec:
        """Our own Python, whatever a notebook's metadata name."""
        return KernelSpec(
            argv=list(ARGV),
            language="python",
            interrupt_mode="message",
            metadata={"kernel_provisioner": {"provisioner_name": "autograder"}},
        )
