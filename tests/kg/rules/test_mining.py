"""Rules mined from graphs so small that support and confidence are counted on fingers."""

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ArtefactError
from kg.rules.horn import HornRule, load_rules, save_rules
from kg.rules.mining import MiningSettings, mine_rules
from kg.rules.prediction import Aggregation, RuleScorer
from kg.rules.walks import RelationMatrices

ALL = MiningSettings(min_support=1, min_confidence=0.0, min_head_coverage=0.0)
BORN, IN, FROM = 0, 1, 2
# Ann, Ben and Cat were born in Bath or Cork; Bath is in England, Cork in Ireland; Ann and Cat are from there.
ANN, BEN, CAT, DAN, BATH, CORK, ENGLAND, IRELAND, SPAIN = range(9)
FACTS = [
    (ANN, BORN, BATH),
    (BEN, BORN, BATH),
    (CAT, BORN, CORK),
    (BATH, IN, ENGLAND),
    (CORK, IN, IRELAND),
    (ANN, FROM, ENGLAND),
    (CAT, FROM, IRELAND),
    (DAN, FROM, SPAIN),
]


def matrices(facts: list[tuple[int, int, int]], n_entities: int = 9, n_relations: int = 3) -> RelationMatrices:
    return RelationMatrices(np.array(facts, np.int64).reshape(-1, 3), n_entities, n_relations)


def rule_of(rules: tuple[HornRule, ...], head: int, *body: int) -> HornRule | None:
    return next((one for one in rules if (one.head, one.body, one.target) == (head, body, -1)), None)


def test_a_walk_of_two_steps_is_counted() -> None:
    rule = rule_of(mine_rules(matrices(FACTS), ALL).rules, FROM, BORN, IN)
    assert rule is not None
    assert (rule.support, rule.body_size, rule.known_size, rule.head_size) == (2, 3, 2, 3)
    assert rule.confidence == pytest.approx(2 / 3)
    assert rule.pca_confidence == 1.0, "of Ben's country nothing is known, so it does not count against the rule"
    assert rule.head_coverage == pytest.approx(2 / 3)
    assert rule.belief == pytest.approx(2 / 8)


def test_relations_against_the_arrow_are_walked_too() -> None:
    facts = [(0, 0, 1), (1, 1, 0), (2, 0, 3), (3, 1, 2), (4, 0, 5)]
    rule = rule_of(mine_rules(matrices(facts), ALL).rules, 1, ~0)
    assert rule is not None
    assert (rule.support, rule.body_size) == (2, 3)


def test_a_fact_does_not_follow_from_itself() -> None:
    lonely = [(0, 0, 1), (2, 0, 3), (4, 0, 5)]
    assert [one for one in mine_rules(matrices(lonely), ALL).rules if one.target < 0] == []


def test_a_rule_with_constants_says_what_goes_with_what() -> None:
    facts = [(0, 0, 5), (1, 0, 5), (2, 0, 5), (0, 1, 6), (1, 1, 6), (2, 1, 7)]
    rules = mine_rules(matrices(facts), ALL).rules
    found = next(one for one in rules if (one.head, one.body, one.constant, one.target) == (1, (0,), 5, 6))
    assert (found.support, found.body_size, found.known_size, found.head_size) == (2, 3, 3, 3)


def test_a_rule_without_a_body_is_the_share_of_the_most_frequent() -> None:
    facts = [(0, 0, 5), (1, 0, 5), (2, 0, 5), (3, 0, 6)]
    found = [one for one in mine_rules(matrices(facts), ALL).rules if not one.body]
    assert [(one.target, one.support, one.body_size) for one in found] == [(5, 3, 4), (6, 1, 4)]


def test_thresholds_leave_out_what_is_below_them() -> None:
    kept = mine_rules(matrices(FACTS), MiningSettings(min_support=2, min_confidence=0.6, min_head_coverage=0.6)).rules
    assert all(one.support >= 2 and one.confidence >= 0.6 for one in kept)
    assert rule_of(kept, FROM, BORN, IN) is not None
    assert rule_of(mine_rules(matrices(FACTS), MiningSettings(min_support=3)).rules, FROM, BORN, IN) is None


def test_walks_that_cost_too_much_are_left_out_and_counted() -> None:
    hub = [(at, 0, 20) for at in range(20)]
    mined = mine_rules(matrices(hub, 21, 1), MiningSettings(max_pairs=399))
    assert mined.left_out == 1
    assert mine_rules(matrices(hub, 21, 1), MiningSettings(max_pairs=400)).left_out == 0


