"""SHACL shapes for a start, inferred from a graph: what nearly all of its entities have, written to be edited."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from kg import namespaces as ns
from kg.quality.view import GraphView
from kg.schema import GraphSchema, RelationSchema

NEARLY_ALL = 0.99
"""What this share of a class has, the rest should have; what so many have once, none should have twice."""

OF_CLASS = 0.95
"""Least share of a relation's objects in its classes for the others to be mistakes."""

FEWEST = 20
"""Of fewer entities nothing is inferred."""

DOMAIN = 0.5
"""A relation is described with each class that has at least this share of its subjects."""

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PREFIXES = {
    ns.RDFS: "rdfs",
    ns.SKOS: "skos",
    ns.DCT: "dct",
    ns.SCHEMA: "schema",
    ns.XSD: "xsd",
    ns.SH: "sh",
    ns.OWL: "owl",
    ns.VOCAB: "ex",
    "http://dbpedia.org/ontology/": "dbo",
}
_SHAPES = "urn:thence:shape:"
_HEAD = """# SHACL shapes of {title}, inferred from its graph. Edit them; `thence kg validate` checks the graph.
# A fact that breaks a sh:Violation is flagged when the domain is opened and never supports a justification;
# sh:Warning and sh:Info are only told.

"""


@dataclass
class _Turtle:
    """Abbreviates IRIs and remembers the prefixes that it used."""

    used: dict[str, str] = field(default_factory=dict)

    def term(self, iri: str) -> str:
        local = iri[max(iri.rfind("/"), iri.rfind("#"), iri.rfind(":")) + 1 :]
        namespace = iri.removesuffix(local)
        if not _LOCAL.fullmatch(local) or not namespace:
            return f"<{iri}>"
        prefix = self.used.get(namespace) or _PREFIXES.get(namespace) or f"n{len(self.used) + 1}"
        self.used[namespace] = prefix
        return f"{prefix}:{local}"

    def head(self) -> str:
        return "".join(f"@prefix {prefix}: <{namespace}> .\n" for namespace, prefix in sorted(self.used.items()))


def infer_shapes(view: GraphView, schema: GraphSchema, title: str) -> str:
    """Return shapes as Turtle: the classes' labels, and each relation's classes or datatype, range and counts.

    Only the largest classes are described: what holds for all acts need not be said of bands once more.
    """
    turtle, names = _Turtle(), Counter[str]()
    turtle.term(ns.SH + "NodeShape")
    shape_prefix = "shape"
    turtle.used[_SHAPES] = shape_prefix
    blocks: list[str] = []
    for cls in _largest(view):
        properties = [
            *_label_properties(view, cls, turtle),
            *(line for relation in schema.relations.values() for line in _properties(view, cls, relation, turtle)),
        ]
        if properties:
            local = re.sub(r"[^A-Za-z0-9_]", "_", ns.local_name(cls))
            names[local] += 1
            number = "" if names[local] == 1 else f"_{names[local]}"
            body = " ;\n".join(f"    sh:property [ {one} ]" for one in properties)
            head = f"{shape_prefix}:{local}{number} a sh:NodeShape ;\n    sh:targetClass {turtle.term(cls)} ;\n"
            blocks.append(f"{head}{body} .\n")
    return _HEAD.format(title=" ".join(title.split())) + turtle.head() + "\n" + "\n".join(blocks)


def _largest(view: GraphView) -> list[str]:
    """Return the classes that no other one contains; of two with the same entities the one that tells more."""
    order = sorted(view.members, key=lambda cls: (-len(view.members[cls]), cls == view.item_class, cls))
    kept: list[str] = []
    for cls in order:
        members = view.members[cls]
        if len(members) >= FEWEST and not any(members <= view.members[other] for other in kept):
            kept.append(cls)
    return kept


def _label_properties(view: GraphView, cls: str, turtle: _Turtle) -> Iterator[str]:
    members = view.members[cls]
    if sum(iri in view.labels for iri in members) >= NEARLY_ALL * len(members):
        path = turtle.term(view.settings.label[0])
        yield f'sh:path {path} ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "It has no label."'


def _properties(view: GraphView, cls: str, relation: RelationSchema, turtle: _Turtle) -> Iterator[str]:
    """Yield property shapes: what makes a fact wrong, and, as a warning, that a fact is missing."""
    predicate = relation.predicate
    members = view.members[cls]
    counts = Counter(subject for subject, _ in view.links.get(predicate, ()))
    counts.update(subject for subject, _ in view.literals.get(predicate, ()))
    having = [subject for subject in counts if subject in members]
    if len(having) < FEWEST or len(having) < DOMAIN * len(counts):
        return
    path = f"sh:path {turtle.term(predicate)}"
    parts = _literal_parts(relation, turtle) if relation.datatype else _class_parts(view, relation, turtle)
    if sum(counts[subject] == 1 for subject in having) >= NEARLY_ALL * len(having):
        parts.append("sh:maxCount 1")
    if parts:
        yield " ; ".join([path, *parts])
    if len(having) >= NEARLY_ALL * len(members):
        yield f"{path} ; sh:minCount 1 ; sh:severity sh:Warning"


def _literal_parts(relation: RelationSchema, turtle: _Turtle) -> list[str]:
    parts = [f"sh:datatype {turtle.term(relation.datatype)}"]
    if relation.minimum is not None and relation.maximum is not None and relation.datatype == ns.XSD + "integer":
        parts += [f"sh:minInclusive {relation.minimum:.0f}", f"sh:maxInclusive {relation.maximum:.0f}"]
    return parts


def _class_parts(view: GraphView, relation: RelationSchema, turtle: _Turtle) -> list[str]:
    objects = [obj for _, obj in view.links.get(relation.predicate, ())]
    classes: list[str] = []
    for cls in sorted(relation.range, key=lambda one: (-len(view.members[one]), one == view.item_class, one)):
        if not any(view.members[cls] <= view.members[other] for other in classes):
            classes.append(cls)
    inside = sum(any(obj in view.members[cls] for cls in classes) for obj in objects)
    if not classes or inside < OF_CLASS * len(objects):
        return ["sh:nodeKind sh:IRI"]
    if len(classes) == 1:
        return [f"sh:class {turtle.term(classes[0])}"]
    return ["sh:or ( " + " ".join(f"[ sh:class {turtle.term(cls)} ]" for cls in classes) + " )"]
