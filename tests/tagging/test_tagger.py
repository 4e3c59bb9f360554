from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from corelate.decisions.fixed import Fixed
from corelate.errors import BundleError, OptionError, ScoresError
from corelate.tagging.bundle import read_bundle
from corelate.tagging.pictures import Tag
from corelate.tagging.tagger import BATCH_SIZE, Tagger, shortest_float

Make = Callable[..., Path]


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (12, 10)) -> Image.Image:
    return Image.new("RGB", size, colour)


def sigmoid(value: float) -> float:
    return 1 / (1 + np.exp(-value))


def noise(count: int) -> list[Image.Image]:
    generator = np.random.default_rng(7)
    return [Image.fromarray(generator.integers(0, 256, (9 + i, 20 - i, 3), dtype=np.uint8)) for i in range(count)]


def network(
    nodes: list[onnx.NodeProto],
    weights: dict[str, np.ndarray] | None = None,
    taken: tuple[object, ...] = ("n", 3, "h", "w"),
    given: tuple[object, ...] = ("n", 3),
    given_type: int = TensorProto.FLOAT,
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, taken)],
        [helper.make_tensor_value_info("scores", given_type, given)],
        [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def pooled(*nodes: onnx.NodeProto) -> list[onnx.NodeProto]:
    start = [helper.make_node("GlobalAveragePool", ["pixels"], ["p"]), helper.make_node("Flatten", ["p"], ["flat"])]
    return [*start, *nodes]


def convolution() -> bytes:
    generator = np.random.default_rng(3)
    weights = {
        "kernel": generator.normal(size=(8, 3, 3, 3)).astype(np.float32),
        "matrix": generator.normal(size=(8, 3)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["pixels", "kernel"], ["c"], strides=[2, 2]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("GlobalAveragePool", ["r"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("MatMul", ["f", "matrix"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["scores"]),
    ]
    return network(nodes, weights)


def test_scores_are_what_the_network_gives(tiny_bundle: Make) -> None:
    tagger = Tagger.open(tiny_bundle(), threads=1)
    scores = tagger.score([plain((255, 0, 0)), plain((255, 255, 0))])
    high, low = sigmoid(4), sigmoid(-4)
    assert tagger.labels == ("red", "green", "blue")
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [[high, low, low], [high, high, low]], atol=1e-6)


def test_no_picture_gives_no_row(tiny_bundle: Make) -> None:
    tagger = Tagger.open(tiny_bundle())
    assert tagger.score([]).shape == (0, 3)
    assert tagger.tag([]) == []


def test_a_batch_gives_what_single_pictures_give(tiny_bundle: Make) -> None:
    tagger = Tagger.open(tiny_bundle(model=convolution()), threads=1)
    images = noise(8)
    single = np.concatenate([tagger.score([image]) for image in images])
    assert single.std() > 1e-3
    np.testing.assert_allclose(tagger.score(images), single, atol=1e-5, rtol=0)


def test_more_pictures_than_a_batch_keep_their_order(tiny_bundle: Make) -> None:
    tagger = Tagger.open(tiny_bundle())
    reds = np.linspace(0, 255, 2 * BATCH_SIZE + 3).astype(int)
    scores = tagger.score([plain((int(red), 0, 0)) for red in reds])
    assert len(scores) == len(reds)
    assert (np.diff(scores[:, 0]) > 0).all()


def test_tags_come_best_first(tiny_bundle: Make) -> None:
    tagger = Tagger.open(tiny_bundle())
    (tags,) = tagger.tag([plain((130, 0, 255))])
    assert [tag.label for tag in tags] == ["blue", "red"]
    assert tags[0] == Tag("blue", shortest_float(np.float32(sigmoid(4))))


def test_equal_scores_come_in_vocabulary_order(tiny_bundle: Make) -> None:
    labels = [f"label {number}" for number in range(300)]
    levels = np.random.default_rng(0).integers(0, 3, 300)
    nodes = pooled(
        helper.make_node("MatMul", ["flat", "matrix"], ["logits"]), helper.make_node("Sigmoid", ["logits"], ["scores"])
    )
    matrix = np.stack([levels, levels * 0, levels * 0]).astype(np.float32)
    model = network(nodes, {"matrix": matrix}, given=("n", 300))
    (tags,) = Tagger.open(tiny_bundle(labels=labels, model=model)).tag([plain((255, 0, 0))])
    assert [tag.label for tag in tags] == [labels[column] for column in sorted(range(300), key=lambda k: -levels[k])]


def test_a_rule_is_taken_by_name_or_as_it_is(tiny_bundle: Make) -> None:
    tagger = Tagger.open(tiny_bundle())
    assert tagger.tag([plain((0, 0, 0))]) == [[]]
    assert len(tagger.tag([plain((0, 0, 0))], "top_k")[0]) == 2
    assert len(tagger.tag([plain((0, 0, 0))], Fixed(0.0).for_labels(3))[0]) == 3


def test_an_unknown_rule_lists_the_rules(tiny_bundle: Make) -> None:
    with pytest.raises(OptionError, match="'beam': choose one of fixed, top_k"):
        Tagger.open(tiny_bundle()).tag([plain((0, 0, 0))], "beam")


def test_a_decision_for_other_labels_is_refused(tiny_bundle: Make) -> None:
    with pytest.raises(ScoresError):
        Tagger.open(tiny_bundle()).tag([plain((0, 0, 0))], Fixed(0.5).for_labels(4))


def test_other_modes_are_converted(tiny_bundle: Make) -> None:
    tagger = Tagger.open(tiny_bundle())
    transparent = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    np.testing.assert_allclose(tagger.score([transparent, Image.new("L", (4, 4), 255)]), sigmoid(4), atol=1e-6)


def test_input_and_output_names_come_from_the_description(tiny_bundle: Make, tiny_model: Callable[..., bytes]) -> None:
    with pytest.raises(BundleError, match=r"model\.onnx takes image, but its description says 'pixels'"):
        Tagger.open(tiny_bundle("a.zip", model=tiny_model(input="image")))
    with pytest.raises(BundleError, match=r"model\.onnx gives answers, but its description says 'scores'"):
        Tagger.open(tiny_bundle("b.zip", model=tiny_model(output="answers")))


def test_a_bundle_without_a_network_is_refused(tiny_bundle: Make, tmp_path: Path) -> None:
    from corelate.tagging.bundle import write_bundle

    description = read_bundle(tiny_bundle()).description
    with pytest.raises(BundleError, match=r"no file 'model\.onnx'"):
        Tagger(write_bundle(tmp_path / "b", description, {"model.safetensors": b"w"}))


@pytest.mark.parametrize("model", [b"junk", b"\x3a\x00", b"\x08\x08"], ids=repr)
def test_what_is_no_network_is_refused(tiny_bundle: Make, model: bytes) -> None:
    with pytest.raises(BundleError, match=r"model\.onnx"):
        Tagger.open(tiny_bundle(model=model))


def test_weights_outside_of_the_bundle_are_not_read(
    tiny_bundle: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.eye(3, dtype=np.float32).tofile(tmp_path / "local.bin")
    monkeypatch.chdir(tmp_path)
    nodes = pooled(helper.make_node("MatMul", ["flat", "m"], ["scores"]))
    model = onnx.load_from_string(network(nodes))
    tensor = model.graph.initializer.add(name="m", data_type=1, dims=[3, 3], data_location=TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "local.bin"
    with pytest.raises(BundleError, match="keeps weights in another file"):
        Tagger.open(tiny_bundle(model=model.SerializeToString()))


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        ((1, 3, "h", "w"), ("n", 3)),
        (("n", 1, "h", "w"), ("n", 3)),
        (("n", 3, 16, 16), ("n", 3)),
        (("n", 3, "h"), ("n", 3)),
        (("n", 3, "h", "w"), ("n", 4)),
        (("n", 3, "h", "w"), ("n", 3, 1)),
    ],
    ids=str,
)
def test_shapes_that_do_not_fit_are_refused_when_opening(
    tiny_bundle: Make, taken: tuple[object, ...], given: tuple[object, ...]
) -> None:
    # A function that the shape inference can't look through, so that the declared shapes stand.
    nodes = [helper.make_node("Shape", ["pixels"], ["s"]), helper.make_node("ConstantOfShape", ["s"], ["scores"])]
    with pytest.raises(BundleError, match=r"model\.onnx"):
        Tagger.open(tiny_bundle(model=network(nodes, taken=taken, given=given)))


def test_scores_of_another_type_are_refused(tiny_bundle: Make) -> None:
    nodes = pooled(helper.make_node("Cast", ["flat"], ["scores"], to=TensorProto.DOUBLE))
    with pytest.raises(BundleError, match=r"tensor\(double\)"):
        Tagger.open(tiny_bundle(model=network(nodes, given_type=TensorProto.DOUBLE)))


@pytest.mark.parametrize(
    ("factor", "colour", "found"),
    [(3, (255, 0, 0), "from -3 to 3"), (3, (255, 255, 255), "from 3 to 3"), (0.5, (255, 0, 0), "from -0.5 to 0.5")],
)
def test_logits_are_no_scores(tiny_bundle: Make, factor: float, colour: tuple[int, int, int], found: str) -> None:
    nodes = pooled(helper.make_node("Mul", ["flat", "factor"], ["scores"]))
    tagger = Tagger.open(tiny_bundle(model=network(nodes, {"factor": np.float32(factor)})))
    with pytest.raises(BundleError, match=f"{found}, expected scores in"):
        tagger.score([plain(colour)])


def test_nan_is_no_score(tiny_bundle: Make) -> None:
    nodes = pooled(helper.make_node("Sqrt", ["flat"], ["scores"]))
    tagger = Tagger.open(tiny_bundle(model=network(nodes)))
    with pytest.raises(BundleError, match="nan"):
        tagger.score([plain((255, 0, 0))])


def test_a_wrong_number_of_scores_is_refused(tiny_bundle: Make) -> None:
    nodes = pooled(
        helper.make_node("ReduceMax", ["flat"], ["most"], axes=[0], keepdims=0),
        helper.make_node("Greater", ["most", "zero"], ["positive"]),
        helper.make_node("Compress", ["flat", "positive"], ["scores"], axis=1),
    )
    tagger = Tagger.open(tiny_bundle(model=network(nodes, {"zero": np.float32(0)}, given=("n", "labels"))))
    assert tagger.score([plain((255, 255, 255))]).shape == (1, 3)
    with pytest.raises(BundleError, match=r"\(1, 1\), expected scores of shape \(1, 3\)"):
        tagger.score([plain((255, 0, 0))])


def test_a_network_that_fails_says_so(tiny_bundle: Make) -> None:
    nodes = pooled(helper.make_node("Gather", ["flat", "columns"], ["scores"], axis=1))
    tagger = Tagger.open(tiny_bundle(model=network(nodes, {"columns": np.array([0, 1, 5])})))
    with pytest.raises(BundleError, match="failed on 1 picture") as caught:
        tagger.score([plain((255, 0, 0))])
    assert "\n" not in str(caught.value)


def test_rounding_beyond_one_is_cut(tiny_bundle: Make) -> None:
    nodes = pooled(helper.make_node("Sigmoid", ["flat"], ["s"]), helper.make_node("Add", ["s", "rest"], ["scores"]))
    rest = np.float32(1.000001 - sigmoid(1))
    tagger = Tagger.open(tiny_bundle(model=network(nodes, {"rest": rest})))
    assert tagger.score([plain((255, 255, 255))]).max() == 1


@pytest.mark.parametrize("threads", [0, -1, 100_000])
def test_too_few_and_too_many_threads_are_refused(tiny_bundle: Make, threads: int) -> None:
    with pytest.raises(OptionError, match="expected 1 to 512"):
        Tagger.open(tiny_bundle(), threads=threads)


@pytest.mark.parametrize("providers", [(), ("MagicExecutionProvider",)])
def test_providers_that_are_not_there_are_refused(tiny_bundle: Make, providers: tuple[str, ...]) -> None:
    with pytest.raises(OptionError, match="CPUExecutionProvider"):
        Tagger.open(tiny_bundle(), providers=providers)


@pytest.mark.parametrize("value", [0.9, 1 / 3, 1e-7, 0.0, 1.0])
def test_scores_are_written_short_and_exact(value: float) -> None:
    single = np.float32(value)
    assert np.float32(shortest_float(single)) == single
    assert len(repr(shortest_float(single))) <= 12
