"""`autograder init`."""

from __future__ import annotations

import argparse
import os
import secrets
from importlib import resources

from autograder import secret
from autograder.errors import UsageError

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Write a secret and an assignment.toml; nothing that exists is overwritten."""
    folder = options.folder
    assignment = resources.files("autograder").joinpath("assignment.toml").read_bytes()
    new = {secret.FILE.name: secrets.token_hex(32).encode() + b"\n", "assignment.toml": assignment}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in new.items():
            # 0600: who can read the secret can predict every hidden input.
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            mode = 0o600 if name == secret.FILE.name else 0o644
            with os.fdopen(os.open(folder / name, flags, mode), "wb") as file:
                file.write(content)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} exists already; it is left as it is") from error
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
    print(
        f"wrote {folder / secret.FILE.name} (keep it, and keep it to yourself) and "
        f"{folder / 'assignment.toml'};\ngrade from that folder with --assignment assignment.toml"
    )
    return 0
