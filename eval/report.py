"""The documents that an evaluation ends in; `--json` prints them as they are."""

from dataclasses import dataclass

from eval.significance import Difference, Estimate


@dataclass(frozen=True, slots=True)
class Setting:
    """What was asked, and on how much it rests.

    Attributes:
        n_users: Users whose lists were scored.
        n_skipped: Users with held-out interactions, none of which can be found: not liked, or seen before.
        note: How the parts came to be, in words.
    """

    domain: str
    protocol: str
    part: str
    k: int
    seed: int
    n_items: int
    n_fitted_users: int
    n_users: int
    n_skipped: int
    note: str


@dataclass(frozen=True, slots=True)
class BinRecall:
    """Recall of the items that occur so often in what was fitted on; None where none of them is relevant."""

    occurrences: str
    recall: float | None
    n_relevant: int


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The main measure over some of the users."""

    group: str
    n_users: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class ModelScore:
    """All that is told of one model.

    Attributes:
        accuracy: Measures per user by name, the main one first.
        beyond: Measures of the lists as a whole, by name.
        difference: The main measure minus that of the row that all are tested against; None for that one.
    """

    name: str
    accuracy: dict[str, Estimate]
    beyond: dict[str, float]
    difference: Difference | None
    by_frequency: list[BinRecall]
    by_moment: list[GroupScore]


@dataclass(frozen=True, slots=True)
class Timing:
    """What one model took; the one thing that differs between two runs."""

    name: str
    fit_seconds: float
    score_ms_per_user: float


@dataclass(frozen=True, slots=True)
class RankingReport:
    """The models' scores on one task, ours first.

    Attributes:
        against: Name of the model that the others are tested against.
    """

    setting: Setting
    main: str
    against: str
    models: list[ModelScore]
    timings: list[Timing]


@dataclass(frozen=True, slots=True)
class ShotScore:
    """One model with one length of history; `difference` from ours where it was tested."""

    name: str
    n: int
    accuracy: dict[str, Estimate]
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class WishScore:
    """One model's lists for a wish alone; `difference` from ours."""

    name: str
    accuracy: dict[str, Estimate]
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class WishReport:
    """Lists for newcomers who only type a wish.

    Attributes:
        n_users: Newcomers who later liked something that meets their wish.
        examples: Some of the wishes.
    """

    n_users: int
    examples: list[str]
    scores: list[WishScore]


@dataclass(frozen=True, slots=True)
class FewShotReport:
    """Curves over the length of a newcomer's history, and lists for a wish alone; None where no wish was met."""

    setting: Setting
    main: str
    shots: list[int]
    models: list[str]
    scores: list[ShotScore]
    wishes: WishReport | None
    timings: list[Timing]
