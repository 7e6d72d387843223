"""Fine-tuning: a low-rank adapter over all linear layers, trained on answers alone; resumable, seeded."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from agent.settings import DEFAULT_MODEL
from agent.tune.budget import Pace
from agent.tune.dataset import Pair
from agent.tune.low_rank import in_fewer_passes
from agent.tune.packing import PACKED, Encoded, Pack, batches, common_prefix, packed, packs_of
from agent.tune.precision import precision_to_train_in

END_OF_TURN = "<|im_end|>"
STATE = "training.safetensors"
PROGRESS = "training.json"


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How an adapter is trained.

    Attributes:
        rank: Of the adapter's matrices (Hu et al., LoRA, ICLR 2022).
        alpha: Its output is scaled by alpha / rank.
        learning_rate: The highest; it rises over `warm_up` steps and falls to zero along a cosine.
        batch: Prompts a step.
        epochs: Passes over the pairs.
        check_every: Steps between two looks at the validation set.
        patience: Share of all steps without a better look after which it stops; a long training needs more of them,
            since most is gained while the rate falls.
    """

    rank: int = 16
    alpha: int = 32
    learning_rate: float = 1e-3
    batch: int = 16
    epochs: int = 1
    warm_up: int = 20
    check_every: int = 50
    patience: float = 0.4
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """Where a training is: loss is a mean over the latest steps, accuracy that of the latest look, None before it."""

    step: int
    steps: int
    loss: float
    accuracy: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave: the share of validation answers that are right to the last token, and where it stopped.

    Attributes:
        before: The share of what it began with.
    """

    accuracy: float
    before: float
    steps: int
    seconds: float
    pairs: int


class Trainer:
    """Trains an adapter for one model folder.

    Args:
        model: Folder of the base model.
        work: Folder that keeps the state between steps; a training with the same pairs and settings goes on from there.
        device: A torch device.
    """

    def __init__(self, model: Path, work: Path, settings: TrainingSettings, device: str = "cpu") -> None:
        self._settings, self._work, self._device = settings, work, torch.device(device)
        torch.manual_seed(settings.seed)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(model))
        dtype = {"bfloat16": torch.bfloat16, "float32": torch.float32}[precision_to_train_in(self._device.type)]
        base: Any = AutoModelForCausalLM.from_pretrained(str(model), dtype=dtype, attn_implementation=PACKED)
        config = LoraConfig(
            r=settings.rank, lora_alpha=settings.alpha, target_modules="all-linear", task_type="CAUSAL_LM"
        )
        self._model: Any = get_peft_model(base.to(self._device), config, autocast_adapter_dtype=False)
        in_fewer_passes(self._model)
        self._weights = {name: one for name, one in self._model.named_parameters() if one.requires_grad}
        # In bfloat16 the adapter's eight bits lose a small step; the optimiser keeps exact copies.
        self._exact = {name: one.detach().float().clone().requires_grad_() for name, one in self._weights.items()}
        self._optimiser = torch.optim.AdamW(self._exact.values(), lr=settings.learning_rate, weight_decay=0.0)

    def train(self, pairs: Sequence[Pair], valid: Sequence[Pair], tell: Callable[[Tick], None]) -> Trained:
        """Train on pairs, keep the state that was best on `valid`, and return how good it is."""
        started, settings = time.monotonic(), self._settings
        checked = self._tasks(valid)
        order = self._order(pairs)
        before = self.accuracy(checked)
        first, best, since, accuracy = self._resumed(len(order), len(pairs))
        losses: list[float] = []
        step = first
        for step in range(first, len(order)):
            losses.append(self._step(packs_of(*order[step]), step, len(order)))
            done = step + 1
            if done % settings.check_every == 0 or done == len(order):
                accuracy = self.accuracy(checked)
                looked = done - (done - 1) // settings.check_every * settings.check_every
                since = 0 if accuracy > best else since + looked
                best = max(best, accuracy)
                self._keep(done, len(order), len(pairs), best=best, since=since)
                if since == 0:
                    self._save_weights(self._work / "best.safetensors")
            recent = losses[-20:]
            tell(Tick(done, len(order), sum(recent) / len(recent), accuracy, time.monotonic() - started))
            if since >= settings.patience * len(order):
                break
        self._restore(self._work / "best.safetensors")
        return Trained(best, before, step + 1, time.monotonic() - started, len(pairs))

    def pace(self, sample: Sequence[Pair]) -> Pace:
        """Return how fast it learns from prompts as those of `sample`, and reads them; nothing is learned.

        The first batch is not timed: what a processor prepares for its first products it has ready for the others.
        """
        order = self._order(sample)
        order = order[: len(order) // self._settings.epochs]
        self._learn(packs_of(*order[0]))
        started = time.monotonic()
        for batch, prefix in order:
            self._learn(packs_of(batch, prefix))
        learned = time.monotonic()
        self.accuracy(self._tasks(sample))
        return Pace((learned - started) / len(sample), (time.monotonic() - learned) / len(sample))

    def begin_with(self, adapter: Path) -> None:
        """Take the weights of another adapter to start from, in place of one that does nothing."""
        other = load_file(adapter / "adapter_model.safetensors")
        with torch.no_grad():
            for name, one in self._exact.items():
                one.copy_(other[name.replace(".default.", ".")])
        self._copy()

    def accuracy_of(self, adapter: Path, valid: Sequence[Pair]) -> float:
        """Return how good an adapter is on `valid`; the one in training is put back afterwards."""
        with torch.no_grad():
            other = load_file(adapter / "adapter_model.safetensors")
            for name, weight in self._weights.items():
                weight.copy_(other[name.replace(".default.", ".")])
        found = self.accuracy(self._tasks(valid))
        self._copy()
        return found

    def _order(self, pairs: Sequence[Pair]) -> list[tuple[list[Encoded], int]]:
        """Return the batches of all epochs with the length of what their prompts begin with.

        A batch holds prompts of one task, which begin with the same words; batches of the tasks come mixed.
        """
        settings, tasks = self._settings, self._tasks(pairs)
        order: list[tuple[list[Encoded], int]] = []
        for epoch in range(settings.epochs):
            generator = torch.Generator().manual_seed(settings.seed + epoch)
            of_epoch = [
                (batch, common_prefix([one.prompt for one in encoded]))
                for encoded in tasks
                for batch in batches(encoded, settings.batch, generator)
            ]
            if len(tasks) > 1:
                of_epoch = [of_epoch[at] for at in torch.randperm(len(of_epoch), generator=generator).tolist()]
            order += of_epoch
        return order

    def save(self, folder: Path) -> None:
        """Write the adapter as peft reads it: safetensors in bfloat16, and its configuration."""
        assert isinstance(self._model, PeftModel)
        self._model.to(torch.bfloat16)
        # The base model's folder is a matter of this machine; a name says as much to whoever reads the adapter.
        self._model.peft_config["default"].base_model_name_or_path = DEFAULT_MODEL
        # Else peft asks a model hub whether the vocabulary has grown.
        self._model.save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)  # peft's empty form

    def accuracy(self, tasks: Sequence[Sequence[Encoded]]) -> float:
        """Return the share of answers whose every token is the likeliest one after those before it."""
        right, size = 0, self._settings.batch
        with torch.no_grad():
            for encoded in tasks:
                prefix = common_prefix([one.prompt for one in encoded])
                for first in range(0, len(encoded), size):
                    pack = packed(encoded[first : first + size], prefix)
                    wrong = self._logits(pack).argmax(-1).cpu() != pack.targets
                    right += pack.size - len(set(pack.owners[wrong].tolist()))
        return right / sum(map(len, tasks)) if tasks else math.nan

    def encoded(self, pair: Pair) -> Encoded:
        """Return the tokens of a prompt and its answer."""
        prompt = self._tokenizer.apply_chat_template(
            list(pair.messages), add_generation_prompt=True, tokenize=True, return_dict=False
        )
        answer = self._tokenizer(pair.answer + END_OF_TURN, add_special_tokens=False)["input_ids"]
        return Encoded(tuple(prompt), tuple(answer))

    def _tasks(self, pairs: Sequence[Pair]) -> list[list[Encoded]]:
        """Return the tokens of pairs by what they ask for, since the prompts of one task begin alike."""
        tasks: dict[str, list[Encoded]] = {}
        for pair in pairs:
            tasks.setdefault(pair.messages[0]["content"], []).append(self.encoded(pair))
        return [*tasks.values()]

    def _step(self, packs: Sequence[Pack], step: int, steps: int) -> float:
        """Learn from a batch; return its mean loss."""
        mean_loss = self._learn(packs)
        torch.nn.utils.clip_grad_norm_(list(self._exact.values()), 1.0)
        self._optimiser.param_groups[0]["lr"] = self._rate(step, steps)
        self._optimiser.step()
        self._copy()
        return mean_loss

    def _learn(self, packs: Sequence[Pack]) -> float:
        """Find which way a batch would have the adapter go, a pack at a time; return its mean loss."""
        n_targets, mean_loss = sum(len(pack.targets) for pack in packs), 0.0
        for pack in packs:
            targets = pack.targets.to(self._device)
            summed = torch.nn.functional.cross_entropy(self._logits(pack).float(), targets, reduction="sum")
            loss = summed / n_targets
            loss.backward()  # type: ignore[no-untyped-call]
            mean_loss += float(loss.detach())
        for name, weight in self._weights.items():
            self._exact[name].grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        return mean_loss

    def _rate(self, step: int, steps: int) -> float:
        settings = self._settings
        warm = min(1.0, (step + 1) / settings.warm_up)
        return settings.learning_rate * warm * 0.5 * (1.0 + math.cos(math.pi * step / steps))

    def _logits(self, pack: Pack) -> Tensor:
        """Return the scores of the answers' tokens only: the vocabulary is the widest layer of a small model."""
        inner = self._model.base_model.model
        hidden = inner.model(
            input_ids=pack.tokens.to(self._device),
            position_ids=pack.positions.to(self._device),
            layout=pack.layout.to(self._device),
            use_cache=False,
        ).last_hidden_state
        logits: Tensor = inner.lm_head(hidden[0, pack.at.to(self._device)])
        return logits

    def _copy(self) -> None:
        with torch.no_grad():
            for name, weight in self._weights.items():
                weight.copy_(self._exact[name])

    # ---- the state between steps ----

    def _keep(self, step: int, steps: int, pairs: int, *, best: float, since: int) -> None:
        """Write the state so that an interrupted training can go on; whole or not at all."""
        tensors = {f"weight.{name}": one.detach() for name, one in self._exact.items()}
        names = list(self._exact)
        for at, state in self._optimiser.state_dict()["state"].items():
            tensors |= {f"{key}.{names[at]}": torch.as_tensor(value) for key, value in state.items()}
        _replace(
            self._work / STATE, lambda path: save_file({key: one.contiguous() for key, one in tensors.items()}, path)
        )
        told = {
            "step": step,
            "steps": steps,
            "pairs": pairs,
            "best": best,
            "since": since,
            "settings": asdict(self._settings),
        }
        _replace(self._work / PROGRESS, lambda path: path.write_text(json.dumps(told)))

    def _resumed(self, steps: int, pairs: int) -> tuple[int, float, int, float | None]:
        """Take up an interrupted training of the same kind; return its step, best result, and looks since."""
        try:
            told = json.loads((self._work / PROGRESS).read_text())
            tensors = load_file(self._work / STATE)
        except (FileNotFoundError, json.JSONDecodeError):
            return 0, -1.0, 0, None
        if (told["steps"], told["pairs"], told["settings"]) != (steps, pairs, asdict(self._settings)):
            return 0, -1.0, 0, None
        with torch.no_grad():
            for name, one in self._exact.items():
                one.copy_(tensors[f"weight.{name}"])
        for name, one in self._exact.items():
            keys = ("step", "exp_avg", "exp_avg_sq")
            self._optimiser.state[one] = {key: tensors[f"{key}.{name}"] for key in keys}
        self._copy()
        return told["step"], told["best"], told["since"], told["best"]

    def _save_weights(self, path: Path) -> None:
        _replace(
            path, lambda at: save_file({name: one.detach().contiguous() for name, one in self._weights.items()}, at)
        )

    def _restore(self, path: Path) -> None:
        if path.exists():
            kept = load_file(path)
            with torch.no_grad():
                for name, weight in self._weights.items():
                    weight.copy_(kept[name])


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    write(partial)
    partial.replace(path)
