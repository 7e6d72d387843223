"""Telling why: evidence, justifications and the overview of a list, in the request's tone and language."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.answer import Justification
from agent.asking import Asked, Spent, ask
from agent.finding import EvidenceFinder
from agent.gate import ModelGate
from agent.interpretation import Interpretation
from agent.justify import MAX_TOKENS, TEMPERATURE, Justifier, Subject, Written
from agent.manner import wording_of
from agent.overview import Overview
from agent.schemas import closed_object
from agent.sentences import Sentences
from agent.state import Json
from agent.taste import Taste
from agent.toolbox import Toolbox
from agent.verify import Grounds, Verifier
from agent.views import OF_HISTORY
from kg.snapshot import Snapshot
from kg.types import Iri
from prompts import load_template
from prompts.phrases import Tone

SLIGHT = 1e-3
"""Share of a score below which nobody is told that an item of the history speaks for another."""


@dataclass(frozen=True)
class Request:
    """What a list is told for.

    Attributes:
        meaning: The wish, with what the user wants lastingly.
        taste: What is known of the user.
        tone, language: The manner.
        steered: Whether the first path of each item was chosen by a measure, so that the words begin with it.
    """

    meaning: Interpretation
    taste: Taste
    tone: Tone = "plain"
    language: str = "en"
    steered: bool = False


@dataclass(frozen=True)
class _Voice:
    """What writes and checks one language."""

    sentences: Sentences
    verifier: Verifier
    justifier: Justifier
    overview: Overview


class Teller:
    """Tells why items of one domain are recommended."""

    def __init__(self, toolbox: Toolbox, model_languages: Sequence[str] = ("en",)) -> None:
        self._snapshot: Snapshot = toolbox.snapshot
        self.finder = EvidenceFinder(toolbox)
        self._model_languages = tuple(model_languages)
        self._voices: dict[str, _Voice] = {}
        for language in toolbox.snapshot.manifest.wording:  # a mistake in a domain's own phrases is told at the start
            wording_of(toolbox.snapshot.manifest, language)
        self._overview_template = load_template("overview")

    def subjects(self, items: Sequence[Json], request: Request) -> list[Subject]:
        """Choose the evidence of each item of a list, each time something that was not told before."""
        told: Counter[str] = Counter()
        history = request.taste.rated
        voice = self._voice(request.language)
        found: list[Subject] = []
        for item in items:
            iri, scores = Iri(item["iri"]), history_scores(item)
            moved = [one for one in raised(scores) if scores[one] > SLIGHT * sum(map(abs, item["parts"].values()))]
            lead = _shared_by_path(item) if request.steered else None
            evidence = self.finder.choose(iri, request.meaning, history, moved, told=told, lead=lead)
            spoken = tuple(one for one in evidence if voice.sentences.says(one))
            found.append(Subject(iri, spoken, history, scores, request.tone))
        return found

    async def write(
        self, gate: ModelGate | None, items: Sequence[Json], request: Request, tell: Callable[[int, Written], None]
    ) -> list[Written]:
        """Return the justification of each item, one call an item, all at once, so that the server batches them.

        Args:
            gate: The way to the model; None leaves it out.
            items: `RankedItem`s as JSON.
            request: What they are told for.
            tell: Told each one as soon as it is there, with the item's number.
        """
        subjects = await asyncio.to_thread(self.subjects, items, request)
        voice = self._voice(request.language)
        gate = gate if request.language in self._model_languages else None

        async def one(at: int, subject: Subject) -> Written:
            written = await voice.justifier.write(gate, subject)
            tell(at, written)
            return written

        return list(await asyncio.gather(*(one(at, subject) for at, subject in enumerate(subjects))))

    async def overview(
        self, gate: ModelGate | None, items: Sequence[Json], request: Request
    ) -> tuple[Justification | None, Asked]:
        """Return what the items of a list have in common; None where that is nothing, or it does not hold."""
        voice = self._voice(request.language)
        listed = [Iri(item["iri"]) for item in items]
        scores = {Iri(item["iri"]): history_scores(item) for item in items}
        avoided = {ref.iri for ref in request.meaning.avoid}
        texts, grounds = await asyncio.to_thread(voice.overview.options, listed, scores, request.taste.rated, avoided)
        asked = Asked(None, Spent())
        if not texts:
            return None, asked
        chosen, by = texts[0], "code"
        if gate is not None and request.language in self._model_languages and len(texts) > 1:
            asked = await self._choose(gate, voice, listed, texts)
            if isinstance(asked.value, dict):
                chosen, by = str(asked.value["overview"]), "model"
        told = voice.overview.told(chosen, grounds)
        return (told.model_copy(update={"written_by": by}) if told else None), asked

    def holds(self, item: Json, request: Request) -> bool:
        """Tell whether the graph and the history entail, now, what an item's justification says."""
        justification = item.get("justification")
        if justification is None:
            return False
        told = Justification.model_validate(justification)
        if not told.text:
            return True
        iri = Iri(item["iri"])
        grounds = Grounds.cited(self._snapshot, iri, told.claims, request.taste.rated, history_scores(item))
        return self._voice(request.language).verifier.check(told.text, grounds).holds

    async def _choose(self, gate: ModelGate, voice: _Voice, listed: Sequence[Iri], texts: Sequence[str]) -> Asked:
        schema = closed_object({"overview": {"enum": list(texts)}})
        labels = "\n".join(f"- {voice.sentences.label(iri)}" for iri in listed)
        messages = self._overview_template.messages(items=labels)

        def valid(value: object) -> bool:
            return isinstance(value, dict) and value.get("overview") in texts

        return await ask(gate, "overview", [*messages], schema, valid, max_tokens=MAX_TOKENS, temperature=TEMPERATURE)

    def _voice(self, language: str) -> _Voice:
        voice = self._voices.get(language)
        if voice is None:
            sentences = Sentences(self._snapshot, language)
            verifier = Verifier(self._snapshot, sentences)
            justifier = Justifier(sentences, verifier)
            voice = _Voice(sentences, verifier, justifier, Overview(self._snapshot, sentences, verifier))
            self._voices[language] = voice
        return voice


def _shared_by_path(item: Json) -> tuple[str, str] | None:
    """Return the item of the history and the entity of an item's first path, where it has two hops."""
    entities = item["paths"][0]["entities"] if item["paths"] else []
    return (entities[0], entities[1]) if len(entities) == 3 else None


def history_scores(item: Json) -> dict[Iri, float]:
    """Return what each item of the history adds to an item's score."""
    sums: dict[Iri, float] = {}
    for one in item["contributions"]:
        if one["part"] in OF_HISTORY and one["iri"]:
            sums[Iri(one["iri"])] = sums.get(Iri(one["iri"]), 0.0) + one["value"]
    return sums


def raised(scores: Mapping[Iri, float]) -> list[Iri]:
    """Return the items of the history that raised a score, most first."""
    return sorted((iri for iri, value in scores.items() if value > 0), key=lambda iri: (-scores[iri], iri))
