"""A graph store behind a SPARQL 1.1 endpoint: patterns become queries, and long answers are paged.

A page begins where the one before ended, by the order of a key and not by its number: an endpoint need not keep an
order between requests, a large OFFSET makes it sort everything, and Virtuoso refuses to sort beyond 10,000 rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import pyoxigraph as ox

from kg.errors import EndpointError
from kg.remote.access import EndpointAccess
from kg.remote.client import Binding, SparqlClient
from kg.remote.terms import Term, read_term
from kg.store import as_triple
from kg.types import Triple

_NAMES = ("s", "p", "o")
_KEPT = "FILTER(isIRI(?s) && !isBlank(?o))"
_ONE_END = {"s": "FILTER(isIRI(?s))", "o": "FILTER(!isBlank(?o))"}

Maybe = tuple[Term | None, Term | None, Term | None]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of an answer, with the text of the key that orders it."""

    key: str
    terms: Maybe


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A triple pattern; None is a variable."""

    terms: tuple[ox.NamedNode | None, ox.NamedNode | None, ox.NamedNode | None]

    @property
    def text(self) -> str:
        return " ".join(
            f"?{name}" if term is None else str(term) for name, term in zip(_NAMES, self.terms, strict=True)
        )

    @property
    def free(self) -> list[int]:
        return [at for at, term in enumerate(self.terms) if term is None]

    @property
    def filters(self) -> str:
        """What leaves blank nodes out."""
        return " ".join(_ONE_END[_NAMES[at]] for at in self.free if _NAMES[at] in _ONE_END)

    def bound(self, place: int, term: ox.NamedNode) -> "_Pattern":
        s, p, o = (term if at == place else old for at, old in enumerate(self.terms))
        return _Pattern((s, p, o))


class RemoteStore:
    """A `TripleStore` that asks an endpoint; safe for use from many threads.

    Use as a context manager, or call `close`. Every question raises `EndpointError` where it gets no answer: an empty
    answer means that the graph holds nothing.

    Args:
        url: Address of the endpoint.
        graph: IRI of the graph; None: whatever the endpoint takes for its default graph.
        access: Limits and credentials.
    """

    def __init__(self, url: str, graph: str | None = None, access: EndpointAccess = EndpointAccess()) -> None:  # noqa: B008 - frozen
        self._client = SparqlClient(url, graph, access)
        self._page = access.page

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return self._client.url

    def close(self) -> None:
        self._client.close()

    def check(self) -> None:
        """Ask something that every endpoint can answer at once.

        Raises:
            EndpointError: It does not.
        """
        self._client.ask("ASK {}")

    def __len__(self) -> int:
        return self._count("")

    def __contains__(self, triple: Triple) -> bool:
        if triple.literal:
            return any(one == triple for one in self.triples(triple.subject, triple.predicate))
        pattern = _pattern(triple.subject, triple.predicate, triple.object)
        return pattern is not None and self._client.ask(f"ASK {{ {pattern.text} }}")

    def triples(
        self, subject: str | None = None, predicate: str | None = None, obj: str | None = None
    ) -> Iterator[Triple]:
        for statement in self.statements(subject, predicate, obj):
            triple = as_triple(statement.subject, statement.predicate, statement.object)
            if triple is not None:
                yield triple

    def statements(
        self, subject: str | None = None, predicate: str | None = None, obj: str | None = None
    ) -> Iterator[ox.Triple]:
        for terms in self._found(subject, predicate, obj):
            if terms is not None:
                yield terms

    def has_entity(self, iri: str) -> bool:
        found = _pattern(iri, None, None), _pattern(None, None, iri)
        return any(one is not None and self._client.ask(f"ASK {{ {one.text} {one.filters} }}") for one in found)

    def _found(self, subject: str | None, predicate: str | None, obj: str | None) -> Iterator[ox.Triple | None]:
        pattern = _pattern(subject, predicate, obj)
        if pattern is None:
            return iter(())
        return self._everything() if len(pattern.free) == 3 else self._scan(pattern)

    def _everything(self) -> Iterator[ox.Triple | None]:
        """Page through the whole graph, predicate by predicate, and compare with what the endpoint counts.

        An endpoint may cut answers short without a word.
        """
        counted, seen = self._count(_KEPT), 0
        for predicate in self._predicates():
            for terms in self._scan(_Pattern((None, predicate, None))):
                seen += 1
                yield terms
        if seen < counted and seen < self._count_distinct():
            raise EndpointError(
                f"{self.url} counts {counted:,} triples and gave {seen:,}: it cuts its answers below "
                f"{self._page:,} rows (set THENCE_SPARQL_PAGE lower), or its graph changed meanwhile (read it again)."
            )

    def _predicates(self) -> list[ox.NamedNode]:
        rows = self._client.select(f"SELECT DISTINCT ?p {{ ?s ?p ?o {_KEPT} }}").bindings
        found = [read_term(row.get("p")) for row in rows]
        return sorted((term for term in found if isinstance(term, ox.NamedNode)), key=lambda term: term.value)

    def _count(self, only: str) -> int:
        return self._number(f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o {only} }}")

    def _count_distinct(self) -> int:
        """Count triples that several graphs of the endpoint hold once."""
        return self._number(f"SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?s ?p ?o {{ ?s ?p ?o {_KEPT} }} }}")

    def _number(self, query: str) -> int:
        try:
            return int(self._client.select(query).bindings[0]["n"]["value"])
        except (LookupError, ValueError) as error:
            raise EndpointError(f"{self.url} did not answer with a number to: {query}") from error

    def _scan(self, pattern: _Pattern) -> Iterator[ox.Triple | None]:
        """Yield the triples of a pattern, in pages by its first variable; None where a term is none that RDF allows.

        Of a full page the last value of the key may be cut, so that value begins the next page again.
        """
        if not pattern.free:
            s, p, o = pattern.terms
            if s and p and o and self._client.ask(f"ASK {{ {pattern.text} }}"):
                yield ox.Triple(s, p, o)
            return
        place, limit, start, expected = pattern.free[0], self._page, "", None
        while True:
            page, limit = self._fetch(pattern, place, start, limit)
            if expected is not None and (not page or page[0].key != expected):
                raise EndpointError(
                    f"{self.url} cannot be paged: it does not compare {expected[:100]!r} as it orders it."
                )
            if len(page) < limit:
                yield from _distinct(page)
                return
            last, expected = page[-1], page[-1].key
            whole = [row for row in page if row.key != last.key]
            yield from _distinct(whole)
            node = last.terms[place]
            if whole:
                start = _from(place, last, ">=")
            elif place != 2 and isinstance(node, ox.NamedNode):
                yield from self._scan(pattern.bound(place, node))
                start, expected = _from(place, last, ">"), None
            else:  # one text in many languages or datatypes
                limit *= 2

    def _fetch(self, pattern: _Pattern, place: int, start: str, limit: int) -> tuple[list[_Row], int]:
        """Return a page with the number of rows that makes it a full one; an endpoint may say that it gives fewer."""
        names = " ".join(f"?{_NAMES[at]}" for at in pattern.free)
        body = f"{pattern.text} {pattern.filters} {start}"
        key = f"STR(?{_NAMES[place]})"
        found = self._client.select(f"SELECT {names} ({key} AS ?key) {{ {body} }} ORDER BY {key} LIMIT {limit}")
        if found.cap is not None and found.cap < limit:
            self._page = limit = found.cap
        try:
            return [_row(pattern, row) for row in found.bindings], limit
        except (LookupError, TypeError, AttributeError) as error:
            raise EndpointError(f"{self.url} answered with cells that are no SPARQL terms: {error!r}") from error


def _pattern(subject: str | None, predicate: str | None, obj: str | None) -> _Pattern | None:
    """Return a pattern; None where a part of it is no IRI, so that it matches nothing."""
    try:
        s, p, o = (None if part is None else ox.NamedNode(part) for part in (subject, predicate, obj))
    except ValueError:
        return None
    return _Pattern((s, p, o))


def _row(pattern: _Pattern, row: Binding) -> _Row:
    s, p, o = (term or read_term(row.get(name)) for name, term in zip(_NAMES, pattern.terms, strict=True))
    return _Row(row["key"]["value"], (s, p, o))


def _from(place: int, last: _Row, comparison: str) -> str:
    """Return where the next page begins. Virtuoso compares the text of an IRI with that of another IRI alone."""
    node = last.terms[place]
    text = f"STR({node})" if isinstance(node, ox.NamedNode) else str(ox.Literal(last.key))
    return f"FILTER(STR(?{_NAMES[place]}) {comparison} {text})"


def _distinct(page: Iterable[_Row]) -> Iterator[ox.Triple | None]:
    """Yield each triple of a page once; several graphs of an endpoint may state the same."""
    for s, p, o in dict.fromkeys(row.terms for row in page):
        if isinstance(s, ox.NamedNode) and isinstance(p, ox.NamedNode) and isinstance(o, ox.NamedNode | ox.Literal):
            yield ox.Triple(s, p, o)
        else:
            yield None
