"""Plots as inline SVG, drawn in the colours of the page that they stand in."""

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 12, 44
BAR, GAP = 18, 6
NAME_WIDTH, NAME_LETTERS = 232, 26


def log_log(points: Sequence[tuple[float, float]], x_title: str, y_title: str) -> str:
    """Return a scatter plot with logarithmic axes; points with a coordinate of 0 or less are left out."""
    shown = [(x, y) for x, y in points if x > 0 and y > 0]
    if not shown:
        return ""
    x_end = max(1, math.ceil(math.log10(max(x for x, _ in shown))))
    y_end = max(1, math.ceil(math.log10(max(y for _, y in shown))))

    def across(x: float) -> float:
        return LEFT + math.log10(x) / x_end * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - math.log10(y) / y_end * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<line class="grid" x1="{across(10**at):.1f}" x2="{across(10**at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        f'<text x="{across(10**at):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{10**at:,}</text>'
        for at in range(x_end + 1)
    ]
    parts += [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down(10**at):.1f}" y2="{down(10**at):.1f}"/>'
        f'<text x="{LEFT - 6}" y="{down(10**at) + 4:.1f}" text-anchor="end">{10**at:,}</text>'
        for at in range(y_end + 1)
    ]
    parts += [
        f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="2.6"><title>{x:,g}: {y:,g}</title></circle>'
        for x, y in shown
    ]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_title)}</text>')
    parts.append(f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text>')
    label = escape(f"{y_title} by {x_title}, logarithmic", quote=True)
    return _framed(f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>')


def bars(rows: Sequence[tuple[str, float]], title: str) -> str:
    """Return a chart of horizontal bars, one a row, with name and number."""
    if not rows:
        return ""
    most = max(value for _, value in rows) or 1
    space = WIDTH - NAME_WIDTH - 80
    height = len(rows) * (BAR + GAP) + GAP
    parts = []
    for at, (name, value) in enumerate(rows):
        y = GAP + at * (BAR + GAP)
        length = max(1.0, space * value / most)
        short = name if len(name) <= NAME_LETTERS else name[: NAME_LETTERS - 1] + "…"
        parts.append(
            f'<text x="{NAME_WIDTH - 8}" y="{y + 13}" text-anchor="end">{escape(short)}</text>'
            f'<rect x="{NAME_WIDTH}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>'
            f'<text x="{NAME_WIDTH + length + 6:.1f}" y="{y + 13}">{value:,g}</text>'
        )
    label = escape(title, quote=True)
    return _framed(f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>')


def _framed(svg: str) -> str:
    """Let a plot be moved sideways where the window is too narrow for its letters."""
    return f'<div class="scroll">{svg}</div>'
