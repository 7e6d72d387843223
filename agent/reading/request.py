"""A request as code reads it."""

from dataclasses import dataclass
from typing import Literal

from agent.comparing import Comparison
from agent.reading.speech import WISH
from kg.types import Iri
from tools.constraints import RangeConstraint

Kind = Literal["item", "entity"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the request, linked.

    Attributes:
        id: "m1", "m2", ... in the order of the text.
        text: The user's words.
        negated: Whether a negation governs it.
        hinted: Whether the words only mean it, by their sense, and do not name it.
        others: Entities besides, any of which will do, where a relation gives several ("the director of A").
        alternative: Whether it is one of several joined by "or", any of which will do.
        demanded: Whether a word before it ties the result to it ("with", "by", "starring").
        rivals: Other entities of equally good name.
    """

    id: str
    text: str
    iri: Iri
    label: str
    kind: Kind
    negated: bool
    demanded: bool
    alternative: bool
    start: int
    rivals: tuple[tuple[Iri, str], ...] = ()
    hinted: bool = False
    others: tuple[tuple[Iri, str], ...] = ()

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Reading:
    """A request as code reads it.

    Attributes:
        cues: Names of relations that words of the request point at, in the order of the text, repeated as often.
        cue_spans: Where these words stand.
        rest: Content words that are no part of a name, a number or a cue.
        unknown: Quoted or capitalised words that name nothing in the graph.
        unplaced: Words that a negation governs and that name nothing, so that nothing is left out for them.
        beyond: Words of a question that ask about what no relation of the graph states.
        count: How many items the request asks for.
        rating: The number that the text gives to an item, and `rating_of` the greatest possible one, if it says so.
        unwanted: Name of the relation whose other end is unwanted ("not this author", "not the author of Emma").
        more: Whether the text asks for other items and for nothing else.
        like_this: Whether it asks for items like those that were shown.
        known: Whether it says that its items are known ("I've seen ...").
        besides: What is no answer: what the conversation named already, where a question with a pronoun asks what else
            there is, and the item by which a wish names an entity.
        compared: Comparatives of a wish, each with the item that it compares with, if the request says one.
        unstated: Nouns and labels by which a wish names an entity that the graph does not state.
        later: A question after the one that is read.
    """

    text: str
    names: tuple[Name, ...]
    ranges: tuple[RangeConstraint, ...]
    cues: tuple[str, ...]
    rest: str
    unknown: tuple[str, ...]
    count: int | None
    is_question: bool
    is_why: bool
    is_greeting: bool
    refines: bool
    liked: bool | None
    rating: float | None = None
    rating_of: float | None = None
    unwanted: str | None = None
    more: bool = False
    like_this: bool = False
    known: bool = False
    cue_spans: tuple[tuple[int, int], ...] = ()
    besides: tuple[Iri, ...] = ()
    compared: tuple[tuple[Comparison, Iri | None], ...] = ()
    unstated: tuple[tuple[str, str], ...] = ()
    later: str = ""
    unplaced: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    def marked(self) -> str:
        """Return the text with each name replaced by its id in brackets, so that only what is said of it is left."""
        marked = self.text
        for name in sorted(self.names, key=lambda one: -one.start):
            marked = f"{marked[: name.start]}[{name.id}]{marked[name.start + len(name.text) :]}"
        return marked

    @property
    def wishes(self) -> bool:
        """Whether the words ask for something, if only for anything ("recommend me something")."""
        return bool(WISH.search(self.text))
