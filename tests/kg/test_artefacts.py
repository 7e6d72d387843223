"""Stages on disk: whole or not at all, built once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kg.artefacts import fingerprint, stage


def fill(folder: Path) -> None:
    (folder / "a.txt").write_text("a")


def test_a_stage_is_built_and_then_found(tmp_path: Path) -> None:
    assert stage(tmp_path / "deep" / "stage", fill).joinpath("a.txt").read_text() == "a"
    stage(tmp_path / "deep" / "stage", fail_with(AssertionError()))


def fail_with(error: BaseException) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        fill(folder)
        raise error

    return build


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failure_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        stage(tmp_path / "stage", fail_with(error))
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []
    assert stage(tmp_path / "stage", fill).joinpath("a.txt").exists()


def test_what_a_killed_process_left_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "stage.partial").mkdir()
    (tmp_path / "stage.partial" / "stale.txt").write_text("stale")
    assert [path.name for path in stage(tmp_path / "stage", fill).iterdir()] == ["a.txt"]


def test_stages_of_names_with_a_dot_are_apart(tmp_path: Path) -> None:
    built: list[str] = []
    for name in ("model.v1", "model.v2"):
        stage(tmp_path / name, lambda folder: built.append(folder.name))
    assert len(set(built)) == 2


def test_two_threads_build_once(tmp_path: Path) -> None:
    built: list[int] = []

    def slowly(folder: Path) -> None:
        built.append(threading.get_ident())
        time.sleep(0.1)
        fill(folder)

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: stage(tmp_path / "stage", slowly), range(4)))
    assert len(built) == 1
    assert all((folder / "a.txt").exists() for folder in folders)


def test_a_fingerprint_follows_names_and_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("x")
    before = fingerprint([one])
    assert fingerprint([one]) == before
    assert fingerprint([two]) != before
    assert fingerprint([one, two]) != fingerprint([two, one])
    one.write_text("y")
    assert fingerprint([one]) != before
