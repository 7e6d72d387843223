"""What a domain's rules derive, kept apart from what its graph states: a named graph, and a derivation a triple."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import rdflib

from kg import artefacts
from kg.errors import ArtefactError
from kg.rules.construct import ConstructRule, load_rules
from kg.rules.materialise import Derivation, Terms, materialise
from kg.store import GraphStore
from kg.types import Iri, Triple

GRAPH = "urn:thence:derived"
"""Named graph of the derived triples."""

QUADS, DERIVATIONS = "derived.nq", "derivations.jsonl"


@dataclass(frozen=True)
class DerivedFacts:
    """Derived triples with their derivations.

    Attributes:
        folder: Holds `derived.nq`, the triples in the graph `GRAPH`, and `derivations.jsonl`.
        derivations: In the order in which they were made: premises come before what follows from them.
    """

    folder: Path
    derivations: tuple[Derivation, ...]

    @cached_property
    def by_triple(self) -> dict[Terms, Derivation]:
        return {one.triple: one for one in self.derivations}

    def proof(self, triple: Terms) -> list[Derivation]:
        """Return the derivations that a triple rests on, itself last; none where it was not derived."""
        wanted, found = [triple], dict[Terms, Derivation]()
        while wanted:
            one = self.by_triple.get(wanted.pop())
            if one is not None and one.triple not in found:
                found[one.triple] = one
                wanted += one.premises
        return [one for one in self.derivations if one.triple in found]


def derive_facts(
    fitted: Path, domain_folder: Path, store: GraphStore, progress: Callable[[str], None] = lambda _: None
) -> DerivedFacts:
    """Return what the domain's rules and its axioms derive, derived first where that was not done yet.

    Raises:
        RuleError: A rule of the domain is none, or derives without end.
        ArtefactError: What was derived before is damaged.
    """
    rules = load_rules(domain_folder)
    folder = _folder(fitted, rules)
    return load_derived(artefacts.stage(folder, lambda partial: _build(partial, store, rules, progress)))


def are_derived(fitted: Path, domain_folder: Path) -> bool:
    """Tell whether `derive_facts` has nothing to derive first.

    Raises:
        RuleError: A rule of the domain is none.
    """
    return _folder(fitted, load_rules(domain_folder)).is_dir()


def load_derived(folder: Path) -> DerivedFacts:
    """Read what was derived.

    Raises:
        ArtefactError: A file is missing or damaged.
    """
    try:
        lines = [json.loads(line) for line in (folder / DERIVATIONS).read_text("utf-8").splitlines()]
        found = [Derivation(_terms(one["triple"]), one["rule"], tuple(map(_terms, one["premises"]))) for one in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"cannot read what was derived in {folder}: {error}; remove the folder.") from error
    return DerivedFacts(folder, tuple(found))


def triple_of(terms: Terms) -> Triple | None:
    """Return a triple in N-Triples' notation as ours; None where a blank node is involved."""
    subject, predicate, obj = terms
    if not subject.startswith("<") or obj.startswith("_:"):
        return None
    if obj.startswith("<"):
        return Triple(Iri(subject[1:-1]), Iri(predicate[1:-1]), obj[1:-1])
    return Triple(Iri(subject[1:-1]), Iri(predicate[1:-1]), str(rdflib.util.from_n3(obj)), literal=True)


def _build(folder: Path, store: GraphStore, rules: list[ConstructRule], progress: Callable[[str], None]) -> None:
    found = materialise(store.engine, rules, progress=progress)
    (folder / QUADS).write_text("".join(f"{' '.join(one.triple)} <{GRAPH}> .\n" for one in found), "utf-8")
    lines = (json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
    (folder / DERIVATIONS).write_text("".join(lines), "utf-8")


def _folder(fitted: Path, rules: list[ConstructRule]) -> Path:
    digest = hashlib.blake2b(repr(rules).encode(), digest_size=6).hexdigest()
    return fitted / f"derived-{digest}"


def _terms(told: list[str]) -> Terms:
    subject, predicate, obj = told
    return subject, predicate, obj
