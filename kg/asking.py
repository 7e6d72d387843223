"""How people ask about a relation: words that are read and learnt from, and never shown."""

import re
import tomllib
from functools import cache
from importlib import resources

from kg.labels import fold
from kg.manifest import Asked, Manifest
from kg.namespaces import local_name
from kg.plurals import plural
from kg.schema import GraphSchema

ASKING = "asking.toml"
PERSONS = frozenset({"Person", "Agent", "Artist", "MusicalArtist", "MusicAct", "Band", "Human"})
"""Names of classes whose members one asks for by "who" and speaks of by "he" or "she"."""

_PLACE = re.compile(r"\{[so]\}|['’]s\b")
_EMPTY = frozenset(
    """a an the is are was were be been being has have had do does did who whom whose what which when where how this
    that it its there i""".split()  # noqa: SIM905
)
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ies|ied|ed|es|en|s|d|e)$")


def is_person(schema: GraphSchema, predicate: str) -> bool:
    """Tell whether the objects of a predicate are people, so that one asks "who" for them."""
    entry = schema.relations.get(predicate)
    return entry is not None and bool(PERSONS & {local_name(cls) for cls in entry.range[:1]})


def asked_of(manifest: Manifest, name: str) -> Asked:
    """Return the ways to ask about a relation: those known of its predicate, and those that the domain adds.

    A noun for the items is none for a relation: where artists are musicians, "the musicians" are no band's members.
    """
    relation = manifest.relations[name]
    known, added = _known().get(relation.iri, Asked()), relation.asked
    fields = Asked.model_fields
    ways = {field: tuple(dict.fromkeys((*getattr(known, field), *getattr(added, field)))) for field in fields}
    items = item_nouns(manifest)
    return Asked(**ways | {"nouns": tuple(noun for noun in ways["nouns"] if noun not in items)})


def item_nouns(manifest: Manifest) -> frozenset[str]:
    """Return what the items of a domain are called, one or several of them."""
    items = manifest.items
    return frozenset((items.noun, items.plural, *items.synonyms))


def nouns_of(manifest: Manifest, name: str) -> frozenset[str]:
    """Return what the object of a relation is called, one or several of it."""
    relation = manifest.relations[name]
    nouns = (relation.noun, *asked_of(manifest, name).nouns)
    return frozenset((*nouns, *map(plural, nouns), *filter(None, [relation.plural])))


def known_asked() -> dict[str, Asked]:
    """Return the ways to ask about the predicates of common vocabularies, whether or not a domain has them."""
    return dict(_known())


def words_for_nothing(manifest: Manifest) -> frozenset[str]:
    """Return the words that ask about what no relation of a domain states: "born" where the graph has no birthplaces.

    Where a word for a predicate is one of the domain's own, the domain has something of the kind, by another name. Nor
    does "which book" tell of a source where the items are books.
    """
    called, said = _called(manifest), _said(manifest)
    own = f" {' / '.join((*called, *said)).lower()} "
    mine = {one.iri for one in manifest.relations.values()}
    others = [(_in_words(iri), one) for iri, one in _known().items() if iri not in mine]
    unnamed = [one for iri, one in others if called.isdisjoint((iri, *one.nouns))]
    lacking = [one for one in unnamed if not any(f" {word} " in own for word in one.telling)]
    items = item_nouns(manifest)
    return frozenset(word for one in lacking for word in one.telling if items.isdisjoint(word.split()))


def words_of(manifest: Manifest) -> frozenset[str]:
    """Return the words by which a domain's items and relations are called and asked about."""
    asked = [asked_of(manifest, name) for name in manifest.relations]
    compared = [(*one.more, *one.most, *one.less, *one.least, *one.beyond, *one.short) for one in asked]
    phrases = (*_called(manifest), *_said(manifest), *(word for words in compared for word in words))
    return frozenset(word for phrase in phrases for word in _words(phrase))


def wording(phrase: str) -> frozenset[str]:
    """Return the words of a phrase that say something, without their endings: "{s} is signed to {o}" is sign, to."""
    return frozenset(_ENDING.sub("", word) for word in _words(phrase))


def _words(phrase: str) -> list[str]:
    return [word for word in fold(_PLACE.sub(" ", phrase)).split() if word not in _EMPTY]


def _called(manifest: Manifest) -> set[str]:
    """Return what the items are called, and the two ends of each relation."""
    relations = manifest.relations.items()
    ends = [(*nouns_of(manifest, name), *filter(None, [one.inverse_noun]), *one.cues) for name, one in relations]
    ends += [asked_of(manifest, name).fellows for name, _ in relations]
    return set(item_nouns(manifest)).union(*ends)


def _said(manifest: Manifest) -> list[str]:
    """Return the phrases that state and ask about each relation."""
    asked = [(one, asked_of(manifest, name)) for name, one in manifest.relations.items()]
    return [said for one, ways in asked for said in (*one.said().fact, *ways.said, *ways.questions)]


def _in_words(predicate: str) -> str:
    """Return the local name of a predicate in words: "birth place"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local_name(predicate)).lower()


@cache
def _known() -> dict[str, Asked]:
    text = resources.files("kg").joinpath(ASKING).read_text("utf-8")
    return {predicate: Asked.model_validate(told) for predicate, told in tomllib.loads(text).items()}
