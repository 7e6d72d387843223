"""The rules mined from a domain's whole graph, kept as a stage of its artefacts."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from kg import artefacts
from kg.adjacency import Adjacency
from kg.embeddings.graph.triples import triples_of
from kg.rules.horn import HornRule, load_rules, save_rules
from kg.rules.mining import MiningSettings, mine_rules
from kg.rules.prediction import RuleScorer
from kg.rules.walks import RelationMatrices

FILE = "rules.jsonl"


def matrices_of(adjacency: Adjacency) -> RelationMatrices:
    """Return the facts of a graph as matrices."""
    return RelationMatrices(triples_of(adjacency), len(adjacency.entities), len(adjacency.relations))


def mined_rules(
    fitted: Path, adjacency: Adjacency, settings: MiningSettings, progress: Callable[[str], None] = lambda _: None
) -> list[HornRule]:
    """Return the rules of a graph, surest first, mined first where that was not done yet.

    Raises:
        ArtefactError: The file is damaged.
    """

    def build(partial: Path) -> None:
        save_rules(mine_rules(matrices_of(adjacency), settings, progress).rules, partial / FILE)

    return load_rules(artefacts.stage(_folder(fitted, settings), build) / FILE)


def are_mined(fitted: Path) -> bool:
    """Tell whether `open_rule_scorer` has nothing to mine first."""
    return _folder(fitted, MiningSettings()).is_dir()


def open_rule_scorer(
    fitted: Path, adjacency: Adjacency, progress: Callable[[str], None] = lambda _: None
) -> RuleScorer:
    """Return what the rules mined with the default settings predict; see `mined_rules`."""
    rules = mined_rules(fitted, adjacency, MiningSettings(), progress)
    return RuleScorer(rules, matrices_of(adjacency))


def say_rule(rule: HornRule, nouns: list[str], label_of: Callable[[int], str]) -> str:
    """Return a rule in words.

    Args:
        rule: The rule.
        nouns: What the object of each relation is called, by relation id.
        label_of: Names an entity by its row.
    """
    target = label_of(rule.target) if rule.target >= 0 else "Y"
    then = f"the {nouns[rule.head]} of X is {target}"
    if not rule.body:
        return f"often {then}"
    places = ["X", *"ZW"[: len(rule.body) - 1], label_of(rule.constant) if rule.constant >= 0 else "Y"]
    atoms = []
    for at, step in enumerate(rule.body):
        subject, obj = (places[at], places[at + 1]) if step >= 0 else (places[at + 1], places[at])
        atoms.append(f"the {nouns[step if step >= 0 else ~step]} of {subject} is {obj}")
    return f"{then} if {' and '.join(atoms)}"


def _folder(fitted: Path, settings: MiningSettings) -> Path:
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=6).hexdigest()
    return fitted / f"mined-rules-{digest}"
