"""A server that starts in a moment, in the place of vLLM."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent import server
from agent.model import Weights
from agent.server.command import Command
from agent.settings import Settings, load_settings
from tests.agent.model import fake_openai

MakeCommand = Callable[[Settings, Weights, int], Command]


def fake_command(behaviour: str) -> MakeCommand:
    """Return what starts a fake server with that behaviour."""

    def make(_: Settings, __: Weights, port: int) -> Command:
        return Command((sys.executable, "-P", fake_openai.__file__, str(port), behaviour), {}, "cpu")

    return make


def script_command(script: str) -> MakeCommand:
    """Return what starts a Python script with the port as its argument."""
    return lambda _, __, port: Command((sys.executable, "-c", script, str(port)), {}, "cpu")


def ignore(_: str) -> None:
    """Take no notice of progress."""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings with an empty cache and a model of no weight; what a test starts is stopped after it."""
    model = tmp_path / "fake-model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    made = load_settings(cache=tmp_path / "cache", model=str(model), start_timeout=20, request_timeout=10)
    yield made
    server.stop(made)
