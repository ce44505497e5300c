"""The platform played on one's own machine: its folders, its setup, one run under its limits.

Without a system of its own, the scripts run on this machine in a scratch folder. With one (the root
of a Debian or Ubuntu system, as debootstrap makes it), they run inside of it, as root.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import UsageError

__all__ = ["Rehearsal", "rehearse"]

MEMORY = 768 << 20  # bytes, as the platform's smallest container
SETUP_SECONDS = 1200.0
# In a mount and process namespace of its own: what is mounted there is gone with it.
INSIDE = (
    'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && '
    'exec chroot "$1" /usr/bin/setpriv --bounding-set="$3" '
    '/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$2"'
)
# What root may do in a container that asks for nothing special.
CAPABILITIES = ",+".join(
    (
        *("-all", "audit_write", "chown", "dac_override", "fowner", "fsetid", "kill", "mknod"),
        *("net_bind_service", "net_raw", "setfcap", "setgid", "setpcap", "setuid", "sys_chroot"),
    )
)
METADATA = {
    "id": 1,
    "users": [{"name": "Jo Student", "email": "jo@example.org", "id": 1}],
    "assignment": {"title": "Rehearsal", "total_points": "100.0", "outline": []},
    "previous_submissions": [],
}


@dataclass(frozen=True)
class Rehearsal:
    """What came of it. `results` is None if there is no valid results.json."""

    setup_code: int
    setup_output: str
    run_code: int | None  # None if the platform would have ended it
    results: dict[str, Any] | None


def rehearse(
    bundle: Path, submission: Path, *, system: Path | None = None, seconds: float = 600.0
) -> Rehearsal:
    """Lay out the platform's folders, run setup.sh and run_autograder.

    Raises:
        UsageError: the bundle is no such zip, or a system is named without being root.
    """
    if system is not None and os.geteuid() != 0:
        raise UsageError("only root can enter another system: leave --system out, or use sudo")
    with _folder(system) as root:
        _lay(root, bundle, submission)
        setup = _start(root, "source/setup.sh", system, SETUP_SECONDS)
        if setup.returncode:
            return Rehearsal(setup.returncode, setup.stdout, None, None)
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = _start(root, "run_autograder", system, seconds).returncode
        return Rehearsal(0, setup.stdout, code, _results(root / "results/results.json"))


@contextlib.contextmanager
def _folder(system: Path | None) -> Iterator[Path]:
    if system is None:
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as name:
            yield Path(name) / "autograder"
        return
    root = system / "autograder"
    if root.exists():
        raise UsageError(f"{root} exists already: a rehearsal starts from a fresh system")
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _lay(root: Path, bundle: Path, submission: Path) -> None:
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    try:
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(root / "source")
    except (OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"{bundle} is not the zip that gradescope build makes") from error
    for name in ("setup.sh", "run_autograder"):
        if not (root / "source" / name).is_file():
            raise UsageError(f"{bundle} has no {name} at its root")
        (root / "source" / name).chmod(0o755)
    shutil.copy(root / "source/run_autograder", root / "run_autograder")
    (root / "submission_metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
    if submission.is_dir():
        shutil.copytree(submission, root / "submission", dirs_exist_ok=True)
    elif zipfile.is_zipfile(submission):  # the platform unpacks what students upload
        with zipfile.ZipFile(submission) as archive:
            archive.extractall(root / "submission")
    else:
        shutil.copy(submission, root / "submission")


def _start(
    root: Path, script: str, system: Path | None, seconds: float
) -> subprocess.CompletedProcess[str]:
    command = [str(root / script)]
    if system is not None:
        names = ["sh", "-c", INSIDE, "sh", str(system), f"/autograder/{script}", CAPABILITIES]
        command = ["unshare", "--mount", "--pid", "--fork", *names]
    return subprocess.run(  # noqa: S603  the bundle's own scripts, which is the point
        command,
        env=os.environ | {"AUTOGRADER_ROOT": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=seconds,
        preexec_fn=_limit,
    )


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _results(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
