"""Materialisation: rules applied until nothing new follows, each derived triple with what it was derived from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kg import namespaces as ns
from kg.errors import RuleError
from kg.rules.construct import ConstructRule, Pattern
from kg.rules.entailment import OWL, chain_rule, entailment_rules

MAX_DERIVED = 2_000_000
MAX_ROUNDS = 100

Terms = tuple[str, str, str]
"""Subject, predicate and object in N-Triples' notation."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A derived triple, the rule that gave it first, and the triples that it rests on, stated or derived before it."""

    triple: Terms
    rule: str
    premises: tuple[Terms, ...]


def materialise(
    stated: ox.Store,
    rules: Sequence[ConstructRule] = (),
    *,
    entailment: bool = True,
    limit: int = MAX_DERIVED,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Derivation]:
    """Return everything that follows, in the order in which it was derived; `stated` stays as it is.

    The rules are evaluated in rounds until one brings nothing new; a query asks only for what is not there yet. As they
    are monotone, the result is the least fixpoint, whatever their order.

    Args:
        stated: The graph, default graph only.
        rules: The user's.
        entailment: Whether those of RDFS and OWL 2 RL apply too.
        limit: Most triples that may be derived.
        progress: Told of each round.

    Raises:
        RuleError: A rule cannot be evaluated, or more than `limit` triples or `MAX_ROUNDS` rounds would be needed.
    """
    work = ox.Store()
    work.extend(stated.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    found: list[Derivation] = []
    for number in range(1, MAX_ROUNDS + 1):
        before = len(found)
        applied = [*(_entailment(work) if entailment else ()), *rules]
        for rule in applied:
            for pattern in rule.template:
                found += _apply(work, rule, pattern, limit - len(found))
        progress(f"Deriving (round {number}, {len(found):,} triples)")
        if len(found) == before:
            return found
    raise RuleError(f"the rules still derive after {MAX_ROUNDS} rounds; does one make new values from its own?")


def _entailment(work: ox.Store) -> Iterator[ConstructRule]:
    """Yield the rules of RDFS and OWL 2 RL that can apply: those whose words the graph holds."""
    used = {
        quad.predicate.value for axiom in _AXIOMS for quad in work.quads_for_pattern(None, ox.NamedNode(axiom), None)
    }
    classes = {
        name
        for name in ("SymmetricProperty", "TransitiveProperty", "FunctionalProperty", "InverseFunctionalProperty")
        if next(work.quads_for_pattern(None, ox.NamedNode(ns.RDF_TYPE), ox.NamedNode(OWL + name)), None)
    }
    for rule in entailment_rules():
        words = {term.strip("<>") for pattern in rule.patterns for term in pattern}
        if words & used or words & {OWL + name for name in classes}:
            yield rule
    yield from _chains(work)


_AXIOMS = (
    *(ns.RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")),
    *(
        OWL + name
        for name in (
            *("equivalentClass", "equivalentProperty", "inverseOf", "sameAs", "intersectionOf", "unionOf"),
            *("hasValue", "someValuesFrom", "allValuesFrom"),
        )
    ),
)


def _chains(work: ox.Store) -> Iterator[ConstructRule]:
    """Yield a rule for each owl:propertyChainAxiom."""
    for quad in work.quads_for_pattern(None, ox.NamedNode(OWL + "propertyChainAxiom"), None):
        chain = [term.value for term in _list(work, quad.object) if isinstance(term, ox.NamedNode)]
        if len(chain) > 1 and isinstance(quad.subject, ox.NamedNode):
            yield chain_rule(quad.subject.value, chain)


def _list(work: ox.Store, node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Iterator[object]:
    seen = set()
    while isinstance(node, ox.NamedNode | ox.BlankNode) and node not in seen:
        seen.add(node)
        first = next(work.quads_for_pattern(node, ox.NamedNode(ns.RDF + "first"), None), None)
        rest = next(work.quads_for_pattern(node, ox.NamedNode(ns.RDF + "rest"), None), None)
        if first is None or rest is None:
            return
        yield first.object
        node = rest.object


def _apply(work: ox.Store, rule: ConstructRule, pattern: Pattern, room: int) -> list[Derivation]:
    """Add what a rule gives for one pattern of its template, and return it; of several ways the first in order."""
    query = f"{rule.prologue}\nSELECT * WHERE {{ {rule.where}\n FILTER NOT EXISTS {{ {' '.join(pattern)} }} }}"
    try:
        solutions = work.query(query)
        names = [variable.value for variable in solutions.variables]  # type: ignore[union-attr]
        rows = [{name: solution[name] for name in names} for solution in solutions]  # type: ignore[union-attr]
    except (SyntaxError, OSError, ValueError) as error:
        raise RuleError(f"the rule {rule.name} cannot be evaluated: {error}") from error
    ways: dict[ox.Quad, tuple[Terms, ...]] = {}
    for row in rows:
        quad = _filled(pattern, row)
        if quad is None:
            continue
        premises = tuple(
            dict.fromkeys(_terms(one) for one in (_filled(each, row) for each in rule.patterns) if one and one in work)
        )
        if quad not in ways or premises < ways[quad]:
            ways[quad] = premises
    if len(ways) > room:
        raise RuleError(f"the rule {rule.name} derives too much: the limit of derived triples is reached")
    work.extend(ways)
    return sorted((Derivation(_terms(quad), rule.name, premises) for quad, premises in ways.items()), key=_order)


def _order(one: Derivation) -> Terms:
    return one.triple


def _filled(pattern: Pattern, row: dict[str, object]) -> ox.Quad | None:
    """Return a pattern with the terms of a solution; None where that is no triple."""
    terms = [row.get(part[1:]) if part.startswith("?") else _constant(part) for part in pattern]
    if (
        isinstance(terms[0], ox.NamedNode | ox.BlankNode)
        and isinstance(terms[1], ox.NamedNode)
        and terms[2] is not None
    ):
        return ox.Quad(terms[0], terms[1], terms[2])  # type: ignore[arg-type]
    return None


def _constant(part: str) -> object:
    """Return the term that N-Triples' notation means."""
    if part.startswith("<"):
        return ox.NamedNode(part[1:-1])
    quad = next(ox.parse(f"<x:s> <x:p> {part} .".encode(), format=ox.RdfFormat.TURTLE))
    return quad.object


def _terms(quad: ox.Quad) -> Terms:
    return str(quad.subject), str(quad.predicate), str(quad.object)
