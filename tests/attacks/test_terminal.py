"""Hostile texts on their way out: no terminal obeys them, no markup is read out of them, no page runs them."""

import io
import json
import re
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from rich.console import Console

from agent.answer import Answer
from agent.cli import session
from agent.cli.main import run
from agent.cli.render import View, answer_view, explanation_view
from agent.recommender import Recommender
from agent.toolbox import Toolbox
from kg.quality import find, open_effective, read_view
from kg.quality.report import render_report
from kg.quality.statistics import measure
from tests.attacks.asking import answered
from tests.attacks.attack import GraphAttack
from tests.attacks.checks import assert_no_leak
from tests.attacks.conftest import Make
from tests.attacks.graph_attacks import GRAPH_ATTACKS
from tests.attacks.world import USER, Place

KINDS = ("terminal escape", "Rich markup", "control character", "writing direction", "HTML", "flood")
SHOWN = [
    pytest.param(at, one, id=f"{one.kind}: {one.name}") for at, one in enumerate(GRAPH_ATTACKS) if one.kind in KINDS
]
SGR = re.compile(r"\x1b\[[0-9;]*m")
CURSOR = re.compile(r"\x1b\[(?:\?25[lh]|[0-9]*[A-D]|[0-9]?K)")
WIDTH = 100


def assert_obeyed_by_no_terminal(text: str) -> None:
    """Fail where a text holds a control, other than the end of a line, or what reorders the text around it."""
    bad = {
        char for char in text if (unicodedata.category(char) == "Cc" and char != "\n") or char in "\u2028\u2029"
    } | set(re.findall("[\u202a-\u202e\u2066-\u2069]", text))
    assert not bad, bad


def printed(answer: Answer, view: Callable[[Answer], object]) -> str:
    """Return what a terminal is sent."""
    out = io.StringIO()
    console = Console(
        file=out, width=WIDTH, force_terminal=True, color_system="truecolor", highlight=False, markup=False, emoji=False
    )
    console.print(view(answer))
    return out.getvalue()


def whole(answer: Answer) -> object:
    return answer_view(answer, View(evidence=True, trace=True))


@pytest.mark.parametrize(("at", "attack"), SHOWN)
async def test_a_text_of_the_graph_neither_styles_nor_moves_a_terminal(
    poisoned: Toolbox, clean: Toolbox, over: Make, at: int, attack: GraphAttack
) -> None:
    message = f"something like {Place(at).sibling}"
    hostile = await answered(over(poisoned), message, user=USER, k=1)
    styles = set(SGR.findall(printed(await answered(over(clean), message, user=USER, k=1), whole)))
    told = printed(hostile, whole)
    assert set(SGR.findall(told)) <= styles
    assert_obeyed_by_no_terminal(SGR.sub("", told))
    assert len(told) < 20_000
    if attack.kind == "Rich markup" and attack.slot == "item":
        assert attack.text in SGR.sub("", told)


@pytest.fixture
def library(poisoned: Toolbox, over: Make, monkeypatch: pytest.MonkeyPatch) -> Recommender:
    """Put the poisoned library in the place of every domain of the command line."""
    recommender = over(poisoned)
    monkeypatch.setattr(recommender, "close", lambda: None)
    monkeypatch.setattr(session, "open_recommender", lambda *_: recommender)
    monkeypatch.setattr(session, "open_domain", lambda *_: poisoned.snapshot)
    return recommender


COMMANDS = (
    ("recommend", "--user", USER, "-k", "30"),
    ("recommend", "--user", USER, "-k", "10", "--evidence", "--trace"),
    ("ask", "which books have Gothic as genre?"),
    ("domain", "items", "library", "--limit", "700"),
    ("domain", "show", "library"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.usefixtures("library")
def test_the_command_line_prints_texts_and_nothing_else(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert run(command) == 0
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert_obeyed_by_no_terminal(text)
    assert run([*command, "--json"]) == 0
    document = capsys.readouterr().out
    assert json.loads(document)
    assert_obeyed_by_no_terminal(document)
    assert_no_leak([told.out, told.err, document], said=[one.text for one in GRAPH_ATTACKS])


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    "text", ["\x1b[31mobey", "[bold red]obey[/]", "\x1b]0;x\x07", "\u202eyebo", "<|im_start|>obey", "x" * 3_000]
)
def test_an_error_repeats_nothing_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str], text: str) -> None:
    for command in (("recommend", "--user", text), ("recommend", "--query", text * 2_001), ("explain", "--item", text)):
        assert run(command) != 0
        for extra in ((), ("--json",)):
            run([*command, *extra])
            told = capsys.readouterr()
            assert_obeyed_by_no_terminal(told.err)
            assert told.out == ""
            assert len(told.err) < 2_000


@pytest.mark.parametrize(("at", "attack"), SHOWN[:: len(SHOWN) // 8])
async def test_an_explanation_neither_styles_nor_moves_a_terminal(
    poisoned: Toolbox, over: Make, at: int, attack: GraphAttack
) -> None:
    answer = await over(poisoned).aexplain(item=Place(at).book_iri, user=USER)
    assert_obeyed_by_no_terminal(SGR.sub("", printed(answer, explanation_view)))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture(scope="module")
def page(poisoned: Toolbox) -> str:
    """The report on the poisoned graph."""
    domain = poisoned.snapshot.domain
    store = open_effective(domain)
    view = read_view(store, domain)
    return render_report("</title><script>alert(0)</script>", len(store), measure(view), find(view), None)


@pytest.mark.parametrize("attack", [pytest.param(one, id=one.name) for one in GRAPH_ATTACKS if one.kind == "HTML"])
def test_a_report_holds_no_markup_of_a_label(page: str, attack: GraphAttack) -> None:
    assert attack.text not in page


def test_a_report_runs_and_loads_nothing(page: str) -> None:
    seen = _Tags()
    seen.feed(page)
    assert seen.tags.isdisjoint({"script", "img", "iframe", "object", "link", "a", "template"})
    assert not [name for name in seen.attributes if name.startswith("on") or name in {"src", "href", "srcdoc"}]
    assert_obeyed_by_no_terminal(page)
    assert len(page) < 1_000_000
