"""The secret decides every number and shows itself nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.secret import PUBLIC, Secret, course_secret

SECRET = Secret(b"the course's own")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_environment_comes_first_then_the_file_then_the_public_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert course_secret() is PUBLIC
    Path(".autograder-secret").write_text("from the file\n")
    assert course_secret() == Secret(b"from the file")
    monkeypatch.setenv("AUTOGRADER_SECRET", "from the environment")
    assert course_secret() == Secret(b"from the environment")
    assert not course_secret().public


def test_an_empty_secret_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".autograder-secret").write_text(" \n")
    monkeypatch.setenv("AUTOGRADER_SECRET", "")
    assert course_secret() is PUBLIC
    assert course_secret().public


def test_the_secret_is_never_printed() -> None:
    for text in (repr(SECRET), str(SECRET), f"{SECRET}", SECRET.fingerprint, repr([SECRET])):
        assert "course" not in text
        assert SECRET.value.hex() not in text


def test_a_fingerprint_tells_secrets_apart() -> None:
    assert PUBLIC.fingerprint == "public"
    assert SECRET.fingerprint == Secret(SECRET.value).fingerprint
    assert SECRET.fingerprint != Secret(b"another").fingerprint
    assert len(SECRET.fingerprint) == 12
    int(SECRET.fingerprint, 16)


def test_seeds_differ_by_purpose_and_by_secret() -> None:
    purposes = [("inputs", "a"), ("inputs", "b"), ("draws", "a"), ("inputsa",), ("a", "inputs")]
    seeds = [secret.seed(*parts) for secret in (SECRET, PUBLIC) for parts in purposes]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**128 for seed in seeds)
    assert SECRET.seed("inputs", "a") == SECRET.seed("inputs", "a")


def test_the_public_seed_draws_the_same_numbers_on_every_machine() -> None:
    """Changes only on purpose: every input of every check hangs on it."""
    drawn = PUBLIC.generator("inputs", "a").integers(0, 1000, 5)
    assert drawn.tolist() == [924, 933, 701, 293, 773]
    assert not np.array_equal(SECRET.generator("inputs", "a").integers(0, 1000, 5), drawn)
