"""The library, poisoned and clean, each opened once for all attacks."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from agent.gate import ModelGate
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.toolbox import Toolbox
from tests.agent.fakes import Choose, ScriptedGate, first
from tests.attacks.attack import GraphAttack, InputAttack, RequestAttack
from tests.attacks.checks import SECRET
from tests.attacks.graph_attacks import GRAPH_ATTACKS
from tests.attacks.trap import Trap, listening
from tests.attacks.world import open_library, write_library

Make = Callable[..., Recommender]
AnyAttack = GraphAttack | RequestAttack | InputAttack


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all domains lie in, with a secret beside them."""
    folder = tmp_path_factory.mktemp("attacks")
    (folder / "secret.txt").write_text(SECRET, "utf-8")
    return folder


@pytest.fixture(scope="session")
def poisoned(worlds: Path) -> Iterator[Toolbox]:
    opened = open_library(write_library(worlds / "poisoned", GRAPH_ATTACKS, poisoned=True), worlds / "home-poisoned")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def clean(worlds: Path) -> Iterator[Toolbox]:
    opened = open_library(write_library(worlds / "clean", GRAPH_ATTACKS, poisoned=False), worlds / "home-clean")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def secret_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_CANARY", "OPENAI_API_KEY", "THENCE_SPARQL_PASSWORD"):
        monkeypatch.setenv(name, SECRET)
    assert os.environ["SECRET_CANARY"] == SECRET


@pytest.fixture(scope="session")
def over(worlds: Path) -> Make:
    """Make a recommender over a domain, with a scripted model; what users say is kept in one home."""

    def make(toolbox: Toolbox, choose: Choose | ModelGate = first, **overrides: object) -> Recommender:
        gate = choose if isinstance(choose, ModelGate) else ScriptedGate(choose)
        return Recommender(toolbox, gate, load_settings(**{"home": worlds / "home", **overrides}))

    return make


def params(attacks: Sequence[AnyAttack]) -> list[ParameterSet]:
    """Return the attacks as parameters, each with a readable name."""
    return [pytest.param(one, id=f"{one.kind}: {one.name}") for one in attacks]


@pytest.fixture(scope="session")
def trap() -> Iterator[Trap]:
    with listening() as server:
        yield server


@pytest.fixture
def filled(trap: Trap, worlds: Path) -> Iterator[Callable[[str], str]]:
    """Put the addresses of the trap and of the secret into a text; afterwards nobody must have come to the trap."""
    secret = (worlds / "secret.txt").as_uri()
    yield lambda text: text.replace("{trap}", trap.url).replace("{secret}", secret)
    assert trap.came == []
