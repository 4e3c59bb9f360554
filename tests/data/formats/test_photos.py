import os
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from corelate.data.formats.photo_files import LONE_SIDECAR, NO_FILE, SIDECAR_OF_OTHER
from corelate.data.formats.photos import BAD_KEYWORD, DAMAGED_METADATA
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import DataError, OptionError


@pytest.fixture
def album(tmp_path, keyword_blocks):
    """Write JPEG files: ``album({"a/1.jpg": ["sea"]})``; keywords may be bytes, which are the file's own."""

    def write(pictures, folder="album"):
        for name, keywords in pictures.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(keywords, bytes):
                path.write_bytes(keywords)
            elif name.lower().endswith(".xmp"):
                path.write_bytes(keyword_blocks.xmp(keyword_blocks.listed("digiKam:TagsList", keywords, "Seq")))
            else:
                segments = [keyword_blocks.xmp_segment(keyword_blocks.subject(*keywords))] if keywords else []
                path.write_bytes(keyword_blocks.jpeg(*segments))
        return tmp_path / folder

    return write


def read(folder, **options):
    query = "&".join(f"{key}={value}" for key, value in options.items())
    return load_annotations(f"photos:{folder}" + (f"?{query}" if query else ""))


def labels(annotations):
    return {name: annotations.labels_of(row) for row, name in enumerate(annotations.names)}


def test_keywords_of_a_tree_become_labels(album):
    annotations = read(
        album({"b.jpg": ["sea", "boat"], "2024/a.JPG": ["sea"], "notes.txt": b"", "2024/c.jpg": ["Zoo"]})
    )
    assert labels(annotations) == {"2024/a.JPG": ["sea"], "2024/c.jpg": ["Zoo"], "b.jpg": ["boat", "sea"]}
    assert list(annotations.vocabulary) == ["Zoo", "boat", "sea"]
    assert annotations.splits is None
    assert not annotations.problems
    assert read_image(annotations.pictures[0]).size == (8, 8)


def test_order_of_a_list_is_kept(album):
    annotations = read(album({"a.jpg": ["sea", "boat"]}))
    assert annotations.targets.dense_places().tolist() == [[2, 1]]


def test_drawn_scenes_come_back_from_all_three_forms(tagged_photos):
    annotations = read(tagged_photos(12), levels="leaf")
    drawn = load_annotations("scenes:12")
    assert not annotations.problems
    wanted = {f"album {row % 4}/scene-{row:06d}.jpg": sorted(drawn.labels_of(row)) for row in range(12)}
    assert labels(annotations) == dict(sorted(wanted.items()))


@pytest.mark.parametrize("name", ["IMG_1.xmp", "IMG_1.jpg.xmp", "IMG_1.XMP", "IMG_1.JPG.xmp"])
def test_sidecars_of_both_conventions(album, name):
    annotations = read(album({"IMG_1.jpg": ["sea"], name: ["Places/Rome"], "IMG_10.jpg": ["boat"]}))
    assert labels(annotations)["IMG_1.jpg"] == ["Places", "Rome", "sea"]
    assert labels(annotations)["IMG_10.jpg"] == ["boat"]
    assert not annotations.problems


@pytest.mark.parametrize(
    ("picture", "sidecar"),
    [("a.Final.jpg", "a.Final.xmp"), ("a.Final.JPG", "a.Final.jpg.xmp"), ("x.png.jpg", "x.png.jpg.xmp")],
)
def test_sidecars_of_names_with_dots(album, picture, sidecar):
    annotations = read(album({picture: [], sidecar: ["sea"]}))
    assert labels(annotations) == {picture: ["sea"]}
    assert not annotations.problems


def test_sidecars_of_both_conventions_at_once(album):
    annotations = read(album({"1.jpg": [], "1.jpg.xmp": ["sea"], "1.xmp": ["boat"]}))
    assert annotations.labels_of(0) == ["boat", "sea"]


def test_sidecar_belongs_to_the_pictures_of_its_own_folder(album):
    annotations = read(album({"a/1.jpg": ["sea"], "a/1.png": b"", "b/1.jpg": ["boat"], "b/1.xmp": ["x"]}))
    assert labels(annotations)["a/1.jpg"] == ["sea"]
    assert labels(annotations)["b/1.jpg"] == ["boat", "x"]


