"""Label graphs as GraphML, to look at in Gephi, yEd or networkx."""

from __future__ import annotations

import re
from typing import Any, BinaryIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import LabelGraph, conditional_probabilities, values_at

NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
KEYS = (
    ("label", "node", "string"),
    ("pictures", "node", "long"),
    ("loop", "node", "double"),
    ("weight", "edge", "double"),
    ("probability", "edge", "double"),
)
# Characters of a label that XML has no way to write.
_NOT_IN_XML = re.compile("[\ufffe\uffff]")


def write_graphml(file: BinaryIO, graph: LabelGraph, counts: CooccurrenceCounts | None = None) -> None:
    """Write labels as nodes, and a directed edge from each condition to each label that follows from it.

    Args:
        file: Where to write.
        graph: The graph; self loops become the attribute ``loop`` of the nodes.
        counts: What the graph was built from: gives nodes their ``pictures`` and edges their ``probability``.
    """
    xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
    xml.startDocument()
    _start(xml, "graphml", {"xmlns": NAMESPACE})
    for name, thing, kind in KEYS:
        attributes = {"id": name, "for": thing, "attr.name": name, "attr.type": kind}
        _element(xml, "key", attributes)
    _start(xml, "graph", {"edgedefault": "directed"})
    _write_nodes(xml, graph, counts)
    _write_edges(xml, graph, counts)
    for name in ("graph", "graphml"):
        xml.endElement(name)
    xml.endDocument()


def _write_nodes(xml: XMLGenerator, graph: LabelGraph, counts: CooccurrenceCounts | None) -> None:
    loops = graph.adjacency.diagonal()
    for column, label in enumerate(graph.vocabulary):
        data = {"label": _NOT_IN_XML.sub("\ufffd", label), "loop": loops[column]}
        if counts is not None:
            data["pictures"] = counts.occurrences[column]
        _element(xml, "node", {"id": f"n{column}"}, data)


def _write_edges(xml: XMLGenerator, graph: LabelGraph, counts: CooccurrenceCounts | None) -> None:
    cells = graph.implications().tocoo()
    probabilities = None
    if counts is not None:
        probabilities = values_at(conditional_probabilities(counts), cells.row, cells.col)
    for number, (condition, implied) in enumerate(zip(cells.row.tolist(), cells.col.tolist(), strict=True)):
        data: dict[str, Any] = {"weight": cells.data[number]}
        if probabilities is not None:
            data["probability"] = probabilities[number]
        _element(xml, "edge", {"source": f"n{condition}", "target": f"n{implied}"}, data)


def _element(xml: XMLGenerator, name: str, attributes: dict[str, str], data: dict[str, Any] | None = None) -> None:
    _start(xml, name, attributes)
    for key, value in (data or {}).items():
        _start(xml, "data", {"key": key})
        xml.characters(str(value))
        xml.endElement("data")
    xml.endElement(name)


def _start(xml: XMLGenerator, name: str, attributes: dict[str, str]) -> None:
    xml.startElement(name, AttributesImpl(attributes))
