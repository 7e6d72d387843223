"""Justifications: the model words the evidence, the verifier reads what it wrote, and code words what fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.answer import Claim, Justification
from agent.asking import Asked, Spent, ask
from agent.evidence import Evidence, Fact, Shared
from agent.gate import ModelGate
from agent.sentences import Sentences
from agent.verify import Verifier
from kg.snapshot import Snapshot
from kg.types import Iri
from prompts import load_template

MAX_SENTENCES = 2
MAX_TOKENS = 200
TEMPERATURE = 0.7
"""At 0 a small model begins every sentence alike."""

FIELDS = ("first", "second")


@dataclass(frozen=True)
class Written:
    """A justification with what it cost; `reason` says why code wrote it, where it did."""

    justification: Justification
    spent: Spent
    reason: str | None = None
    down: bool = False


class Justifier:
    """Writes the justification of one item."""

    def __init__(self, snapshot: Snapshot, sentences: Sentences, verifier: Verifier) -> None:
        self._snapshot = snapshot
        self._sentences = sentences
        self._verifier = verifier
        self._template = load_template("justify")

    async def write(
        self, gate: ModelGate | None, item: Iri, evidence: Sequence[Evidence], history: Mapping[Iri, float]
    ) -> Written:
        """Return a verified justification; `gate` None leaves the model out."""
        options = self._options(evidence)
        if not options:
            return Written(Justification(text="", claims=[], written_by="code"), Spent())
        asked = await self._ask(gate, item, evidence, options) if gate else Asked(None, Spent(), "no model")
        reason = asked.reason
        if isinstance(asked.value, dict):
            text = " ".join(str(asked.value[field]) for field in FIELDS if field in asked.value)
            verdict = self._verifier.check(text, item, evidence, history)
            if verdict.holds:
                return Written(Justification(text=text, claims=list(verdict.claims), written_by="model"), asked.spent)
            reason = verdict.reason
        return Written(self.in_plain_words(item, evidence, history), asked.spent, reason, asked.down)

    def in_plain_words(self, item: Iri, evidence: Sequence[Evidence], history: Mapping[Iri, float]) -> Justification:
        """Return the first pieces of evidence in code's words, as far as the verifier accepts them."""
        kept: list[str] = []
        claims: list[Claim] = []
        told: Iri | None = None
        for piece in evidence[:MAX_SENTENCES]:
            text = self._sentences.ways(piece, again=bool(kept), told=told)[0]
            verdict = self._verifier.check(text, item, evidence, history)
            if verdict.holds:
                kept.append(text)
                claims += verdict.claims
                told = piece.other if isinstance(piece, Shared) else told
        return Justification(text=" ".join(kept), claims=claims, written_by="code")

    def _options(self, evidence: Sequence[Evidence]) -> dict[str, list[str]]:
        """Return what each sentence may say: the first piece of evidence first, the others after it."""
        if not evidence:
            return {}
        options = {FIELDS[0]: self._sentences.ways(evidence[0])}
        told = evidence[0].other if isinstance(evidence[0], Shared) else None
        later = [way for piece in evidence[1:] for way in self._sentences.ways(piece, again=True, told=told)]
        return options | ({FIELDS[1]: later} if later else {})

    async def _ask(
        self, gate: ModelGate, item: Iri, evidence: Sequence[Evidence], options: Mapping[str, list[str]]
    ) -> Asked:
        properties = {field: {"enum": list(dict.fromkeys(ways))} for field, ways in options.items()}
        schema = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        facts = "\n".join(f"- {self._line(piece)}" for piece in evidence)
        messages = self._template.messages(item=self._sentences.label(item), facts=facts)

        def valid(value: object) -> bool:
            return isinstance(value, dict) and all(value.get(field) in ways for field, ways in options.items())

        return await ask(gate, "justify", [*messages], schema, valid, max_tokens=MAX_TOKENS, temperature=TEMPERATURE)

    def _line(self, piece: Evidence) -> str:
        label, relation = self._sentences.label, self._snapshot.manifest.relations[piece.relation]
        if isinstance(piece, Fact):
            triple = piece.triple
            return f"{label(triple.subject)} | {relation.noun} | {label(triple.object, literal=triple.literal)}"
        rated = "" if piece.value is None else f"; you rated {label(piece.other)} {piece.value:g}"
        return f"{label(piece.item)} and {label(piece.other)} | same {relation.noun} | {label(piece.shared)}{rated}"