def test_sidecar_without_its_picture_is_noted(album):
    folder = album(
        {
            "1.jpg": ["sea"],
            "gone.xmp": ["x"],
            "raw.nef": b"II*\0",
            "raw.xmp": ["x"],
            "raw2.CR2": b"",
            "raw2.CR2.xmp": [],
        }
    )
    annotations = read(folder)
    assert [(problem.kind, problem.subject) for problem in annotations.problems] == [
        (LONE_SIDECAR, "gone.xmp"),
        (SIDECAR_OF_OTHER, "raw.xmp"),
        (SIDECAR_OF_OTHER, "raw2.CR2.xmp"),
    ]
    assert "x" not in annotations.vocabulary


def test_raw_file_beside_its_jpeg_is_no_problem(album):
    annotations = read(album({"1.nef": b"II*\0", "1.jpg": [], "1.xmp": ["sea"]}))
    assert labels(annotations) == {"1.jpg": ["sea"]}
    assert not annotations.problems


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ("embedded,sidecar", ["i", "s", "x"]),
        ("embedded", ["i", "x"]),
        ("xmp", ["x"]),
        ("iptc, sidecar", ["i", "s"]),
        ("sidecar", ["s"]),
    ],
)
def test_sources_can_be_chosen(album, keyword_blocks, keywords, expected):
    data = keyword_blocks.jpeg(
        keyword_blocks.xmp_segment(keyword_blocks.subject("x")), keyword_blocks.iptc_segment(keyword_blocks.iptc("i"))
    )
    assert labels(read(album({"a.jpg": data, "a.xmp": ["s"]}), keywords=keywords)) == {"a.jpg": expected}


@pytest.mark.parametrize(
    ("levels", "expected"),
    [("all", ["Italy", "Places", "Rome", "sea"]), ("leaf", ["Rome", "sea"]), ("path", ["Places|Italy|Rome", "sea"])],
)
def test_levels(album, levels, expected):
    folder = album({"a.jpg": ["sea", "Rome"], "a.xmp": ["Places/Italy/Rome"]})
    assert labels(read(folder, levels=levels)) == {"a.jpg": expected}


def test_folders_as_labels(album):
    folder = album({"a.jpg": ["sea"], "2024/Rome/b.jpg": []})
    assert labels(read(folder)) == {"a.jpg": ["sea"]}
    assert labels(read(folder, folders="last"))["2024/Rome/b.jpg"] == ["Rome"]
    assert labels(read(folder, folders="all"))["2024/Rome/b.jpg"] == ["2024", "Rome"]


def test_notes_that_programs_make_for_themselves_are_ignored(album):
    pictures = {"a.jpg": ["sea", "darktable|exported"], "a.xmp": ["_Digikam_Internal_Tags_/Color Label None"]}
    assert labels(read(album(pictures))) == {"a.jpg": ["sea"]}
    assert labels(read(album(pictures), ignore="Sea"))["a.jpg"] == [
        "Color Label None",
        "_Digikam_Internal_Tags_",
        "darktable",
        "exported",
    ]


def test_keywords_written_as_one(album):
    folder = album({"a.jpg": ["sea, boat,Rome"]})
    assert labels(read(folder)) == {"a.jpg": ["sea, boat,Rome"]}
    assert labels(read(folder, separator=",")) == {"a.jpg": ["Rome", "boat", "sea"]}


def test_case_can_be_folded(album):
    folder = album({"1.jpg": ["sea", "Sea"], "2.jpg": ["sea"], "3.jpg": ["SEA", "Boat"]})
    assert list(read(folder).vocabulary) == ["Boat", "SEA", "Sea", "sea"]
    assert labels(read(folder, case="fold")) == {"1.jpg": ["sea"], "2.jpg": ["sea"], "3.jpg": ["Boat", "sea"]}


def test_accents_in_two_forms_are_one_label(album):
    assert list(read(album({"1.jpg": ["caf\xe9"], "2.jpg": ["cafe\u0301 "]})).vocabulary) == ["caf\xe9"]


def test_pictures_without_keywords(album):
    folder = album({"1.jpg": ["sea"], "2.jpg": []})
    skipped = read(folder)
    assert skipped.names == ["1.jpg"]
    assert skipped.source == f"{folder} (1 of 2 pictures carry no keyword and are left out)"
    assert not skipped.problems
    assert read(folder, unlabelled="unknown").targets.dense().tolist() == [[1], [-1]]
    assert read(folder, unlabelled="keep").targets.dense().tolist() == [[1], [0]]
    assert read(folder, unlabelled="keep").source == str(folder)


def test_labels_that_a_picture_lacks_can_be_unknown(album):
    folder = album({"1.jpg": ["sea"], "2.jpg": ["boat"]})
    assert read(folder).targets.dense().tolist() == [[0, 1], [1, 0]]
    assert read(folder, absent="unknown").targets.dense().tolist() == [[-1, 1], [1, -1]]


