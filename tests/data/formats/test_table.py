import gzip
from pathlib import Path

import pytest

from corelate.data.formats import collecting, containers
from corelate.data.spec import load_annotations
from corelate.errors import CorelateError, DataError, OptionError, VocabularyError

NAMES = ("a.jpg", "b.jpg", "c.jpg", "sub/d.jpg")


@pytest.fixture
def write(tmp_path: Path):
    """Write a table beside four pictures and return its spec."""
    (tmp_path / "sub").mkdir()
    for name in NAMES:
        (tmp_path / name).touch()

    def _write(content: str | bytes, query: str = "", name: str = "labels.csv") -> str:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        return f"csv:{tmp_path}/{name}{query}"

    return _write


def labels_of(annotations):
    return {picture.name: annotations.labels_of(row) for row, picture in enumerate(annotations.pictures)}


def report(annotations):
    return annotations.problems.report()


# --- one column of labels --------------------------------------------------------------------------------------------


def test_labels_column(write):
    annotations = load_annotations(write("path,labels\na.jpg,sky; sea\nb.jpg,\nc.jpg,boat;;sky;sky;\n"), strict=True)
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert labels_of(annotations) == {"a.jpg": ["sea", "sky"], "b.jpg": [], "c.jpg": ["boat", "sky"]}
    assert annotations.splits is None
    assert annotations.groups is None


@pytest.mark.parametrize(
    ("separator", "cell"),
    [
        ("%7C", "sky|sea"),
        ("pipe", "sky|sea"),
        ("space", "sky  sea"),
        ("%20", "sky sea"),
        ("+", "sky+sea"),
        ("comma", '"sky, sea"'),
        ("/", "sky/sea"),
    ],
)
def test_separator(write, separator, cell):
    annotations = load_annotations(write(f"path,labels\na.jpg,{cell}\n", f"?separator={separator}"), strict=True)
    assert list(annotations.vocabulary) == ["sea", "sky"]


@pytest.mark.parametrize("value", ["separator=", "separator=ab", "separator=%22", "delimiter=ab", "delimiter=%0A"])
def test_wrong_separator_or_delimiter(write, value):
    with pytest.raises(OptionError, match="give one character"):
        load_annotations(write("path,labels\na.jpg,sky\n", f"?{value}"))


@pytest.mark.parametrize(
    "header", ["path,labels", "File,Tags", " filename , Label", "image_name,keywords", "IMAGE,LABELS"]
)
def test_guessed_columns(write, header):
    assert labels_of(load_annotations(write(f"{header}\na.jpg,sky\n"), strict=True)) == {"a.jpg": ["sky"]}


def test_chosen_columns(write):
    table = "path,labels,photo,words,fold,roll\nwrong,wrong,a.jpg,sky,1,x\n"
    query = "?path=photo&labels=words&split_column=fold&group_column=roll"
    annotations = load_annotations(write(table, query), strict=True)
    assert labels_of(annotations) == {"a.jpg": ["sky"]}
    assert annotations.splits.tolist() == ["1"]
    assert annotations.groups.tolist() == ["x"]


def test_split_and_group_columns_are_found(write):
    annotations = load_annotations(write("path,labels,Split,group\na.jpg,sky, train ,1\nb.jpg,sea,,\n"), strict=True)
    assert annotations.splits.tolist() == ["train", ""]
    assert annotations.groups.tolist() == ["1", ""]
    assert load_annotations(write("path,labels,split\na.jpg,sky,train\n", "?split=train")).names == ["a.jpg"]


@pytest.mark.parametrize(
    ("header", "query", "message"),
    [
        ("photo,labels", "", "no column of paths among photo, labels; name it with path=COLUMN"),
        ("path,labels", "?path=photo", "path='photo': no such column; columns are: path, labels"),
        ("path,labels", "?labels=words", "labels='words': no such column"),
        ("path,labels", "?split_column=fold", "split_column='fold': no such column"),
        ("path,labels", "?labels=path", "used for one thing only"),
        ("path,labels,x", "?labels=*&ignore=y", "ignore='y': no such column"),
        ("path", "", "no column of labels among path; name it with labels=COLUMN"),
        ("path,split,group", "", "no column of labels"),
        ("path,labels,labels", "", "line 1: more than one column is named 'labels'"),
    ],
)
def test_wrong_columns(write, header, query, message):
    with pytest.raises(CorelateError, match=message.replace("*", r"\*")):
        load_annotations(write(f"{header}\n", query))


