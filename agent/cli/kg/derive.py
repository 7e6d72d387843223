"""`thence kg derive`: what follows from the graph by rules, each triple with its derivation."""
# ruff: noqa: PLC0415

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

if TYPE_CHECKING:
    from kg.rules.derived import DerivedFacts


def derive(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Derive what follows by RDFS, by OWL 2 RL and by the domain's own rules, CONSTRUCT queries in `rules/*.rq`.

    What is derived is kept apart from the graph, in a named graph of its own, with the rule and the premises of each
    triple. The domain's graph stays as it is.
    """
    with Notices() as notices:
        snapshot = session.open_domain(domain, session.read_settings(home=home).home, notices)
        from kg.rules.derived import derive_facts

        found = derive_facts(snapshot.folder, snapshot.domain.folder, snapshot.store, notices.say)
    if as_json:
        shown = [
            {"triple": one.triple, "rule": one.rule, "premises": one.premises} for one in found.derivations[:limit]
        ]
        document = {"derived": len(found.derivations), "by_rule": _by_rule(found), "derivations": shown}
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(found, limit))


def _by_rule(found: "DerivedFacts") -> dict[str, int]:
    return dict(Counter(one.rule for one in found.derivations).most_common())


def _view(found: "DerivedFacts", limit: int) -> Group:
    if not found.derivations:
        return Group(Text("Nothing follows: the graph has no axioms that a rule applies to, and no rules/*.rq match."))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("derived triple", "rule", "from"):
        table.add_column(Text(name), overflow="fold")
    for one in found.derivations[:limit]:
        premises = "\n".join(clean(" ".join(premise)) for premise in one.premises)
        table.add_row(Text(clean(" ".join(one.triple))), Text(clean(one.rule)), Text(premises))
    total = len(found.derivations)
    more = f"; --limit shows more than {limit:,}" if limit < total else ""
    rules = ", ".join(f"{clean(rule)} {count:,}" for rule, count in _by_rule(found).items())
    return Group(
        table, Text(), Text(f"{total:,} triples derived ({rules}){more}", "dim"), Text(str(found.folder), "dim")
    )
