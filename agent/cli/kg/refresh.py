"""The command `thence kg refresh`: a graph behind a SPARQL endpoint, read again."""
# ruff: noqa: PLC0415 - numpy and torch take time that `thence --help` must not wait for

import json
import sys
import time
from pathlib import Path

from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import safe_json


def refresh(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Read a domain's graph out of its SPARQL endpoint again; what was read before stays in use until all is there."""
    folder: Path = session.read_settings(home=home).home
    with Notices() as notices:
        domains = session.open_domains(folder)
        found = domains.find(domain)
        from kg.embeddings.text import SentenceEncoder
        from kg.updating import refresh_domain

        began = time.perf_counter()
        snapshot = refresh_domain(domains, found, SentenceEncoder(), notices.say)
        seconds = time.perf_counter() - began
        size = len(snapshot.store)
    document = {
        "domain": domain,
        "endpoint": found.manifest.graph.endpoint,
        "triples": size,
        "items": len(snapshot.items),
        "seconds": round(seconds, 3),
    }
    if as_json:
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        told = f"{domain}: {size:,} triples, {len(snapshot.items):,} {snapshot.manifest.items.plural}, {seconds:.1f} s"
        open_output().print(Text(told))