def test_no_label_anywhere(write):
    with pytest.raises(DataError, match=r"labels\.csv: no row has a label"):
        load_annotations(write("path,labels\na.jpg,\nb.jpg, ; \n"))


# --- one column a label ----------------------------------------------------------------------------------------------


def test_one_column_a_label(write):
    annotations = load_annotations(write("path,sky,boat,sea\na.jpg,1,0,\nb.jpg,0, 1 ,0\nc.jpg,,,\n"), strict=True)
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert annotations.targets.dense().tolist() == [[0, -1, 1], [1, 0, 0], [-1, -1, -1]]


def test_one_column_a_label_beside_splits_and_groups_and_ignored_columns(write):
    table = "path,author,sky,split,group,note\na.jpg,Ann,1,train,x,hello\n"
    annotations = load_annotations(write(table, "?ignore=author,note"), strict=True)
    assert list(annotations.vocabulary) == ["sky"]
    assert annotations.splits.tolist() == ["train"]


def test_star_makes_every_column_a_label_even_one_called_labels(write):
    annotations = load_annotations(write("path,labels,sky\na.jpg,1,0\n", "?labels=*"), strict=True)
    assert list(annotations.vocabulary) == ["labels", "sky"]


def test_numbers_as_pandas_writes_them(write):
    annotations = load_annotations(write(",path,sky,sea\n0,a.jpg,1.0,\n1,b.jpg,0.0,1.0\n"), strict=True)
    assert annotations.targets.dense().tolist() == [[-1, 1], [1, 0]]


@pytest.mark.parametrize("cell", ["2", "yes", "-1", "0.5", "nan", "1;0", "x" * 500])
def test_cell_that_is_not_0_or_1(write, cell):
    annotations = load_annotations(write(f"path,sky,sea\na.jpg,1,0\nb.jpg,0,{cell}\nc.jpg,0,1\n"))
    assert annotations.names == ["a.jpg", "c.jpg"]
    assert "1 × cell is not 1, 0 or empty: row left out" in report(annotations)
    assert "in column 'sea' (line 3)" in report(annotations)


# --- vocabulary ------------------------------------------------------------------------------------------------------


def test_vocabulary_file_gives_order_and_limits(write, tmp_path):
    (tmp_path / "words.txt").write_bytes(b"\xef\xbb\xbfsky\r\nsun\r\nsea\r\n")
    annotations = load_annotations(write("path,labels\na.jpg,sea;boat;sky\n", "?vocabulary=words.txt"))
    assert list(annotations.vocabulary) == ["sky", "sun", "sea"]
    assert labels_of(annotations) == {"a.jpg": ["sky", "sea"]}
    assert "label not in the vocabulary: label dropped: boat (line 2, a.jpg)" in report(annotations)


def test_vocabulary_file_with_one_column_a_label(write, tmp_path):
    (tmp_path / "words.txt").write_text("sky\nsun\n")
    annotations = load_annotations(write("path,sky,boat\na.jpg,1,1\nb.jpg,,0\n", "?vocabulary=words.txt"))
    # Nothing is known about the sun; the boat is dropped, and noted once and not for every row.
    assert annotations.targets.dense().tolist() == [[1, -1], [-1, -1]]
    assert report(annotations) == "1 × label not in the vocabulary: label dropped: boat (header)"


def test_wrong_vocabulary_file(write, tmp_path):
    with pytest.raises(DataError, match=r"words\.txt: No such file"):
        load_annotations(write("path,labels\na.jpg,sky\n", "?vocabulary=words.txt"))
    (tmp_path / "words.txt").write_text("sky\nsky\n")
    with pytest.raises(VocabularyError, match=r"words\.txt: .*labels twice: sky"):
        load_annotations(write("path,labels\na.jpg,sky\n", "?vocabulary=words.txt"))


