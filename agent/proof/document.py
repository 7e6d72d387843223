"""A proof as a document, named after its content."""

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from agent.answer import Counterfactual
from agent.proof.parts import (
    CitedEntry,
    CitedTriple,
    GraphHash,
    Json,
    Name,
    Node,
    ProvenAnswer,
    ProvenItem,
    ProvenRequest,
    ProvenText,
    Software,
)
from agent.proof.vocabulary import HERE, NAME, Context, context


class Proof(Node):
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
    items: list[ProvenItem] = Field(default_factory=list)
    overview: ProvenText | None = None
    answers: list[ProvenAnswer] = Field(default_factory=list)
    verdict: bool | None = None
    what_if: Counterfactual | None = Field(None, alias="whatIf")
    triples: list[CitedTriple] = Field(default_factory=list)
    history: list[CitedEntry] = Field(default_factory=list)
    labels: list[Name] = Field(default_factory=list)

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
