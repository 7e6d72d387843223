"""The manifest of a domain: what `domain.toml` may say."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kg import namespaces as ns
from kg.errors import ManifestError
from kg.types import Step

MANIFEST_FILE = "domain.toml"
NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,40}$"

Phrase = Annotated[str, Field(min_length=3, max_length=200)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RelationPhrases(_Closed):
    """How one language says a relation; `{s}` stands for the subject, `{o}` for the object.

    Attributes:
        noun: What the object is called; empty: the relation's noun.
        fact: Sentences without full stop that say one triple.
        shared: Sentences that say that `{a}` and `{b}` have one object `{o}` in common.
        about: What may follow "a film", or stand before a comma at the head of a sentence ("directed by {o}").
    """

    noun: str = ""
    fact: tuple[Phrase, ...] = Field(min_length=1)
    shared: tuple[Phrase, ...] = ()
    about: tuple[Phrase, ...] = ()

    @model_validator(mode="after")
    def _has_placeholders(self) -> Self:
        for phrases, needed in ((self.fact, {"s", "o"}), (self.shared, {"a", "b", "o"}), (self.about, {"o"})):
            for phrase in phrases:
                found = re.findall(r"\{(.*?)\}", phrase)
                braces = phrase.count("{") + phrase.count("}")
                if set(found) != needed or braces != 2 * len(needed):
                    raise ValueError(
                        f"phrase {phrase!r} must hold each of {sorted(needed)} once and no other brace, found {found}"
                    )
        return self


class Asked(_Closed):
    """How people ask about a relation, beyond the phrases of an answer.

    Attributes:
        nouns: What else the object is called, singular.
        fellows: What those are called, or said to be, who have it in common ("labelmates", "in a band with").
        said: More ways to state a triple, with `{s}` and `{o}`; without a verb it stands after a noun ("{s} by {o}").
        questions: Whole questions for the object, with `{s}` alone, or for the subject, with `{o}` alone.
        telling: Words that ask about this and nothing else, also where a domain has nothing of the kind ("born");
            `{s}` in them is any name ("what is {s} about").
        more, most, less, least: What a larger or smaller number is called ("newer", "newest").
        beyond, short: Prepositions that compare by the number, with a larger or smaller one ("after", "before").
    """

    nouns: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    fellows: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    most: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    said: tuple[Phrase, ...] = ()
    questions: tuple[Phrase, ...] = ()

    @model_validator(mode="after")
    def _has_placeholders(self) -> Self:
        allowed = [(phrase, [["o", "s"]]) for phrase in self.said]
        allowed += [(phrase, [["s"], ["o"]]) for phrase in self.questions]
        for phrase, holds in allowed:
            if sorted(re.findall(r"\{(.*?)\}", phrase)) not in holds:
                wanted = " or ".join(" and ".join(f"{{{name}}}" for name in names) for names in holds)
                raise ValueError(f"phrase {phrase!r} must hold {wanted}, each once")
        return self


class Relation(_Closed):
    """One relation of the graph that the domain speaks of.

    Attributes:
        iri: The predicate.
        noun, plural: What the object is to the subject ("director", "directors").
        cues: Lower-case words of a question that point at this relation ("directed", "made").
        inverse_noun: What the subject is to the object ("film"); empty: the item's noun or "thing".
        weight: How telling a shared object is, 0 (never evidence) to 1.
        symmetric: Whether a fact holds in both directions, though the graph may state it in one.
        phrases: By language tag; English is made from the noun where it is missing.
        asked: Words of questions, for what `thence tune` teaches.
    """

    iri: str = Field(pattern=r"^[a-z][a-z0-9+.-]*:\S+$")
    noun: str
    plural: str = ""
    inverse_noun: str = ""
    cues: tuple[str, ...] = ()
    weight: float = Field(default=1.0, ge=0, le=1)
    symmetric: bool = False
    phrases: dict[str, RelationPhrases] = {}
    asked: Asked = Asked()

    def said(self, language: str = "en") -> RelationPhrases:
        """Return the phrases of `language`, or plain English ones made from the noun."""
        return self.phrases.get(language) or self.phrases.get("en") or self._plain()

    def _plain(self) -> RelationPhrases:
        return RelationPhrases(
            fact=(f"{{s}} has {{o}} as {self.noun}",),
            shared=(f"{{a}} and {{b}} share {{o}} as {self.noun}",),
            about=(f"with {{o}} as {self.noun}",),
        )


class ItemSettings(_Closed):
    """What is recommended.

    Attributes:
        synonyms: Other words that people use for it.
        pronoun: How an English text refers back to one; "this artist" where "it" would offend.
        nouns: The noun by language tag, beside the English one.
        plurals: What stands after a number by language tag, with a measure word where the language has them.
    """

    item_class: str = Field(ns.CATALOG_ITEM, alias="class")
    noun: str = "item"
    plural: str = "items"
    synonyms: tuple[str, ...] = ()
    pronoun: str = "it"
    nouns: dict[str, str] = {}
    plurals: dict[str, str] = {}


class GraphSettings(_Closed):
    """Where the graph is and how its entities are named.

    Attributes:
        files: RDF files in the domain's folder; none where there is an endpoint.
        endpoint: Address of a SPARQL 1.1 endpoint that holds the graph instead.
        graph: IRI of the endpoint's graph; None: whatever it takes for its default graph.
    """

    files: tuple[str, ...] = ()
    endpoint: str | None = Field(default=None, pattern=r"^https?://\S+$")
    graph: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9+.-]*:\S+$")
    label: tuple[str, ...] = ns.LABEL_PREDICATES
    alias: tuple[str, ...] = ns.ALIAS_PREDICATES
    description: tuple[str, ...] = ns.DESCRIPTION_PREDICATES

    @model_validator(mode="after")
    def _lies_in_one_place(self) -> Self:
        if bool(self.files) == (self.endpoint is not None):
            raise ValueError("name either `files` or an `endpoint`")
        if self.graph is not None and self.endpoint is None:
            raise ValueError("`graph` names a graph of an `endpoint`, and there is none")
        return self


class InteractionSettings(_Closed):
    """Where the interactions are.

    Attributes:
        history: Tables that count as the users' history.
        held_out: Tables that only an evaluation may read.
        items: Table that maps `item_id` to `iri`, where the interactions name items by id.
        users: Table of the users: `user_id`, and what is known of them beside what they did.
        user_attributes: Its columns that the ranker may use; empty: none, as they are about persons; None: those that
            tell groups of people apart, see `kg.user_attributes`.
        liked_from: The lowest rating that counts as liked; None: every interaction does.
    """

    history: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    items: str | None = None
    users: str | None = None
    user_attributes: tuple[str, ...] | None = None
    liked_from: float | None = Field(default=None, gt=0)
    scale: str = ""

    @model_validator(mode="after")
    def _attributes_have_a_table(self) -> Self:
        if self.user_attributes and self.users is None:
            raise ValueError("`user_attributes` names columns of the table `users`, and there is none")
        return self


class Manifest(_Closed):
    """A domain, as `domain.toml` describes it."""

    name: str = Field(pattern=NAME_PATTERN)
    title: str
    description: str = ""
    languages: tuple[str, ...] = ("en",)
    items: ItemSettings = Field(default_factory=lambda: ItemSettings.model_validate({}))
    graph: GraphSettings
    interactions: InteractionSettings = InteractionSettings()
    relations: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Relation]
    examples: tuple[str, ...] = ()
    wording: dict[str, dict[str, Any]] = {}
    """By language tag: what a language says beside relations, with the keys of `prompts/phrases/en.toml`."""

    def canonical(self, step: Step) -> Step:
        """Return the one way to write a step: a symmetric relation leads to the same in both directions."""
        return Step(step.relation) if self.relations[step.relation].symmetric else step

    def relation_of(self, predicate: str) -> str | None:
        """Return the name under which the domain speaks of a predicate."""
        return next((name for name, relation in self.relations.items() if relation.iri == predicate), None)


def load_manifest(folder: Path) -> Manifest:
    """Read `domain.toml` of a domain folder.

    Raises:
        ManifestError: The file is missing, no TOML, or says something that it must not; the message names the key.
    """
    path = folder / MANIFEST_FILE
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ManifestError(f"{folder} is no domain folder: it has no {MANIFEST_FILE}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} is not valid TOML: {error}") from error
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
        raise ManifestError(f"{path} does not say what it should: {told}") from error