def test_vocabulary_does_not_depend_on_which_pictures_are_there(write):
    annotations = load_annotations(write("path,labels\na.jpg,sky\ngone.jpg,sea\n"))
    assert list(annotations.vocabulary) == ["sea", "sky"]


def test_label_with_a_line_end_is_dropped(write):
    annotations = load_annotations(write('path,labels\na.jpg,"sky;hot\ndog"\n'))
    assert list(annotations.vocabulary) == ["sky"]
    assert r"'hot\ndog'" in report(annotations)


# --- pictures --------------------------------------------------------------------------------------------------------


def test_paths_with_either_slash(write):
    annotations = load_annotations(write("path,labels\nsub\\d.jpg,sky\n./a.jpg,sky\n"), strict=True)
    assert annotations.names == ["sub/d.jpg", "a.jpg"]


def test_folder_of_pictures(write, tmp_path):
    for folder in ("sub", f"{tmp_path}/sub", "./sub/"):
        assert load_annotations(write("path,labels\nd.jpg,sky\n", f"?images={folder}"), strict=True).names == ["d.jpg"]
    with pytest.raises(DataError, match="gone: no such folder of pictures"):
        load_annotations(write("path,labels\nd.jpg,sky\n", "?images=gone"))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.jpg", "sub/../../x.jpg", "sub\\../..\\x.jpg", "C:\\x.jpg", ""])
def test_paths_outside_the_folder_are_left_out(write, path):
    annotations = load_annotations(write(f"path,labels\na.jpg,sky\n{path},sea\n"))
    assert annotations.names == ["a.jpg"]
    assert "1 × picture name can't be used: picture left out" in report(annotations)
    assert "(line 3)" in report(annotations)


def test_path_that_leaves_the_folder_is_left_out_even_if_it_comes_back(write, tmp_path):
    write("path,labels\n", name="x.csv")
    table = f"path,labels\n{tmp_path}/../{tmp_path.name}/a.jpg,sky\n../{tmp_path.name}/b.jpg,sky\nc.jpg,sky\n"
    assert load_annotations(write(table)).names == ["c.jpg"]


def test_absolute_path_in_the_folder_becomes_relative(write, tmp_path):
    table = f"path,labels\n{tmp_path}/a.jpg,sky\nfile://{tmp_path}/sub/d.jpg,sky\n"
    assert load_annotations(write(table), strict=True).names == ["a.jpg", "sub/d.jpg"]
    assert load_annotations(write(table, "?images=sub")).names == ["d.jpg"]


def test_prefix_of_another_machine(write):
    table = (
        "path,labels\nC:\\Users\\Me\\photos\\sub\\d.jpg,sky\nc:/users/me/photos/a.jpg,sky\nb.jpg,sky\nD:\\c.jpg,sky\n"
    )
    annotations = load_annotations(write(table, "?prefix=C:\\Users\\me\\photos"))
    assert annotations.names == ["sub/d.jpg", "a.jpg", "b.jpg"]
    assert "does not begin with C:/Users/me/photos (line 5)" in report(annotations)


def test_web_addresses_are_not_fetched(write):
    with pytest.raises(
        DataError, match=r"2 × .*https://x\.org/a\.jpg is a web address, and nothing is fetched.*\(line 2\)"
    ):
        load_annotations(write("path,labels\nhttps://x.org/a.jpg,sky\nhttps://x.org/b.jpg,sea\n"))


def test_files_are_looked_for_in_one_listing_of_each_folder(write, monkeypatch):
    spec = write("path,labels\n" + "".join(f"{name},sky\n" for name in NAMES))
    scandir, listed = containers.os.scandir, []
    monkeypatch.setattr(containers.os, "scandir", lambda folder: listed.append(folder) or scandir(folder))
    assert load_annotations(spec, strict=True).names == list(NAMES)
    assert len(listed) == 2


def test_missing_and_repeated_pictures(write):
    annotations = load_annotations(write("path,labels\na.jpg,sky\ngone.jpg,sea\na.jpg,sea\nsub,sky\n"))
    assert labels_of(annotations) == {"a.jpg": ["sky"]}
    assert annotations.problems.counts() == {
        "missing image: picture left out": 2,
        "picture listed more than once: first kept": 1,
    }
    assert "gone.jpg (line 3)" in report(annotations)


