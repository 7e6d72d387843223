"""Prompt templates: each text loads, says what it takes, and takes values as they are."""

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts import Template, load_template

NAMES = sorted(
    file.name.removesuffix(".txt")
    for file in resources.files("prompts").joinpath("texts").iterdir()
    if file.name.endswith(".txt")
)


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of texts in place of the package's."""
    (tmp_path / "texts").mkdir()
    monkeypatch.setattr("prompts.template.resources.files", lambda _: tmp_path)
    return tmp_path / "texts"


def test_there_are_texts() -> None:
    assert {"act", "interpret", "justify"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_loads_and_takes_what_it_declares(name: str) -> None:
    template = load_template(name)
    values = {placeholder: f"<<{placeholder}>>" for placeholder in template.placeholders}
    system, user = template.messages(**values)
    assert (system["role"], user["role"]) == ("system", "user")
    assert system["content"] == template.system
    assert "placeholders:" not in system["content"]
    for value in values.values():
        assert user["content"].count(value) >= 1
        assert value not in system["content"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_fixed_comes_first(name: str) -> None:
    template = load_template(name)
    assert template.system
    assert template.system == template.system.strip()


@pytest.mark.parametrize("name", NAMES)
def test_other_values_are_refused(name: str) -> None:
    template = load_template(name)
    values = dict.fromkeys(template.placeholders, "x")
    missing = sorted(values)[0]
    with pytest.raises(ValueError, match=f"prompt {name} takes"):
        template.messages(**values, other="x")
    with pytest.raises(ValueError, match=f"prompt {name} takes"):
        template.messages(**{key: value for key, value in values.items() if key != missing})


@given(st.text(max_size=60))
def test_a_value_stands_there_as_it_is(value: str) -> None:
    template = Template("t", "Be brief. {not a placeholder}", "Say {what}, {{not}} more.", frozenset({"what"}))
    system, user = template.messages(what=value)
    assert user["content"] == f"Say {value}, {{not}} more."
    assert system["content"] == "Be brief. {not a placeholder}"


@pytest.mark.parametrize("value", ["{0}", "{what}", "{", "}", "{what.__class__}", "{{}}", "%s", "$what"])
def test_braces_in_a_value_mean_nothing(value: str) -> None:
    assert Template("t", "s", "Say {what}.", frozenset({"what"})).messages(what=value)[1]["content"] == f"Say {value}."


def test_a_text_is_taken_apart(texts: Path) -> None:
    (texts / "one.txt").write_text('placeholders: a, b\nSystem {"json": 1}\n---\nUser {a}\n---\n{b}\n', "utf-8")
    template = load_template("one")
    assert (template.system, template.user) == ('System {"json": 1}', "User {a}\n---\n{b}")
    assert template.placeholders == {"a", "b"}


def test_a_text_may_take_nothing(texts: Path) -> None:
    (texts / "none.txt").write_text("placeholders:\nSystem\n---\nUser\n", "utf-8")
    assert load_template("none").messages() == [
        {"role": "system", "content": "System"},
        {"role": "user", "content": "User"},
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("placeholders: a\nSystem\n---\nUser {b}\n", r"declares \['a'\] and uses \['b'\]"),
        ("placeholders: a, b\nSystem\n---\nUser {a}\n", r"declares \['a', 'b'\] and uses \['a'\]"),
        ("placeholders: a\nSystem {a}\n---\nUser\n", r"declares \['a'\] and uses \[\]"),
        ("placeholders: a\nSystem {a}\n", r"declares \['a'\] and uses \[\]"),
        ("System\nMore\n---\nUser {a}\n", r"prompt bad declares \['System'\] and uses \['a'\]"),
    ],
)
def test_a_text_that_does_not_use_what_it_declares_is_refused(texts: Path, text: str, told: str) -> None:
    (texts / "bad.txt").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=told):
        load_template("bad")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        load_template("absent")
