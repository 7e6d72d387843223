"""The planted faults and how finding them is counted."""

from random import Random

import pytest

from eval.cleaning import evaluate_cleaning, score, wilson
from eval.corruption import Plant, Planter, vary
from eval.errors import EvaluationError
from kg.domain import BUILT_IN, Domain
from kg.manifest import load_manifest
from kg.quality import Finding, clean_view


def sample() -> Domain:
    return Domain(BUILT_IN / "films", load_manifest(BUILT_IN / "films"))


def test_scores_count_faults_and_findings_by_hand() -> None:
    plants = [Plant("self-loop", ("self-loop",), frozenset({name})) for name in "abc"]
    findings = [Finding("self-loop", (name,), 0.9, "") for name in "abx"]
    one, overall = score(plants, findings)
    assert (one.planted, one.found, one.claimed, one.right) == (3, 2, 3, 2)
    assert overall.precision == pytest.approx(2 / 3)
    assert overall.recall == pytest.approx(2 / 3)


def test_the_interval_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_text_that_is_varied_keeps_its_first_letter_or_its_words() -> None:
    rng = Random(5)
    for _ in range(100):
        varied = vary("Mary Shelley", rng)
        assert varied[0] == "M" or varied == "Shelley, Mary"


def test_faults_of_eight_kinds_are_planted_and_seeds_repeat() -> None:
    view = clean_view(sample())
    plants = Planter(view, Random(3)).plant(80)
    assert len({one.kind for one in plants}) == 8
    assert plants == Planter(view, Random(3)).plant(80)


def test_a_graph_that_is_too_small_is_told() -> None:
    with pytest.raises(EvaluationError, match="films: the graph has room for"):
        evaluate_cleaning(sample(), corruptions=5_000, seed=0, min_confidence=0.8)


def test_most_planted_faults_are_found_and_little_else() -> None:
    report = evaluate_cleaning(sample(), corruptions=500, seed=11, min_confidence=0.8)
    assert report.ours[-1].precision >= 0.95
    assert report.ours[-1].recall >= 0.90
    assert report.baseline[-1].recall < 0.2
