"""Justifications measured: rows by hand, peers that are stopped, and the command from end to end without a server."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.answer import RankedItem
from agent.cli.main import run
from agent.errors import InvalidOutputError, ModelUnreachableError
from agent.gate import ModelGate
from agent.model import Completion, Message, ModelClient
from agent.toolbox import open_toolbox
from agent.verify import Verdict
from eval import grounding_run as module
from eval.errors import EvaluationError
from eval.grounding import OURS, JudgedClaim, ListRun, Sentence, Text, Work, draw_users, judged
from eval.grounding_evidence import Brief
from eval.grounding_measures import AS_SHOWN, Times, list_row, path_rows, times, writer_row
from eval.grounding_peers import MAX_TOKENS, PEERS, UNTUNED, run_peer
from eval.grounding_report import RECORD, TEXTS, GroundingReport, Setting, save
from kg.types import Iri
from tests.agent.fakes import ScriptedClient, ScriptedGate, first
from tests.conftest import write_bookshop
from tests.eval.conftest import interactions
from tests.fakes import BagOfWordsEncoder
from tools.path_quality import NO_TIMES, LinkedPath

WRITERS = [OURS, *PEERS, *(f"{name}{UNTUNED}" for name in PEERS)]
A, B, X, Y = (Iri(name) for name in "abxy")
TRUE, FALSE, STRAY = Sentence("T.", True, ()), Sentence("F.", False, ()), Sentence("S.", False, ("best",))


def text(user: str = "u", *sentences: Sentence, by_code: bool = False, words: int = 25, **more: Any) -> Text:
    told = sentences or (TRUE,)
    said = " ".join(one.text for one in told)
    values: dict[str, Any] = {"skeleton": said, "claims": (), "seconds": 1.0, "tokens": 100.0, "cut": False}
    return Text(OURS, user, "item", said, ("a fact",), by_code, words=words, sentences=told, **(values | more))


def list_run(user: str = "u", seconds: float = 1.0, **more: Any) -> ListRun:
    values: dict[str, Any] = {
        "texts": (text(user),),
        "ranked": seconds / 10,
        "refusals": (),
        "degraded": (),
        "paths": (),
    }
    return ListRun(user=user, seconds=seconds, calls=5, tokens=500, **(values | more))


def test_users_are_drawn_with_a_seed() -> None:
    ratings = interactions([[5, 0], [0, 0], [3, 1], [0, 4], [1, 1]])
    assert draw_users(ratings, 3, 7) == draw_users(ratings, 3, 7)
    assert sorted(draw_users(ratings, 9, 7)) == ["u0", "u2", "u3", "u4"]  # u1 has no history
    assert {tuple(draw_users(ratings, 2, seed)) for seed in range(20)} != {tuple(draw_users(ratings, 2, 0))}
    with pytest.raises(EvaluationError, match="no user of this domain has a history"):
        draw_users(interactions([[0, 0]]), 3, 0)


def test_shares_of_sentences_are_means_over_users() -> None:
    texts = [text("u", TRUE, FALSE), text("u", TRUE, TRUE), text("v", STRAY), text("v", FALSE), text("w", TRUE)]
    row = writer_row(OURS, texts, 0, ours=True)
    assert (row.texts, row.empty, row.sentences) == (5, 0, 7)
    assert row.strict is not None
    assert row.lenient is not None
    assert row.strict.mean == pytest.approx((3 / 4 + 0 + 1) / 3)
    assert row.lenient.mean == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert row.strict.low <= row.strict.mean <= row.strict.high
    assert (row.strict_texts, row.lenient_texts) == (2 / 5, 4 / 5)


def test_what_names_nothing_counts_by_neither_yardstick() -> None:
    nothing = Sentence("You may like it.", False, (), says=False)
    row = writer_row("free", [text("u", TRUE, nothing), text("v", nothing)], 0, ours=False)
    assert row.sentences == 3
    assert row.say_nothing == pytest.approx(2 / 3)
    assert row.strict is not None
    assert (row.strict.mean, row.strict_texts, row.lenient_texts) == (1.0, 1.0, 1.0)


def test_sentences_that_say_something_are_told_apart() -> None:
    told = judged(
        'You may like it. {"genre": "recommended"} It won. Emma is. jane austen is! It is from 1815.', work().brief
    )
    assert [(one.text, one.says) for one in told] == [
        ("You may like it.", False),
        ('{"genre": "recommended"} It won.', True),
        ("Emma is.", True),
        ("jane austen is!", True),
        ("It is from 1815.", True),
    ]
    (broken,) = judged('{"genre": "recommended"}', work().brief)
    assert not broken.says


def test_claims_count_when_both_yardsticks_agree() -> None:
    claims = (JudgedClaim("a", True, ""), JudgedClaim("b", True, "it cites nothing"), JudgedClaim("c", False, ""))
    row = writer_row(OURS, [text(claims=claims), text(claims=claims[:1])], 0, ours=True)
    assert (row.claims, row.claims_entailed) == (4, 0.5)


def test_what_code_wrote_is_ours_alone() -> None:
    texts = [text("u", by_code=True), text("u"), text("v"), text("v")]
    ours, peer = writer_row(OURS, texts, 0, ours=True), writer_row("free", texts, 0, ours=False)
    assert ours.by_code is not None
    assert ours.by_code.mean == 0.25
    assert peer.by_code is None
    assert peer.claims_entailed is None


def test_empty_texts_are_counted_apart() -> None:
    row = writer_row(OURS, [replace(text(by_code=True), text="", sentences=()), text()], 0, ours=True)
    assert (row.texts, row.empty, row.sentences, row.skeletons) == (2, 1, 1, 1)
    assert row.by_code is not None
    assert row.by_code.mean == 0.0


def test_style_by_hand() -> None:
    words = (19, 20, 45, 46)
    texts = [text(skeleton=name, words=n, tokens=10.0 * n) for name, n in zip("aabc", words, strict=True)]
    row = writer_row(OURS, texts, 0, ours=True)
    assert (row.skeletons, row.commonest, row.words, row.in_range) == (3, 0.5, 32.5, 0.5)
    assert row.tokens == 325.0


def test_of_nothing_there_are_rows_without_figures() -> None:
    row = writer_row(OURS, [], 0, ours=True)
    assert (row.texts, row.strict, row.by_code, row.claims_entailed, row.item) == (
        0,
        None,
        None,
        None,
        Times(None, None),
    )
    assert list_row([]).ranked == Times(None, None)


@pytest.mark.parametrize(
    ("seconds", "p50", "p95"),
    [([1.0], 1.0, 1.0), ([3.0, 1.0, 2.0], 2.0, 3.0), (list(range(1, 101)), 50, 95), ([1.0, 2.0], 1.0, 2.0)],
)
def test_times_are_values_that_were_seen(seconds: list[float], p50: float, p95: float) -> None:
    assert times(seconds) == Times(p50, p95)


def test_lists_and_their_refusals_are_counted() -> None:
    runs = [list_run(refusals=("no cited fact supports: A",)), list_run(refusals=("no cited fact supports: B",))]
    row = list_row([*runs, list_run(seconds=3.0, degraded=("code worded 1",))])
    assert (row.lists, row.degraded, row.calls, row.tokens) == (3, 1, 5, 500)
    assert row.refusals == {"no cited fact supports": 2}
    assert row.whole == Times(1.0, 3.0)
    assert (row.overviews, row.overview_entailed) == (0, None)
    said = (JudgedClaim("a", True, ""), JudgedClaim("b", True, "it cites nothing"))
    row = list_row([list_run(overview=said), list_run()])
    assert (row.overviews, row.overview_claims, row.overview_entailed) == (1, 2, 0.5)


def test_path_rows_by_hand() -> None:
    old, new = LinkedPath(A, X, "author"), LinkedPath(B, Y, "author")
    runs = [list_run("u", paths=((old, new), ())), list_run("v", paths=((old,), (new,)))]
    moments = {"u": {A: 1.0, B: 2.0}, "v": dict[Iri, float]()}
    popularity = {("author", str(X)): 0.0, ("author", str(Y)): 1.0}
    rows = path_rows(runs, 2, moments=moments.__getitem__, popularity=popularity, kinds=["author", "genre"], seed=0)
    assert [row.chosen for row in rows] == [AS_SHOWN, "steered by LIR", "steered by SEP", "steered by ETD"]
    shown, by_lir, by_sep, _ = rows
    assert shown.explained == 0.75
    assert [one.lir.mean if one.lir else None for one in (shown, by_lir)] == [0.0, 1.0]  # of u: v has no times
    assert [one.sep.mean if one.sep else None for one in (shown, by_sep)] == [0.25, 0.75]
    assert shown.lir_missing is None
    (timeless, *_) = path_rows(
        runs[1:], 2, moments=moments.__getitem__, popularity=popularity, kinds=["author"], seed=0
    )
    assert (timeless.lir, timeless.lir_missing) == (None, NO_TIMES)


class Writer(ScriptedClient):
    """A model that also writes freely."""

    def __init__(self, *pieces: str, cut: bool = False) -> None:
        super().__init__(first)
        self.model, self.pieces, self.cut = "scripted", pieces, cut
        self.prompts: list[list[Message]] = []

    async def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        grammar: str | None = None,
        regex: str | None = None,
        temperature: float = 0.0,
        on_token: Callable[[str], None] | None = None,
    ) -> Completion:
        assert (grammar, regex, max_tokens) == (None, None, MAX_TOKENS)
        self.prompts.append(list(messages))
        for piece in self.pieces:
            assert on_token is not None
            on_token(piece)
        if self.cut:
            raise InvalidOutputError("the answer was cut off")
        return Completion("".join(self.pieces), 50, 20, 0.01, "stop")


class WritingGate(ScriptedGate):
    def __init__(self, writer: Writer) -> None:
        super().__init__(first)
        self.writer = self.model = writer


class GoneGate(ModelGate):
    """No server, and none that comes."""

    def __init__(self) -> None:
        """Hold nothing."""

    def begin(self) -> None:
        """Start nothing."""

    def close(self) -> None:
        """Nothing is open."""

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ModelClient]:
        raise ModelUnreachableError("nobody is there")
        yield


def work(user: str = "ann") -> Work:
    def check(said: str) -> Verdict:
        return Verdict((), None if said == "Emma is by Jane Austen." else "no")

    brief = Brief("Emma", ("Emma | author | Jane Austen",), frozenset({"Emma", "Jane Austen"}), {}, check)
    return Work(user, RankedItem(iri="e", label="Emma", rank=1, score=1.0, parts={}), brief)


async def test_a_peer_gets_the_evidence_and_is_judged_on_two_sentences() -> None:
    gate = WritingGate(Writer("Emma is by Jane ", "Austen.\n It is the best. ", "It is by Kafka."))
    told: list[int] = []
    one, two = await run_peer("facts only", gate, [[work()], [work("ben")]], concurrency=2, tell=told.append)
    assert (one.user, two.user, sorted(told)) == ("ann", "ben", [1, 2])
    assert one.text == "Emma is by Jane Austen. It is the best."
    assert one.sentences == (
        Sentence("Emma is by Jane Austen.", True, ()),
        Sentence("It is the best.", False, ("best",)),
    )
    assert (one.tokens, one.cut, one.by_code, one.claims) == (70.0, False, False, ())
    assert one.skeleton == "X is by X. It is the best."
    prompt = "\n".join(message["content"] for message in gate.writer.prompts[0])
    assert "- Emma | author | Jane Austen" in prompt
    assert "Use only these facts" in prompt


async def test_the_free_peer_is_told_no_rule() -> None:
    gate = WritingGate(Writer("Emma."))
    (one,) = await run_peer("free", gate, [[work()]], concurrency=1, tell=lambda _: None, tuned=False)
    assert one.writer == "free, untuned"
    assert "only" not in "\n".join(message["content"] for message in gate.writer.prompts[0]).casefold()


async def test_a_peer_that_had_to_be_stopped_keeps_what_it_wrote() -> None:
    gate = WritingGate(Writer("Emma is by Jane Austen. And then", cut=True))
    (one,) = await run_peer("free", gate, [[work()]], concurrency=1, tell=lambda _: None)
    assert (one.cut, one.text) == (True, "Emma is by Jane Austen. And then")
    assert [sentence.strict for sentence in one.sentences] == [True, False]


def report(*texts: Text, samples: int = 2) -> GroundingReport:
    setting = Setting("shop", 2, 5, 0, 1, "m", "none", {"python": "3"})
    rows = [writer_row(OURS, texts, 0, ours=True)]
    return GroundingReport(setting, rows, list_row([list_run()]), [], list(texts), samples)


def test_samples_put_all_writers_of_an_item_together() -> None:
    texts = [replace(text(), item=f"i{at}", writer=writer) for writer in (OURS, "free") for at in range(5)]
    drawn = report(*texts).samples()
    assert len(drawn) == 2
    assert all([one.writer for one in several] == [OURS, "free"] for several in drawn)
    assert all(len({one.item for one in several}) == 1 for several in drawn)
    assert drawn == report(*texts).samples()


def test_records_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new" / "folder"
    save(report(text()), folder)
    assert json.loads((folder / RECORD).read_text("utf-8"))["setting"]["domain"] == "shop"
    before = {name: (folder / name).read_text("utf-8") for name in (RECORD, TEXTS)}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(EvaluationError, match=r"cannot write the record into .*No space left"):
        save(report(text(), text()), folder)
    assert {name: (folder / name).read_text("utf-8") for name in (RECORD, TEXTS)} == before


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def grounding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command over the bookshop, with a gate in place of the model's."""

    def quietly(domain: str, domains: object, **told: Any) -> object:
        return open_toolbox(domain, domains, **(told | {"encoder": BagOfWordsEncoder(), "device": "cpu"}))  # type: ignore[arg-type]

    home = tmp_path / "home"
    write_bookshop(home / "domains" / "bookshop")
    monkeypatch.setattr(module, "open_toolbox", quietly)

    def call(*options: str, gate: ModelGate | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr(module, "ModelGate", lambda *_: gate)
        code = run(["eval", "grounding", "--domain", "bookshop", "--home", str(home), *options])
        return code, *capsys.readouterr()

    return call


def test_ours_stands_beside_the_peers(grounding: Command, tmp_path: Path) -> None:
    gate = WritingGate(Writer("Emma is by Jane Austen. It is a timeless classic."))
    out = tmp_path / "record"
    code, printed, told = grounding("--users", "3", "-k", "2", "--json", "--out", str(out), gate=gate)
    assert code == 0, told
    document: Mapping[str, Any] = json.loads(printed)
    ours, *peers = document["writers"]
    assert [one["writer"] for one in document["writers"]] == WRITERS
    assert (ours["texts"], ours["claims_entailed"], ours["strict"]["mean"]) == (6, 1.0, 1.0)
    assert ours["lenient"]["mean"] == 1.0
    assert ours["by_code"]["mean"] < 0.5  # a script that always takes what comes first is refused at times
    assert all(one["strict"]["mean"] <= 0.5 and one["lenient"]["mean"] <= 0.5 for one in peers)
    assert document["lists"]["lists"] == 3
    assert {row["k"] for row in document["paths"]} == {2}
    assert document["setting"]["model"] == "scripted"
    assert document["setting"]["versions"]["python"]
    assert json.loads((out / RECORD).read_text("utf-8")) == document
    lines = [json.loads(one) for one in (out / TEXTS).read_text("utf-8").splitlines()]
    assert {one["writer"] for one in lines} == set(WRITERS)
    assert [len(texts) for texts in document["samples"]] == [5] * 6


def test_code_alone_needs_no_model_and_says_nothing_untrue(grounding: Command) -> None:
    code, printed, told = grounding("--users", "6", "-k", "3", "--only-code", "--samples", "4", "--json")
    assert code == 0, told
    document = json.loads(printed)
    (ours,) = document["writers"]
    assert document["lists"]["overview_claims"] > 0
    assert document["lists"]["overview_entailed"] == 1.0
    assert (ours["claims_entailed"], ours["strict"]["mean"], ours["by_code"]["mean"]) == (1.0, 1.0, 1.0)


def test_without_an_adapter_there_are_two_peers(grounding: Command) -> None:
    gate = WritingGate(Writer("Emma."))
    for more in (["--base-url", "http://127.0.0.1:9/v1"], ["--no-untuned"]):
        code, printed, told = grounding("--users", "1", "-k", "1", "--json", *more, gate=gate)
        assert code == 0, told
        assert [one["writer"] for one in json.loads(printed)["writers"]] == [OURS, *PEERS]


def test_tables_name_the_measures_their_goals_and_the_samples(grounding: Command) -> None:
    gate = WritingGate(Writer("Emma is a timeless classic."))
    code, printed, told = grounding("--users", "2", "-k", "2", "--samples", "1", gate=gate)
    assert code == 0, told
    for words in ("claims entailed", "100 %", "< 10 %", "facts only", "LIR@2", "strict:", "lenient:", "1. "):
        assert words in printed
    assert "timeless, classic]" in printed.replace("\n", " ").replace("   ", " ")
    assert "2. " not in printed


def test_without_a_server_nothing_is_measured(grounding: Command) -> None:
    code, printed, told = grounding("--users", "2", gate=GoneGate())
    assert code != 0
    assert printed == ""
    assert "nobody is there" in told


def test_a_record_cannot_go_into_a_file(grounding: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    code, _, told = grounding("--only-code", "--out", str(tmp_path / "file"))
    assert code == 2
    assert "expected a folder" in told
    assert (tmp_path / "file").read_text() == "mine"
