from PIL import Image

from corelate.data.references import FileReference
from corelate.doctor.case import Case, DoctorOptions
from corelate.doctor.unreadable import find


def test_unreadable_small_and_long_pictures(tmp_path, make_set):
    sizes = {"good.png": (64, 64), "small.png": (100, 20), "long.png": (400, 40), "edge.png": (160, 40)}
    for name, size in sizes.items():
        Image.new("RGB", size).save(tmp_path / name)
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 damaged")
    pictures = [FileReference(tmp_path / name, name) for name in (*sizes, "bad.jpg")]
    pictures.append(FileReference(tmp_path / "gone.png", "gone.png"))
    annotations = make_set(["a"] * 6, pictures=pictures)
    found = [(finding.kind.name, finding.pictures[0]) for finding in find(Case(annotations))]
    assert found == [
        ("unreadable", "bad.jpg"),
        ("not there", "gone.png"),
        ("small", "small.png"),
        ("odd shape", "small.png"),
        ("odd shape", "long.png"),
    ]
    tolerant = DoctorOptions(smallest_side=20, widest_aspect=10)
    assert [finding.kind.name for finding in find(Case(annotations, options=tolerant))] == ["unreadable", "not there"]
    sentences = [finding.sentence for finding in find(Case(annotations))]
    assert sentences[0].startswith("bad.jpg: damaged")
    assert sentences[2] == "small.png: 100×20 pixels"
