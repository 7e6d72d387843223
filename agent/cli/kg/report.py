"""The command `thence kg report`: one HTML page about a graph."""
# ruff: noqa: PLC0415

import json
import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the page.")]
Open = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]


def report(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    out: Out = Path("report.html"),
    open_page: Open = False,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Write one HTML page with a graph's counts, coverage, degrees, components and findings; it loads nothing."""
    from kg.quality import find, open_effective, read_view
    from kg.quality.report import render_report
    from kg.quality.statistics import measure
    from kg.quality.validation import read_shapes, validate

    opened = session.open_domains(session.read_settings(home=home).home).find(domain)
    if not out.resolve().parent.is_dir():
        raise typer.BadParameter(f"--out: there is no folder {out.resolve().parent}")
    with Notices() as notices:
        notices.say(f"Reading the graph of {opened.manifest.title}")
        store = open_effective(opened)
        view = read_view(store, opened)
        findings = find(view, progress=notices.say)
        found = None
        if opened.shapes_file.is_file():
            notices.say("Checking the graph against its shapes")
            found = validate(store, read_shapes(opened.shapes_file))
        page = render_report(opened.manifest.title, len(store), measure(view), findings, found)
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        beside.write_text(page, "utf-8")
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)
    if as_json:
        document = {"domain": opened.name, "file": str(out.resolve()), "bytes": len(page.encode())}
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(Text(f"Wrote {clean(str(out.resolve()))} ({len(page.encode()) / 1024:,.0f} KiB)"))
    if open_page:
        webbrowser.open(out.resolve().as_uri())
