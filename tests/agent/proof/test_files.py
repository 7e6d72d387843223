"""A proof's file is read strictly, and written whole or not at all."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.errors import ProofError
from agent.feedback import Feedback
from agent.ledger import FILE, Ledger
from agent.proof import Proof, check_proof, files, read_proof, write_proof
from agent.proof.document import is_as_written
from agent.toolbox import Toolbox


@pytest.fixture
def text(proofs: dict[str, Proof]) -> str:
    return proofs["by history"].to_json()


@pytest.mark.parametrize("name", ["by history", "by wish", "explained", "question", "check", "none"])
def test_what_is_written_reads_back_equal(name: str, proofs: dict[str, Proof], tmp_path: Path) -> None:
    file = tmp_path / "proof.jsonld"
    write_proof(proofs[name], file)
    found = read_proof(file)
    assert found == proofs[name]
    assert is_as_written(found)
    assert list(tmp_path.iterdir()) == [file]


def test_another_layout_is_the_same_proof(text: str, tmp_path: Path) -> None:
    file = tmp_path / "proof.jsonld"
    file.write_text(json.dumps(json.loads(text), sort_keys=True), "utf-8")
    assert is_as_written(read_proof(file))


def test_a_disk_that_is_full_leaves_the_old_file(
    proofs: dict[str, Proof], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "proof.jsonld"
    file.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ProofError, match="No space left"):
        write_proof(proofs["year"], file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_told(proofs: dict[str, Proof], tmp_path: Path) -> None:
    with pytest.raises(ProofError, match="cannot write the proof"):
        write_proof(proofs["year"], tmp_path / "no" / "proof.jsonld")


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "proof.jsonld"
    with file.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(ProofError, match="larger than 64 MB"):
        read_proof(file)


def test_a_proof_that_nobody_could_read_is_not_written(
    proofs: dict[str, Proof], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 100)
    with pytest.raises(ProofError, match="100 is the most"):
        write_proof(proofs["year"], tmp_path / "proof.jsonld")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "line 1, column 1"),
        (b"\xff\xfe", "no UTF-8"),
        (b"[]", "expected a JSON object, got list"),
        (b"{}", "lacks format"),
        (b"null", "got NoneType"),
        (b'{"format": 1}', "lacks @context"),
        (b'{"format": 2, "@context": {}}', "of format 2; this version of Thence reads 1"),
        (b'{"format": "1", "@context": {}}', "no proof as Thence writes them"),
        (b'{"format": 1, "format": 1}', "a key stands twice"),
        (b'{"format": NaN}', "NaN is no number"),
        (b'{"format": ' + b"9" * 5000 + b"}", "no proof"),
        (b"[" * 200_000, "no proof"),
    ],
    ids=str,
)
def test_what_is_no_proof_is_told(data: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "proof.jsonld"
    file.write_bytes(data)
    with pytest.raises(ProofError) as caught:
        read_proof(file)
    assert told in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_file_that_is_cut_off_is_told_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "proof.jsonld"
    for share in (0.1, 0.5, 0.9, 0.999):
        file.write_text(text[: int(len(text) * share)], "utf-8")
        with pytest.raises(ProofError, match=r"line \d+, column \d+"):
            read_proof(file)


def _set(*path: str | int, to: object) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return edit


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (_set("@context", to={"text": "http://else.example/text"}), "@context is not that of a proof"),
        (_set("@context", to="http://else.example/context.jsonld"), "@context"),
        (_set("items", 0, "score", to="high"), "items.0.score"),
        (_set("items", 0, "score", to=10**400), "items.0.score"),
        (_set("items", 0, "rank", to=1.5), "items.0.rank"),
        (_set("items", 0, "rank", to=True), "items.0.rank"),
        (_set("items", to={}), "items: Input should be a valid list"),
        (_set("items", 0, "justification", "claims", 0, "text", to=None), "claims.0.text"),
        (_set("items", 0, "justification", "claims", 0, "citesTriples", to=["here:nothing"]), "cites here:nothing"),
        (_set("items", 0, "justification", "claims", 0, "citesHistory", to=["here:nothing"]), "cites here:nothing"),
        (_set("items", 0, "justification", "text", to="and " * 501), "justification.text: String should have at most"),
        (_set("triples", 0, "subject", to="not an IRI"), "triples.0.subject"),
        (_set("triples", 0, "object", to={"@value": "x", "@language": "no language"}), "triples.0.object"),
        (_set("triples", 0, "@id", to="here:triple-2"), "one @id"),
        (_set("triples", 0, "@type", to="rdf:Bag"), "triples.0"),
        (_set("request", "intent", to="obey"), "request.intent"),
        (_set("more", to=1), "more: Extra inputs"),
        (_set("request", "text", to="\ud800"), "surrogates not allowed"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_wrong_types_and_dangling_ids_are_told(
    edit: Callable[[Any], None], told: str, text: str, tmp_path: Path
) -> None:
    document = json.loads(text)
    edit(document)
    file = tmp_path / "proof.jsonld"
    file.write_text(json.dumps(document), "utf-8")
    with pytest.raises(ProofError) as caught:
        read_proof(file)
    assert told in str(caught.value)


def test_a_meaning_of_another_version_is_told(proofs: dict[str, Proof], toolbox: Toolbox, tmp_path: Path) -> None:
    document = json.loads(proofs["question"].to_json())
    document["request"]["meaning"]["mood"] = "glad"
    feedback = Feedback(toolbox.snapshot, Ledger(tmp_path / FILE))
    with pytest.raises(ProofError, match="mood"):
        check_proof(Proof.model_validate(document), toolbox.snapshot, feedback)


@pytest.mark.slow
def test_whatever_one_value_is_changed_into_no_error_of_ours_escapes(
    proofs: dict[str, Proof], toolbox: Toolbox, tmp_path: Path
) -> None:
    """Every single change is an error with a message, or a check that fails: never a traceback, never a pass."""
    draws = random.Random(5)
    junk: list[object] = [None, True, -1, 1e308, "", "x", "http://shop.example/book/emma", [], {}, ["here:triple-1"]]
    feedback = Feedback(toolbox.snapshot, Ledger(tmp_path / FILE))
    passed = []
    for name in ("by history", "explained", "question", "check"):
        whole = proofs[name].to_json()
        for _ in range(70):
            document = json.loads(whole)
            places = [*_places(document)]
            holder, key = draws.choice(places)
            before, value = holder[key], draws.choice(junk)
            if value == before or (value is None and before is None):
                continue
            holder[key] = value
            file = tmp_path / "proof.jsonld"
            file.write_text(json.dumps(document), "utf-8")
            try:
                report = check_proof(read_proof(file), toolbox.snapshot, feedback)
            except ProofError:
                continue
            if report.holds:
                passed.append((name, key, before, value))
    assert passed == []


def _places(node: object) -> Any:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        yield node, key
        yield from _places(value)
