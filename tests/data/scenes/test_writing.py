import pytest

from corelate.data.images import read_image
from corelate.data.scenes.reference import SceneReference
from corelate.data.scenes.writing import write_scenes
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError


def test_written_set_equals_the_drawn_one(tmp_path):
    table = write_scenes(tmp_path / "new" / "scenes", 12, seed=4, size=32)
    assert table.read_text().startswith("path,labels,split\nscene-000000.png,")
    written = load_annotations(f"csv:{table}", strict=True)
    drawn = load_annotations("scenes:12?seed=4&size=32")
    assert written.names == drawn.names
    assert written.splits.tolist() == drawn.splits.tolist()
    assert [set(written.labels_of(row)) for row in range(12)] == [set(drawn.labels_of(row)) for row in range(12)]
    assert read_image(written.pictures[5]).tobytes() == SceneReference(4, 5, 32).draw().tobytes()


def test_folder_that_is_not_empty_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(DataError, match="is not empty; choose another folder, or pass overwrite"):
        write_scenes(tmp_path, 2, size=16)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    write_scenes(tmp_path, 2, size=16, overwrite=True)
    assert (tmp_path / "mine.txt").read_text() == "keep"
    assert len(load_annotations(f"csv:{tmp_path}/labels.csv")) == 2


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="can't write scenes"):
        write_scenes(tmp_path / "file", 2)


@pytest.mark.parametrize("options", [{"count": 0}, {"size": 1}, {"test_fraction": 2}])
def test_wrong_numbers_write_nothing(tmp_path, options):
    with pytest.raises(OptionError):
        write_scenes(tmp_path / "scenes", **{"count": 2, **options})
    assert not (tmp_path / "scenes").exists()
