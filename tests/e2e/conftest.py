"""One real model server for the whole session, in folders of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import server
from agent.model import prepare
from agent.settings import Settings, load_settings


def show(text: str) -> None:
    """Print progress; pytest shows it when a test fails."""
    print(text)  # noqa: T201


@pytest.fixture(scope="session")
def model_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with empty folders, into which the converted weights of the user's cache are linked."""
    root = tmp_path_factory.mktemp("e2e")
    weights = Path(prepare(load_settings(), show).location)
    models = root / "cache" / "models"
    models.mkdir(parents=True)
    (models / weights.name).symlink_to(weights)
    return load_settings(home=root / "home", cache=root / "cache")


@pytest.fixture(scope="session")
def model_server(model_settings: Settings) -> Iterator[Settings]:
    """Settings under which a model server runs; the first test to ask for it waits for the start."""
    server.ensure(model_settings, show)
    yield model_settings
    server.stop(model_settings)