@pytest.mark.slow
@settings(max_examples=8)
@given(st.integers(0, 10_000), st.integers(1, 3))
def test_a_walk_joins_just_the_pairs_with_a_path_of_different_entities(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    facts = {(int(s), int(r), int(o)) for s, r, o in rng.integers(0, (6, 2, 6), (12, 3)) if s != o}
    table = matrices(sorted(facts), 6, 2)
    edges = facts | {(o, ~r, s) for s, r, o in facts}
    for body in product((0, 1, -1, -2), repeat=length):
        expected = {
            (walk[0], walk[-1])
            for walk in permutations(range(6), length + 1)
            if all((walk[at], label, walk[at + 1]) in edges for at, label in enumerate(body))
        }
        rows, columns = table.pairs_of(body).nonzero()
        assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected


@pytest.mark.parametrize(("aggregation", "expected"), [("max", 0.5), ("noisy-or", 1 - 0.5 * 0.75)])
def test_rules_that_agree_are_put_together(aggregation: Aggregation, expected: float) -> None:
    sure = HornRule(FROM, (BORN, IN), -1, -1, 5, 5, 5, 9)
    less = HornRule(FROM, (BORN,), BATH, ENGLAND, 5, 15, 15, 9)
    scorer = RuleScorer([sure, less], matrices(FACTS), aggregation)
    tails = scorer.scores(np.array([[BEN, FROM], [CAT, FROM]]))
    assert tails[0, ENGLAND] == pytest.approx(expected)
    assert tails[1, IRELAND] == pytest.approx(0.5)
    assert tails[1, ENGLAND] == 0
    heads = scorer.scores(np.array([[ENGLAND, FROM + 3]]))
    assert heads[0, [ANN, BEN, CAT]] == pytest.approx([expected, expected, 0])


def test_the_most_frequent_is_said_of_anybody() -> None:
    scorer = RuleScorer([HornRule(FROM, (), -1, SPAIN, 5, 5, 5, 9)], matrices(FACTS))
    assert scorer.scores(np.array([[ANN, FROM]]))[0, SPAIN] == pytest.approx(0.5)
    assert not scorer.scores(np.array([[SPAIN, FROM + 3]])).any()


def test_a_prediction_is_explained_by_rules_and_the_facts_that_they_rest_on() -> None:
    sure = HornRule(FROM, (BORN, IN), -1, -1, 5, 5, 5, 9)
    less = HornRule(FROM, (BORN,), BATH, ENGLAND, 5, 15, 15, 9)
    none = HornRule(FROM, (FROM, ~FROM, FROM), -1, -1, 5, 15, 15, 9)
    found = RuleScorer([sure, less, none], matrices(FACTS)).explain(FROM, BEN, ENGLAND)
    assert [(one.rule, one.facts) for one in found] == [
        (sure, ((BEN, BORN, BATH), (BATH, IN, ENGLAND))),
        (less, ((BEN, BORN, BATH),)),
    ]


@settings(max_examples=4)
@given(st.integers(0, 10_000))
def test_whatever_scores_is_explained_and_whatever_is_explained_scores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    facts = sorted({(int(s), int(r), int(o)) for s, r, o in rng.integers(0, (6, 2, 6), (9, 3)) if s != o})
    table = matrices(facts, 6, 2)
    scorer = RuleScorer(mine_rules(table, ALL).rules, table)
    for head, subject in product(range(2), range(6)):
        scores = scorer.scores(np.array([[subject, head]]))[0]
        for obj in range(6):
            grounds = scorer.explain(head, subject, obj)
            assert bool(grounds) == (scores[obj] > 0)
            assert all(fact in facts for ground in grounds for fact in ground.facts)


def test_rules_read_back_equal_and_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    rules = list(mine_rules(matrices(FACTS), ALL).rules)
    save_rules(rules, tmp_path / "rules.jsonl")
    assert load_rules(tmp_path / "rules.jsonl") == rules
    (tmp_path / "rules.jsonl").write_text('{"head": 1}\n', "utf-8")
    with pytest.raises(ArtefactError, match="cannot read the rules"):
        load_rules(tmp_path / "rules.jsonl")
    with pytest.raises(ArtefactError, match=r"nothing\.jsonl"):
        load_rules(tmp_path / "nothing.jsonl")
