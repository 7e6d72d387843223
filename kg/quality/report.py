"""One HTML page about a graph: numbers, plots, what seems wrong in it; it loads nothing and obeys no label."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from kg import namespaces as ns
from kg.quality.finding import Finding, finders
from kg.quality.plots import bars, log_log
from kg.quality.statistics import GraphStatistics
from kg.quality.validation import Validation

EXAMPLES = 8
MOST_RELATIONS = 25
MOST_LENGTH = 400

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --soft: #5c6770; --paper: #ffffff; --panel: #f4f6f8; --line: #d9dfe4;
  --mark: 30 107 163; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8eb; --soft: #9aa6af; --paper: #14181b; --panel: #1d2327;
  --line: #38424a; --mark: 110 178 228; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; } h3 { font-size: 1rem; }
p, small, caption { color: var(--soft); } caption { text-align: left; padding-bottom: .3rem; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; margin-top: 1rem; }
@media (max-width: 40rem) { .tiles { grid-template-columns: repeat(2, 1fr); } }
.tiles div { background: var(--panel); border-radius: .4rem; padding: .6rem .8rem; }
.tiles b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin-bottom: .8rem; }
table { border-collapse: collapse; font-size: .9rem; min-width: min(100%, 24rem); }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; white-space: nowrap; vertical-align: bottom; } td { min-width: 3rem; max-width: 34rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.heat { text-align: center; padding: .3rem .4rem; min-width: 2.8rem; white-space: nowrap; }
th.heat span { writing-mode: vertical-rl; transform: rotate(180deg); }
svg { width: 100%; height: auto; min-width: 32rem; max-width: 46rem; display: block;
  background: var(--panel); border-radius: .4rem; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg rect, svg circle { fill: rgb(var(--mark)); }
svg .grid { stroke: var(--line); }
li { margin: .25rem 0; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_report(
    title: str,
    triples: int,
    statistics: GraphStatistics,
    findings: Sequence[Finding],
    validation: Validation | None,
) -> str:
    """Return the page as HTML; every text of the graph is escaped, and no script could run in it anyway.

    Args:
        title: Of the domain.
        triples: Triples of the graph, with labels and classes.
        statistics: The graph's numbers.
        findings: What its checks found.
        validation: What its shapes found; None where it has no shapes.
    """
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    body = [
        f"<h1>{_text(title)}</h1><p>Report on its knowledge graph, {made}.</p>",
        _tiles(triples, statistics, findings, validation),
        _relations(statistics),
        _classes(statistics),
        _coverage(statistics),
        _degrees(statistics),
        _components(statistics),
        _findings(findings),
        _validation(validation),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}: graph report</title><style>{_STYLE}</style></head>\n<body>"
        + "\n".join(body)
        + "</body></html>\n"
    )


def _text(text: str) -> str:
    """Return a text that cannot be read as markup, cut where it is endless."""
    short = text if len(text) <= MOST_LENGTH else text[: MOST_LENGTH - 1] + "…"
    return escape("".join(char for char in short if char.isprintable() or char == " "))


def _name(iri: str) -> str:
    return f'<span title="{_text(iri)}">{_text(ns.local_name(iri) or iri)}</span>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int] = frozenset()) -> str:
    """Return a table of cells that are HTML already; columns in `numbers` stand to the right."""

    def cells(tag: str, row: Sequence[str]) -> str:
        marks = [' class="n"' if at in numbers else "" for at in range(len(row))]
        return "".join(f"<{tag}{mark}>{cell}</{tag}>" for mark, cell in zip(marks, row, strict=True))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{cells("th", head)}</tr>{body}</table></div>'


def _tiles(
    triples: int, statistics: GraphStatistics, findings: Sequence[Finding], validation: Validation | None
) -> str:
    largest = statistics.components[0] if statistics.components else 0
    tiles = [
        (f"{triples:,}", "triples"),
        (f"{statistics.entities:,}", "entities"),
        (f"{len(statistics.classes):,}", "classes"),
        (f"{len(statistics.relations):,}", "relations"),
        (f"{statistics.labelled:.1%}", "labelled"),
        (f"{largest / max(1, sum(statistics.components)):.1%}", "of linked entities in one component"),
        (f"{len(findings):,}", "findings"),
        ("no shapes" if validation is None else f"{len(validation.flagged):,}", "facts flagged by shapes"),
    ]
    return '<div class="tiles">' + "".join(f"<div><b>{value}</b>{name}</div>" for value, name in tiles) + "</div>"


def _relations(statistics: GraphStatistics) -> str:
    rows = [
        (
            _name(one.predicate),
            "literal" if one.literal else "entity",
            f"{one.triples:,}",
            f"{one.subjects:,}",
            f"{one.objects:,}",
            f"{one.triples / max(1, one.subjects):.2f}",
            f"{one.singular:.0%}",
        )
        for one in statistics.relations
    ]
    head = ("relation", "object", "triples", "subjects", "objects", "a subject", "one only")
    most = [(ns.local_name(one.predicate), float(one.triples)) for one in statistics.relations[:MOST_RELATIONS]]
    return (
        "<h2>Relations</h2>"
        + bars(most, "Triples by relation")
        + _table(head, rows, frozenset(range(2, 7)))
        + "<p>“One only”: the share of subjects that have one object.</p>"
    )


def _classes(statistics: GraphStatistics) -> str:
    rows = [(_name(cls), f"{size:,}") for cls, size in list(statistics.classes.items())[:MOST_RELATIONS]]
    return "<h2>Classes</h2>" + _table(("class", "entities"), rows, frozenset({1}))


def _coverage(statistics: GraphStatistics) -> str:
    """Return a table of classes by relations; the fuller the colour, the more entities have the relation."""
    used = Counter(predicate for shares in statistics.coverage.values() for predicate in shares)
    order = [one.predicate for one in statistics.relations if one.predicate in used]
    predicates = list(dict.fromkeys(order))[:MOST_RELATIONS]
    rows = []
    for cls, shares in statistics.coverage.items():
        if shares:
            cells = "".join(_heat(shares.get(predicate, 0.0)) for predicate in predicates)
            rows.append(f"<tr><th>{_name(cls)}</th>{cells}</tr>")
    head = "".join(f"<th class='heat'>{_name(predicate)}</th>" for predicate in predicates)
    table = f'<div class="scroll"><table><tr><th>class</th>{head}</tr>{"".join(rows)}</table></div>'
    told = "Share of a class's entities that have a relation: the fuller the colour, the more; · is none."
    return f"<h2>Coverage</h2><p>{told}</p>{table}"


def _heat(share: float) -> str:
    text = "·" if share == 0 else f"{share:.0%}" if share >= 0.005 else "&lt;1%"
    return f'<td class="heat" style="background: rgb(var(--mark) / {0.55 * share:.2f})">{text}</td>'


def _degrees(statistics: GraphStatistics) -> str:
    points = [(float(degree), float(count)) for degree, count in statistics.degrees.items()]
    plot = log_log(points, "links of an entity", "entities")
    return f"<h2>Degrees</h2><p>How many entities have how many links, both axes logarithmic.</p>{plot}"


def _components(statistics: GraphStatistics) -> str:
    sizes = Counter(statistics.components)
    rows = [(f"{size:,}", f"{count:,}") for size, count in sorted(sizes.items(), reverse=True)[:10]]
    n_components = len(statistics.components)
    told = f"{n_components:,} component{'s' * (n_components != 1)} among entities with links."
    return f"<h2>Components</h2><p>{told}</p>" + _table(("entities", "components"), rows, frozenset({0, 1}))


def _findings(findings: Sequence[Finding]) -> str:
    titles = {kind: cls.title for kind, cls in finders().items()}
    counts = Counter(one.kind for one in findings)
    clear = ", ".join(title for kind, title in titles.items() if kind not in counts)
    parts = ["<h2>What seems wrong</h2><p><code>thence kg clean</code> proposes what would mend it.</p>"]
    if counts:
        parts.append(bars([(titles[kind], float(count)) for kind, count in counts.most_common()], "Findings by kind"))
    for kind, count in counts.most_common():
        some = [one for one in findings if one.kind == kind][:EXAMPLES]
        items = "".join(f"<li>{_text(one.reason)} <small>({one.confidence:.2f})</small></li>" for one in some)
        parts.append(f"<h3>{_text(titles[kind])}: {count:,}</h3><ul>{items}</ul>")
    if clear:
        parts.append(f"<p>None of these: {_text(clear)}.</p>")
    return "".join(parts)


def _validation(validation: Validation | None) -> str:
    if validation is None:
        return "<h2>Shapes</h2><p>There are none; <code>thence kg shapes</code> writes some to start from.</p>"
    groups = Counter((one.severity, one.path, one.constraint) for one in validation.results)
    examples = {(one.severity, one.path, one.constraint): one for one in reversed(validation.results)}
    rows = [
        (
            _text(severity),
            _name(path) if path else "",
            _text(constraint),
            f"{count:,}",
            _text(
                f"{ns.local_name(examples[severity, path, constraint].focus)}: "
                f"{examples[severity, path, constraint].value or examples[severity, path, constraint].message}"
            ),
        )
        for (severity, path, constraint), count in groups.most_common()
    ]
    told = f"{len(validation.flagged):,} facts are flagged: look-ups mark them, and nothing else rests on them."
    head = ("severity", "relation", "constraint", "times", "for example")
    return f"<h2>Shapes</h2><p>{told}</p>" + (_table(head, rows, frozenset({3})) if rows else "")
