"""The bookshop with all its tools and no language model: a scripted one, and an encoder without weights."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.gate import ModelGate
from agent.recommender import Recommender
from agent.settings import Settings, load_settings
from agent.toolbox import Toolbox, open_toolbox
from kg.domain import Domains
from tests.agent.fakes import Choose, ScriptedGate, first
from tests.fakes import BagOfWordsEncoder

Make = Callable[..., Recommender]


def quiet(_: str) -> None:
    """Take no notice of progress."""


@pytest.fixture(scope="session")
def toolbox(tiny_domain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolbox]:
    """The tools of the bookshop."""
    domains = Domains(tmp_path_factory.mktemp("toolbox"))
    opened = open_toolbox(str(tiny_domain), domains, device="cpu", encoder=BagOfWordsEncoder(), progress=quiet)
    yield opened
    opened.close()


@pytest.fixture
def bookshop(toolbox: Toolbox, tmp_path: Path) -> Make:
    """Make a recommender over the bookshop with a scripted model, and settings as given."""

    def make(choose: Choose | ModelGate = first, **overrides: object) -> Recommender:
        gate = choose if isinstance(choose, ModelGate) else ScriptedGate(choose)
        settings: Settings = load_settings(home=tmp_path / "home", **overrides)
        return Recommender(toolbox, gate, settings)

    return make
