import pytest

from corelate.data.formats.vocabulary_files import parse_vocabulary, read_vocabulary
from corelate.errors import DataError, OptionError, VocabularyError


def test_one_label_a_line(tmp_path):
    (tmp_path / "labels.txt").write_bytes("\ufeffsky\r\n\r\n café \n".encode())
    assert list(read_vocabulary(tmp_path / "labels.txt")) == ["sky", "café"]
    assert list(parse_vocabulary("café\nsky".encode("latin-1"), "x", "latin-1")) == ["café", "sky"]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"sky\nsea\nsky\n", VocabularyError, r"labels\.txt: .* twice: sky"),
        (b" \n", VocabularyError, r"labels\.txt: the vocabulary is empty"),
        (b"sky\ncaf\xe9", DataError, r"labels\.txt, line 2: byte 0xe9 is not utf-8"),
        (None, DataError, r"labels\.txt: No such file"),
    ],
)
def test_errors_name_the_file(tmp_path, data, error, message):
    if data is not None:
        (tmp_path / "labels.txt").write_bytes(data)
    with pytest.raises(error, match=message):
        read_vocabulary(tmp_path / "labels.txt")


def test_unknown_encoding():
    with pytest.raises(OptionError, match="unknown text encoding"):
        parse_vocabulary(b"sky", "x", "nonsense")
