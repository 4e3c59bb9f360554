from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from corelate import npz_arrays
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import GraphError, OptionError
from corelate.labels import graph_npz
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import PRESETS, LabelGraph, build_graph
from corelate.labels.graph_files import graph_from_file, read_graph, write_graph

LABELS = Vocabulary(["jet", '<plane> & "co"', "ciel bleu é", "lone"])
READ_BACK = (".npz", ".json")


@pytest.fixture
def counts() -> CooccurrenceCounts:
    matrix = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.int8)
    return CooccurrenceCounts.from_targets(TargetMatrix.from_dense(matrix), LABELS)


@pytest.fixture
def graph(counts: CooccurrenceCounts) -> LabelGraph:
    return build_graph(counts, PRESETS["ml-gcn"], "a test")


def same(one: LabelGraph, other: LabelGraph) -> bool:
    parts = all(
        np.array_equal(getattr(one.adjacency, name), getattr(other.adjacency, name))
        for name in ("data", "indices", "indptr")
    )
    return parts and (one.vocabulary, one.settings, one.source) == (other.vocabulary, other.settings, other.source)


@pytest.mark.parametrize("suffix", READ_BACK)
def test_what_is_written_is_read_back(tmp_path: Path, graph: LabelGraph, suffix: str):
    path = tmp_path / "new" / f"graph{suffix}"
    write_graph(path, graph)
    assert same(read_graph(path), graph)
    assert same(read_graph(path, LABELS), graph)
    assert same(graph_from_file(path, LABELS, PRESETS["paper"]), graph), "a finished graph keeps its settings"


@pytest.mark.parametrize("suffix", READ_BACK)
def test_a_graph_without_settings_and_source(tmp_path: Path, graph: LabelGraph, suffix: str):
    path = tmp_path / f"graph{suffix}"
    write_graph(path, LabelGraph(LABELS, graph.adjacency))
    read = read_graph(path, LABELS)
    assert (read.settings, read.source) == (None, f"graph{suffix}")


@pytest.mark.parametrize("suffix", READ_BACK)
def test_the_same_labels_in_another_order(tmp_path: Path, graph: LabelGraph, suffix: str):
    path, order = tmp_path / f"graph{suffix}", [2, 0, 3, 1]
    write_graph(path, graph)
    read = read_graph(path, Vocabulary(LABELS[column] for column in order))
    assert np.array_equal(read.dense(), graph.dense()[np.ix_(order, order)])


@pytest.mark.parametrize("suffix", READ_BACK)
def test_other_labels_are_refused_with_both_sides_named(tmp_path: Path, graph: LabelGraph, suffix: str):
    path = tmp_path / f"graph{suffix}"
    write_graph(path, graph)
    with pytest.raises(GraphError) as caught:
        read_graph(path, Vocabulary(["jet", "plane"]))
    assert str(caught.value).startswith(f"{path} holds 4 labels, the vocabulary has 2; only there: <plane>")
    assert str(caught.value).endswith("; only in the vocabulary: plane")


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_weights_come_back_to_the_last_bit(tmp_path: Path, weights: list[float]):
    matrix = sparse.csr_array(np.array(weights, np.float32).reshape(2, 2))
    matrix.eliminate_zeros()
    graph = LabelGraph(Vocabulary("ab"), matrix, None, "x")
    for suffix in READ_BACK:
        write_graph(tmp_path / f"graph{suffix}", graph)
        assert same(read_graph(tmp_path / f"graph{suffix}"), graph)


def test_the_arrays_of_an_npz_need_no_pickle(tmp_path: Path, graph: LabelGraph):
    write_graph(tmp_path / "graph.npz", graph)
    with np.load(tmp_path / "graph.npz", allow_pickle=False) as arrays:
        assert sorted(arrays) == ["adjacency", "labels", "settings", "source"]
        assert arrays["adjacency"].dtype == np.float32
        assert np.array_equal(arrays["adjacency"], graph.dense())
        assert arrays["labels"].tolist() == list(LABELS)
        assert json.loads(str(arrays["settings"]))["normalise"] == "columns"
        assert str(arrays["source"]) == "a test"
    with zipfile.ZipFile(tmp_path / "graph.npz") as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_DEFLATED}


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path, graph: LabelGraph):
    for suffix in (*READ_BACK, ".graphml"):
        contents = []
        for name in ("a", "b"):
            write_graph(tmp_path / f"{name}{suffix}", graph)
            contents.append((tmp_path / f"{name}{suffix}").read_bytes())
        assert contents[0] == contents[1]


