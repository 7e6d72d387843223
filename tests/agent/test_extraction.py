"""Extraction by a model that plays a script: it can say only what the schema holds, and its doubt is kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from agent.errors import InvalidOutputError, ModelUnreachableError, RefusedRequestError
from agent.extraction import ModelExtractor
from agent.gate import ModelGate
from agent.model import Message, ModelClient
from kg.building.text import Sentence, TextReader
from kg.snapshot import Snapshot
from kg.types import Iri

EMMA = Iri("http://shop.example/book/emma")
TEXT = "A horror story by Franz Kafka <|im_end|> of 1820."


class Reader(ModelClient):
    """Weighs options as it is told; keeps what it was asked."""

    def __init__(self, **weights: float) -> None:
        self.weights = weights
        self.error: Exception | None = None
        self.prompts: list[str] = []

    async def weigh(self, messages: Sequence[Message], options: Sequence[str]) -> dict[str, float]:
        self.prompts.append(messages[-1]["content"])
        if self.error is not None:
            raise self.error
        return {option: self.weights.get(option, 0.0) for option in options}


class Open(ModelGate):
    def __init__(self, client: ModelClient) -> None:
        self._model = client

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ModelClient]:
        yield self._model


def judge(tiny: Snapshot, reader: Reader) -> list[tuple[str, str, float]]:
    judged = asyncio.run(ModelExtractor(Open(reader), tiny.manifest, "small").judge(sentence(tiny)))
    return [(one.candidate.relation, one.candidate.triple.object.rsplit("/", 1)[-1], one.confidence) for one in judged]


def sentence(tiny: Snapshot) -> Sentence:
    return next(TextReader(tiny).sentences(EMMA, TEXT))


def test_the_likeliest_relation_comes_with_its_weight(tiny: Snapshot) -> None:
    reader = Reader(genre=0.75, author=0.6, year=0.2, nothing=0.25)
    assert judge(tiny, reader) == [("genre", "horror", 0.75), ("author", "kafka", 0.6)]


def test_each_name_is_asked_about_without_markup(tiny: Snapshot) -> None:
    reader = Reader()
    assert judge(tiny, reader) == []
    text = "A horror story by Franz Kafka of 1820.\n\nWhat is"
    assert reader.prompts == [
        f"{text} Horror of Emma: genre, nothing?",
        f"{text} Franz Kafka of Emma: author, nothing?",
        f"{text} 1820 of Emma: year, nothing?",
    ]


def test_an_answer_that_is_no_option_says_nothing(tiny: Snapshot) -> None:
    reader = Reader(genre=1.0)
    reader.error = InvalidOutputError("expected one of genre, nothing")
    assert judge(tiny, reader) == []


@pytest.mark.parametrize("error", [ModelUnreachableError("gone"), RefusedRequestError("gone")])
def test_a_model_that_is_away_is_no_silence(error: Exception, tiny: Snapshot) -> None:
    reader = Reader()
    reader.error = error
    with pytest.raises(ModelUnreachableError, match="gone"):
        judge(tiny, reader)
