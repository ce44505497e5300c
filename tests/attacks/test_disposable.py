"""The throw-away world keeps what it promises; every attempt here is harmless if it does not."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import disposable
import pytest

PROJECT = Path(__file__).parents[2]


def world(function: Any, *args: Any, **options: Any) -> Any:
    try:
        return disposable.call(function, *args, **options)
    except disposable.NotDisposable as reason:
        pytest.skip(f"no throw-away world here: {reason}")


def attempt(path: str, flags: int) -> str:
    """How opening a file ends: "opened", or the name of the error."""
    try:
        os.close(os.open(path, flags, 0o600))
    except OSError as error:
        return type(error).__name__ + f" {error.errno}"
    return "opened"


def opened(paths: list[str], flags: int) -> list[str]:
    return [path for path in paths if attempt(path, flags) == "opened"]


def test_results_and_exceptions_come_back() -> None:
    assert world(lambda: {"a": [1, "two", None, 0.5]}) == {"a": [1, "two", None, 0.5]}
    assert world(pow, 2, 5) == 32
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        world(lambda: 1 / 0)
    with pytest.raises(AssertionError, match="SystemExit"):
        world(sys.exit, 3)
    with pytest.raises(AssertionError, match="without a word"):
        world(os._exit, 0)


def test_time_is_limited_and_nothing_lives_on() -> None:
    name = f"sleeper-{os.getpid()}"

    def daemon() -> None:
        command = [sys.executable, "-c", "import time; time.sleep(60)", name]
        subprocess.Popen(command, start_new_session=True)
        signal.pause()

    with pytest.raises(TimeoutError):
        world(daemon, seconds=2.0)
    end = time.monotonic() + 5
    while name in _command_lines() and time.monotonic() < end:
        time.sleep(0.05)
    assert name not in _command_lines()


def _command_lines() -> str:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(line for line in found if "time.sleep(60)" in line)


def test_no_file_outside_can_be_written_or_made(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("here")
    mine.chmod(0o666)
    paths = [str(PROJECT / "README.md"), "/etc/passwd", "/etc/hosts", sys.executable]
    assert world(opened, [*paths, str(mine)], os.O_WRONLY | os.O_APPEND) == []
    new = [f"{folder}/made-by-a-test" for folder in ("/", "/etc", "/usr", str(PROJECT), "/dev/pts")]
    assert world(opened, new, os.O_WRONLY | os.O_CREAT) == []
    assert mine.read_text() == "here"


def test_settings_of_the_kernel_and_devices_are_out_of_reach() -> None:
    paths = [
        "/proc/sys/kernel/hostname",
        "/proc/sysrq-trigger",
        "/dev/kmsg",
        "/dev/mem",
        "/dev/sda",
    ]
    assert world(opened, paths, os.O_WRONLY) == []
    assert world(opened, ["/dev/null", "/dev/zero"], os.O_WRONLY) == ["/dev/null", "/dev/zero"]


def test_temporary_files_are_gone_afterwards() -> None:
    name = f"/tmp/made-by-a-test-{os.getpid()}"
    assert world(opened, [name, name.replace("/tmp", "/dev/shm")], os.O_WRONLY | os.O_CREAT)
    assert not Path(name).exists()
    assert not Path(name.replace("/tmp", "/dev/shm")).exists()


def test_processes_outside_are_not_there() -> None:
    def signalled(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True

    with subprocess.Popen(["sleep", "60"]) as outside:
        try:
            assert not world(signalled, outside.pid)
        finally:
            outside.kill()


def test_the_network_outside_is_not_there() -> None:
    def connects(port: int) -> bool:
        with socket.socket() as sock:
            sock.settimeout(1)
            return sock.connect_ex(("127.0.0.1", port)) == 0

    def hears_itself() -> bool:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return connects(server.getsockname()[1])

    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not world(connects, server.getsockname()[1])
    assert world(hears_itself)


def test_a_world_with_a_hole_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    world(int)  # skips where there is none at all
    monkeypatch.setattr(disposable, "_restrict", lambda *_, **__: None)
    ran = []
    with pytest.raises(disposable.NotDisposable, match="hole: / can be written"):
        disposable.call(lambda: ran.append(1))
    assert ran == []