def test_top_folders_can_be_splits(album):
    folder = album(
        {"Train/a/1.jpg": ["sea"], "test/2.jpg": ["sea"], "validation/3.jpg": ["sea"], "other/4.jpg": ["sea"]}
    )
    annotations = read(folder, split_folders="true", folders="all")
    assert dict(zip(annotations.names, annotations.splits.tolist(), strict=True)) == {
        "Train/a/1.jpg": "train",
        "other/4.jpg": "",
        "test/2.jpg": "test",
        "validation/3.jpg": "val",
    }
    assert list(annotations.vocabulary) == ["a", "other", "sea"]
    assert read(folder, split_folders="true", split="test").names == ["test/2.jpg"]
    with pytest.raises(DataError, match="split_folders needs folders called train"):
        read(folder / "other", split_folders="true")


@pytest.mark.parametrize(
    "options",
    [{"levels": "most"}, {"folders": "first"}, {"case": "lower"}, {"unlabelled": "drop"}, {"absent": "0"}],
)
def test_values_that_are_not_allowed(album, options):
    with pytest.raises(OptionError, match=f"{next(iter(options))}=.*choose one of"):
        read(album({"1.jpg": ["sea"]}), **options)


@pytest.mark.parametrize("keywords", ["exif", ",", "xmp,all"])
def test_sources_that_are_not_allowed(album, keywords):
    with pytest.raises(OptionError, match="choose from embedded, xmp, iptc, sidecar"):
        read(album({"1.jpg": ["sea"]}), keywords=keywords)


def test_damaged_metadata_are_noted_and_make_other_labels_unknown(album, keyword_blocks):
    damaged = keyword_blocks.jpeg(
        keyword_blocks.xmp_segment(keyword_blocks.subject("sea", "lost").partition(b"lost")[0]),
        keyword_blocks.iptc_segment(keyword_blocks.iptc("sky")),
    )
    folder = album(
        {"1.jpg": ["boat"], "2.jpg": damaged, "3.jpg": ["boat"], "3.xmp": b"<broken", "4.jpg": b"no picture"}
    )
    annotations = read(folder)
    assert annotations.names == ["1.jpg", "2.jpg", "3.jpg"]
    assert annotations.targets.dense().tolist() == [[1, 0, 0], [-1, 1, 1], [1, -1, -1]]
    assert [(problem.kind, problem.subject) for problem in annotations.problems] == [
        (DAMAGED_METADATA, "2.jpg"),
        (DAMAGED_METADATA, "3.xmp"),
        (DAMAGED_METADATA, "4.jpg"),
    ]
    with pytest.raises(DataError, match=r"4\.jpg \(it holds text, no picture\)"):
        load_annotations(f"photos:{folder}", strict=True)


def test_keyword_that_cannot_be_a_label_is_left_out(album, keyword_blocks):
    data = keyword_blocks.jpeg(keyword_blocks.iptc_segment(keyword_blocks.iptc("sea", "be\all", "x" * 300)))
    annotations = read(album({"1.jpg": data}))
    assert labels(annotations) == {"1.jpg": ["sea"]}
    assert [str(problem) for problem in annotations.problems if problem.kind == BAD_KEYWORD] == [
        "'be\\x07ll' (1.jpg)",
        f"{'x' * 79}… (1.jpg)",
    ]


def test_what_systems_and_programs_keep_is_never_read(album):
    hidden = [
        "._1.jpg",
        ".thumbnails/1.jpg",
        "@eaDir/1.jpg",
        "__MACOSX/1.jpg",
        "Previews.lrdata/1.jpg",
        "a/#recycle/1.jpg",
    ]
    pictures = {"1.jpg": ["sea"], **{name: ["no"] for name in (*hidden, "My.photoslibrary/1.jpg", ".2.xmp")}}
    assert labels(read(album(pictures))) == {"1.jpg": ["sea"]}


def test_links_are_followed_once(album):
    folder = album({"a/1.jpg": ["sea"]})
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "again").symlink_to(folder / "a")
    (folder / "gone.jpg").symlink_to(folder / "nothing")
    annotations = read(folder)
    assert annotations.names == ["a/1.jpg"]
    assert [(problem.kind, problem.subject) for problem in annotations.problems] == [(NO_FILE, "gone.jpg")]


def test_pipes_are_not_opened(album):
    folder = album({"1.jpg": ["sea"]})
    os.mkfifo(folder / "2.jpg")
    os.mkfifo(folder / "1.xmp")
    annotations = read(folder)
    assert [(problem.kind, problem.subject) for problem in annotations.problems] == [(NO_FILE, "2.jpg")]


