"""Justifications: the model words the evidence, the verifier reads what it wrote, and code words what fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.answer import Claim, Justification
from agent.asking import Asked, Spent, ask
from agent.composing import Composer
from agent.evidence import Dated, Evidence, Fact, Moved, Several, Shared
from agent.gate import ModelGate
from agent.schemas import closed_object
from agent.sentences import Sentences
from agent.verify import Grounds, Verifier
from kg.types import Iri
from prompts import load_template
from prompts.phrases import Tone

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


@dataclass(frozen=True)
class Subject:
    """What a justification is about.

    Attributes:
        item: The recommended item.
        evidence: What may be said, the most telling first.
        history: The user's values by item.
        scores: What items of the history add to the item's score.
        tone: How it is said.
    """

    item: Iri
    evidence: Sequence[Evidence]
    history: Mapping[Iri, float]
    scores: Mapping[Iri, float]
    tone: Tone = "plain"

    @property
    def grounds(self) -> Grounds:
        return Grounds.of(self.item, self.evidence, self.history, self.scores)


class Justifier:
    """Writes the justification of one item, in one language."""

    def __init__(self, sentences: Sentences, verifier: Verifier) -> None:
        self._sentences = sentences
        self._verifier = verifier
        self._composer = Composer(sentences)
        self._template = load_template("justify")

    async def write(self, gate: ModelGate | None, subject: Subject) -> Written:
        """Return a verified justification; `gate` None leaves the model out."""
        options = self.options(subject)
        if not options:
            return Written(Justification(text="", claims=[], written_by="code"), Spent())
        spent, asked = Spent(), Asked(None, Spent(), "no model")
        reason: str | None = asked.reason
        for _ in range(2 if gate else 0):
            asked = await self._ask(gate, subject, options, reason if spent.calls else None)
            spent, reason = _added(spent, asked.spent), asked.reason
            if not isinstance(asked.value, dict):
                break
            text = self._sentences.wording.space.join(str(asked.value[name]) for name in FIELDS if name in asked.value)
            verdict = self._verifier.check(text, subject.grounds)
            if verdict.holds:
                return Written(Justification(text=text, claims=list(verdict.claims), written_by="model"), spent)
            reason = verdict.reason
        return Written(self.in_plain_words(subject), spent, reason, asked.down)

    def in_plain_words(self, subject: Subject) -> Justification:
        """Return sentences that code draws, as far as the verifier accepts them; else the plainest that it accepts."""
        grounds = subject.grounds
        options = list(self.options(subject).values())
        drawn = self._sentences.wording.space.join(ways[0] for ways in options)
        verdict = self._verifier.check(drawn, grounds)
        if drawn and verdict.holds:
            return Justification(text=drawn, claims=list(verdict.claims), written_by="code")
        kept: list[str] = []
        claims: list[Claim] = []
        told: Iri | None = None
        for piece in subject.evidence:
            for text in self._sentences.ways(piece, again=bool(kept), told=told)[:1]:
                whole = self._verifier.check(self._sentences.wording.space.join([*kept, text]), grounds)
                if whole.holds and len(kept) < MAX_SENTENCES:
                    kept, claims = [*kept, text], list(whole.claims)
                    told = piece.other if isinstance(piece, Shared) else told
        return Justification(text=self._sentences.wording.space.join(kept), claims=claims, written_by="code")

    def prompt(self, subject: Subject) -> list[dict[str, str]]:
        """Return what the model is asked for a justification."""
        facts = "\n".join(f"- {self.line(piece)}" for piece in subject.evidence)
        return [*self._template.messages(item=self._sentences.label(subject.item), tone=subject.tone, facts=facts)]

    def line(self, piece: Evidence) -> str:
        """Return a piece of evidence as a line of the prompt."""
        label = self._sentences.label
        rated = ""
        if isinstance(piece, Shared | Dated | Moved) and piece.value is not None:
            other, known = label(piece.other), self._sentences.top
            rated = f"; you rated {other} {piece.value:g}" if known else f"; {other} is in your history"
        match piece:
            case Fact():
                triple, noun = piece.triple, self._sentences.relation_noun(piece.relation)
                asked = "; you asked for it" if piece.wished else ""
                return f"{label(triple.subject)} | {noun} | {label(triple.object, literal=triple.literal)}{asked}"
            case Shared():
                noun = self._sentences.relation_noun(piece.relation)
                return f"{label(piece.item)} and {label(piece.other)} | same {noun} | {label(piece.shared)}{rated}"
            case Several():
                noun = self._sentences.relation_noun(piece.relation)
                liked = f"{len(piece.others)} {self._sentences.plural} you like"
                return f"{label(piece.item)} and {liked} | same {noun} | {label(piece.shared)}"
            case Dated():
                ours, theirs = piece.years
                return f"{label(piece.item)} | {ours} | {label(piece.other)} | {theirs}{rated}"
            case Moved():
                return f"{label(piece.other)} | speaks most for | {label(piece.item)}{rated}"

    def options(self, subject: Subject, seed: str | None = None) -> dict[str, list[str]]:
        """Return what each sentence may be, by the field of the schema; None draws by the item and the history."""
        seed = seed if seed is not None else f"{subject.item}|{sorted(subject.history.items())[:5]}"
        options = self._composer.options(subject.evidence, subject.tone, seed)
        return dict(zip(FIELDS, options, strict=False))

    async def _ask(
        self, gate: ModelGate | None, subject: Subject, options: Mapping[str, list[str]], refused: str | None
    ) -> Asked:
        assert gate is not None
        schema = closed_object({field: {"enum": list(dict.fromkeys(ways))} for field, ways in options.items()})
        messages = self.prompt(subject)
        if refused:
            messages[-1] = replace_content(messages[-1], f"The last text was refused: {refused}")

        def valid(value: object) -> bool:
            return isinstance(value, dict) and all(value.get(field) in ways for field, ways in options.items())

        return await ask(gate, "justify", [*messages], schema, valid, max_tokens=MAX_TOKENS, temperature=TEMPERATURE)


def replace_content(message: dict[str, str], more: str) -> dict[str, str]:
    """Return a message with a line in front."""
    return message | {"content": f"{more}\n{message['content']}"}


def _added(one: Spent, two: Spent) -> Spent:
    return replace(one, calls=one.calls + two.calls, tokens=one.tokens + two.tokens, seconds=one.seconds + two.seconds)
