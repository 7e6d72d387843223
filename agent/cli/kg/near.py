"""`thence kg near`: items near to a text and a user in the fused index."""
# ruff: noqa: PLC0415

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

About = Annotated[str, typer.Argument(metavar="TEXT", callback=options.utf8, help="What the items should be about.")]


def near(
    text: About = "",
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    user: options.User = None,
    k: options.Count = 10,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """List the items nearest to a text, to what a user likes, or to both: graph, text and taste in one index.

    The domain needs a graph embedding (`thence kg embed`).
    """
    with Notices() as notices:
        snapshot = session.open_domain(domain, session.read_settings(home=home).home, notices)
        from kg.embeddings.text import SentenceEncoder
        from tools.fused_nearest import open_fused_nearest

        interactions = snapshot.interactions
        seen = interactions.history(user) if user is not None else {}
        least = interactions.liked_from
        liked = [column for column, value in seen.items() if least is None or value >= least]
        found = open_fused_nearest(snapshot, SentenceEncoder(), notices.say).near(text, liked, k=k, exclude=list(seen))
    if as_json:
        rows = [asdict(item) for item in found.items]
        sys.stdout.write(safe_json(json.dumps(rows, ensure_ascii=False, indent=2)) + "\n")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(Text(snapshot.manifest.items.noun))
    table.add_column(Text("cosine"), justify="right")
    for item in found.items:
        table.add_row(Text(clean(item.label)), Text(f"{item.score:.3f}"))
    open_output().print(table)
