"""A tuned adapter takes the place of another only where it understands more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model import Weights
from agent.model.adapters import WEIGHTS, adapters_home, chosen_adapter, with_adapter
from agent.settings import Settings, load_settings
from agent.toolbox import Toolbox
from agent.tune import tuner
from agent.tune.training import Trained, TrainingSettings
from agent.tune.tuner import Tuned
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


def tuned(toolbox: Toolbox, settings: Settings, out: Path | None = None) -> Tuned:
    return tuner.tune(
        toolbox, settings, pairs=100, training=TrainingSettings(), out=out, say=lambda _: None, tell=lambda _: None
    )


def test_an_adapter_is_put_where_the_domain_finds_it(toolbox: Toolbox, settings: Settings) -> None:
    done = tuned(toolbox, settings)
    assert (done.kept, done.domain, done.earlier, done.untuned, done.accuracy) == (True, "bookshop", None, 0.1, 0.9)
    assert chosen_adapter(with_adapter(settings, "bookshop")) == done.folder == adapters_home(settings) / "bookshop"
    assert not list((settings.cache / "tune").iterdir()), "what was kept between steps is no longer needed"


@pytest.mark.parametrize("earlier", [0.9, 0.95])
def test_an_adapter_that_is_no_better_is_not_kept(
    toolbox: Toolbox, settings: Settings, monkeypatch: pytest.MonkeyPatch, earlier: float
) -> None:
    monkeypatch.setattr(FakeTrainer, "earlier", earlier)
    folder = write_adapter(adapters_home(settings) / "bookshop", weights=b"old")
    done = tuned(toolbox, settings)
    assert (done.kept, done.earlier) == (False, earlier)
    assert (folder / WEIGHTS).read_bytes() == b"old"


def test_an_adapter_that_is_no_better_than_none_is_not_kept(
    toolbox: Toolbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeTrainer, "before", 0.9)
    assert not tuned(toolbox, settings).kept
    assert not adapters_home(settings).exists()


def test_a_better_adapter_takes_the_place_of_the_earlier(toolbox: Toolbox, settings: Settings) -> None:
    folder = write_adapter(adapters_home(settings) / "bookshop", weights=b"old")
    done = tuned(toolbox, settings)
    assert (done.kept, done.earlier) == (True, 0.5)
    assert (folder / WEIGHTS).read_bytes() == b"new"


def test_it_may_be_put_elsewhere(toolbox: Toolbox, settings: Settings, tmp_path: Path) -> None:
    done = tuned(toolbox, settings, tmp_path / "mine")
    assert (done.folder / WEIGHTS).read_bytes() == b"new"
    assert not adapters_home(settings).exists()


Thence = Callable[..., Outcome]


@pytest.fixture
def thence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Thence:
    from agent.cli.main import run  # noqa: PLC0415 - for this fixture alone

    monkeypatch.setattr("agent.toolbox.SentenceEncoder", lambda **_: BagOfWordsEncoder())

    def call(*arguments: str) -> Outcome:
        code = run(arguments)
        return Outcome(code, *capsys.readouterr())

    return call


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


def test_the_outcome_is_told(
    thence: Thence, tiny_domain: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THENCE_CACHE", str(settings.cache))
    got = thence("tune", "--domain", str(tiny_domain), "--home", str(settings.home), "--pairs", "100")
    assert got.code == 0, got.err
    assert "Understood of the validation set: 90.0% (untuned: 10.0%)" in " ".join(got.out.split())
    again = thence("tune", "--domain", str(tiny_domain), "--home", str(settings.home), "--pairs", "100", "--json")
    assert '"earlier": 0.5' in again.out
