"""The ways to say a relation of a domain, taken apart so that questions and noun phrases can be made of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kg.adjacency import Meetings
from kg.asking import asked_of, is_person
from kg.plurals import plural
from kg.snapshot import Snapshot
from kg.types import Step

_ATTRIBUTE = re.compile(
    r"(?:\w+ly\s+)?(?:by|with|from|of|in|on|after|as|near|close|native)\b|\w+ing\b|(?:\w+(?:ed|en|rn)|born|made|shot|put|cut)\s+(?:by|on|from|to|with|in|at)\b"
)
"""How a phrase begins that follows a noun without "that": "by ...", "starring ...", "based on ..."."""

_PASSIVE = re.compile(r"(?:was|is)\s+(?=\w+(?:ed|en|made|put|cut|shot)\b)")
_PARTICIPLE = re.compile(r"(\w+(?:ed|en)) by \{o\}")
MEET = 0.01
"""Share of the facts of a step that the next one can go on from, or of that one's that do, below which nobody asks for
the two: of an instrument's genre, though one instrument shares its name's page with a genre."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How one relation is said.

    Attributes:
        agents: Verb phrases between the object and the subject ("directed", "acts in").
        verbs: Verb phrases between the subject and the object ("was directed by", "stars").
        attributes: What follows a noun for the subject, with `{o}` ("directed by {o}", "with {o} in the cast").
        participles: What may stand between the object and the subject's noun ("X directed films").
        noun, plural: What the object is called; `nouns` and `plurals` hold the synonyms too.
        about_subject: Whole questions for the object, with `{s}`.
        about_object: Whole questions for the subject, with `{o}`.
        subject, subjects: What the subject is called.
        inverse_named: Whether the subject has a noun of its own and is no item, so that it may be a person.
        is_person: Whether one asks "who" for the object.
        is_number: Whether the object is a number.
        is_symmetric: Whether subject and object are the same to it ("is linked to").
        of_objects: Relations whose objects have this one themselves: "the members of the singer X" may be X's own.
    """

    name: str
    agents: tuple[str, ...]
    verbs: tuple[str, ...]
    attributes: tuple[str, ...]
    participles: tuple[str, ...]
    nouns: tuple[str, ...]
    plurals: tuple[str, ...]
    about_subject: tuple[str, ...]
    about_object: tuple[str, ...]
    subject: tuple[str, ...]
    subjects: tuple[str, ...]
    inverse_named: bool
    is_person: bool
    is_number: bool
    is_value: bool
    is_symmetric: bool
    of_objects: frozenset[str]
    comparing: dict[str, tuple[str, ...]]


def ways_of(
    snapshot: Snapshot,
    name: str,
    meetings: Meetings,
    held_out: frozenset[str] = frozenset(),
    only: frozenset[str] | None = None,
) -> Ways:
    """Take the phrases of a relation apart.

    Args:
        snapshot: The domain.
        name: A relation of it.
        meetings: Where its relations meet.
        held_out: Phrases to leave out, so that an evaluation can ask with words that were not taught.
        only: The only phrases to use, a noun among them.
    """
    manifest = snapshot.manifest
    relation, asked, schema = manifest.relations[name], asked_of(manifest, name), snapshot.schema.relations
    entry = schema[relation.iri]

    def used(phrases: Iterable[str]) -> list[str]:
        return [one for one in dict.fromkeys(phrases) if one not in held_out and (only is None or one in only)]

    phrases = used((*relation.said().fact, *asked.said))
    agents = [one[4:-4] for one in phrases if one.startswith("{o} ") and one.endswith(" {s}")]
    told = [one[4:] for one in phrases if one.startswith("{s} ")]
    attributes = [one for one in told if _ATTRIBUTE.match(one)]
    verbs = [one[:-4] for one in told if one not in attributes and one.endswith(" {o}")]
    attributes += [f"{_PASSIVE.sub('', one)} {{o}}" for one in verbs if _PASSIVE.match(one)]
    usual = [relation.noun] if only is None else []
    nouns = [*usual, *used(asked.nouns)]
    questions = used(asked.questions)
    items = manifest.items
    is_item = items.item_class in entry.domain
    subject = (items.noun, *items.synonyms[:1]) if is_item else (relation.inverse_noun or "thing",)
    subjects = (items.plural, *(plural(noun) for noun in items.synonyms[:1])) if is_item else (plural(subject[0]),)
    return Ways(
        name=name,
        agents=tuple(agents),
        verbs=tuple(verbs),
        attributes=tuple(dict.fromkeys(attributes)),
        participles=tuple(dict.fromkeys(found[1] for one in attributes if (found := _PARTICIPLE.fullmatch(one)))),
        nouns=tuple(nouns),
        plurals=(*(relation.plural or plural(noun) for noun in usual), *map(plural, nouns[len(usual) :])),
        about_subject=tuple(one for one in questions if "{s}" in one),
        about_object=tuple(one for one in questions if "{o}" in one),
        subject=subject,
        subjects=subjects,
        inverse_named=not is_item,
        is_person=is_person(snapshot.schema, relation.iri),
        is_number=entry.is_numeric,
        is_value=bool(entry.datatype),
        is_symmetric=relation.symmetric,
        of_objects=frozenset(one for one in manifest.relations if (meetings.share(Step(one), Step(name)) or 0) >= MEET),
        comparing={word: getattr(asked, word) for word in ("more", "most", "less", "least")},
    )


def all_ways(snapshot: Snapshot, held_out: Iterable[str] = (), only: Iterable[str] | None = None) -> dict[str, Ways]:
    """Return the ways of every relation that the graph holds; with `only`, of those that it leaves a noun."""
    left_out, left = frozenset(held_out), None if only is None else frozenset(only)
    meetings = snapshot.adjacency.meetings()
    schema, manifest = snapshot.schema.relations, snapshot.manifest
    return {
        name: ways_of(snapshot, name, meetings, left_out, left)
        for name, one in manifest.relations.items()
        if one.iri in schema and (left is None or left & set(asked_of(manifest, name).nouns))
    }
