"""A tuned adapter takes the place of another only where it understands more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.errors import RequestError
from agent.model import Weights
from agent.model.adapters import WEIGHTS, adapters_home, chosen_adapter, with_adapter
from agent.settings import Settings, load_settings
from agent.toolbox import Toolbox
from agent.tune import tuner
from agent.tune.budget import FEWEST, Pace
from agent.tune.held_out import FILE, HeldOut, hold_out, phrases_of, read_held_out, write_held_out
from agent.tune.training import Trained, TrainingSettings
from agent.tune.tuner import SAMPLE, Beginning, Tuned, kept_out, starting_adapter
from kg.asking import wording
from kg.snapshot import Snapshot
from tests.agent.cli.conftest import Outcome
from tests.agent.model.test_adapters import write_adapter
from tests.fakes import BagOfWordsEncoder


class FakeTrainer:
    """Learns as much as it is told to."""

    accuracy, before, earlier = 0.9, 0.1, 0.5
    made: list[dict[str, Any]]

    def __init__(self, model: Path, work: Path, settings: TrainingSettings, device: str) -> None:
        self.made.append({"model": model, "work": work, "settings": settings, "device": device})
        work.mkdir(parents=True, exist_ok=True)

    def train(self, pairs: list[object], valid: list[object], tell: Callable[[object], None]) -> Trained:
        return Trained(self.accuracy, self.before, 10, 1.0, len(pairs))

    def accuracy_of(self, adapter: Path, valid: list[object]) -> float:
        assert (adapter / WEIGHTS).is_file()
        return self.earlier

    def pace(self, sample: list[object]) -> Pace:
        assert SAMPLE < len(sample) < 2 * SAMPLE, "texts and actions stand beside the plans"
        return Pace(0.2, 0.01)

    def begin_with(self, adapter: Path) -> None:
        self.made[-1]["start"] = adapter

    def save(self, folder: Path) -> None:
        (folder / WEIGHTS).write_bytes(b"new")
        (folder / "adapter_config.json").write_text('{"r": 4}')


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    class Own(FakeTrainer):
        made: list[dict[str, Any]] = []  # noqa: RUF012 - of one test

    monkeypatch.setattr(tuner, "Trainer", Own)
    monkeypatch.setattr(tuner, "prepare", lambda settings, say: Weights("base", str(tmp_path / "base")))
    monkeypatch.setattr("agent.model.adapters.SHIPPED", tmp_path / "absent")
    return load_settings(home=tmp_path / "home", cache=tmp_path / "cache")


def made_last() -> dict[str, Any]:
    found: dict[str, Any] = vars(tuner)["Trainer"].made[-1]
    return found


def tuned(
    toolbox: Toolbox,
    settings: Settings,
    out: Path | None = None,
    *,
    begin: Beginning = "shipped",
    held_out: HeldOut | None = None,
) -> Tuned:
    return tuner.tune(
        toolbox,
        settings,
        pairs=100,
        training=TrainingSettings(),
        held_out=held_out,
        begin=begin,
        out=out,
        say=lambda _: None,
        tell=lambda _: None,
    )


@pytest.mark.slow
def test_an_adapter_is_put_where_the_domain_finds_it(toolbox: Toolbox, settings: Settings) -> None:
    done = tuned(toolbox, settings)
    assert (done.kept, done.domain, done.earlier, done.before, done.accuracy) == (True, "bookshop", None, 0.1, 0.9)
    assert chosen_adapter(with_adapter(settings, "bookshop")) == done.folder == adapters_home(settings) / "bookshop"
    assert not list((settings.cache / "tune").iterdir()), "what was kept between steps is no longer needed"


@pytest.mark.slow
@pytest.mark.parametrize("earlier", [0.9, 0.95])
def test_an_adapter_that_is_no_better_is_not_kept(
    toolbox: Toolbox, settings: Settings, monkeypatch: pytest.MonkeyPatch, earlier: float
) -> None:
    monkeypatch.setattr(FakeTrainer, "earlier", earlier)
    folder = write_adapter(adapters_home(settings) / "bookshop", weights=b"old")
    done = tuned(toolbox, settings)
    assert (done.kept, done.earlier) == (False, earlier)
    assert (folder / WEIGHTS).read_bytes() == b"old"


@pytest.mark.slow
def test_an_adapter_that_is_no_better_than_none_is_not_kept(
    toolbox: Toolbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeTrainer, "before", 0.9)
    assert not tuned(toolbox, settings).kept
    assert not adapters_home(settings).exists()


@pytest.mark.slow
def test_a_better_adapter_takes_the_place_of_the_earlier(toolbox: Toolbox, settings: Settings) -> None:
    folder = write_adapter(adapters_home(settings) / "bookshop", weights=b"old")
    done = tuned(toolbox, settings)
    assert (done.kept, done.earlier) == (True, 0.5)
    assert (folder / WEIGHTS).read_bytes() == b"new"


@pytest.mark.slow
def test_it_may_be_put_elsewhere(toolbox: Toolbox, settings: Settings, tmp_path: Path) -> None:
    done = tuned(toolbox, settings, tmp_path / "mine")
    assert (done.folder / WEIGHTS).read_bytes() == b"new"
    assert not adapters_home(settings).exists()


@pytest.fixture
def shipped(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("agent.model.adapters.SHIPPED", tmp_path / "shipped")
    return write_adapter(tmp_path / "shipped", weights=b"shipped")


@pytest.mark.slow
def test_another_domain_begins_with_the_shipped_specialist(
    toolbox: Toolbox, settings: Settings, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = tuned(toolbox, settings)
    assert (done.begun_with, done.before, done.earlier) == (shipped, 0.1, None)
    assert made_last()["start"] == shipped
    monkeypatch.setattr(FakeTrainer, "before", 0.9)
    assert not tuned(toolbox, settings).kept, "it is no better than the shipped one"


@pytest.mark.slow
@pytest.mark.usefixtures("shipped")
def test_it_may_begin_with_nothing(toolbox: Toolbox, settings: Settings) -> None:
    done = tuned(toolbox, settings, begin="nothing")
    assert (done.begun_with, done.earlier) == (None, 0.5)
    assert "start" not in made_last()


@pytest.mark.slow
def test_it_may_go_on_with_the_domains_own(toolbox: Toolbox, settings: Settings) -> None:
    with pytest.raises(RequestError, match="no adapter of bookshop to go on with"):
        tuned(toolbox, settings, begin="own")
    own = write_adapter(adapters_home(settings) / "bookshop", weights=b"old")
    held_out = HeldOut(share=0.2, seed=7, phrases=("scribe",))
    write_held_out(own, held_out)
    assert kept_out(toolbox.snapshot, settings, 0.0, 0, "own") == held_out
    done = tuned(toolbox, settings, begin="own", held_out=held_out)
    assert made_last()["start"] == own
    assert (done.begun_with, done.before, done.earlier, done.kept) == (own, 0.1, None, True)
    assert (own / WEIGHTS).read_bytes() == b"new"
    assert read_held_out(own / FILE) == held_out


def test_what_the_domains_own_knows_cannot_be_kept_out(toolbox: Toolbox, settings: Settings) -> None:
    write_adapter(adapters_home(settings) / "bookshop", weights=b"old")
    assert kept_out(toolbox.snapshot, settings, 0.0, 0, "own") is None
    with pytest.raises(RequestError, match="knows all others: leave out --hold-out"):
        kept_out(toolbox.snapshot, settings, 0.2, 0, "own")


def test_the_domain_of_the_shipped_specialist_begins_from_scratch(settings: Settings, shipped: Path) -> None:
    assert starting_adapter(settings, "films") is None
    assert starting_adapter(settings, "bookshop") == shipped
    assert starting_adapter(settings.model_copy(update={"model": "another"}), "bookshop") is None


@pytest.mark.usefixtures("shipped")
def test_what_the_shipped_specialist_knows_cannot_be_kept_out(
    films: Snapshot, tiny: Snapshot, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = phrases_of(films.manifest)
    assert {"kind", "{s} falls under {o}"} <= known
    free = hold_out(films, 0.4, 1)
    held_out = hold_out(films, 0.4, 1, free.phrases[:4])
    assert not {wording(one) for one in held_out.phrases} & {wording(one) for one in free.phrases[:4]}
    with pytest.raises(RequestError, match="no phrase can be kept out"):
        hold_out(films, 0.4, 1, known)

    assert kept_out(films, settings, 0.4, 1, "shipped") == free, "its own domain begins with nothing"
    assert kept_out(tiny, settings, 0.0, 1, "shipped") is None
    asked: list[object] = []
    monkeypatch.setattr(tuner, "hold_out", lambda _, *told: asked.append(told))
    kept_out(tiny, settings, 0.4, 1, "shipped")
    kept_out(tiny, settings, 0.4, 1, "nothing")
    assert asked == [(0.4, 1, known), (0.4, 1, frozenset())]


Thence = Callable[..., Outcome]


@pytest.fixture
def thence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Thence:
    from agent.cli.main import run  # noqa: PLC0415 - for this fixture alone

    monkeypatch.setattr("agent.toolbox.SentenceEncoder", lambda **_: BagOfWordsEncoder())

    def call(*arguments: str) -> Outcome:
        code = run(arguments)
        return Outcome(code, *capsys.readouterr())

    return call


@pytest.mark.slow
def test_it_learns_from_as_many_requests_as_the_time_holds(
    thence: Thence, tiny_domain: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THENCE_CACHE", str(settings.cache))
    command = ("tune", "--domain", str(tiny_domain), "--home", str(settings.home), "--json", "--minutes")
    counts = [json.loads(thence(*command, minutes).out)["requests"] for minutes in ("1", "2")]
    assert FEWEST < counts[0] < counts[1]


@pytest.mark.slow
def test_requests_are_shown_with_their_meaning(thence: Thence, tiny_domain: Path) -> None:
    got = thence("tune", "--domain", str(tiny_domain), "--show", "40")
    assert got.code == 0, got.err
    rows = [line.split("\t") for line in got.out.splitlines()]
    assert len(rows) > 25
    assert all(len(row) == 3 for row in rows)
    begins = {"justify": '{"first": ', "next action": '{"tool": ', "finish": '{"tool": "finish"}'}
    assert all(row[2].startswith(begins.get(row[0], '{"intent": ')) for row in rows)
    assert {"justify", "next action"} <= {row[0] for row in rows}
    assert thence("tune", "--domain", str(tiny_domain), "--show", "40").out == got.out
    assert thence("tune", "--domain", str(tiny_domain), "--show", "40", "--seed", "1").out != got.out


@pytest.mark.slow
def test_the_outcome_is_told(
    thence: Thence, tiny_domain: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THENCE_CACHE", str(settings.cache))
    got = thence("tune", "--domain", str(tiny_domain), "--home", str(settings.home), "--pairs", "100")
    assert got.code == 0, got.err
    assert "Understood of the validation set: 90.0% (untuned: 10.0%)" in " ".join(got.out.split())
    wrong = thence("tune", "--domain", str(tiny_domain), "--home", str(settings.home), "--begin-with", "scratch")
    assert wrong.code != 0
    assert "shipped" in wrong.err
    assert "nothing" in wrong.err
    again = thence("tune", "--domain", str(tiny_domain), "--home", str(settings.home), "--pairs", "100", "--json")
    assert '"earlier": 0.5' in again.out
