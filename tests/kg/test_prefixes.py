"""Prefixes that many labels have: what is kept of them is what sorting all of them would find."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import prefixes
from kg.labels import LabelIndex, LabelRow, write_labels

NAMES = st.lists(st.tuples(st.sampled_from(["the ab", "the a", "ab", "abc", "b", "the the a", "é"]), st.integers(0, 3)))


def rows(names: list[tuple[str, int]]) -> list[LabelRow]:
    return [(f"http://a.example/{at}", name, "en", at % 2, degree) for at, (name, degree) in enumerate(names)]


@pytest.mark.slow
@settings(max_examples=60)
@given(names=NAMES, few=st.integers(0, 3), kept=st.integers(2, 4))
def test_what_is_kept_is_what_sorting_finds(
    tmp_path_factory: pytest.TempPathFactory, names: list[tuple[str, int]], few: int, kept: int
) -> None:
    folder = tmp_path_factory.mktemp("labels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefixes, "FEW", few)
        patch.setattr(prefixes, "KEPT", kept)
        write_labels(folder / "labels", rows(names))
        index = LabelIndex(folder / "labels")
        for prefix in ("t", "the ", "the a", "a", "ab", "abc", "abcd", "b", "e", ""):
            hits = [hit.iri for hit in index.prefix(prefix, 2)]
            assert hits == [hit.iri for hit in index.prefix(prefix, kept + 50)][:2]


def test_a_prefix_of_many_labels_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefixes, "FEW", 2)
    write_labels(tmp_path / "labels", rows([("emma", 1), ("emil", 5), ("emily", 3), ("anna", 9)]))
    index = LabelIndex(tmp_path / "labels")
    found = index._connection.execute("SELECT prefix FROM prefixes ORDER BY prefix").fetchall()
    assert found == [("e",), ("em",)]
    assert [hit.label for hit in index.prefix("em")] == ["emil", "emily", "emma"]
