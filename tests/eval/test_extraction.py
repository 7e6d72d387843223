"""The measurement of extraction: its texts say what is written beside them, and counting is by hand."""

import asyncio
import json
from collections.abc import Callable

import pytest

from agent.cli.main import run
from eval.extraction import EveryCandidate, Reading, read, read_blurbs, score
from kg.building.text import TextReader
from kg.labels import fold
from kg.snapshot import Snapshot


@pytest.mark.parametrize("part", ["dev", "test"])
def test_every_fact_of_a_text_is_a_candidate(part: str, films: Snapshot) -> None:
    texts, facts = read_blurbs(films, part)
    found = asyncio.run(read(films, EveryCandidate(), texts))
    assert score(films, "every candidate", found, facts).recall == 1.0
    assert all(TextReader(films).sentences(item, text) for item, text in texts)


def test_the_parts_share_no_item(films: Snapshot) -> None:
    dev, test = ({item for item, _ in read_blurbs(films, part)[0]} for part in ("dev", "test"))
    assert (len(dev), len(test), dev & test) == (20, 10, set())


def test_measures_by_hand() -> None:
    reading = Reading("x", found=4, right=3, stated=6)
    assert (reading.precision, reading.recall) == (0.75, 0.5)
    assert reading.f1 == pytest.approx(0.6)
    assert Reading("x", 0, 0, 6).f1 == 0.0


def test_the_command_tells_the_rules_beside_every_candidate(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    code: Callable[..., int] = run
    assert code(["eval", "extraction", "--only-rules", "--json", "--home", str(tmp_path_factory.mktemp("home"))]) == 0
    rows = json.loads(capsys.readouterr().out)
    best = {row["extractor"]: max(one["f1"] for one in rows if one["extractor"] == row["extractor"]) for row in rows}
    assert best["rules"] > best["every candidate"]
    assert fold(rows[0]["extractor"]) == "every candidate"
