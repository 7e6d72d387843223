"""A proof as a document: its parts, closed and typed, named after its content."""

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import pyoxigraph as ox
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agent.answer import Counterfactual, Decider, Intent
from agent.proof.vocabulary import HERE, NAME, Context, context

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


class _Node(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, validate_by_alias=True
    )


class IriTerm(_Node):
    """An entity as the object of a triple."""

    id: WholeIri = Field(alias="@id")


class LiteralTerm(_Node):
    """A literal with its datatype or its language; neither: a string."""

    value: str = Field(alias="@value")
    type: WholeIri | None = Field(None, alias="@type")
    language: str | None = Field(None, alias="@language", pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")


class CitedTriple(_Node):
    """A statement of the graph that something in the proof rests on."""

    id: str = Field(alias="@id")
    kind: Literal["rdf:Statement"] = Field("rdf:Statement", alias="@type")
    subject: WholeIri
    predicate: WholeIri
    object: IriTerm | LiteralTerm


class CitedEntry(_Node):
    """An entry of the user's history that a claim rests on; nothing else of the history is told."""

    id: str = Field(alias="@id")
    kind: Literal["thence:HistoryEntry"] = Field("thence:HistoryEntry", alias="@type")
    item: str
    value: float


class Name(_Node):
    """The label of an entity or a relation when the proof was made."""

    id: str = Field(alias="@id")
    label: str


class ScoreShare(_Node):
    """What an item of the history adds to a score, where a claim says that it adds most."""

    item: str
    value: float


class ProvenClaim(_Node):
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


class ProvenText(_Node):
    """A justification, or what is said of a whole list, with its claims in the order of the text."""

    text: str = Field(max_length=MAX_TEXT)
    written_by: Decider = Field(alias="writtenBy")
    claims: list[ProvenClaim] = []


class ProvenPath(_Node):
    """A path: `hops[i]` is the id of a triple between `entities[i]` and `entities[i + 1]`, in either direction."""

    text: str
    entities: list[str]
    hops: list[str]
    score: float


class PartValue(_Node):
    """A part of a score."""

    part: str
    value: float


class ContributionValue(_Node):
    """What a history item or wish adds to a part; `of` is absent for the query and the prior."""

    part: str
    value: float
    of: str | None = None
    via: str | None = None


class ProvenItem(_Node):
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


class ProvenAnswer(_Node):
    """One answer to a question with the ids of the triples that lead there."""

    kind: Literal["thence:Answer"] = Field("thence:Answer", alias="@type")
    answer: IriTerm | LiteralTerm
    label: str
    cites_triples: list[str] = Field([], alias="citesTriples")


class ProvenRequest(_Node):
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


class GraphHash(_Node):
    """The graph: its domain, and the fingerprint of all its files."""

    kind: Literal["schema:Dataset"] = Field("schema:Dataset", alias="@type")
    domain: str
    fingerprint: str


class Software(_Node):
    """Who made the proof."""

    kind: Literal["prov:SoftwareAgent"] = Field("prov:SoftwareAgent", alias="@type")
    name: str
    version: str


class Proof(_Node):
    """An answer with all that it takes to check it again.

    Attributes:
        id: Named after the content, so that an edited file is noticed; it does not tell who wrote it.
        text: The words of the answer to a question; an introduction to a list claims nothing and is left out.
        overview: What the items of a list have in common.
        what_if: Of an explained item.
    """

    terms: Context = Field(alias="@context")
    id: str = Field(alias="@id")
    kind: Literal["thence:Proof"] = Field("thence:Proof", alias="@type")
    format: Literal[1]
    generated_at: str = Field(alias="generatedAt")
    software: Software
    graph: GraphHash
    request: ProvenRequest
    text: str | None = None
    items: list[ProvenItem] = []
    overview: ProvenText | None = None
    answers: list[ProvenAnswer] = []
    verdict: bool | None = None
    what_if: Counterfactual | None = Field(None, alias="whatIf")
    triples: list[CitedTriple] = []
    history: list[CitedEntry] = []
    labels: list[Name] = []

    @cached_property
    def triple_of(self) -> dict[str, CitedTriple]:
        return {one.id: one for one in self.triples}

    @cached_property
    def entry_of(self) -> dict[str, CitedEntry]:
        return {one.id: one for one in self.history}

    @cached_property
    def label_of(self) -> dict[str, str]:
        return {one.id: one.label for one in self.labels}

    def to_json(self) -> str:
        """Return the document as JSON-LD."""
        return json.dumps(_dumped(self), ensure_ascii=False, indent=2) + "\n"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse ids that name nothing or two things, and a context that gives the keys another meaning."""
        for kind, nodes in (("triple", self.triples), ("history entry", self.history)):
            if len({one.id for one in nodes}) < len(nodes):
                raise ValueError(f"two things called {kind} have one @id")
        known, entries = self.triple_of, self.entry_of
        for triples, history in self._cited():
            lost = [one for one in triples if one not in known] + [one for one in history if one not in entries]
            if lost:
                raise ValueError(f"it cites {lost[0][:80]}, which it does not hold")
        if self.terms != context(self.id):
            raise ValueError("its @context is not that of a proof, so its keys may mean something else")
        return self

    def _cited(self) -> Iterator[tuple[list[str], list[str]]]:
        texts = [self.overview, *(item.justification for item in self.items)]
        for written in texts:
            yield from ((claim.cites_triples, claim.cites_history) for claim in (written.claims if written else []))
        yield from ((path.hops, []) for item in self.items for path in item.paths)
        yield from ((answer.cites_triples, []) for answer in self.answers)


def here(local: str) -> str:
    """Return the id of something within a proof."""
    return f"{HERE}:{local}"


def sealed(body: Json) -> Proof:
    """Return the proof of a body, all but `@context` and `@id`, named after it."""
    unnamed = _named(body, f"{NAME}0")
    return _named(_dumped(unnamed), NAME + digest(_dumped(unnamed)))


def _named(body: Json, name: str) -> Proof:
    return Proof.model_validate({**body, "@context": context(name), "@id": name})


def digest(document: Json) -> str:
    """Return the digest of what a proof says, whatever its layout: 32 hexadecimal digits."""
    body = {key: value for key, value in document.items() if key not in ("@context", "@id")}
    canonical = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()


def is_as_written(proof: Proof) -> bool:
    """Tell whether a proof still has the content that it is named after."""
    return proof.id == NAME + digest(_dumped(proof))


def _dumped(proof: Proof) -> Json:
    """Return the document without absent values; the meaning keeps its own."""
    document = proof.model_dump(mode="json", by_alias=True, exclude_none=True)
    document["request"]["meaning"] = proof.request.meaning
    return document
