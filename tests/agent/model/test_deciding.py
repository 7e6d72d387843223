"""Every answer that a schema allows can be decided step by step, none else can, and what is settled is not decided."""

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.deciding import SETTLED, Decision, first_decision
from agent.schemas import closed_object


def closed(**properties: Any) -> dict[str, Any]:
    return closed_object(properties)


def decided(schema: dict[str, Any], answer: object) -> list[str]:
    """Return what a model adds at each step that ends in an answer."""
    text, steps = json.dumps(answer, ensure_ascii=False), list[str]()
    step: Decision | str | None = first_decision(schema)
    while isinstance(step, Decision):
        assert text.startswith(step.begun)
        rest = text[len(step.begun) :]
        ends = [end for end in range(len(rest) + 1) if re.fullmatch(step.pattern, rest[:end])]
        assert len(ends) == 1, "the model would have to choose where to stop"
        steps.append(rest[: ends[0]])
        step = step.after(steps[-1])
    assert step == text
    return steps


VALUES = st.lists(
    st.one_of(st.text(max_size=12), st.sampled_from(["-", "^a", 'a"b', "a b", "a b c", "a, b", "é 映画", "\u0000"])),
    min_size=1,
    max_size=5,
    unique=True,
)
FIELDS = st.dictionaries(st.sampled_from(["a", "b", "ask", 'q"']), VALUES, min_size=1, max_size=3)


def answers(fields: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    for chosen in product(*fields.values()):
        yield dict(zip(fields, chosen, strict=True))


@pytest.mark.slow
@given(FIELDS)
def test_each_answer_is_reached_and_is_told_from_all_others(fields: dict[str, list[Any]]) -> None:
    schema = closed(**{name: {"enum": values} for name, values in fields.items()})
    ways = [tuple(decided(schema, answer)) for answer in answers(fields)]
    assert len(set(ways)) == len(ways)


@pytest.mark.slow
@given(st.lists(FIELDS.filter(lambda one: "kind" not in one), min_size=2, max_size=3))
def test_each_answer_of_one_of_several_objects_is_reached(several: list[dict[str, list[Any]]]) -> None:
    kinds = [{"kind": [f"k{at}"], **fields} for at, fields in enumerate(several)]
    schema = {"anyOf": [closed(**{name: {"enum": values} for name, values in one.items()}) for one in kinds]}
    for one in kinds:
        for answer in answers(one):
            decided(schema, answer)


@given(st.lists(st.text(alphabet="ab -.", min_size=1, max_size=8), min_size=2, max_size=6, unique=True))
def test_a_decision_ends_with_a_whole_word(values: list[str]) -> None:
    schema = closed(a={"enum": values})
    for value in values:
        (added,) = decided(schema, {"a": value})
        left = (value + '"}')[len(added) :]
        assert not (left and added[-1].isalpha() and left[0].isalpha())
        assert not (left and added.endswith(" ") and not left.startswith(" "))


def test_what_the_schema_settles_is_not_decided() -> None:
    walk = {"type": "string", "pattern": "^(a|b)$"}
    schema = closed(intent={"const": "ask"}, do={"enum": ["list", "count"]}, m1=walk)
    first = first_decision(schema)
    assert first is not None
    assert first.begun == '{"intent": "ask", "do": "'
    assert decided(schema, {"intent": "ask", "do": "list", "m1": "b"}) == ['list", "m1": "b"}']


def test_a_long_sentence_is_decided_by_the_words_that_differ() -> None:
    ending = "is what you asked for, " + "and so on " * (SETTLED // 5)
    first = [f"Comedy {ending}", f"Drama {ending}"]
    schema = closed(first={"enum": first}, second={"enum": ["It is short.", "It is old."]})
    steps = decided(schema, {"first": first[1], "second": "It is old."})
    assert steps == ["Drama", "It is old"]


def test_objects_that_begin_alike_share_their_beginning() -> None:
    schema = {
        "anyOf": [
            closed(tool={"const": "rank"}, k={"enum": [5, 10]}),
            closed(tool={"const": "rank"}),
            closed(tool={"const": "paths"}, of={"enum": ["a", "b"]}),
        ]
    }
    first = first_decision(schema)
    assert first is not None
    assert first.begun == '{"tool": "'
    for answer in ({"tool": "rank", "k": 10}, {"tool": "rank"}, {"tool": "paths", "of": "b"}):
        decided(schema, answer)


@pytest.mark.parametrize("pattern", ["^[a-z]+$", "a|b", '^(a"|b)$', r"^(\W)$", "^(.)$"])
def test_a_pattern_that_may_match_a_quote_is_left_to_the_schema(pattern: str) -> None:
    assert first_decision(closed(a={"type": "string", "pattern": pattern})) is None


@pytest.mark.parametrize(
    "schema",
    [
        closed(a={"type": "string", "maxLength": 9}),
        closed(a={"enum": []}),
        closed(),
        {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
        closed(a={"const": 1}) | {"required": []},
        {"anyOf": [closed(a={"const": 1}), closed(a={"type": "integer"})]},
        {"type": "array", "items": {"enum": ["a"]}},
    ],
)
def test_a_schema_that_is_not_flat_has_no_decision(schema: dict[str, Any]) -> None:
    assert first_decision(schema) is None


def test_what_does_not_match_is_an_answer_as_it_is() -> None:
    first = first_decision(closed(a={"enum": ["x", "y"]}))
    assert first is not None
    assert first.after("Once upon") == '{"a": "Once upon'
