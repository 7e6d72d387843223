"""Checking a graph against the SHACL shapes of its domain, and the facts that are flagged for failing."""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from kg import artefacts
from kg import namespaces as ns
from kg.domain import Domain
from kg.errors import ArtefactError, ShapesError
from kg.store import GraphStore
from kg.types import Iri, Triple

if TYPE_CHECKING:
    import rdflib
    from rdflib.term import Node

Progress = Callable[[str], None]
FLAGGED_FILE = "flagged.json"

_WORDS = """
NodeShape PropertyShape targetClass targetNode targetObjectsOf targetSubjectsOf target path inversePath
alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath property node class datatype nodeKind minCount maxCount
minExclusive minInclusive maxExclusive maxInclusive minLength maxLength pattern flags languageIn uniqueLang equals
disjoint lessThan lessThanOrEquals not and or xone qualifiedValueShape qualifiedValueShapesDisjoint qualifiedMinCount
qualifiedMaxCount closed ignoredProperties hasValue in severity message deactivated name description order group
defaultValue Violation Warning Info IRI BlankNode Literal BlankNodeOrIRI BlankNodeOrLiteral IRIOrLiteral declare prefix
namespace prefixes sparql select ask SPARQLConstraint shapesGraph entailment PropertyGroup PrefixDeclaration
"""
_TERMS = frozenset(_WORDS.split())
"""What a file of shapes may say in SHACL's name. An unknown word is ignored by SHACL, and the check that was meant
would be missing unseen."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One result of a validation.

    Attributes:
        severity: `Violation`, `Warning` or `Info`.
        focus: The entity that was looked at.
        path: The predicate; empty where the entity itself is at fault.
        value: The object at fault; empty where one is missing, or there are too many.
        constraint: What it breaks, by the local name of the constraint's component.
    """

    severity: str
    focus: str
    path: str
    value: str
    constraint: str
    message: str


@dataclass(frozen=True, slots=True)
class Validation:
    """What a validation found; `flagged` are the facts that break a shape of severity `Violation`."""

    results: list[Violation]
    flagged: frozenset[Triple]

    @property
    def conforms(self) -> bool:
        return not any(one.severity == "Violation" for one in self.results)


def read_shapes(path: Path) -> "rdflib.Graph":
    """Return the shapes of a file, checked for what validation would stumble over or pass over.

    Raises:
        ShapesError: The file is missing, no Turtle, or says what no shape can say; the message names file and line.
    """
    import rdflib  # noqa: PLC0415 - with pyshacl a second that a domain without shapes need not wait for

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ShapesError(
            f"cannot read the shapes {path}: {error.strerror}; `thence kg shapes` writes some."
        ) from error
    try:
        quads = list(ox.parse(data, format=ox.RdfFormat.TURTLE))
    except SyntaxError as error:
        raise ShapesError(f"{path}, line {error.lineno}: {error.msg}.") from error
    text = data.decode("utf-8", "replace")
    for name in sorted({name for quad in quads for name in _shacl_terms(quad)} - _TERMS):
        raise ShapesError(f"{path}, line {_line_of(text, name)}: SHACL has no term sh:{name}; see its specification.")
    shapes = rdflib.Graph().parse(data=data, format="turtle")
    _try_out(shapes, path, text)
    return shapes


def validate(store: GraphStore, shapes: "rdflib.Graph") -> Validation:
    """Check the triples of a store against shapes, with pySHACL.

    Raises:
        ShapesError: pySHACL cannot make sense of the shapes.
    """
    import rdflib  # noqa: PLC0415

    data = rdflib.Graph()
    dumped = store.engine.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    data.parse(data=dumped, format="nt")
    return _read(_run(data, shapes), data, shapes)


def flagged_facts(
    domain: Domain, fitted: Path, store: GraphStore, progress: Progress = lambda _: None
) -> frozenset[Triple]:
    """Return the facts of a domain's graph that its shapes flag; they are found once for a graph and its shapes.

    Where the shapes have an error it is told, and the facts that the last sound shapes flagged stay flagged, so that
    a slip in a file that is being edited does not take the domain away.

    Raises:
        ArtefactError: The stored facts cannot be read.
    """
    if not domain.shapes_file.is_file():
        return frozenset()
    folder = fitted / f"flagged-{artefacts.fingerprint([domain.shapes_file])}"
    try:
        if not folder.is_dir():
            progress("Checking the graph against its shapes")
        artefacts.stage(folder, lambda partial: _build(domain, store, partial))
        os.utime(folder)
    except ShapesError as error:
        progress(f"{error} Until that is mended, what the last sound shapes flagged stays flagged")
        sound = [one for one in fitted.glob("flagged-*") if (one / FLAGGED_FILE).is_file()]
        if not sound:
            return frozenset()
        folder = max(sound, key=lambda one: one.stat().st_mtime)
    return _load(folder / FLAGGED_FILE)


def _build(domain: Domain, store: GraphStore, folder: Path) -> None:
    found = validate(store, read_shapes(domain.shapes_file))
    rows = [asdict(triple) for triple in sorted(found.flagged)]
    (folder / FLAGGED_FILE).write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