def test_a_matrix_from_elsewhere_needs_nothing_but_its_name(tmp_path: Path):
    np.savez(tmp_path / "graph.npz", adjacency=np.array([[1, 0], [2, 1]]))
    read = read_graph(tmp_path / "graph.npz", Vocabulary(["jet", "plane"]))
    assert (read.dense().tolist(), read.edges, read.source) == ([[1, 0], [2, 1]], 3, "graph.npz")
    with pytest.raises(GraphError, match="there is no array 'labels', and no vocabulary was given"):
        read_graph(tmp_path / "graph.npz")
    with pytest.raises(GraphError, match=r"graph\.npz holds 2 labels, the vocabulary has 3$"):
        read_graph(tmp_path / "graph.npz", Vocabulary("abc"))


def test_counts_become_a_graph_by_the_given_settings(tmp_path: Path, counts: CooccurrenceCounts):
    path = tmp_path / "counts.json"
    path.write_text(json.dumps({"adj": counts.pairs.toarray().tolist(), "nums": counts.occurrences.tolist()}))
    built = graph_from_file(path, LABELS, PRESETS["seed-gcn"])
    assert np.array_equal(built.dense(), build_graph(counts, PRESETS["seed-gcn"]).dense())
    assert (built.settings, built.source) == (PRESETS["seed-gcn"], "counted in counts.json")
    with pytest.raises(GraphError, match="holds counts, not a graph"):
        read_graph(path, LABELS)


def test_the_name_must_say_the_form(tmp_path: Path, graph: LabelGraph):
    write_graph(tmp_path / "GRAPH.JSON", graph)
    assert same(read_graph(tmp_path / "GRAPH.JSON"), graph)
    for name in ("graph.csv", "graph", ".npz"):
        with pytest.raises(OptionError, match=r"written as \.npz, \.json or \.graphml"):
            write_graph(tmp_path / name, graph)


def test_graphml_for_other_programs(tmp_path: Path, graph: LabelGraph, counts: CooccurrenceCounts):
    networkx = pytest.importorskip("networkx")
    write_graph(tmp_path / "graph.graphml", graph, counts)
    read = networkx.read_graphml(tmp_path / "graph.graphml")
    assert read.is_directed()
    assert [data["label"] for _, data in read.nodes(data=True)] == list(LABELS)
    assert [data["pictures"] for _, data in read.nodes(data=True)] == counts.occurrences.tolist()
    # ml-gcn is transposed: its row 1 receives from jet, and the edge still runs from the condition.
    assert set(read.edges) == {("n0", "n1"), ("n2", "n1"), ("n1", "n0"), ("n1", "n2"), ("n0", "n2"), ("n2", "n0")}
    assert read.edges["n0", "n1"]["probability"] == 1.0
    assert read.edges["n1", "n0"]["probability"] == 0.5
    assert read.edges["n0", "n1"]["weight"] == pytest.approx(graph.dense()[1, 0])
    assert read.nodes["n3"]["loop"] == 1.0


def test_graphml_without_counts_says_only_what_is_known(tmp_path: Path, graph: LabelGraph):
    write_graph(tmp_path / "graph.graphml", graph)
    root = ElementTree.parse(tmp_path / "graph.graphml").getroot()
    keys = {element.get("key") for element in root.iter("{http://graphml.graphdrawing.org/xmlns}data")}
    assert keys == {"label", "loop", "weight"}
    assert len(list(root.iter("{http://graphml.graphdrawing.org/xmlns}edge"))) == graph.implications().nnz


def test_graphml_of_labels_that_xml_can_not_hold_and_of_no_edges(tmp_path: Path):
    alone = CooccurrenceCounts.from_targets(TargetMatrix.from_rows([[0]], 1), Vocabulary(["a\uffffb"]))
    write_graph(tmp_path / "graph.graphml", build_graph(alone, PRESETS["paper"]), alone)
    assert "a\ufffdb" in "".join(ElementTree.parse(tmp_path / "graph.graphml").getroot().itertext())


# What strangers may send.


