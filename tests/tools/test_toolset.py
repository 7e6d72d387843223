"""The tools as LangChain sees them: six of them, text for the model, typed results for us, errors as text."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool

from kg.embeddings.text import item_document
from kg.snapshot import Snapshot
from kg.types import Triple
from tests.fakes import BagOfWordsEncoder
from tools.entities import LinkResult
from tools.inference import InferenceResult
from tools.nearest import NearestItems, NearestResult, VectorIndex
from tools.paths import PathReasoner, PathsResult
from tools.ranking.ranker import RankResult, open_ranker
from tools.result import MAX_TEXT
from tools.sparql import QueryResult, SparqlTool
from tools.toolset import Toolset

BOOK, PERSON, VOCAB = (f"http://shop.example/{kind}/" for kind in ("book", "person", "vocab"))
Tools = dict[str, BaseTool]
WRITTEN = f"SELECT ?book WHERE {{ ?book <{VOCAB}author> <{PERSON}kafka> }}"
CALLS: list[tuple[str, dict[str, Any], type]] = [
    ("sparql", {"query": WRITTEN}, QueryResult),
    ("link_entities", {"text": "Emma"}, LinkResult),
    ("nearest_items", {"text": "a count who visits England", "k": 3}, NearestResult),
    ("find_paths", {"source": "Dracula", "target": "Frankenstein"}, PathsResult),
    (
        "find_paths",
        {"source": ["Dracula", "The Trial"], "target": "Frankenstein", "max_hops": 2, "pattern": "genre/^genre"},
        PathsResult,
    ),
    ("rank_items", {"user": "ann", "like": ["Dracula"], "avoid": ["Science fiction"], "k": 2}, RankResult),
    ("infer_facts", {"entity": "The Last Man", "relation": "genre", "k": 2}, InferenceResult),
]
MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("sparql", {"query": "DELETE WHERE { ?s ?p ?o }"}, ""),
    ("sparql", {"query": "SELECT nonsense"}, ""),
    ("sparql", {"query": "SELECT * FROM <file:///etc/passwd> WHERE { ?s ?p ?o }"}, "FROM"),
    ("find_paths", {"source": "Drakula", "target": "Zorblax"}, "the graph holds nothing named 'Zorblax'"),
    ("find_paths", {"source": "Dracula", "target": "Emma", "pattern": "genres"}, "no relation 'genres'"),
    ("rank_items", {"user": "anne"}, "Did you mean ann"),
    ("rank_items", {"like": ["Jane Austen"]}, "there is no book 'Jane Austen'"),
    ("rank_items", {"want": ["Zorblax"]}, "the graph holds nothing named 'Zorblax'"),
    ("rank_items", {"k": 9}, "k must be in 1..8"),
    ("rank_items", {"k": 0}, "k: Input should be greater than or equal to 1"),
    ("infer_facts", {"entity": "Zorblax"}, "the graph holds nothing named 'Zorblax'"),
    ("infer_facts", {"entity": "Dracula", "relation": "actor"}, "valid: author, genre, publisher, influence"),
    ("nearest_items", {}, "text: Field required"),
    ("nearest_items", {"text": "x" * 501}, "text: String should have at most 500 characters"),
]


@pytest.fixture(scope="module")
def tools(tiny: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    snapshot = replace(tiny, folder=tmp_path_factory.mktemp("toolset"))
    encoder = BagOfWordsEncoder()
    vectors = encoder.encode([item_document(snapshot, item) for item in snapshot.items])
    nearest = NearestItems(snapshot, encoder, VectorIndex(vectors, "cpu"), vectors)
    with SparqlTool(tiny) as sparql:
        toolset = Toolset(snapshot, sparql, nearest, PathReasoner(snapshot), open_ranker(snapshot, nearest))
        yield {tool.name: tool for tool in toolset.tools()}


def called(tools: Tools, name: str, arguments: dict[str, Any]) -> ToolMessage:
    """Call a tool as an agent does."""
    message = tools[name].invoke({"type": "tool_call", "id": "1", "name": name, "args": arguments})
    assert isinstance(message, ToolMessage)
    return message


def test_there_are_six_tools(tools: Tools) -> None:
    assert list(tools) == ["sparql", "link_entities", "nearest_items", "find_paths", "rank_items", "infer_facts"]
    for tool in tools.values():
        assert tool.response_format == "content_and_artifact"
        assert tool.description
    assert "books" in tools["rank_items"].description


@pytest.mark.parametrize(
    "name", ["sparql", "link_entities", "nearest_items", "find_paths", "rank_items", "infer_facts"]
)
def test_every_argument_is_described_and_bounded(tools: Tools, name: str) -> None:
    for field in tools[name].args.values():
        assert field["description"]
        assert {"maxLength", "maximum", "maxItems", "anyOf"} & set(field)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "arguments", "kind"), CALLS)
def test_a_call_returns_text_and_a_typed_result(tools: Tools, name: str, arguments: dict[str, Any], kind: type) -> None:
    message = called(tools, name, arguments)
    assert message.status == "success"
    assert isinstance(message.artifact, kind)
    assert message.content == message.artifact.text  # type: ignore[attr-defined]
    assert 0 < len(message.content) <= MAX_TEXT


@pytest.mark.slow
def test_artifacts_carry_the_triples_that_they_rest_on(tools: Tools, tiny: Snapshot) -> None:
    artifacts = {name: called(tools, name, arguments).artifact for name, arguments, _ in CALLS}
    for name in ("sparql", "link_entities", "find_paths"):
        assert artifacts[name].triples
        assert all(isinstance(one, Triple) and one in tiny.store for one in artifacts[name].triples)
    assert artifacts["nearest_items"].triples == artifacts["rank_items"].triples == ()


def test_what_the_tools_say(tools: Tools) -> None:
    assert called(tools, "link_entities", {"text": "Emma"}).content == (
        "Emma may mean: Emma (Book emma) 1.00; Emma (House emma) 1.00"
    )
    path = "Dracula -genre-> Horror <-genre- Frankenstein"
    assert str(called(tools, "find_paths", {"source": "Dracula", "target": "Frankenstein"}).content).startswith(path)
    ranked = called(tools, "rank_items", {"user": "ann", "want": ["sci-fi"], "avoid": ["H. G. Wells"]}).artifact
    assert {item.label for item in ranked.items} == {"Frankenstein", "The Last Man"}
    assert ranked.removed_by == {"sci-fi": 2, "no H. G. Wells": 1}


def test_what_a_user_has_seen_is_not_ranked(tools: Tools) -> None:
    ranked = called(tools, "rank_items", {"user": "ann", "k": 8}).artifact
    assert not {"Emma", "Persuasion", "Dracula"} & {item.label for item in ranked.items}


@pytest.mark.parametrize(("name", "arguments", "told"), MISTAKES)
def test_a_mistake_comes_back_as_text_that_says_what_is_valid(
    tools: Tools, name: str, arguments: dict[str, Any], told: str
) -> None:
    message = called(tools, name, arguments)
    assert message.status == "error"
    assert message.artifact is None
    assert message.content
    assert told in message.content
    assert "Traceback" not in message.content
