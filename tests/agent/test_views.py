"""What an answer shows of a score: of the history, the item that adds most is always there, with all that it adds."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.telling import history_scores, raised
from agent.views import SHOWN_CONTRIBUTIONS, ranked_item
from kg.types import Iri
from tools.ranking.ranker import Share

SNAPSHOT = cast(Any, SimpleNamespace(label=lambda iri: iri))


def shown(shares: list[Share]) -> dict[str, Any]:
    scored = SimpleNamespace(iri="item", label="Item", score=1.0, parts={"history": 1.0}, shares=shares)
    return ranked_item(SNAPSHOT, cast(Any, scored), 1).model_dump()


@pytest.mark.parametrize("sign", [1, -1])
def test_the_item_of_two_small_parts_beats_one_of_a_larger_part(sign: int) -> None:
    many = [Share("history", f"h{at}", sign * 0.06 if at else 0.06) for at in range(SHOWN_CONTRIBUTIONS + 3)]
    item = shown([*many, Share("history", "both", 0.05), Share("graph", "both", 0.04)])
    assert raised(history_scores(item))[0] == "both"
    assert history_scores(item)[Iri("both")] == pytest.approx(0.09)


def test_what_one_part_takes_back_is_shown_too() -> None:
    many = [Share("history", f"h{at}", 0.05) for at in range(SHOWN_CONTRIBUTIONS)]
    item = shown([*many, Share("history", "torn", 0.9), Share("graph", "torn", -0.89)])
    assert history_scores(item).get(Iri("torn"), 0.01) == pytest.approx(0.01)
    assert raised(history_scores(item))[0] != "torn"


def test_about_a_dozen_are_shown_the_largest_first() -> None:
    item = shown([Share("like", f"l{at}", at / 100) for at in range(40)])
    values = [one["value"] for one in item["contributions"]]
    assert values == sorted(values, reverse=True)
    assert len(values) == SHOWN_CONTRIBUTIONS
