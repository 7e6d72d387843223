"""What the ranker is fitted with: presets that were chosen on validation data, and a domain's own `ranking.toml`."""

import hashlib
import math
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kg.errors import ManifestError
from kg.interactions import Interactions
from tools.ranking.factors import FactorSettings

SETTINGS_FILE = "ranking.toml"

WISHED = 0.1
"""Most that a newcomer's prior adds, at unit spread, where the user said what is wanted or liked."""


class RankingSettings(BaseModel):
    """The ranker's settings; `thence eval tune` searches them.

    Attributes:
        dim, unknown, user_penalty, item_penalty: See `FactorSettings`.
        attributes: Weight of an attribute's row, of unit-length entries, below the rows of the users.
        n_fits: Fits from different starts, whose scores are averaged.
        item_item: Weight of the item-item model (EASE); 0: it is not fitted.
        l2: Penalty of the item-item model.
        item_cosine: Weight of the item-item cosine of who liked what (see `tools.ranking.item_cosine`); 0: it is not
            fitted.
        seen: What an item that is neither liked nor disliked counts in both, where a liked one counts 1: who saw the
            same things looks at the same kind of things.
        next_item: Weight of the model of what comes next, where there are times; 0: it is not fitted.
        next_l2: Its penalty.
        next_seen: What an item that came next and was not liked counts in it, where a liked one counts 1.
        next_recency, next_span: An item of the history, liked or not, weighs `next_recency * exp(-newer / next_span)`
            in it besides; see `recency`.
        rare: How much more the history says of a rare item: times `1 + rare * 40 / (40 + likes)`, as the penalties draw
            the scores of rare items to 0.
        recency, recency_span: A history item weighs `1 + recency * exp(-newer / recency_span)`, where `newer` counts
            the items that are strictly newer, less so for the new (see `newness`); without times every item weighs 1.
        graph: Weight of the shared attributes for every item, at unit spread.
        unseen_graph: Weight that they have besides for an item that nobody liked yet.
        fused: Weight of the fused index's cosine (see `tools.ranking.fused`), at unit spread; 0: it is not fitted. The
            domain must have a graph embedding.
        popularity: Weight of the prior, at unit spread, for somebody with a long history; below 0 where the other parts
            overstate what is popular.
        newcomer: Weight of the prior for somebody without a history; between the two, `newness` decides. It is
            `WISHED` at most where the user said what is wanted or liked.
        newcomer_user: Lifts of the user's attributes that are added to a newcomer's prior, as they are where it is 1.
        newcomer_items, newcomer_l2: The same for the lifts of the first items, and their penalty; 0: not fitted.
        newcomer_kind: Lifts of a wished kind of items (see `tools.ranking.kinds`) that are added to a newcomer's prior,
            as they are where it is 1.
        user, user_l2: Weight of the lifts of the user's attributes (see `tools.ranking.lifts`), at unit spread, for
            somebody with a long history, and their penalty.
        newcomer_span: Length of the history with which somebody is new by 1/e.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    dim: int = Field(ge=1, le=1024)
    unknown: float = Field(gt=0)
    user_penalty: float = Field(gt=0)
    item_penalty: float = Field(gt=0)
    attributes: float = Field(ge=0)
    n_fits: int = Field(default=3, ge=1, le=16)
    item_item: float = Field(default=0.0, ge=0)
    l2: float = Field(default=150.0, gt=0)
    item_cosine: float = Field(default=0.0, ge=0)
    seen: float = Field(default=0.0, ge=0, le=1)
    next_item: float = Field(default=0.0, ge=0)
    next_l2: float = Field(default=27_000.0, gt=0)
    next_seen: float = Field(default=0.5, ge=0, le=1)
    next_recency: float = Field(default=4.0, ge=0)
    next_span: float = Field(default=5.0, gt=0)
    rare: float = Field(default=0.0, ge=0)
    recency: float = Field(default=0.0, ge=0)
    recency_span: float = Field(default=6.0, gt=0)
    graph: float = 0.0
    unseen_graph: float = Field(default=0.1, ge=0)
    fused: float = Field(default=0.0, ge=0)
    popularity: float = 0.0
    newcomer: float = Field(default=0.75, ge=0)
    newcomer_user: float = Field(default=0.0, ge=0)
    newcomer_items: float = Field(default=0.0, ge=0)
    newcomer_l2: float = Field(default=300.0, gt=0)
    newcomer_kind: float = Field(default=0.0, ge=0)
    user: float = Field(default=0.0, ge=0)
    user_l2: float = Field(default=200.0, gt=0)
    newcomer_span: float = Field(default=10.0, gt=0)

    def newness(self, n_history: int) -> float:
        """Return how new somebody is with so many items in the history: 1 without any, falling to 0."""
        return math.exp(-n_history / self.newcomer_span)

    @property
    def items_together(self) -> bool:
        """Whether any item-item model is wanted."""
        return bool(self.item_item or self.item_cosine or self.next_item)

    @property
    def factors(self) -> FactorSettings:
        return FactorSettings(self.dim, self.unknown, self.user_penalty, self.item_penalty)

    @property
    def digest(self) -> str:
        """Names what is fitted with these settings."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=6).hexdigest()


TIMED_RATINGS = RankingSettings(
    dim=128,
    unknown=0.615,
    user_penalty=0.00681,
    item_penalty=0.0168,
    attributes=2.37,
    item_item=0.25,
    l2=65.6,
    seen=1.0,
    recency=48.0,
    recency_span=7.0,
    next_item=25.0,
    rare=0.5,
    popularity=-0.25,
    newcomer=64.0,
    newcomer_span=4.0,
    newcomer_user=1.0,
    newcomer_items=1.0,
    newcomer_kind=0.3,
    user=0.2,
)
"""For ratings with times; chosen on folds of the history of ml100k."""

RATINGS = RankingSettings(
    dim=96,
    unknown=0.45,
    user_penalty=0.0065,
    item_penalty=0.0155,
    attributes=2.5,
    item_item=0.25,
    l2=60.0,
    seen=1.0,
    newcomer=48.0,
    newcomer_span=4.0,
    newcomer_user=1.0,
    newcomer_items=1.0,
    newcomer_l2=150.0,
    newcomer_kind=0.3,
    user=0.15,
)
"""For ratings without times; chosen on folds of the history of ml100k, its times left out."""

IMPLICIT = RankingSettings(
    dim=128,
    unknown=0.042,
    user_penalty=0.0389,
    item_penalty=0.00258,
    attributes=6.3,
    item_item=0.35,
    l2=86.7,
    item_cosine=0.0117,
    rare=0.3,
    unseen_graph=0.12,
    newcomer_kind=1.0,
)
"""For likes; chosen on the validation part and folds of the history of lastfm."""


def ranking_settings(folder: Path, interactions: Interactions) -> RankingSettings:
    """Return the settings that a domain's folder names, over the preset for its kind of feedback.

    Raises:
        ManifestError: The file cannot be read, or says something that it must not; the message names the key.
    """
    timed = RATINGS if interactions.times is None else TIMED_RATINGS
    preset = IMPLICIT if interactions.liked_from is None else timed
    path = folder / SETTINGS_FILE
    if not path.is_file():
        return preset
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        return RankingSettings.model_validate(preset.model_dump() | told)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise ManifestError(f"cannot read {path}: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
        raise ManifestError(f"{path} does not say what it should: {wrong}") from error
