"""The facts of the real label files of IAPR TC-12 and ESP Game, where they lie in `shared` beside the project."""

from pathlib import Path

import pytest

from corelate.data.spec import load_annotations

SHARED = Path(__file__).parents[3] / ".." / "shared" / "datasets" / "labels-only"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not SHARED.exists(), reason="the label files do not lie beside the project"),
]


@pytest.mark.parametrize(
    ("name", "train", "test", "labels"), [("iaprtc12", 17_665, 1_962, 291), ("espgame", 18_689, 2_081, 268)]
)
def test_sizes(name, train, test, labels):
    annotations = load_annotations(f"{name}:{SHARED / name}?labels_only=true", strict=True)
    assert (len(annotations.split("train")), len(annotations.split("test"))) == (train, test)
    assert len(annotations.vocabulary) == labels