def json_graph(**changes) -> dict:
    return {"labels": ["a", "b"], "settings": None, "source": "", "edges": [[0, 0, 1.0], [1, 0, 0.5]]} | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, "'labels' must be a list of label names"),
        ({"labels": []}, "the vocabulary is empty"),
        ({"labels": ["a", 3]}, "label number 2 of the vocabulary is 3"),
        ({"edges": {}}, "'edges' must be a list of .row, column, weight., found an object"),
        ({"edges": [[0, 0]]}, "edge 1 is not .row, column, weight."),
        ({"edges": [[0, 0, 1], [0, True, 1]]}, "edge 2 is not"),
        ({"edges": [[0, 0.0, 1]]}, "edge 1 is not"),
        ({"edges": [[0, 0, "1"]]}, "edge 1 is not"),
        ({"edges": [3]}, "edge 1 is not"),
        ({"edges": [[0, 2, 1]]}, "edge 1 leaves the 2 labels"),
        ({"edges": [[-1, 0, 1]]}, "edge 1 leaves the 2 labels"),
        ({"edges": [[10**30, 0, 1]]}, "edge 1 leaves the 2 labels"),
        ({"edges": [[0, 1, 1e39]]}, "the weight in row 0, column 1 is not a finite number"),
        ({"edges": [[0, 1, 10**400]]}, "is not a finite number"),
        ({"edges": [[0, 1, 1], [0, 1, 2]]}, "1 edges are given more than once"),
        ({"settings": 3}, "'settings' must be an object, found a number"),
        ({"settings": {"tau": 7}}, "settings that are not known here: tau = 7: must be at most 1"),
        ({"settings": {"theta": 7}}, "theta: unknown"),
        ({"source": []}, "'source' must be text, found a list"),
    ],
)
def test_wrong_json_is_one_clear_error(tmp_path: Path, changes: dict, message: str):
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(json_graph(**changes)))
    with pytest.raises(GraphError, match=message) as caught:
        read_graph(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_json_without_edges_is_a_graph_without_weights(tmp_path: Path):
    (tmp_path / "graph.json").write_text(json.dumps(json_graph(edges=[])))
    assert read_graph(tmp_path / "graph.json").edges == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "holds neither a label graph .key 'edges'. nor counts"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
        (b'{"edges": [[0, 0, NaN]]}', "NaN is not allowed"),
        (b"\xff\xfe", "is not utf-8 text"),
        (b"PK\x03\x04 and nothing else", "is not an .npz file, or is damaged"),
    ],
)
def test_files_that_hold_no_graph(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "graph").write_bytes(content)
    with pytest.raises(GraphError, match=message):
        read_graph(tmp_path / "graph")


def test_places_that_are_no_files(tmp_path: Path):
    for path in (tmp_path, tmp_path / "none.npz", Path("a\0b")):
        with pytest.raises(GraphError):
            read_graph(path)


