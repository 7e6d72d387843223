"""Training on a model of two layers: it learns, goes on where it was, and keeps what was good."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from agent.tune import training
from agent.tune.dataset import Pair
from agent.tune.packing import packs_of
from agent.tune.training import PROGRESS, STATE, Tick, Trained, Trainer, TrainingSettings

torch.set_num_threads(1)
SETTINGS = TrainingSettings(
    rank=4, alpha=8, learning_rate=3e-2, batch=2, epochs=2, warm_up=2, check_every=3, patience=9.0
)


def pair(asked: str, answer: str) -> Pair:
    return Pair(({"role": "system", "content": "Plan."}, {"role": "user", "content": asked}), answer, "test", asked)


PAIRS = [pair(f"who {letter}", letter * 2) for letter in "abcdefgh"]
VALID = [pair("who a", "aa"), pair("who z", "bb")]


def ignore(_: Tick) -> None:
    """Take no notice of a step."""


def trainer(model: Path, work: Path, **changes: Any) -> Trainer:
    return Trainer(model, work, TrainingSettings(**(vars_of(SETTINGS) | changes)))


def vars_of(settings: TrainingSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in TrainingSettings.__dataclass_fields__}


def saved(one: Trainer, folder: Path) -> dict[str, torch.Tensor]:
    one.save(folder)
    return load_file(folder / "adapter_model.safetensors")


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def taught(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Trained, list[Tick]]:
    """A model that learnt four answers by heart."""
    ticks: list[Tick] = []
    learner = trainer(
        model_folder, tmp_path_factory.mktemp("work"), rank=8, alpha=16, learning_rate=1e-2, epochs=50, check_every=100
    )
    return learner, learner.train(PAIRS[:4], PAIRS[:4], ticks.append), ticks


def test_loss_falls_and_what_was_taught_is_known(taught: tuple[Trainer, Trained, list[Tick]]) -> None:
    _, done, ticks = taught
    assert [tick.step for tick in ticks] == list(range(1, 101))
    assert {tick.steps for tick in ticks} == {100}
    assert ticks[-1].loss < ticks[0].loss / 3
    assert (done.before, done.accuracy, done.steps, done.pairs) == (0.0, 1.0, 100, 4)


def test_a_batch_in_parts_is_learnt_as_a_whole_one(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In bfloat16, where a machine trains in that, sums in another order differ by more than a step.
    monkeypatch.setattr(training, "precision_to_train_in", lambda _: "float32")
    losses: dict[str, list[float]] = {"whole": [], "parts": []}
    adapters = {}
    for name, found in losses.items():
        learner = trainer(model_folder, tmp_path / name, batch=4, epochs=1)
        learner.train(PAIRS, VALID, lambda tick, found=found: found.append(tick.loss))  # type: ignore[misc]
        adapters[name] = saved(learner, tmp_path / f"{name} saved")
        monkeypatch.setattr(training, "packs_of", partial(packs_of, most=1))
    assert losses["parts"] == pytest.approx(losses["whole"], rel=1e-3)
    for weight, whole in adapters["whole"].items():
        assert torch.allclose(adapters["parts"][weight], whole, atol=1e-2), weight


def test_accuracy_is_the_share_of_answers_that_are_right_to_the_last_token(
    taught: tuple[Trainer, Trained, list[Tick]],
) -> None:
    learner, near = taught[0], pair("who a", "ab")
    asked = [learner.encoded(one) for one in (PAIRS[0], near, PAIRS[1], PAIRS[2])]
    assert learner.accuracy([asked]) == 0.75
    assert learner.accuracy([asked[:1], asked[1:]]) == 0.75, "tasks count by their size"


def test_an_answer_ends_its_turn(model_folder: Path, tmp_path: Path) -> None:
    learner = trainer(model_folder, tmp_path)
    encoded = learner.encoded(PAIRS[0])
    text = learner._tokenizer.decode([*encoded.prompt, *encoded.answer])
    assert text == (
        "<|im_start|>system\nPlan.<|im_end|>\n<|im_start|>user\nwho a<|im_end|>\n<|im_start|>assistant\naa<|im_end|>"
    )


@pytest.mark.slow
def test_an_interrupted_training_ends_with_the_weights_of_one_that_was_not(model_folder: Path, tmp_path: Path) -> None:
    whole = trainer(model_folder, tmp_path / "whole")
    expected = whole.train(PAIRS, VALID, ignore)

    def interrupt(tick: Tick) -> None:
        if tick.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(model_folder, tmp_path / "cut").train(PAIRS, VALID, interrupt)
    assert json.loads((tmp_path / "cut" / PROGRESS).read_text())["step"] == 3
    steps: list[int] = []
    again = trainer(model_folder, tmp_path / "cut")
    done = again.train(PAIRS, VALID, lambda tick: steps.append(tick.step))
    assert steps == [4, 5, 6, 7, 8]
    assert (done.accuracy, done.before, done.steps) == (expected.accuracy, expected.before, expected.steps)
    assert equal(load_file(tmp_path / "cut" / STATE), load_file(tmp_path / "whole" / STATE))
    assert equal(saved(again, tmp_path / "a"), saved(whole, tmp_path / "b"))


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"learning_rate": 1e-2}, {"epochs": 3}, {"seed": 5}, {"rank": 2}])
def test_a_training_of_another_kind_begins_anew(model_folder: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    trainer(model_folder, tmp_path).train(PAIRS, VALID, ignore)
    steps: list[int] = []
    trainer(model_folder, tmp_path, **change).train(PAIRS, VALID, lambda tick: steps.append(tick.step))
    assert steps[0] == 1


@pytest.mark.slow
def test_it_stops_where_nothing_gets_better(model_folder: Path, tmp_path: Path) -> None:
    learner = trainer(model_folder, tmp_path, learning_rate=0.0, epochs=10, check_every=2, patience=0.1)
    done = learner.train(PAIRS, VALID, ignore)
    assert done.steps == 6  # of 40: the first look is the best so far, and two more are no better
    assert done.accuracy == done.before


@pytest.mark.slow
def test_what_was_best_is_kept_and_not_what_came_last(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([0.0, 0.9, 0.1, 0.2])  # before, and after steps 3, 6 and 8
    monkeypatch.setattr(Trainer, "accuracy", lambda *_: next(looks))
    learner = trainer(model_folder, tmp_path)
    states: dict[int, dict[str, torch.Tensor]] = {}

    def keep(tick: Tick) -> None:
        states[tick.step] = {name: weight.detach().clone() for name, weight in learner._weights.items()}

    done = learner.train(PAIRS, VALID, keep)
    assert done.accuracy == 0.9
    assert equal(dict(learner._weights), states[3])
    assert not equal(states[3], states[8])


@pytest.mark.slow
def test_a_failed_write_leaves_the_earlier_state_whole(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def full_disk(tensors: dict[str, torch.Tensor], path: Path) -> None:
        told = json.loads((tmp_path / PROGRESS).read_text()) if (tmp_path / PROGRESS).exists() else {"step": 0}
        if told["step"] == 3:
            path.write_bytes(b"half")
            raise OSError("No space left on device")
        save_file(tensors, path)

    monkeypatch.setattr(training, "save_file", full_disk)
    with pytest.raises(OSError, match="No space left"):
        trainer(model_folder, tmp_path).train(PAIRS, VALID, ignore)
    assert json.loads((tmp_path / PROGRESS).read_text())["step"] == 3
    assert {key.split(".")[0] for key in load_file(tmp_path / STATE)} == {"weight", "step", "exp_avg", "exp_avg_sq"}
    monkeypatch.undo()
    steps: list[int] = []
    trainer(model_folder, tmp_path).train(PAIRS, VALID, lambda tick: steps.append(tick.step))
    assert steps == [4, 5, 6, 7, 8]


@pytest.mark.slow
def test_a_saved_adapter_is_as_good_as_it_was(
    taught: tuple[Trainer, Trained, list[Tick]], model_folder: Path, tmp_path: Path
) -> None:
    taught[0].save(tmp_path / "adapter")
    assert {"adapter_model.safetensors", "adapter_config.json"} <= {
        one.name for one in (tmp_path / "adapter").iterdir()
    }
    fresh = trainer(model_folder, tmp_path / "other", rank=8, alpha=16)
    encoded = [fresh.encoded(one) for one in PAIRS[:4]]
    assert fresh.accuracy([encoded]) == 0.0
    assert fresh.accuracy_of(tmp_path / "adapter", PAIRS[:4]) == 1.0
    assert fresh.accuracy([encoded]) == 0.0, "the adapter in training is put back"


def test_a_batch_holds_prompts_of_one_task_with_what_they_begin_with(model_folder: Path, tmp_path: Path) -> None:
    other = [
        Pair(({"role": "system", "content": "Write."}, {"role": "user", "content": name}), name, "text", name)
        for name in ("up", "down", "left")
    ]
    one = trainer(model_folder, tmp_path, epochs=2)
    order = one._order([*PAIRS, *other])
    assert sum(len(batch) for batch, _ in order) == 2 * len([*PAIRS, *other])
    plan, write = one.encoded(PAIRS[0]).prompt, one.encoded(other[0]).prompt
    for batch, prefix in order:
        begun = {encoded.prompt[:prefix] for encoded in batch}
        assert begun in ({plan[:prefix]}, {write[:prefix]})
    assert {prefix for _, prefix in order} != {0}


def test_it_may_begin_with_another_adapter(
    taught: tuple[Trainer, Trained, list[Tick]], model_folder: Path, tmp_path: Path
) -> None:
    taught[0].save(tmp_path / "other")
    learner = trainer(model_folder, tmp_path / "work", rank=8, alpha=16, epochs=1)
    learner.begin_with(tmp_path / "other")
    begun = learner.train(PAIRS[:4], PAIRS[:4], ignore)
    assert begun.before == taught[1].accuracy


@pytest.mark.slow
def test_the_pace_is_measured_without_learning(model_folder: Path, tmp_path: Path) -> None:
    learner = trainer(model_folder, tmp_path)
    before = {name: one.detach().clone() for name, one in learner._exact.items()}
    pace = learner.pace(PAIRS)
    assert 0 < pace.checked < pace.learned
    assert equal(dict(learner._exact), before)
    other = trainer(model_folder, tmp_path / "other")
    assert learner.train(PAIRS, VALID, ignore).accuracy == other.train(PAIRS, VALID, ignore).accuracy
    assert equal(saved(learner, tmp_path / "a"), saved(other, tmp_path / "b"))
