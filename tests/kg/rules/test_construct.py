"""Rules as CONSTRUCT queries: what is one, and what is refused."""

from pathlib import Path

import pytest

from kg.errors import RuleError
from kg.rules.construct import load_rules, parse_rule

RULE = """PREFIX e: <http://e/>
# a } in a comment
CONSTRUCT { ?x e:knows ?y }
WHERE { ?x e:parent ?y . FILTER(?x != "}") }
"""


def test_a_rule_is_taken_apart() -> None:
    rule = parse_rule(RULE, "knows", "knows.rq")
    assert rule.template == (("?x", "<http://e/knows>", "?y"),)
    assert rule.patterns == (("?x", "<http://e/parent>", "?y"),)
    assert rule.where.strip() == '?x e:parent ?y . FILTER(?x != "}")'
    assert rule.prologue.startswith("PREFIX e: <http://e/>")


def test_rules_are_read_by_name_and_a_domain_without_any_has_none(tmp_path: Path) -> None:
    assert load_rules(tmp_path) == []
    (tmp_path / "rules").mkdir()
    for name in ("b.rq", "a.rq", "notes.txt"):
        (tmp_path / "rules" / name).write_text(RULE if name.endswith("rq") else "no rule", "utf-8")
    assert [rule.name for rule in load_rules(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SELECT * WHERE { ?s ?p ?o }", "expected a CONSTRUCT query, got SELECT"),
        ("DELETE WHERE { ?s ?p ?o }", "expected a CONSTRUCT query"),
        ("INSERT { ?s <http://e/p> ?o } WHERE { ?s ?p ?o }", "expected a CONSTRUCT query"),
        ("", "expected a CONSTRUCT query"),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "expected CONSTRUCT { what holds } WHERE"),
        ("CONSTRUCT { ?s <http://e/p> ?o } FROM <file:///x> WHERE { ?s ?p ?o }", "FROM"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { SERVICE <http://e/> { ?s ?p ?o } }", "SERVICE"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { GRAPH ?g { ?s ?p ?o } }", "GRAPH"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { ?s ?p ?o MINUS { ?s a ?o } }", "MINUS"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { ?s ?p ?o FILTER NOT EXISTS { ?s a ?o } }", "NOT EXISTS"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { ?s ?p ?o OPTIONAL { ?s a ?o } }", "OPTIONAL"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { { SELECT ?s ?o WHERE { ?s a ?o } } }", "a SELECT within"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { ?s ?p ?o } LIMIT 3", "LIMIT"),
        ("CONSTRUCT { ?s <http://e/p> ?x } WHERE { ?s ?p ?o BIND(RAND() AS ?x) }", "RAND"),
        ("CONSTRUCT { ?s <http://e/p> _:b } WHERE { ?s ?p ?o }", "no blank node"),
        ("CONSTRUCT { ?s <http://e/p> [] } WHERE { ?s ?p ?o }", "no blank node"),
        ("CONSTRUCT { ?s e:p ?o } WHERE { ?s ?p ?o }", "declare it with PREFIX"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { ?s ?p ?o } VALUES ?s { <http://e/a> }", "no brace after"),
        ("CONSTRUCT { ?s <http://e/\\u0070> ?o } WHERE { ?s ?p ?o }", "escapes"),
        ("CONSTRUCT { ?s <http://e/p> ?o } WHERE { ?s ?p ?o #" + "x" * 10_000 + "\n}", "at most 10000 characters"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_file_and_the_reason(text: str, told: str) -> None:
    with pytest.raises(RuleError, match=r"bad\.rq") as refused:
        parse_rule(text, "bad", "bad.rq")
    assert told in str(refused.value)


def test_a_file_that_is_no_text_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "x.rq").write_bytes(b"\xff\xfe")
    with pytest.raises(RuleError, match=r"x\.rq"):
        load_rules(tmp_path)