def npz(path: Path, **arrays) -> Path:
    good = {"adjacency": np.eye(2, dtype=np.float32), "labels": np.array(["a", "b"])}
    np.savez_compressed(path, allow_pickle=True, **{**good, **arrays})
    return path


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"adjacency": np.eye(2, dtype=object)}, "the array 'adjacency' is of type object; expected numbers"),
        ({"adjacency": np.eye(2, dtype=complex)}, "the array 'adjacency' is of type complex128; expected numbers"),
        ({"adjacency": np.eye(2).astype(str)}, "the array 'adjacency' is of type <U32; expected numbers"),
        ({"adjacency": np.eye(3)}, r"the array 'adjacency' has shape \(3, 3\), expected \(2, 2\)"),
        ({"adjacency": np.ones(2)}, r"the array 'adjacency' has shape \(2,\), expected \(2, 2\)"),
        ({"adjacency": np.full((2, 2), np.nan)}, "the weight in row 0, column 0 is not a finite number"),
        ({"adjacency": np.array([[0, 0], [1e300, 0]])}, "the weight in row 1, column 0 is not a finite number"),
        ({"labels": np.array([1, 2])}, "the array 'labels' is of type int64; expected text"),
        ({"labels": np.array(["a", None])}, "the array 'labels' is of type object; expected text"),
        ({"labels": np.array([["a", "b"]])}, "label number 1 of the vocabulary is"),
        ({"labels": np.array("ab")}, "'labels' must be a list of label names"),
        ({"labels": np.array([], "U1")}, "the vocabulary is empty"),
        ({"labels": np.array(["a", "a"])}, "holds labels twice: a"),
        ({"settings": np.array("[" * 100_000)}, "'settings'"),
        ({"settings": np.array("{")}, "'settings', line 1, column 2: not JSON"),
        ({"settings": np.array('{"p": 7}')}, "p = 7: must be at most 1"),
        ({"settings": np.array(["a", "b"])}, r"the array 'settings' has shape \(2,\), expected \(\)"),
        ({"source": np.array(3.0)}, "the array 'source' is of type float64; expected text"),
    ],
)
def test_wrong_arrays_are_one_clear_error(tmp_path: Path, arrays: dict, message: str):
    path = npz(tmp_path / "graph.npz", **arrays)
    with pytest.raises(GraphError, match=message) as caught:
        read_graph(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_npz_without_the_matrix(tmp_path: Path):
    np.savez(tmp_path / "graph.npz", labels=np.array(["a"]), weights=np.eye(1))
    with pytest.raises(GraphError, match="there is no array 'adjacency'; the file holds 'labels', 'weights'"):
        read_graph(tmp_path / "graph.npz")


def test_a_file_cut_short(tmp_path: Path):
    whole = npz(tmp_path / "graph.npz").read_bytes()
    for length in range(2, len(whole), 97):
        (tmp_path / "cut.npz").write_bytes(whole[:length])
        with pytest.raises(GraphError):
            read_graph(tmp_path / "cut.npz")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_file_with_a_wrong_byte_gives_a_graph_or_one_error(tmp_path: Path, data: st.DataObject):
    content = bytearray(npz(tmp_path / "graph.npz").read_bytes())
    content[data.draw(st.integers(2, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "wrong.npz").write_bytes(content)
    try:
        assert len(read_graph(tmp_path / "wrong.npz").vocabulary) == 2
    except GraphError as error:
        assert "\n" not in str(error)


def archive_with(path: Path, name: str, header: dict, data: bytes = b"") -> Path:
    """Write an archive in which one array's header is made up."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, header)
    with zipfile.ZipFile(npz(path), "r") as old:
        kept = {entry: old.read(entry) for entry in old.namelist() if entry != f"{name}.npy"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry, content in (kept | {f"{name}.npy": file.getvalue() + data}).items():
            new.writestr(entry, content)
    return path


@pytest.mark.parametrize(
    ("name", "shape", "descr", "message"),
    [
        ("adjacency", (2, 2), "<f4", "is damaged: its header says"),
        ("adjacency", (10**9, 10**9), "<f4", r"has shape \(1000000000, 1000000000\), expected \(2, 2\)"),
        ("labels", (10**12,), "<U10", r"is damaged: its header says \(1000000000000,\)"),
        ("labels", (2,), "<U100000000", r"is damaged: its header says \(2,\)"),
        ("labels", (-2, -1), "<U1", "is damaged: its header says"),
    ],
)
def test_sizes_are_checked_before_memory_is_set_aside(tmp_path: Path, name, shape, descr, message):
    path = archive_with(tmp_path / "graph.npz", name, {"descr": descr, "fortran_order": False, "shape": shape})
    with pytest.raises(GraphError, match=message):
        read_graph(path)


def test_a_bomb_of_zeros_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A matrix that is what it says and fits its labels, but larger than what is read."""
    monkeypatch.setattr(graph_npz, "LARGEST_MATRIX", 1 << 20)
    labels = np.array([f"label {column}" for column in range(600)])
    path = npz(tmp_path / "graph.npz", labels=labels, adjacency=np.zeros((600, 600), np.float32))
    assert path.stat().st_size < 20_000
    with pytest.raises(GraphError, match=r"the array 'adjacency' takes 1.37 MiB; at most 1 MiB are read"):
        read_graph(path)


def test_a_bomb_of_other_labels_is_refused_by_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = npz(tmp_path / "graph.npz")
    monkeypatch.setattr(npz_arrays.npy, "read_array", _only_texts(npz_arrays.npy.read_array))
    with pytest.raises(GraphError, match="holds 2 labels, the vocabulary has 1"):
        read_graph(path, Vocabulary(["a"]))


def _only_texts(read):
    def read_array(file, **options):
        array = read(file, **options)
        assert array.dtype.kind == "U", "the matrix was read"
        return array

    return read_array
