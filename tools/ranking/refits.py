"""Where refits of a domain's model lie: folders beside the first one, the newest of which counts."""

import contextlib
import os
import shutil
from pathlib import Path

PREFIX = "refit-"


def refit_folder(fitted: Path, digest: str, last_entry: int) -> Path:
    """Return the folder of the refit that rests on a ledger up to an entry, with the settings of a digest."""
    return fitted / f"{PREFIX}{digest}-{last_entry:012d}"


def newest_refit(fitted: Path, digest: str) -> Path | None:
    """Return the newest whole refit with the settings of a digest."""
    mine = [folder for folder in refits(fitted) if folder.name.startswith(f"{PREFIX}{digest}-")]
    return mine[-1] if mine else None


def refits(fitted: Path) -> list[Path]:
    """Return all whole refits, oldest first."""
    return sorted(folder for folder in fitted.glob(f"{PREFIX}*") if folder.is_dir() and folder.suffix != ".partial")


def drop_refits(fitted: Path, but: Path | None = None) -> None:
    """Remove all refits but one, and what is left of those that were never finished."""
    for folder in refits(fitted):
        if folder != but:
            with contextlib.suppress(OSError):  # another process removes it, too
                os.replace(folder, folder.with_name(f"{folder.name}.partial"))
    for partial in fitted.glob(f"{PREFIX}*.partial"):
        shutil.rmtree(partial, ignore_errors=True)
