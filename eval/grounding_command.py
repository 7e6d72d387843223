"""The command `thence eval grounding`; what it runs is imported when it is called."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.domains import print_json
from agent.cli.notices import Notices

app = typer.Typer()

Users = Annotated[
    int, typer.Option("--users", metavar="N", parser=options.whole_number(1, 100_000), help="How many users, drawn.")
]
Samples = Annotated[
    int,
    typer.Option(
        "--samples", metavar="N", parser=options.whole_number(0, 10_000), help="How many texts are printed for reading."
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the users and the samples.")]
Concurrency = Annotated[
    int, typer.Option("--concurrency", min=1, max=64, metavar="N", help="Lists at a time; 1 where times are to tell.")
]
OnlyCode = Annotated[bool, typer.Option("--only-code", help="Let code write all; no model is started, no peer is run.")]
Untuned = Annotated[
    bool,
    typer.Option(
        "--untuned/--no-untuned",
        help="Run the peers on the model without its adapter, too; the server starts anew for that.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Write the record (grounding.json) and every text (texts.jsonl)."),
]


@app.command()
def grounding(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    users: Users = 60,
    k: options.Count = options.DEFAULT_K,
    samples: Samples = 30,
    seed: Seed = 0,
    concurrency: Concurrency = 1,
    only_code: OnlyCode = False,
    untuned: Untuned = True,
    out: Out = None,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Measure the truth of justifications, beside the same model writing freely from the same evidence.

    Lists are made for drawn users without a word of theirs. Every sentence that is shown is judged by the verifier and
    by yardsticks that know nothing of it; so are the sentences of two peers, one free and one told to use only the
    facts. Told as well: what code had to write, skeletons, lengths, times, tokens, and the quality of the paths.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise typer.BadParameter(f"--out: expected a folder, {out} is a file")
    settings = session.read_settings(model=model, base_url=base_url, home=home)
    with Notices() as notices:
        from eval.grounding_run import GroundingTask, measure_grounding

        task = GroundingTask(users, k, samples, seed, concurrency, only_code, untuned)
        report = measure_grounding(domain, settings, task, notices.say)
        if out is not None:
            from eval.grounding_report import save

            save(report, out)
    if as_json:
        return print_json(report.document())
    from eval.grounding_tables import grounding_view, samples_view

    open_output().print(grounding_view(report))
    return open_output().print(samples_view(report.samples()))
