"""The group `thence kg`: one file a command, gathered here."""

import typer

from agent.cli.kg.build import build
from agent.cli.kg.change import add, remove
from agent.cli.kg.clean import clean
from agent.cli.kg.derive import derive
from agent.cli.kg.embed import embed
from agent.cli.kg.extract import accept, extract
from agent.cli.kg.infer import infer
from agent.cli.kg.map import write_mapping
from agent.cli.kg.near import near
from agent.cli.kg.refresh import refresh
from agent.cli.kg.report import report
from agent.cli.kg.rules import rules
from agent.cli.kg.shapes import shapes
from agent.cli.kg.validate import validate

app = typer.Typer(no_args_is_help=True, help="Build, clean, check, extend and embed knowledge graphs.")

app.command()(build)
app.command()(clean)
app.command()(add)
app.command()(remove)
app.command()(refresh)
app.command("map")(write_mapping)
app.command()(extract)
app.command()(accept)
app.command()(embed)
app.command()(derive)
app.command()(infer)
app.command()(rules)
app.command()(shapes)
app.command()(validate)
app.command()(report)
app.command()(near)
