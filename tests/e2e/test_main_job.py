"""The main job through a real vLLM server and the packaged model, as a user meets it: commands, chat, Python."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from agent import server
from agent.answer import Answer
from agent.recommender import Recommender
from agent.server import ServerAddress
from agent.server.processes import is_living
from agent.settings import Settings
from kg.domain import Domains
from kg.snapshot import Snapshot, open_snapshot
from tests.e2e.processes import engine_of, processes_of, wait_for

pytestmark = [pytest.mark.llm, pytest.mark.timeout(400)]

COMMAND = str(Path(sys.executable).with_name("thence"))
WISH = "something like Alien but funnier, no horror"
FIELDS = {
    "domain", "user", "request", "items", "degraded", "removed_by", "trace", "timings", "calls", "tokens",
}  # fmt: skip


@pytest.fixture(autouse=True)
def isolated_environment(monkeypatch: pytest.MonkeyPatch, model_settings: Settings) -> None:
    """Let these tests share the folders of the running server."""
    monkeypatch.setenv("THENCE_HOME", str(model_settings.home))
    monkeypatch.setenv("THENCE_CACHE", str(model_settings.cache))


@pytest.fixture(scope="module")
def films(model_server: Settings) -> Iterator[Recommender]:
    with Recommender.load("films", settings=model_server) as recommender:
        yield recommender


@pytest.fixture(scope="module")
def graph(model_server: Settings, films: Recommender) -> Snapshot:
    domains = Domains(model_server.home)
    domain = domains.find("films")
    return open_snapshot(domain, domains.fitted(domain))


def thence(
    *arguments: str, text: str | None = None, timeout: float = 200, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, check=False, env=env)


def assert_every_claim_holds(answer: Answer, graph: Snapshot, history: Mapping[str, float]) -> None:
    for item in answer.items:
        assert item.justification is not None
        for claim in item.justification.claims:
            assert claim.triples or claim.history, claim
            for subject, predicate, obj in claim.triples:
                stated = {one.object for one in graph.store.triples(subject=subject, predicate=predicate)}
                assert obj in stated, claim
            for fact in claim.history:
                assert history[fact.iri] == fact.value


@pytest.mark.parametrize(("name", "user"), [("ml100k", "1"), ("lastfm", "2")])
def test_an_imported_domain_goes_through_the_same_commands(
    name: str, user: str, data_sets: dict[str, Path], model_settings: Settings, server_start: "Future[ServerAddress]"
) -> None:
    """It comes first, by the name of its file, too: while the domain is read and fitted, the server comes up."""
    imported = thence("domain", "import", str(data_sets[name]), "--name", name)
    done = thence("recommend", "--domain", name, "--user", user, "-k", "3", "--json")

    assert imported.returncode == 0, imported.stderr
    assert done.returncode == 0, done.stderr
    answer = Answer.model_validate_json(done.stdout)
    domains = Domains(model_settings.home)
    domain = domains.find(name)
    snapshot = open_snapshot(domain, domains.fitted(domain))
    history = {snapshot.items[column]: value for column, value in snapshot.interactions.history(user).items()}
    assert len(answer.items) == 3
    assert_every_claim_holds(answer, snapshot, history)


BAD = {
    "unknown domain": (("recommend", "--domain", "filmz"), "films"),
    "unknown user": (("recommend", "--user", "u1x"), "u1"),
    "unknown item": (("explain", "--user", "u01", "--item", "Galaxy Qwertz"), "Galaxy Quest"),
    "negative k": (("recommend", "-k", "-3"), "-3"),
    "k of zero": (("recommend", "-k", "0"), "0"),
    "k of ten million": (("recommend", "-k", "10000000"), "10000000"),
    "k that is no number": (("recommend", "-k", "many"), "many"),
    "a request of 100 kB": (("recommend", "--query", "x" * 100_000), "2,000"),
    "an import without a folder": (("domain", "import", "/nowhere/at/all", "--name", "x"), "/nowhere/at/all"),
    "an import under a bad name": (("domain", "import", ".", "--name", "../x"), "../x"),
    "an import over a sample": (("domain", "import", ".", "--name", "films"), "already"),
    "an unreachable server": (
        ("ask", "who directed Alien?", "--base-url", "http://127.0.0.1:9/v1", "--model", "m"),
        "",
    ),
    "an unknown option": (("recommend", "--uzer", "u01"), "--uzer"),
    "an unknown device": (("recommend", "--device", "abacus"), "abacus"),
}


@pytest.fixture(scope="module")
def refused(model_server: Settings) -> Iterator["dict[str, Future[subprocess.CompletedProcess[str]]]"]:
    """Every command with bad input, one on each core at a time: most of each is the start of Python."""
    places = os.environ | {"THENCE_HOME": str(model_server.home), "THENCE_CACHE": str(model_server.cache)}
    with ThreadPoolExecutor(2) as threads:
        yield {name: threads.submit(thence, *arguments, env=places) for name, (arguments, _) in BAD.items()}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_clear_error(
    name: str, refused: "dict[str, Future[subprocess.CompletedProcess[str]]]"
) -> None:
    told, done = BAD[name][1], refused[name].result()

    assert "Traceback" not in done.stderr
    assert told in done.stderr + done.stdout
    assert done.returncode != 0 or name == "an unreachable server"
    assert len(done.stderr) < 2500


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"kg.ttl": "<a> <b> .", "items.tsv": "item_id\tiri\n"}, "kg.ttl, line 1"),
        ({"kg.ttl": "", "items.tsv": "item_id\tiri\n"}, "empty"),
        ({"items.tsv": "item_id\tiri\n"}, "no graph"),
        ({"kg.nt.gz": "not gzip"}, "gzip"),
    ],
)
def test_a_broken_folder_is_not_imported(
    files: dict[str, str], told: str, tmp_path: Path, model_settings: Settings
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = thence("domain", "import", str(tmp_path), "--name", "broken")

    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert "broken" not in Domains(model_settings.home).folders()


def test_five_recommendations_come_with_reasons_that_the_graph_states(films: Recommender, graph: Snapshot) -> None:
    answer = films.recommend(user="u01", query=WISH, k=5)

    history = {graph.items[column]: value for column, value in graph.interactions.history("u01").items()}
    assert [item.rank for item in answer.items] == [1, 2, 3, 4, 5]
    assert not answer.degraded, answer.degraded_because
    assert all(item.justification and item.justification.text for item in answer.items)
    assert_every_claim_holds(answer, graph, history)
    assert not {item.iri for item in answer.items} & history.keys()
    assert answer.removed_by["no horror"] > 0
    assert answer.calls >= 6


def test_the_model_takes_part_in_every_step_that_is_its_own(films: Recommender) -> None:
    answer = films.recommend(user="u01", query=WISH, k=3)

    by_model = {step.action for step in answer.trace if step.decided_by == "model"}
    assert {"interpret", "justify"} <= by_model
    assert by_model & {"rank_items", "nearest_items", "sparql"}
    assert all(step.tokens for step in answer.trace if step.decided_by == "model")


def test_chinese_is_worded_by_a_model_that_is_said_to_know_it(model_server: Settings, graph: Snapshot) -> None:
    """No package carries a multilingual model; held to the schema, the default one can write whatever is entailed."""
    settings = model_server.model_copy(update={"model_languages": ("en", "zh")})
    with Recommender.load("films", settings=settings) as recommender:
        answer = recommender.recommend(user="u01", k=3, language="zh")
    told = [item.justification for item in answer.items if item.justification and item.justification.text]
    assert [one.written_by for one in told] == ["model"] * 3
    assert all(re.search(r"[\u4e00-\u9fff]{4}", one.text) for one in told)
    history = {graph.items[column]: value for column, value in graph.interactions.history("u01").items()}
    assert_every_claim_holds(answer, graph, history)


def test_parts_sum_to_the_score(films: Recommender) -> None:
    for item in films.recommend(user="u02", query="a comedy from the 80s", k=5).items:
        assert sum(item.parts.values()) == pytest.approx(item.score, abs=1e-6)


def test_a_question_gets_the_complete_set_of_answers(films: Recommender, graph: Snapshot) -> None:
    answer = films.ask("who directed films with Harrison Ford?")

    ford, director = "http://example.org/person/Harrison_Ford", "http://dbpedia.org/ontology/director"
    starring = "http://dbpedia.org/ontology/starring"
    acted_in = [one.subject for one in graph.store.triples(predicate=starring, obj=ford)]
    expected = {one.object for film in acted_in for one in graph.store.triples(subject=film, predicate=director)}
    assert {one.iri for one in answer.answers} == expected
    assert all(len(one.triples) == 2 for one in answer.answers)


def test_a_user_without_history_gets_recommendations(films: Recommender) -> None:
    assert len(films.recommend(query="a western", k=4).items) == 4


def test_control_characters_in_a_request_do_no_harm(films: Recommender) -> None:
    answer = films.recommend(query="a \x1b[31mcomedy\x00 \u202ewith robots", k=2)

    assert len(answer.items) == 2
    assert "\x1b" not in answer.model_dump_json()


def test_recommend_prints_exactly_the_answer_as_json(model_server: Settings) -> None:
    done = thence("recommend", "--domain", "films", "--user", "u01", "--query", WISH, "-k", "2", "--json")

    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed.keys() >= FIELDS
    item = printed["items"][0]
    assert {"iri", "label", "rank", "score", "parts", "justification", "paths"} <= item.keys()
    assert {"text", "claims"} <= item["justification"].keys()
    assert {"text", "triples"} <= item["justification"]["claims"][0].keys()


def test_an_empty_result_says_which_wish_emptied_it(films: Recommender) -> None:
    answer = films.recommend(query="a western with Meryl Streep from 2020")

    assert answer.items == []
    assert "Ask again without it" in answer.text
    assert max(answer.removed_by.values()) > 0


def test_a_conversation_survives_a_restart(model_server: Settings) -> None:
    first = thence("chat", "--user", "u01", "--thread", "kept", text="a comedy like Alien\n")
    second = thence("chat", "--user", "u01", "--thread", "kept", text="but older, before 1980\n")

    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "year up to 1979" in second.stdout
    assert "comedy" in second.stdout


class Chat:
    """A chat whose lines are sent one at a time."""

    def __init__(self, *arguments: str) -> None:
        self._log = Path(os.environ["THENCE_HOME"]) / "chat-test.out"
        self._out = self._log.open("w")
        self._process = subprocess.Popen(
            [COMMAND, "chat", *arguments],
            stdin=subprocess.PIPE, stdout=self._out, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def say(self, line: str, until: str, timeout: float = 150) -> str:
        """Send a line and return what was printed once `until` occurs in it."""
        before = len(self._log.read_text())
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            printed = self._log.read_text()[before:]
            if until in printed:
                return printed
            time.sleep(0.2)
        raise AssertionError(f"no {until!r} within {timeout} s in: {self._log.read_text()[before:]}")

    def __enter__(self) -> "Chat":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._out.close()


def test_a_killed_engine_ends_the_server_and_degrades_the_chat_until_it_is_back(model_server: Settings) -> None:
    footer = "to the model"
    with Chat("--user", "u01") as chat:
        good = chat.say(WISH, footer)
        lost = processes_of(model_server)
        engine_of(model_server).kill()
        wait_for(lambda: server.status(model_server).phase == "ended")
        wait_for(lambda: not any(map(is_living, lost)))
        degraded = chat.say("a western", footer)
        wait_for(lambda: server.status(model_server).phase == "running", 150)
        recovered = chat.say("a musical", footer)

    assert "Note:" not in good
    assert "Note:" in degraded
    assert "1  " in degraded, "the list comes all the same"
    assert "no call to the model" not in recovered


def test_two_processes_can_use_one_domain_at_once(model_server: Settings) -> None:
    command = [COMMAND, "recommend", "--user", "u03", "-k", "2", "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [Answer.model_validate_json(one.communicate(timeout=200)[0]) for one in both]

    assert [item.iri for item in answers[0].items] == [item.iri for item in answers[1].items]