def _load(path: Path) -> frozenset[Triple]:
    try:
        return frozenset(Triple(**row) for row in json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ArtefactError(f"cannot read the flagged facts {path}: {error}; remove its folder.") from error


def _shacl_terms(quad: ox.Quad) -> Iterator[str]:
    for term in (quad.predicate, quad.object):
        if isinstance(term, ox.NamedNode) and term.value.startswith(ns.SH):
            yield term.value.removeprefix(ns.SH)


def _line_of(text: str, name: str) -> int:
    """Return the first line, from 1, that is no comment and holds an IRI of that local name; 1 where none does."""
    pattern = re.compile(rf"[:/#]{re.escape(name)}(?![\w-])")
    lines = enumerate(text.splitlines(), start=1)
    return next((at for at, line in lines if not line.lstrip().startswith("#") and pattern.search(line)), 1)


def _try_out(shapes: "rdflib.Graph", path: Path, text: str) -> None:
    """Run every shape on one made-up entity, one shape at a time, so that an error names its shape's line."""
    import rdflib  # noqa: PLC0415
    from rdflib.namespace import RDF, SH  # noqa: PLC0415

    targets = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
    roots = {node for target in targets for node in shapes.subjects(target, None)}
    roots |= set(shapes.subjects(RDF.type, SH.NodeShape))
    one = rdflib.URIRef("urn:thence:entity")
    for root in sorted(roots, key=str):
        sample = rdflib.Graph()
        for cls in shapes.objects(root, SH.targetClass):
            sample.add((one, RDF.type, cls))
        for target in (SH.targetSubjectsOf, SH.targetObjectsOf):
            for predicate in shapes.objects(root, target):
                sample.add((one, predicate, one))
        for node in shapes.objects(root, SH.targetNode):
            sample.add((node, RDF.type, one))
        try:
            _run(sample, shapes.cbd(root))
        except ShapesError as error:
            anchor = root if isinstance(root, rdflib.URIRef) else next(shapes.objects(root, SH.targetClass), root)
            raise ShapesError(f"{path}, line {_line_of(text, ns.local_name(str(anchor)))}: {error}") from error


def _run(data: "rdflib.Graph", shapes: "rdflib.Graph") -> "rdflib.Graph":
    """Return pySHACL's report; it writes into the shapes that it is given, and so gets a copy."""
    import rdflib  # noqa: PLC0415
    from pyshacl import validate as run  # noqa: PLC0415
    from pyshacl.errors import (  # noqa: PLC0415
        ConstraintLoadError,
        ReportableRuntimeError,
        RuleLoadError,
        ShapeLoadError,
        ValidationFailure,
    )

    known = (ConstraintLoadError, ReportableRuntimeError, RuleLoadError, ShapeLoadError, ValidationFailure)
    copy = rdflib.Graph()
    for prefix, namespace in shapes.namespaces():
        copy.bind(prefix, namespace)
    for triple in shapes:
        copy.add(triple)
    try:
        _, report, text = run(data, shacl_graph=copy, inplace=True, do_owl_imports=False)
    except known as error:
        raise ShapesError(_first_line(str(error))) from error
    except Exception as error:  # a pattern raises re.error, a bound an AssertionError, a prefix a bare Exception, ...
        raise ShapesError(_first_line(f"pySHACL cannot run it: {type(error).__name__}: {error}")) from error
    if not isinstance(report, rdflib.Graph):
        raise ShapesError(_first_line(str(text)))
    return report


def _first_line(text: str) -> str:
    return " ".join(text.split())[:300].rstrip(".") + "."


def _read(report: "rdflib.Graph", data: "rdflib.Graph", shapes: "rdflib.Graph") -> Validation:
    from rdflib.namespace import SH  # noqa: PLC0415

    results: list[Violation] = []
    flagged: set[Triple] = set()
    for result in report.subjects(SH.focusNode, None):
        told: dict[str, Any] = {
            name: report.value(result, SH[name])
            for name in ("focusNode", "resultPath", "value", "resultSeverity", "sourceConstraintComponent")
        }
        one = Violation(
            severity=ns.local_name(str(told["resultSeverity"])),
            focus=str(told["focusNode"]),
            path="" if told["resultPath"] is None else _path_text(report, told["resultPath"]),
            value="" if told["value"] is None else str(told["value"]),
            constraint=ns.local_name(str(told["sourceConstraintComponent"])).removesuffix("ConstraintComponent"),
            message="; ".join(sorted(str(text) for text in report.objects(result, SH.resultMessage))),
        )
        results.append(one)
        if one.severity == "Violation":
            flagged.update(_facts(report, data, shapes, result))
    order = {"Violation": 0, "Warning": 1}
    results.sort(key=lambda one: (order.get(one.severity, 2), one.path, one.constraint, one.focus, one.value))
    return Validation(results, frozenset(flagged))


def _path_text(report: "rdflib.Graph", path: "Node") -> str:
    from rdflib.namespace import SH  # noqa: PLC0415

    inverse = report.value(path, SH.inversePath)
    return f"^{inverse}" if inverse is not None else str(path)


def _facts(report: "rdflib.Graph", data: "rdflib.Graph", shapes: "rdflib.Graph", result: "Node") -> Iterator[Triple]:
    """Yield the facts that a result is about: one where it names a value, else all that the entity has by the path."""
    from rdflib import URIRef  # noqa: PLC0415
    from rdflib.namespace import SH  # noqa: PLC0415

    focus, path = report.value(result, SH.focusNode), report.value(result, SH.resultPath)
    value, shape = report.value(result, SH.value), report.value(result, SH.sourceShape)
    inverse = None if path is None else report.value(path, SH.inversePath)
    if isinstance(inverse, URIRef):
        matches = data.triples((value, inverse, focus))
    elif isinstance(path, URIRef):
        matches = data.triples((focus, path, value))
    else:  # the entity itself is wrong where the shape meets it: whatever it says by that predicate is in doubt
        predicates = shapes.objects(shape, SH.targetSubjectsOf) if shape is not None else ()
        matches = (triple for predicate in predicates for triple in data.triples((focus, predicate, None)))
    for subject, predicate, obj in matches:
        if isinstance(subject, URIRef):
            yield Triple(Iri(str(subject)), Iri(str(predicate)), str(obj), not isinstance(obj, URIRef))
