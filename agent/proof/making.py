"""From an answer to its proof: every statement with the triples and the history entries that it cites, each once."""

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from pydantic import ValidationError

from agent.answer import Answer, AnswerEntity, Basis, HistoryFact, Justification, PathView, RankedItem, TripleRow
from agent.errors import ProofError
from agent.proof.document import Proof, here, sealed
from agent.proof.grounds import as_json
from agent.proof.parts import Json
from agent.proof.sums import is_complete
from agent.proof.vocabulary import FORMAT
from kg import namespaces as ns
from kg.snapshot import Snapshot

PROVABLE = ("recommend", "refine", "ask", "explain", "why_not")


def make_proof(answer: Answer, snapshot: Snapshot) -> Proof:
    """Return the proof of an answer.

    Of the user's history it tells the values that the claims cite and no others; which items moved a score stands
    among the contributions, as in the answer.

    Args:
        answer: A list, an explanation or the answer to a question.
        snapshot: The domain that it was made from.

    Raises:
        ProofError: The answer states nothing, is not of this domain, or cites what its graph does not state, or
            holds what is no text or no number.
    """
    if answer.intent not in PROVABLE or answer.basis is None:
        raise ProofError(f"there is nothing to prove: the answer ({answer.intent}) states nothing of the graph.")
    if answer.domain != snapshot.manifest.name:
        raise ProofError(f"the answer is about {answer.domain}, and the graph is that of {snapshot.manifest.name}.")
    body = _Making(snapshot).body(answer, answer.basis)
    try:
        return sealed(body)
    except ValidationError as error:
        fault = error.errors()[0]
        told = f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        raise ProofError(f"the answer has something that no proof can hold ({told}).") from error


class _Making:
    """Collects what is cited, each triple, entry and label once, in the order in which they are met."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._relations = {one.iri: one.noun for one in snapshot.manifest.relations.values()}
        self._triples: dict[TripleRow, Json] = {}
        self._entries: dict[tuple[str, float], Json] = {}
        self._labels: dict[str, str] = {}

    def body(self, answer: Answer, basis: Basis) -> Json:
        items = [self._item(at, one) for at, one in enumerate(answer.items, start=1)]
        overview = None if answer.overview is None else self._text("overview", answer.overview)
        answers = [self._answer(one) for one in answer.answers]
        return {
            "@type": "thence:Proof",
            "format": FORMAT,
            "generatedAt": datetime.now(UTC).isoformat(timespec="seconds"),
            "software": {"@type": "prov:SoftwareAgent", "name": "thence", "version": _version()},
            "graph": {
                "@type": "schema:Dataset",
                "domain": answer.domain,
                "fingerprint": self._snapshot.domain.fingerprint,
            },
            "request": self._request(answer, basis),
            "text": answer.text if answer.intent == "ask" else None,
            "items": items,
            "overview": overview,
            "answers": answers,
            "verdict": answer.verdict,
            "whatIf": None if answer.what_if is None else answer.what_if.model_dump(mode="json"),
            "triples": list(self._triples.values()),
            "history": list(self._entries.values()),
            "labels": [{"@id": iri, "label": label} for iri, label in sorted(self._labels.items())],
        }

    def _request(self, answer: Answer, basis: Basis) -> Json:
        return {
            "@type": "thence:Request",
            "text": answer.request,
            "intent": answer.intent,
            "user": answer.user,
            "k": basis.k,
            "explore": basis.explore,
            "diversity": basis.diversity,
            "again": basis.alone,
            "meaning": basis.meaning,
        }

    def _item(self, place: int, item: RankedItem) -> Json:
        return {
            "@type": "thence:Recommendation",
            "item": self._named(item.iri),
            "rank": item.rank,
            "score": item.score,
            "parts": [{"part": name, "value": value} for name, value in item.parts.items()],
            "contributions": [
                {
                    "part": one.part,
                    "value": one.value,
                    "of": self._named(one.iri) if one.iri else None,
                    "via": self._named(one.via) if one.via else None,
                }
                for one in item.contributions
            ],
            "complete": is_complete(item.parts, [(one.part, one.value) for one in item.contributions]),
            "justification": None if item.justification is None else self._text(f"item-{place}", item.justification),
            "paths": [self._path(one) for one in item.paths],
        }

    def _text(self, place: str, written: Justification) -> Json:
        claims = [
            {
                "@id": here(f"{place}-claim-{at}"),
                "@type": "thence:Claim",
                "text": claim.text,
                "citesTriples": self._cite(claim.triples),
                "citesHistory": [self._entry(fact) for fact in claim.history],
                "citesScores": [{"item": self._named(one.iri), "value": one.value} for one in claim.scores],
                "wishes": claim.wishes,
            }
            for at, claim in enumerate(written.claims, start=1)
        ]
        return {"text": written.text, "writtenBy": written.written_by, "claims": claims}

    def _path(self, path: PathView) -> Json:
        entities = [self._named(iri) for iri in path.entities]
        return {"text": path.text, "entities": entities, "hops": self._cite(path.triples), "score": path.score}

    def _answer(self, answer: AnswerEntity) -> Json:
        if answer.iri is None:
            told = next((row for row in answer.triples if row[2] == answer.label), None)
            term = self._object(told) if told else {"@value": answer.label}
        else:
            term = {"@id": self._named(answer.iri)}
        return {
            "@type": "thence:Answer",
            "answer": term,
            "label": answer.label,
            "citesTriples": self._cite(answer.triples),
        }

    def _cite(self, rows: Iterable[TripleRow]) -> list[str]:
        return [str(self._statement(row)["@id"]) for row in rows]

    def _statement(self, row: TripleRow) -> Json:
        if row not in self._triples:
            subject, predicate, _ = row
            term = self._object(row)
            if "@id" in term:
                self._named(row[2])
            self._named(subject)
            self._labels[predicate] = self._relations.get(predicate, ns.local_name(predicate))
            self._triples[row] = {
                "@id": here(f"triple-{len(self._triples) + 1}"),
                "@type": "rdf:Statement",
                "subject": subject,
                "predicate": predicate,
                "object": term,
            }
        return self._triples[row]

    def _object(self, row: TripleRow) -> Json:
        """Return the object of a triple as the graph has it, with its datatype or its language."""
        subject, predicate, said = row
        stated = self._snapshot.live.statements(subject=subject, predicate=predicate)
        terms = [as_json(one.object) for one in stated]
        terms = [one for one in terms if said in (one.get("@id"), one.get("@value"))]
        if not terms:
            raise ProofError(
                f"the graph does not state {' '.join(row)}, which the answer cites: it has changed since. Ask again."
            )
        return min(terms, key=lambda one: ("@id" not in one, sorted(one.items())))

    def _entry(self, fact: HistoryFact) -> str:
        key = (self._named(fact.iri), fact.value)
        if key not in self._entries:
            self._entries[key] = {
                "@id": here(f"entry-{len(self._entries) + 1}"),
                "@type": "thence:HistoryEntry",
                "item": fact.iri,
                "value": fact.value,
            }
        return str(self._entries[key]["@id"])

    def _named(self, iri: str) -> str:
        """Return an IRI after noting what it is called."""
        self._labels[iri] = self._snapshot.label(iri)
        return iri


def _version() -> str:
    try:
        return version("thence")
    except PackageNotFoundError:
        return "(not installed)"
