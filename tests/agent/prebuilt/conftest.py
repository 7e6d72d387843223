"""A gate to a model that says given turns, one after the other."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.gate import ModelGate
from agent.model import Completion, Message, ModelClient
from agent.toolbox import Toolbox, open_toolbox
from kg.domain import Domains
from tests.fakes import BagOfWordsEncoder


class ScriptedClient(ModelClient):
    """Says given turns; an error among them is raised, the last one is said for good."""

    def __init__(self, *turns: str | Exception) -> None:
        self.turns = list(turns)
        self.asked: list[list[Message]] = []
        self.schemas: list[Mapping[str, Any]] = []

    async def write(self, messages: Sequence[Message], **_: Any) -> Completion:
        return self._said(messages)

    async def choose(self, messages: Sequence[Message], schema: Mapping[str, Any], **_: Any) -> Completion:
        self.schemas.append(schema)
        said = self._said(messages)
        return Completion(said.text, 100, 10, 0.1, "stop", parsed=json.loads(said.text))

    def _said(self, messages: Sequence[Message]) -> Completion:
        self.asked.append(list(messages))
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        return Completion(turn, 100, 10, 0.1, "stop")


class Script(ModelGate):
    """The way to such a model."""

    def __init__(self, *turns: str | Exception) -> None:
        self.model = ScriptedClient(*turns)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ModelClient]:
        yield self.model


@pytest.fixture(scope="session")
def toolbox(tiny_domain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolbox]:
    """The bookshop's tools, with an encoder without weights."""
    domains = Domains(tmp_path_factory.mktemp("home"))
    opened = open_toolbox(str(tiny_domain), domains, device="cpu", encoder=BagOfWordsEncoder(), progress=lambda _: None)
    yield opened
    opened.close()
