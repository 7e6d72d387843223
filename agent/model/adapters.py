"""Adapters: small changes to a model's weights that make it a specialist, a domain's own or the shipped one."""

import hashlib
from collections.abc import Collection
from pathlib import Path

from agent.errors import ModelNotPreparedError
from agent.settings import DEFAULT_MODEL, Settings
from kg.domain import BUILT_IN
from kg.manifest import load_manifest

SHIPPED = Path(__file__).with_name("adapter")
SHIPPED_FOR = "films"
"""The domain whose words the shipped adapter knows."""

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
AUTO, NONE = "auto", "none"

FAMILIAR = 0.5
"""Share of a domain's relations from which on the shipped adapter, which knows them, reads most of its questions."""


def adapters_home(settings: Settings) -> Path:
    """Return the folder of the adapters that were trained on this machine, one a domain."""
    return settings.home / "adapters"


def with_adapter(settings: Settings, domain: str) -> Settings:
    """Return the settings with the adapter of a domain in place of `auto`: its own, or the one that is shipped."""
    own = adapters_home(settings) / domain
    if settings.adapter != AUTO or not (own / WEIGHTS).is_file():
        return settings
    return settings.model_copy(update={"adapter": str(own)})


def chosen_adapter(settings: Settings) -> Path | None:
    """Return the folder of the adapter to use; None where the model is used as it is.

    `auto` takes an adapter for the default model only: another model plans without.

    Raises:
        ModelNotPreparedError: The adapter that the settings name is not there.
    """
    if settings.adapter == NONE:
        return None
    if settings.adapter == AUTO:
        return SHIPPED if settings.model == DEFAULT_MODEL and (SHIPPED / WEIGHTS).is_file() else None
    folder = Path(settings.adapter).expanduser()
    for name in (WEIGHTS, CONFIG):
        if not (folder / name).is_file():
            raise ModelNotPreparedError(
                f"{folder} is no adapter folder: it has no {name}. "
                "`thence tune` makes one; THENCE_ADAPTER=none uses none."
            )
    return folder


def is_untaught(settings: Settings, relations: Collection[str]) -> bool:
    """Return whether the shipped adapter reads for a domain of whose relations it knows less than `FAMILIAR`."""
    if settings.adapter != AUTO or chosen_adapter(settings) != SHIPPED:
        return False
    known = load_manifest(BUILT_IN / SHIPPED_FOR).relations
    return sum(name in known for name in relations) < FAMILIAR * len(relations)


def fingerprint(folder: Path) -> str:
    """Return a digest of an adapter."""
    digest = hashlib.sha256()
    for name in (CONFIG, WEIGHTS):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]
