"""The parts of a proof, closed and typed."""

from typing import Annotated, Any, Literal

import pyoxigraph as ox
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent.answer import Decider, Intent

MAX_TEXT = 2000
"""Characters of a justification, which has two sentences; reading takes long where a hostile file has many more."""

Json = dict[str, Any]


def _whole_iri(value: str) -> str:
    try:
        ox.NamedNode(value)
    except ValueError as error:
        raise ValueError(f"expected a full IRI, got {value[:80]!r}") from error
    return value


WholeIri = Annotated[str, AfterValidator(_whole_iri)]
"""Nothing else is looked up in a store."""


class Node(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )


class IriTerm(Node):
    """An entity as the object of a triple."""

    id: WholeIri = Field(alias="@id")


class LiteralTerm(Node):
    """A literal with its datatype or its language; neither: a string."""

    value: str = Field(alias="@value")
    type: WholeIri | None = Field(None, alias="@type")
    language: str | None = Field(None, alias="@language", pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")


class CitedTriple(Node):
    """A statement of the graph that something in the proof rests on."""

    id: str = Field(alias="@id")
    kind: Literal["rdf:Statement"] = Field("rdf:Statement", alias="@type")
    subject: WholeIri
    predicate: WholeIri
    object: IriTerm | LiteralTerm


class CitedEntry(Node):
    """An entry of the user's history that a claim rests on; nothing else of the history is told."""

    id: str = Field(alias="@id")
    kind: Literal["thence:HistoryEntry"] = Field("thence:HistoryEntry", alias="@type")
    item: str
    value: float


class Name(Node):
    """The label of an entity or a relation when the proof was made."""

    id: str = Field(alias="@id")
    label: str


class ScoreShare(Node):
    """What an item of the history adds to a score, where a claim says that it adds most."""

    item: str
    value: float


class ProvenClaim(Node):
    """One statement of a text with what entails it: ids of triples and of history entries, shares of the score, wishes.

    Attributes:
        wishes: What the request asked for, by IRI or number, where the claim says that it did.
    """

    id: str = Field(alias="@id")
    kind: Literal["thence:Claim"] = Field("thence:Claim", alias="@type")
    text: str
    cites_triples: list[str] = Field([], alias="citesTriples")
    cites_history: list[str] = Field([], alias="citesHistory")
    cites_scores: list[ScoreShare] = Field([], alias="citesScores")
    wishes: list[str] = []


class ProvenText(Node):
    """A justification, or what is said of a whole list, with its claims in the order of the text."""

    text: str = Field(max_length=MAX_TEXT)
    written_by: Decider = Field(alias="writtenBy")
    claims: list[ProvenClaim] = []


class ProvenPath(Node):
    """A path: `hops[i]` is the id of a triple between `entities[i]` and `entities[i + 1]`, in either direction."""

    text: str
    entities: list[str]
    hops: list[str]
    score: float


class PartValue(Node):
    """A part of a score."""

    part: str
    value: float


class ContributionValue(Node):
    """What a history item or wish adds to a part; `of` is absent for the user, the query and the prior."""

    part: str
    value: float
    of: str | None = None
    via: str | None = None


class ProvenItem(Node):
    """A recommended or explained item.

    Attributes:
        complete: Whether all contributions are listed, so that they sum to the parts.
    """

    kind: Literal["thence:Recommendation"] = Field("thence:Recommendation", alias="@type")
    item: str
    rank: int
    score: float
    parts: list[PartValue]
    contributions: list[ContributionValue]
    complete: bool
    justification: ProvenText | None = None
    paths: list[ProvenPath] = []


class ProvenAnswer(Node):
    """One answer to a question with the ids of the triples that lead there."""

    kind: Literal["thence:Answer"] = Field("thence:Answer", alias="@type")
    answer: IriTerm | LiteralTerm
    label: str
    cites_triples: list[str] = Field([], alias="citesTriples")


class ProvenRequest(Node):
    """What was asked.

    Attributes:
        meaning: The `Interpretation` that the answer rests on, as JSON; of a question it holds the plan.
        again: Whether nothing else counted, such as what a conversation said before, so that it can be ranked again.
    """

    kind: Literal["thence:Request"] = Field("thence:Request", alias="@type")
    text: str
    intent: Intent
    user: str | None = None
    k: int
    explore: float
    diversity: float
    again: bool
    meaning: Json


class GraphHash(Node):
    """The graph: its domain, and the fingerprint of all its files."""

    kind: Literal["schema:Dataset"] = Field("schema:Dataset", alias="@type")
    domain: str
    fingerprint: str


class Software(Node):
    """Who made the proof."""

    kind: Literal["prov:SoftwareAgent"] = Field("prov:SoftwareAgent", alias="@type")
    name: str
    version: str
