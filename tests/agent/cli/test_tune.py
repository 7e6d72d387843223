"""`thence tune --show`: requests with their meaning, for people and for programs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent.cli.conftest import Outcome

Thence = Callable[..., Outcome]


@pytest.mark.slow
def test_show_prints_requests_with_their_meaning(thence: Thence, tiny_domain: Path) -> None:
    lines = thence("tune", "--domain", str(tiny_domain), "--show", "20").out.splitlines()
    assert len(lines) > 10
    kind, text, answer = lines[0].split("\t")
    assert kind
    assert text
    assert json.loads(answer)["intent"] in ("ask", "recommend", "refine")


@pytest.mark.slow
def test_show_as_json_prints_json_and_nothing_else(thence: Thence, tiny_domain: Path) -> None:
    told = json.loads(thence("tune", "--domain", str(tiny_domain), "--show", "20", "--json").out)
    assert len(told) > 10
    assert all(set(one) == {"kind", "text", "answer"} for one in told)
    fields = {"justify": "first", "next action": "tool", "finish": "tool"}
    assert all(fields.get(one["kind"], "intent") in one["answer"] for one in told)
    assert {one["kind"] for one in told} > {"justify"}
