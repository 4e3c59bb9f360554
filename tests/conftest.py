"""Fixtures that more than one part needs: a tiny annotator whose answers are known, and pictures to tag."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest
from PIL import Image

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def colour_model(label_count: int = 3, **names: str) -> bytes:
    """Return an ONNX network whose score k is sigmoid(4 × mean of colour channel k), any batch and picture size."""
    from onnx import TensorProto, helper, numpy_helper

    source, target = names.get("input", "pixels"), names.get("output", "scores")
    weights = 4 * np.eye(3, label_count, dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", [source], ["means"]),
            helper.make_node("Flatten", ["means"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], [target]),
        ],
        "colours",
        [helper.make_tensor_value_info(source, TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info(target, TensorProto.FLOAT, ["batch", label_count])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def tiny_model() -> Callable[..., bytes]:
    """Make the ONNX network of the tiny annotator: labels are the colour channels."""
    return colour_model


@pytest.fixture
def tiny_bundle(tmp_path: Path) -> Callable[..., Path]:
    """Write the bundle of an annotator that knows red, green and blue, 8×8 pixels, threshold 0.5."""
    from corelate.data.preprocessing import Preprocessing
    from corelate.data.vocabulary import Vocabulary
    from corelate.decisions.fixed import Fixed
    from corelate.decisions.top_k_decision import TopKDecision
    from corelate.tagging.bundle import write_bundle
    from corelate.tagging.description import AnnotatorDescription, OnnxInterface

    def write(
        name: str = "annotator.zip", labels: Sequence[str] = ("red", "green", "blue"), model: bytes | None = None
    ) -> Path:
        description = AnnotatorDescription(
            vocabulary=Vocabulary(labels),
            preprocessing=Preprocessing(8, 8, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
            decision="fixed",
            decisions={"fixed": Fixed(0.5).for_labels(len(labels)), "top_k": TopKDecision(k=2)},
            onnx=OnnxInterface(opset=17, dynamic_size=True),
            network={"backbone": "none"},
            metrics={"overall": {"f1": 1.0}},
            provenance={"data": "colours"},
            licences=["CC0-1.0"],
        )
        files = {"model.onnx": model or colour_model(len(labels)), "model.safetensors": b"weights"}
        return write_bundle(tmp_path / "bundles" / name, description, files).path

    return write


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """Save one-coloured pictures: ``photos("a.png", "sub/b.png", colour="red")`` returns their folder."""

    def save(*names: str, colour: str = "red", folder: str = "photos") -> Path:
        top = tmp_path / folder
        top.mkdir(exist_ok=True)
        for name in names:
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (12, 10), COLOURS[colour]).save(path)
        return top

    return save


XMP_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "mediapro": "http://ns.iview-multimedia.com/mediapro/1.0/",
    "acdsee": "http://ns.acdsee.com/iptc/1.0/",
}


class KeywordBlocks:
    """Builds metadata with keywords, byte by byte, and puts them into JPEG files."""

    def xmp(self, properties: str) -> bytes:
        """Return an XMP packet of the elements given, with its wrapper and padding."""
        declared = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in XMP_NAMESPACES.items())
        text = (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
            f'<rdf:RDF {declared}><rdf:Description rdf:about="">{properties}</rdf:Description></rdf:RDF></x:xmpmeta>'
            f'\n{" " * 100}\n<?xpacket end="w"?>'
        )
        return text.encode()

    def listed(self, name: str, keywords: Iterable[str], kind: str = "Bag") -> str:
        """Return the element of a property that is a list."""
        items = "".join(f"<rdf:li>{escape(keyword)}</rdf:li>" for keyword in keywords)
        return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"

    def subject(self, *keywords: str) -> bytes:
        """Return a packet with ``dc:subject``."""
        return self.xmp(self.listed("dc:subject", keywords))

    def iptc(self, *keywords: str | bytes, character_set: bytes = b"\x1b%G") -> bytes:
        """Return an IPTC-IIM block; text is written as UTF-8."""
        block = self.dataset(1, 90, character_set) if character_set else b""
        for keyword in keywords:
            block += self.dataset(2, 25, keyword if isinstance(keyword, bytes) else keyword.encode())
        return block

    def dataset(self, record: int, number: int, value: bytes) -> bytes:
        """Return a dataset of an IPTC-IIM block."""
        return bytes([0x1C, record, number]) + len(value).to_bytes(2, "big") + value

    def resource(self, content: bytes, number: int = 0x0404) -> bytes:
        """Return an image resource of Photoshop."""
        padding = b"\0" * (len(content) % 2)
        return b"8BIM" + number.to_bytes(2, "big") + b"\0\0" + len(content).to_bytes(4, "big") + content + padding

    def segment(self, marker: int, content: bytes) -> bytes:
        """Return a segment of a JPEG."""
        return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content

    def xmp_segment(self, packet: bytes) -> bytes:
        """Return the segment of a JPEG that holds an XMP packet."""
        return self.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)

    def iptc_segment(self, block: bytes) -> bytes:
        """Return the segment of a JPEG that holds an IPTC block."""
        return self.segment(0xED, b"Photoshop 3.0\0" + self.resource(block))

    def jpeg(self, *segments: bytes, picture: Image.Image | None = None) -> bytes:
        """Return a JPEG with segments of metadata."""
        file = io.BytesIO()
        (picture or Image.new("RGB", (8, 8), COLOURS["red"])).save(file, "JPEG", quality=90)
        return b"\xff\xd8" + b"".join(segments) + file.getvalue()[2:]


@pytest.fixture(scope="session")
def keyword_blocks() -> KeywordBlocks:
    """Build metadata with keywords."""
    return KeywordBlocks()


@pytest.fixture
def tagged_photos(tmp_path: Path, keyword_blocks: KeywordBlocks) -> Callable[..., Path]:
    """Draw scenes as JPEG files in subfolders, with their labels as keywords.

    ``tagged_photos(60)`` returns their folder. Of three pictures one has them as embedded XMP, one as IPTC, and one in
    an XMP file with the paths of Lightroom.
    """
    from corelate.data.scenes.writing import scene_references

    def write(count: int, folder: str = "tagged", seed: int = 1, size: int = 96) -> Path:
        top = tmp_path / folder
        for number, scene in enumerate(scene_references(count, seed, size)):
            path = top / f"album {number % 4}" / f"{Path(scene.name).stem}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            segments = []
            if number % 3 == 0:
                segments = [keyword_blocks.xmp_segment(keyword_blocks.subject(*scene.labels))]
            elif number % 3 == 1:
                segments = [keyword_blocks.iptc_segment(keyword_blocks.iptc(*scene.labels))]
            else:
                packet = keyword_blocks.xmp(keyword_blocks.listed("lr:hierarchicalSubject", scene.labels))
                path.with_suffix(".xmp").write_bytes(packet)
            path.write_bytes(keyword_blocks.jpeg(*segments, picture=scene.draw()))
        return top

    return write