def test_labels_only(write):
    annotations = load_annotations(write("path,labels\ngone.jpg,sky\n", "?labels_only=true&images=gone"), strict=True)
    assert annotations.names == ["gone.jpg"]


# --- unknown labels, splits and groups --------------------------------------------------------------------------------


def test_unknown_column(write):
    annotations = load_annotations(write("path,labels,unknown\na.jpg,sky,sea;boat\nb.jpg,sea,\n"), strict=True)
    assert list(annotations.vocabulary) == ["boat", "sea", "sky"]
    assert annotations.targets.dense().tolist() == [[-1, -1, 1], [0, 1, 0]]
    table = write("path,labels,maybe\na.jpg,sky,sea\n", "?unknown_column=maybe")
    assert load_annotations(table, strict=True).targets.dense().tolist() == [[-1, 1]]


def test_label_present_and_unknown_is_present_and_noted(write):
    annotations = load_annotations(write("path,labels,unknown\na.jpg,sky;sea,boat;sky\n"))
    assert annotations.targets.dense().tolist() == [[-1, 1, 1]]
    assert report(annotations) == "1 × label both present and unknown: taken as present: sky (line 2, a.jpg)"


def test_unknown_is_a_label_like_others_in_a_column_a_label(write):
    annotations = load_annotations(write("path,sky,unknown\na.jpg,1,1\n"), strict=True)
    assert list(annotations.vocabulary) == ["sky", "unknown"]
    with pytest.raises(OptionError, match="unknown_column goes with a column of labels"):
        load_annotations(write("path,sky,unknown\na.jpg,1,1\n", "?unknown_column=unknown"))


@pytest.mark.parametrize("name", ["x" * 201, "tr\x1bain"])
def test_split_or_group_that_can_not_be_used(write, name):
    annotations = load_annotations(
        write(f"path,labels,split,group\na.jpg,sky,{name},\nb.jpg,sky,,{name}\nc.jpg,sky,t,\n")
    )
    assert annotations.names == ["c.jpg"]
    assert "2 × name of the split or group can't be used: picture left out" in report(annotations)


def test_vocabulary_beside_the_table(write, tmp_path):
    (tmp_path / "labels.vocabulary.txt").write_text("sky\nsun\nboat\n")
    assert list(load_annotations(write("path,labels\na.jpg,boat;sky\n"), strict=True).vocabulary) == [
        "sky",
        "sun",
        "boat",
    ]
    annotations = load_annotations(write("path,boat,sky\na.jpg,1,0\n"), strict=True)
    assert annotations.targets.dense().tolist() == [[0, -1, 1]]
    (tmp_path / "own.txt").write_text("boat\n")
    assert list(load_annotations(write("path,labels\na.jpg,boat\n", "?vocabulary=own.txt")).vocabulary) == ["boat"]


def test_too_many_unknown_cells_are_one_error(write, monkeypatch):
    monkeypatch.setattr(collecting, "MAX_UNKNOWN_CELLS", 5)
    assert len(load_annotations(write("path,x,y\na.jpg,,\nb.jpg,,\nc.jpg,0,\n"))) == 3
    with pytest.raises(DataError, match="more than 5 times it is unknown"):
        load_annotations(write("path,x,y\na.jpg,,\nb.jpg,,\nc.jpg,,\n"))


# --- the file itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("delimiter", "query"), [(",", ""), (";", "?separator=pipe"), ("\t", "")])
def test_delimiters_and_line_ends(write, delimiter, query, line_end):
    rows = [
        ("path", "labels", "split"),
        ("a.jpg", "sky", "train"),
        ("b.jpg", "sea|sky" if query else "sea;sky", "test"),
    ]
    table = line_end.join(delimiter.join(row) for row in rows) + line_end
    annotations = load_annotations(write(table, query, name="labels.tsv"), strict=True)
    assert labels_of(annotations) == {"a.jpg": ["sky"], "b.jpg": ["sea", "sky"]}


