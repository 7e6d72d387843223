"""Cleaning of texts, bars, and the display on a terminal."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from agent.cli.display import AnswerDisplay
from agent.cli.notices import Notices
from agent.cli.render import View, bar, clean, clean_lines, safe_json
from tests.agent.cli.fakes import events_of, recommendation

CONTROLS = {*map(chr, range(32)), *map(chr, range(127, 160)), *"\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2069"}


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("Amélie 审判 👩‍🚀 می‌روم", "Amélie 审判 👩‍🚀 می‌روم"),
        ("a\nb\tc\r\nd", "a b c d"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1b]52;c;never closed", "52;c;never closed"),
        ("\x1bc\x1b(0reset", "reset"),
        ("right\u202eleft", "rightleft"),
        ("half \ud83d", "half \ufffd"),
        ("bell\x07null\x00del\x7f", "bellnulldel"),
    ],
)
def test_clean_keeps_words_and_drops_what_terminals_obey(raw: str, plain: str) -> None:
    assert clean(raw) == plain


@given(st.text(st.one_of(st.characters(), st.sampled_from("\x1b[]\x9b\x07;m\n")), max_size=40))
def test_clean_leaves_no_control_whatever_comes(text: str) -> None:
    assert not CONTROLS & set(clean(text))


def test_clean_lines_keeps_lines() -> None:
    assert clean_lines("one\n\x1b[2Jtwo") == "one\ntwo"


@given(st.text(max_size=40))
def test_safe_json_says_the_same(text: str) -> None:
    assert json.loads(safe_json(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize(
    ("value", "drawn"), [(8.0, "████"), (-8.0, "████"), (1.0, "▌"), (3.0, "█▌"), (0.0, ""), (0.01, "")]
)
def test_a_bar_is_as_long_as_its_share(value: float, drawn: str) -> None:
    assert bar(value, 8.0, width=4) == drawn


def test_a_bar_of_nothing_is_empty() -> None:
    assert bar(0.0, 0.0) == ""


def test_on_a_terminal_the_list_stands_there_before_its_prose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Console(file=io.StringIO(), force_terminal=True, width=80, markup=False)
    seen = []
    with AnswerDisplay(out, Notices(), View()) as display:
        for event in events_of(recommendation()):
            display.show(event)
            assert isinstance(out.file, io.StringIO)
            seen.append((event.kind, "Carmilla" in out.file.getvalue(), "like Dracula" in out.file.getvalue()))
    kinds = {kind: (listed, written) for kind, listed, written in reversed(seen)}
    assert kinds["step"] == (False, False)
    assert kinds["ranked"] == (True, False)
    assert kinds["prose"] == (True, True)


def test_a_stage_told_again_with_other_seconds_makes_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Notices() as notices:
        for text in ("Starting (1 s)", "Starting (2 s)", "\x1b[2JReady.", "Ready"):
            notices.say(text)
    assert capsys.readouterr().err == "· Starting (1 s)…\n· Ready…\n"


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Console(file=io.StringIO(), force_terminal=True, width=80, markup=False)
    with AnswerDisplay(out, Notices(), View(evidence=True)) as display:
        display.show(events_of(recommendation(degraded=True, degraded_because=["no model"]))[-1])
    assert isinstance(out.file, io.StringIO)
    assert "Note: no model" in out.file.getvalue()
    assert not any(f"\x1b[{code}" in out.file.getvalue() for code in ("31", "33", "36"))
