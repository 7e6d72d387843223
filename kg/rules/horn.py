"""Horn rules over the relations of a graph: what they say, how sure they are, and what they rest on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from kg.errors import ArtefactError

Label = int
"""A relation as the adjacency labels it: `relation_id` along the arrow, `~relation_id` against it."""


@dataclass(frozen=True, slots=True)
class HornRule:
    """One rule: `head(X, Y)` where a walk along `body` leads from X to Y, or where X has one fact.

    Attributes:
        head: Relation id.
        body: Labels of the walk, one to three. Empty: the rule says `head(X, target)` of every X that `head` fits.
        constant: Row that the walk ends at instead of Y; then the rule says `head(X, target)`. -1: there is none.
        target: Row that the rule predicts; -1: the end of the walk.
        support: Pairs that the body gives and the graph states.
        body_size: Pairs that the body gives.
        known_size: Of them, those whose X (or Y, where the head has fewer objects a subject that way) has any fact of
            the head.
        head_size: Facts of the head.
    """

    head: int
    body: tuple[Label, ...]
    constant: int
    target: int
    support: int
    body_size: int
    known_size: int
    head_size: int

    @property
    def confidence(self) -> float:
        """Share of what the body gives that the graph states."""
        return self.support / self.body_size

    @property
    def pca_confidence(self) -> float:
        """The same under the partial completeness assumption (Galárraga et al., "AMIE", WWW 2013).

        What the graph does not state counts against the rule only where it states another fact of the head.
        """
        return self.support / max(self.known_size, self.support)

    @property
    def head_coverage(self) -> float:
        """Share of the head's facts that the rule gives."""
        return self.support / self.head_size

    @property
    def belief(self) -> float:
        """The confidence as AnyBURL predicts with it, `PESSIMISM` wrong predictions added (Meilicke et al., 2019)."""
        return self.support / (self.body_size + PESSIMISM)


PESSIMISM = 5


def order_of(rule: HornRule) -> tuple[float, int, int, tuple[int, ...], int, int]:
    """Return what rules are sorted by: the surest first, then the best supported, ties by what they say."""
    return -rule.belief, -rule.support, rule.head, rule.body, rule.constant, rule.target


def save_rules(rules: Sequence[HornRule], path: Path) -> None:
    """Write rules as JSON lines."""
    path.write_text("".join(json.dumps(asdict(rule)) + "\n" for rule in rules), "utf-8")


def load_rules(path: Path) -> list[HornRule]:
    """Read what `save_rules` wrote.

    Raises:
        ArtefactError: The file is missing or damaged.
    """
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return [HornRule(**{**line, "body": tuple(line["body"])}) for line in lines]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArtefactError(f"cannot read the rules in {path}: {error}; remove the folder.") from error