@pytest.mark.parametrize("delimiter", ["tab", "%09", "pipe"])
def test_chosen_delimiter(write, delimiter):
    character = "|" if delimiter == "pipe" else "\t"
    table = f"path{character}labels\na.jpg{character}sky\n"
    assert load_annotations(write(table, f"?delimiter={delimiter}"), strict=True).names == ["a.jpg"]


def test_byte_order_mark_and_blank_lines(write):
    table = b"\xef\xbb\xbf\n\npath,labels\n\n  ,\na.jpg,sky\n\n"
    assert load_annotations(write(table), strict=True).names == ["a.jpg"]


def test_quoted_cells_count_the_lines_of_the_file(write):
    annotations = load_annotations(write('path,labels,note\na.jpg,sky,"two\nlines"\ngone.jpg,sea,\n'))
    assert "gone.jpg (line 4)" in report(annotations)


@pytest.mark.parametrize("row", ["b.jpg", "b.jpg,sky,more", "b.jpg,sky,"])
def test_row_with_another_number_of_cells(write, row):
    annotations = load_annotations(write(f"path,labels\na.jpg,sky\n{row}\nc.jpg,sea\n"))
    assert annotations.names == ["a.jpg", "c.jpg"]
    assert "row does not have as many cells as the header: row left out" in report(annotations)
    assert "not 2 (line 3)" in report(annotations)


def test_latin_1_on_request_only(write):
    table = "path,labels\na.jpg,sky\nb.jpg,café\n".encode("latin-1")
    with pytest.raises(DataError, match=r"labels\.csv, line 3: byte 0xe9 is not utf-8 text; .*encoding=latin-1"):
        load_annotations(write(table))
    assert list(load_annotations(write(table, "?encoding=latin-1")).vocabulary) == ["café", "sky"]


def test_utf_16(write):
    table = "path,labels\na.jpg,café\n".encode("utf-16")
    with pytest.raises(DataError, match=r"line 1: byte 0x.. is not utf-8"):
        load_annotations(write(table))
    assert list(load_annotations(write(table, "?encoding=utf-16")).vocabulary) == ["café"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", r"labels\.csv: empty"),
        ("\n\n", r"labels\.csv: empty"),
        ('path,labels\na.jpg,"sky\nb.jpg,sea\n', r"labels\.csv, line 2: not a proper table"),
        ('path,labels\na.jpg,sky\nb.jpg,"sky"x\n', r"labels\.csv, line 3: not a proper table"),
        (bytes(300), "no column of paths"),
    ],
)
def test_broken_files_are_one_error_with_file_and_line(write, table, message):
    with pytest.raises(DataError, match=message):
        load_annotations(write(table))


def test_nul_characters_are_no_crash(write):
    annotations = load_annotations(write("path,labels\na.jpg,sky\nb\0.jpg,sea\nc.jpg,s\0ea\n"))
    assert annotations.names == ["a.jpg", "c.jpg"]
    assert len(annotations.problems) == 2


def test_header_alone(write):
    with pytest.raises(DataError):
        load_annotations(write("path,labels\n"))
    with pytest.raises(DataError, match="holds no picture"):
        load_annotations(write("path,sky\n"))


def test_rows_that_are_wrong_among_many(write):
    rows = [f"{number}.jpg,sky;sea" for number in range(20_000)]
    rows[10], rows[5_000], rows[19_999] = "x.jpg", "../x.jpg,sky", "y.jpg,sky,sea"
    annotations = load_annotations(write("path,labels\n" + "\n".join(rows), "?labels_only=true"))
    assert len(annotations) == 19_997
    assert sorted(problem.where for problem in annotations.problems) == ["line 12", "line 20001", "line 5002"]


def test_compressed_table(write):
    table = b"path,labels\n" + b"a.jpg,sky\n" * 500
    annotations = load_annotations(write(gzip.compress(table), name="labels.csv.gz"))
    assert annotations.names == ["a.jpg"]
    with pytest.raises(DataError, match="the compressed file is cut short"):
        load_annotations(write(gzip.compress(table)[:-12], name="labels.csv.gz"))


