"""The tools as LangChain tools: the one file of this package that knows LangChain."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from kg.errors import ThenceError
from kg.snapshot import Snapshot
from kg.types import Iri
from tools.constraints import EntityConstraint
from tools.entities import EntityFinder
from tools.errors import UnknownNameError
from tools.inference import FactInference
from tools.nearest import NearestItems
from tools.paths import PathReasoner
from tools.ranking.ranker import Ranker, RankRequest
from tools.result import ToolResult
from tools.sparql import SparqlTool


class SparqlArguments(BaseModel):
    """A read-only query."""

    query: str = Field(description="SPARQL SELECT, ASK, CONSTRUCT or DESCRIBE", max_length=10_000)


class LinkArguments(BaseModel):
    """A name."""

    text: str = Field(description="A name as a person would write it", max_length=200)


class NearestArguments(BaseModel):
    """A text to compare with."""

    text: str = Field(description="What the items should be about", max_length=500)
    k: int = Field(10, ge=1, le=50, description="How many items")


Name = Annotated[str, Field(max_length=200)]
Names = Name | Annotated[list[Name], Field(min_length=1, max_length=5)]


class PathArguments(BaseModel):
    """Two entities, or two sets of them."""

    source: Names = Field(description="Name of the entity where the path begins; a list: any of them")
    target: Names = Field(description="Name of the entity where it ends; a list: any of them")
    max_hops: int = Field(3, ge=1, le=4, description="Most relations on the way")
    pattern: Name | None = Field(
        None,
        description="The relations on the way, one a hop: 'r/^r' is r and then r backwards, 'r|^s' either, '*' any",
    )


class RankArguments(BaseModel):
    """A wish."""

    user: str | None = Field(None, description="User whose history counts")
    like: list[str] = Field([], description="Items that the results should be similar to", max_length=5)
    want: list[str] = Field([], description="Entities that every result must be related to", max_length=5)
    avoid: list[str] = Field([], description="Entities that no result may be related to", max_length=5)
    k: int = Field(5, ge=1, le=50, description="How many items")


class InferenceArguments(BaseModel):
    """An entity whose facts may be incomplete."""

    entity: str = Field(description="Name of the entity", max_length=200)
    relation: str | None = Field(None, description="Name of a relation; none: all that fit", max_length=60)
    k: int = Field(5, ge=1, le=50, description="How many facts")


class Toolset:
    """The tools of one domain for LangChain agents and MCP hosts.

    Each returns the short text as content and the typed result, with its triples, as artifact. A mistake in a call
    comes back as text that says what is valid.
    """

    def __init__(
        self, snapshot: Snapshot, sparql: SparqlTool, nearest: NearestItems, paths: PathReasoner, ranker: Ranker
    ) -> None:
        self._snapshot = snapshot
        self._sparql = sparql
        self._nearest = nearest
        self._paths = paths
        self._ranker = ranker
        self._inference = FactInference(snapshot)

    def tools(self) -> list[BaseTool]:
        """Return the six tools."""
        items = self._snapshot.manifest.items.plural
        return [
            _wrapped("sparql", "Query the knowledge graph.", SparqlArguments, self._query),
            _wrapped("link_entities", "Find the entities that a name may mean.", LinkArguments, self._link),
            _wrapped("nearest_items", f"Find {items} whose texts are nearest to a text.", NearestArguments, self._near),
            _wrapped(
                "find_paths", "Find how two entities are connected, in up to 4 hops.", PathArguments, self._connect
            ),
            _wrapped("rank_items", f"Rank {items} for a user and a wish.", RankArguments, self._rank),
            _wrapped(
                "infer_facts",
                "Predict facts about an entity that the graph does not state. They are guesses, never evidence.",
                InferenceArguments,
                self._infer,
            ),
        ]

    def _query(self, query: str) -> ToolResult:
        return self._sparql.query(query)

    def _link(self, text: str) -> ToolResult:
        return EntityFinder(self._snapshot).link(text)

    def _near(self, text: str, k: int = 10) -> ToolResult:
        return self._nearest.by_text(text, k=k)

    def _connect(
        self, source: str | list[str], target: str | list[str], max_hops: int = 3, pattern: str | None = None
    ) -> ToolResult:
        return self._paths.between(self._entities(source), self._entities(target), max_hops=max_hops, pattern=pattern)

    def _rank(
        self,
        user: str | None = None,
        like: list[str] | None = None,
        want: list[str] | None = None,
        avoid: list[str] | None = None,
        k: int = 5,
    ) -> ToolResult:
        interactions = self._snapshot.interactions
        history = interactions.history(user) if user is not None else {}
        moments = interactions.moments(user) if user is not None else {}
        wanted = [EntityConstraint(self._entity(name), name) for name in want or ()]
        unwanted = [EntityConstraint(self._entity(name), name, wanted=False) for name in avoid or ()]
        columns = [self._snapshot.item_columns[self._snapshot.item(name)] for name in like or ()]
        request = RankRequest(
            history,
            moments,
            like=columns,
            constraints=[*wanted, *unwanted],
            exclude=list(history),
            k=k,
        )
        known = interactions.user_attributes.of(user) if user is not None else ()
        return self._ranker.rank(replace(request, user_attributes=known))

    def _entities(self, names: str | list[str]) -> list[Iri]:
        return [self._entity(name) for name in ([names] if isinstance(names, str) else names)]

    def _infer(self, entity: str, relation: str | None = None, k: int = 5) -> ToolResult:
        return self._inference.infer(self._entity(entity), relation, k)

    def _entity(self, name: str) -> Iri:
        found = self._snapshot.linker.link(name)
        if not found or found[0].score < 0.8:
            near = ", ".join(one.label for one in found) or "none"
            raise UnknownNameError(f"the graph holds nothing named {name!r}; near names: {near}")
        return found[0].iri


def _wrapped(name: str, description: str, arguments: type[BaseModel], call: Callable[..., ToolResult]) -> BaseTool:
    def run(**values: Any) -> tuple[str, object]:
        try:
            result = call(**values)
        except ThenceError as error:
            raise ToolException(str(error)) from error
        return result.text, result

    return StructuredTool.from_function(
        func=run,
        name=name,
        description=description,
        args_schema=arguments,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=_told,
    )


def _told(error: Any) -> str:
    """Return which arguments are wrong and how."""
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
