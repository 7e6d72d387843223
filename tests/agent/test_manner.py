"""The manner of an answer: tone and language as the request asks, and explanations chosen by a measure."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.answer import RankedItem
from agent.errors import RequestError
from agent.finding import EvidenceFinder
from agent.interpretation import Interpretation
from agent.justify import Justifier, Subject
from agent.manner import asked_language, asked_tone, spoken_languages
from agent.sentences import Sentences
from agent.steering import Steering
from agent.telling import Teller
from agent.toolbox import Toolbox
from agent.verify import Verifier
from kg.errors import ManifestError
from kg.manifest import Manifest
from kg.snapshot import Snapshot
from kg.types import Hop, Iri, Path, Triple
from tests.agent.conftest import Make
from tests.agent.fakes import ScriptedGate, first
from tools.path_quality import GOALS


def sentences(item: RankedItem) -> int:
    assert item.justification is not None
    return item.justification.text.replace("H. G. Wells", "Wells").count(".")


@pytest.mark.parametrize(
    ("request_", "tone", "rest"),
    [
        ("a gothic novel, keep it short", "short", "a gothic novel"),
        ("Briefly: something like Dracula", "short", ": something like Dracula"),
        ("books like Emma, with a wink", "playful", "books like Emma"),
        ("horror for connoisseurs", "expert", "horror"),
        ("short stories by Franz Kafka", None, "short stories by Franz Kafka"),
        ("a playfulness of style", None, "a playfulness of style"),
        ("", None, ""),
    ],
)
def test_a_request_may_ask_for_a_tone(request_: str, tone: str | None, rest: str) -> None:
    assert asked_tone(request_) == (tone, rest)


def test_a_language_is_known_by_its_script_where_the_domain_speaks_it() -> None:
    assert asked_language("推荐一本书", ("en", "zh")) == "zh"
    assert asked_language("推荐一本书", ("en",)) is None
    assert asked_language("a book", ("en", "zh")) is None


GERMAN = {
    "connectors": [", und ", "; "],
    "this": "dieses {noun}",
    "list_two": " und ",
    "numbers": ["null", "ein", "zwei", "drei"],
    "statements": {
        "rated": ["du gabst {b} {v} von {max} Punkten"],
        "loved": ["du liebst {b}"],
        "moved": ["aus deinem Verlauf spricht {b} am meisten für {this}"],
    },
}
SAID = {
    "fact": ("{s} wurde von {o} geschrieben",),
    "shared": ("{a} und {b} wurden von {o} geschrieben",),
    "noun": "Autor",
}


def german(toolbox: Toolbox, wording: object = GERMAN) -> Snapshot:
    """Return the bookshop with German of its own."""
    manifest = toolbox.snapshot.manifest.model_dump(by_alias=True)
    manifest |= {"languages": ["en", "zh", "de"], "wording": {"de": wording}}
    manifest["relations"]["author"]["phrases"]["de"] = SAID
    manifest["items"]["nouns"] = {"de": "Buch"}
    return replace(toolbox.snapshot, manifest=Manifest.model_validate(manifest))


def test_a_domain_adds_a_language_with_phrases_of_its_own(toolbox: Toolbox) -> None:
    snapshot = german(toolbox)
    assert spoken_languages(snapshot.manifest) == ("en", "zh", "de")
    assert spoken_languages(toolbox.snapshot.manifest) == ("en", "zh")
    sentences = Sentences(snapshot, "de")
    verifier = Verifier(snapshot, sentences)
    castle, trial = (Iri(f"http://shop.example/book/{name}") for name in ("castle", "trial"))
    finder = EvidenceFinder(cast(Any, SimpleNamespace(snapshot=snapshot, paths=toolbox.paths)))
    evidence = finder.choose(castle, Interpretation(intent="recommend"), {trial: 5.0}, [trial])
    subject = Subject(castle, [one for one in evidence if sentences.says(one)], {trial: 5.0}, {trial: 0.5})
    text = Justifier(sentences, verifier).in_plain_words(subject).text
    assert "The Castle und The Trial wurden von Franz Kafka geschrieben" in text
    assert verifier.check(text, subject.grounds).holds
    assert not verifier.check(text.replace("Franz Kafka", "Jane Austen"), subject.grounds).holds
    assert not verifier.check(text.replace("wurden", "wurden nicht"), subject.grounds).holds


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"connectors": []}, "'connectors' must list"),
        ({"statements": {"rated": ["{b} hat {stars}"]}}, "may hold {b}, {max}, {v}, each once"),
        ({"statements": {"praised": ["{b}"]}}, "unknown key 'praised'"),
        ({"end": 3}, "'end' must be a text"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"numbers": "eins"}, "'numbers' must be a list of texts"),
    ],
)
def test_a_mistake_in_a_language_of_a_domain_is_told_with_its_key(
    toolbox: Toolbox, changed: dict[str, object], said: str
) -> None:
    snapshot = german(toolbox, GERMAN | changed)
    with pytest.raises(ManifestError, match=re.escape(said)) as error:
        Teller(cast(Any, SimpleNamespace(snapshot=snapshot, paths=toolbox.paths)))
    assert "[wording.de]" in str(error.value)


async def test_a_short_answer_has_one_sentence_an_item(bookshop: Make) -> None:
    recommender = bookshop(ScriptedGate(first))
    for answer in (
        await recommender.arecommend(user="ann", query="horror, keep it short"),
        await recommender.arecommend(user="ann", query="horror", tone="short"),
    ):
        assert answer.items
        for item in answer.items:
            assert sentences(item) == 1


async def test_a_tone_lasts_in_its_conversation_until_another_is_asked_for(bookshop: Make) -> None:
    recommender = bookshop(ScriptedGate(first))
    await recommender.arecommend(user="ann", query="horror, keep it short", thread="t")
    again = await recommender.arecommend(user="ann", query="sci-fi", thread="t")
    assert {sentences(item) for item in again.items} == {1}
    other = await recommender.arecommend(user="ann", query="sci-fi", thread="t", tone="plain")
    assert 2 in {sentences(item) for item in other.items}


async def test_chinese_is_answered_by_code_with_the_default_model(bookshop: Make) -> None:
    gate = ScriptedGate(first)
    answer = await bookshop(gate).arecommend(user="cat", query="", language="zh")
    texts = [item.justification.text for item in answer.items if item.justification and item.justification.text]
    assert any("作者" in text for text in texts)
    assert all(item.justification and item.justification.written_by == "code" for item in answer.items)
    assert gate.named("justify") == []
    served = bookshop(ScriptedGate(first), model_languages=("en", "zh"))
    by_model = await served.arecommend(user="cat", query="", language="zh")
    told = [item.justification for item in by_model.items if item.justification and item.justification.text]
    assert {one.written_by for one in told} == {"model"}


async def test_a_relation_without_words_of_a_language_is_not_told_in_it(bookshop: Make) -> None:
    answer = await bookshop(ScriptedGate(first)).arecommend(user="cat", query="", language="zh", k=8)
    assert not any("genre" in item.justification.text for item in answer.items if item.justification)


@pytest.mark.parametrize("goal", GOALS)
async def test_a_measure_chooses_the_first_path_and_the_list_stays(bookshop: Make, goal: str) -> None:
    recommender = bookshop(ScriptedGate(first))
    plain = await recommender.arecommend(user="dan", k=5)
    steered = await recommender.arecommend(user="dan", k=5, steer=goal)  # type: ignore[arg-type]
    assert [item.iri for item in steered.items] == [item.iri for item in plain.items]
    for item in steered.items:
        assert item.justification is not None
        assert len(item.paths) <= 3


async def test_what_cannot_be_is_refused(bookshop: Make) -> None:
    recommender = bookshop(ScriptedGate(first))
    for manner in ({"tone": "rude"}, {"language": "tlh"}, {"steer": "luck"}):
        with pytest.raises(RequestError, match="must be one of"):
            await recommender.arecommend(user="ann", **manner)  # type: ignore[arg-type]


def test_steering_puts_the_most_recent_interaction_first() -> None:
    def path(start: str) -> Path:
        one = Triple(Iri(start), Iri("r"), "x")
        two = Triple(Iri("item"), Iri("r"), "x")
        return Path((Iri(start), Iri("x"), Iri("item")), (Hop("r", "forward", one), Hop("r", "inverse", two)), 0.5)

    steering = Steering(cast(Any, SimpleNamespace(adjacency=None)))
    steering.__dict__["_popularity"] = {}
    moments = {Iri("old"): 1.0, Iri("mid"): 2.0, Iri("new"): 3.0}
    ((chosen, *_),) = steering.ordered([[path("old"), path("new"), path("mid")]], "lir", moments, 3)
    assert chosen.entities[0] == "new"