@pytest.mark.parametrize("name", ["labels.dat", "labels", "labels.parquet.gz", "labels.csv.bak"])
def test_unknown_suffix_is_refused_unless_the_kind_is_given(write, name):
    with pytest.raises(DataError, match=r"allowed suffixes: \.csv, .*kind=csv"):
        load_annotations(write("path,labels\na.jpg,sky\n", name=name))
    assert load_annotations(write("path,labels\na.jpg,sky\n", "?kind=csv", name=name), strict=True).names == ["a.jpg"]
    with pytest.raises(OptionError, match="kind='xls': no such kind of table; allowed: csv, tsv, jsonl, parquet"):
        load_annotations(write("path,labels\na.jpg,sky\n", "?kind=xls", name=name))


@pytest.mark.parametrize("name", ["LABELS.CSV", "labels.txt", "labels.tsv"])
def test_suffixes_of_text(write, name):
    assert load_annotations(write("path\tlabels\na.jpg\tsky;sea\n", name=name), strict=True).names == ["a.jpg"]


def test_tab_of_a_tsv_file_wins_over_semicolons(write):
    table = "path\tlabels;all;of;them\na.jpg\tsky;sea\n"
    annotations = load_annotations(write(table, "?labels=labels;all;of;them", name="labels.tsv"), strict=True)
    assert list(annotations.vocabulary) == ["sea", "sky"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PAR1....PAR1", "a Parquet file; name it .parquet"),
        (b"PK\x03\x04....", "a spreadsheet or a zip archive; save it as CSV"),
        ("path,labels\n".encode("utf-16"), "begins like utf-16 text: pass encoding=utf-16"),
    ],
)
def test_files_that_are_something_else(write, data, message):
    with pytest.raises(DataError, match=message):
        load_annotations(write(data))


# --- what programs write ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["__index_level_0__", "Unnamed: 0", "Unnamed: 12"])
def test_row_numbers_are_no_label(write, name):
    annotations = load_annotations(write(f"{name},path,sky\n0,a.jpg,1\n1,b.jpg,0\n2,c.jpg,\n"), strict=True)
    assert list(annotations.vocabulary) == ["sky"]
    assert labels_of(load_annotations(write(f"{name},labels\na.jpg,sky\n", f"?path={name}"), strict=True)) == {
        "a.jpg": ["sky"]
    }


@pytest.mark.parametrize("name", ["split", "Group"])
def test_label_that_is_called_split_or_group_is_noted(write, name):
    table = f"path,sky,{name}\na.jpg,1,1\nb.jpg,0,\nc.jpg,0,0.0\n"
    annotations = load_annotations(write(table))
    assert report(annotations).startswith("1 × column taken for the splits or groups holds only 1 and 0: ")
    assert report(annotations).endswith(f"{name} (header)")
    load_annotations(write(table, f"?{name.lower()}_column={name}"), strict=True)
    for cells in ("1,2,", ",,"):
        first, second, third = cells.split(",")
        table = f"path,sky,{name}\na.jpg,1,{first}\nb.jpg,0,{second}\nc.jpg,0,{third}\n"
        load_annotations(write(table), strict=True)
    load_annotations(write(f"path,labels,{name}\na.jpg,sky,1\n"), strict=True)


def test_whole_decimals_of_splits_and_groups(write):
    table = "path,labels,split,group\na.jpg,sky,1.0,-2.00\nb.jpg,sky,,1.5\nc.jpg,sky,10,v1.0\n"
    annotations = load_annotations(write(table), strict=True)
    assert annotations.splits.tolist() == ["1", "", "10"]
    assert annotations.groups.tolist() == ["-2", "1.5", "v1.0"]


def test_list_written_as_text(write):
    rows = [("a.jpg", "['sea', 'boat']"), ("b.jpg", '["sky"]'), ("c.jpg", "['sea' 'boat']")]
    table = "path\tlabels\n" + "".join(f'{name}\t"{cell.replace(chr(34), chr(34) * 2)}"\n' for name, cell in rows)
    annotations = load_annotations(write(table))
    assert labels_of(annotations) == {"a.jpg": ["boat", "sea"], "b.jpg": ["sky"]}
    assert report(annotations) == ("1 × labels are a list written as text: row left out: ['sea' 'boat'] (line 4)")
