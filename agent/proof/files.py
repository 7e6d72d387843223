"""Proofs in files: strictly read, written whole or not at all."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.errors import ProofError
from agent.proof.document import Proof
from agent.proof.parts import Json
from agent.proof.vocabulary import FORMAT

MAX_BYTES = 64 * 2**20
"""Of a file; a thousand answers with their triples need one MB."""


def read_proof(file: Path) -> Proof:
    """Read a proof.

    Raises:
        ProofError: The file is missing, too large, no JSON, of another version, or not what a proof is; the message
            says where.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProofError(f"cannot read the proof {file}: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise ProofError(f"{file} is larger than {MAX_BYTES // 2**20} MB, the most that a proof may have.")
    return _validated(file, _parsed(file, data))


def write_proof(proof: Proof, file: Path) -> None:
    """Write a proof; the file appears whole or not at all.

    Raises:
        ProofError: It cannot be written, or is larger than `read_proof` takes.
    """
    data = proof.to_json().encode()
    if len(data) > MAX_BYTES:
        raise ProofError(f"the proof has {len(data):,} bytes, and {MAX_BYTES:,} is the most; ask for less at once.")
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as partial:
            try:
                partial.write(data)
                partial.close()
                os.replace(partial.name, file)
            except BaseException:
                Path(partial.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ProofError(f"cannot write the proof {file}: {error.strerror}.") from error


def _parsed(file: Path, data: bytes) -> Json:
    def no_constant(name: str) -> float:
        raise ValueError(f"{name} is no number of JSON")

    def once(pairs: list[tuple[str, Any]]) -> Json:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key stands twice in one object")
        return found

    try:
        document = json.loads(data.decode("utf-8"), parse_constant=no_constant, object_pairs_hook=once)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # JSON can hold halves of characters; a text cannot
    except json.JSONDecodeError as error:
        raise ProofError(
            f"{file}, line {error.lineno}, column {error.colno}: {error.msg}. Is the file cut off or edited? "
            "Write the proof anew with --proof."
        ) from error
    except UnicodeDecodeError as error:
        raise ProofError(f"{file} is no UTF-8 text ({error.reason} at byte {error.start}).") from error
    except (ValueError, RecursionError) as error:
        raise ProofError(f"{file} is no proof: {str(error)[:200]}.") from error
    if not isinstance(document, dict):
        raise ProofError(f"{file} is no proof: expected a JSON object, got {type(document).__name__}.")
    return document


def _validated(file: Path, document: Json) -> Proof:
    version = document.get("format")
    if "@context" not in document or version is None:
        raise ProofError(f"{file} is JSON, but no proof: it lacks {'@context' if version is not None else 'format'}.")
    if type(version) is int and version != FORMAT:
        raise ProofError(f"{file} is a proof of format {version}; this version of Thence reads {FORMAT}.")
    try:
        return Proof.model_validate(document)
    except ValidationError as error:
        told = "; ".join(f"{_place(item['loc'])}: {item['msg']}"[:200] for item in error.errors()[:5])
        raise ProofError(f"{file} is no proof as Thence writes them: {told}.") from error


def _place(parts: tuple[str | int, ...]) -> str:
    return ".".join(map(str, parts)) or "document"
