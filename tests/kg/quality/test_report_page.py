"""The page about a graph in a real browser: it fits its window, breaks no word, and is as legible in the dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.quality import find, open_effective, read_view
from kg.quality.report import render_report
from kg.quality.statistics import measure
from kg.quality.validation import Validation, Violation
from tests.browser import PACKAGE, Browser, program
from tests.kg.quality.conftest import WriteDomain
from tests.kg.quality.test_kinds import BOOKS, PEOPLE, A

LONG = "aVeryLongNameOfARelationThatNobodyWouldChoose"
SHAPES = Validation(
    [Violation("Violation", A + "b0" + "x" * 300, A + LONG, "y" * 300, "Class", "")] * 3, flagged=frozenset()
)
ATTACK = '"><script>document.title = "taken"</script><img src="http://127.0.0.1:9/x">'

FAITHFUL = """[...document.querySelectorAll("svg text")].filter(text => {
  const one = text.getBoundingClientRect(), all = text.closest("svg").getBoundingClientRect();
  return one.left < all.left || one.right > all.right || one.top < all.top || one.bottom > all.bottom;
}).map(text => text.textContent)"""
"""Letters of plots that lie outside."""

TALL = """[...document.querySelectorAll("th:not(.heat), td.n, td.heat")]
  .filter(cell => { const range = document.createRange(); range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map(one => Math.round(one.top / 8))).size > 1; })
  .map(cell => cell.textContent)"""
"""Heads and numbers that do not stand on one line."""

CONTRAST = """(() => {
  const light = colour => { const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  return ["body", "p", "th", "svg text"].map(name => {
    const style = getComputedStyle(document.querySelector(name));
    const ink = light(name.startsWith("svg") ? style.fill : style.color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
})()"""
"""Contrasts of letters and paper, as the Web Content Accessibility Guidelines reckon them: 4.5 is enough."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if program() is None:
        pytest.skip(f"needs a browser: apt-get install {PACKAGE}")
    with Browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def page(write_domain: WriteDomain, tmp_path: Path) -> Path:
    evil = f':evil a :Person ; rdfs:label "{LONG}" ; :{LONG} :b0 ; :author :evil .'
    domain = write_domain(BOOKS + PEOPLE + evil)
    store = open_effective(domain)
    view = read_view(store, domain)
    file = tmp_path / "report.html"
    file.write_text(render_report(ATTACK, len(store), measure(view), find(view), SHAPES), "utf-8")
    return file


@pytest.mark.parametrize("width", [360, 800, 1400])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_and_can_be_read(width: int, dark: bool, browser: Browser, page: Path) -> None:
    browser.open(page, width, dark=dark)
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("document.querySelectorAll('svg').length") == 3
    assert browser.run(FAITHFUL) == []
    assert browser.run(TALL) == []
    assert min(browser.run(CONTRAST)) > 4.5


def test_the_page_is_dark_where_that_is_wished(browser: Browser, page: Path) -> None:
    papers = []
    for dark in (False, True):
        browser.open(page, 800, dark=dark)
        papers.append(browser.run("getComputedStyle(document.body).backgroundColor"))
    assert papers == ["rgb(255, 255, 255)", "rgb(20, 24, 27)"]


def test_nothing_runs_or_is_loaded_and_the_browser_has_nothing_to_complain_of(browser: Browser, page: Path) -> None:
    browser.told.clear()
    browser.open(page, 800)
    assert browser.run("document.title") == f"{ATTACK}: graph report"
    assert browser.run("document.querySelectorAll('script, img').length") == 0
    assert browser.run("performance.getEntriesByType('resource').length") == 0
    assert browser.told == []