def test_names_that_are_no_utf8_or_hold_line_ends(album):
    folder = album({"1.jpg": ["sea"], "two\nlines.jpg": ["boat"], " a.jpg": ["sea"]})
    (folder / "1.jpg").rename(folder / "caf\udce9.jpg")  # a byte that is no UTF-8
    annotations = read(folder)
    assert annotations.names == [" a.jpg", "caf\\xe9.jpg"]
    assert read_image(annotations.pictures[1]).size == (8, 8)
    assert annotations.problems.counts() == {"picture name can't be used: picture left out": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can read any file")
def test_files_and_folders_without_permission_are_noted(album):
    folder = album({"1.jpg": ["sea"], "2.jpg": ["boat"], "sub/3.jpg": ["x"]})
    (folder / "2.jpg").chmod(0)
    (folder / "sub").chmod(0)
    assert len(read(folder).problems) == 2


def zipped(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def tarred(folder, path):
    with tarfile.open(path, "w") as archive:
        archive.add(folder, folder.name)
    return path


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_archive_is_read_as_its_folder(album, tmp_path, tagged_photos, pack):
    folder = tagged_photos(12)
    album({"._x.jpg": b"", "__MACOSX/y.jpg": b"", "gone.xmp": ["no"]}, folder="tagged")
    plain, packed = read(folder), read(pack(folder, tmp_path / "archive"))
    assert labels(packed) == labels(plain)
    assert read_image(packed.pictures[0]).tobytes() == read_image(plain.pictures[0]).tobytes()
    assert packed.problems.counts() == plain.problems.counts() == {LONE_SIDECAR: 1}


def test_folder_around_an_archive_is_no_label(album, tmp_path):
    path = zipped(album({"Rome/1.jpg": ["sea"]}), tmp_path / "a.zip")
    assert labels(read(path, folders="all")) == {"Rome/1.jpg": ["Rome", "sea"]}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_metadata_at_the_end_of_a_member(tmp_path, keyword_blocks, pack):
    (tmp_path / "in").mkdir()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[700], tags.tagtype[700] = keyword_blocks.subject("sea"), 1
    for name in ("1.tif", "2.tif"):
        Image.effect_noise((300, 300), 90).save(tmp_path / "in" / name, tiffinfo=tags)
    assert labels(read(pack(tmp_path / "in", tmp_path / "archive"))) == {"1.tif": ["sea"], "2.tif": ["sea"]}


def test_members_outside_the_archive_are_refused(tmp_path, keyword_blocks):
    data = keyword_blocks.jpeg(keyword_blocks.xmp_segment(keyword_blocks.subject("sea")))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("../../out.jpg", "/etc/root.jpg", "in/1.jpg", "in/../2.jpg"):
            archive.writestr(name, data)
    annotations = read(tmp_path / "a.zip")
    assert annotations.names == ["2.jpg", "in/1.jpg"]
    assert annotations.problems.counts() == {"picture name can't be used: picture left out": 2}


def test_damaged_member_is_noted(tmp_path, keyword_blocks):
    data = keyword_blocks.jpeg(keyword_blocks.xmp_segment(keyword_blocks.subject("sea")))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.jpg", data)
        archive.writestr("2.jpg", data)
    packed = bytearray((tmp_path / "a.zip").read_bytes())
    packed[40:200] = bytes(160)
    (tmp_path / "a.zip").write_bytes(packed)
    annotations = read(tmp_path / "a.zip")
    assert annotations.names == ["2.jpg"]
    assert annotations.problems.counts() == {DAMAGED_METADATA: 1}


def test_nothing_to_read_is_one_clear_error(album, tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        read(album({"notes.txt": b""}))
    with pytest.raises(DataError, match=r"none of its pictures carries a keyword.*folders=last"):
        read(album({"1.jpg": []}, folder="plain"))
    (tmp_path / "file").write_bytes(b"text")
    with pytest.raises(DataError, match="expected a folder of photos"):
        read(tmp_path / "file")
    with pytest.raises(DataError, match="no such file"):
        read(tmp_path / "gone")
    with pytest.raises(DataError, match="compressed with gzip"):
        (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b\x08")
        read(tmp_path / "a.tar.gz")


def test_shared_options_apply(album):
    annotations = read(album({"a/1.jpg": ["sea"], "b/2.jpg": ["sea"]}), group="folder")
    assert len(np.unique(annotations.groups)) == 2
