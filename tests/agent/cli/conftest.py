"""The command line as a function, and a recommender that plays a script."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agent.cli import session
from agent.cli.main import run
from tests.agent.cli.fakes import FakeRecommender


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def thence(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def call(*arguments: str) -> Outcome:
        code = run(arguments)
        return Outcome(code, *capsys.readouterr())

    return call


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRecommender:
    """Stands in for the recommender of every domain; `opened` keeps how it was opened."""
    recommender = FakeRecommender()

    def open_fake(domain: str, settings: object, notices: object) -> FakeRecommender:
        recommender.opened = {"domain": domain, "settings": settings}
        return recommender

    monkeypatch.setattr(session, "open_recommender", open_fake)
    return recommender
