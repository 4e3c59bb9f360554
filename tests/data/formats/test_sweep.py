"""What every registered format must have."""

import dataclasses

import pytest

from corelate.data.formats import FORMATS
from corelate.data.formats.base import DataFormat
from corelate.data.spec import SHARED, DataSpec, parse_format_options
from corelate.errors import CorelateError, DataError

SIMPLE_TYPES = {"str": "text", "int": "3", "float": "0.5", "bool": "true"}


@pytest.fixture(params=FORMATS.names)
def data_format(request):
    return FORMATS.load(request.param)


def test_is_a_data_format(data_format):
    assert isinstance(data_format, DataFormat)
    assert dataclasses.is_dataclass(data_format.Options)


def test_every_option_has_a_default_a_doc_line_and_a_type_that_a_spec_can_give(data_format):
    for field in dataclasses.fields(data_format.Options):
        assert field.metadata["help"].endswith(".")
        assert field.default is not dataclasses.MISSING
        assert str(field.type) in SIMPLE_TYPES
        assert field.name not in SHARED, "belongs to every spec"
        spec = DataSpec("x", "y", {field.name: SIMPLE_TYPES[str(field.type)]})
        assert getattr(parse_format_options(data_format.Options, spec), field.name) is not None


def test_path_that_is_not_there_is_one_clear_error(data_format, tmp_path):
    with pytest.raises(CorelateError, match="gone"):
        data_format.read(tmp_path / "gone", data_format.Options())


def test_folder_and_rubbish_are_clear_errors(data_format, tmp_path):
    (tmp_path / "rubbish").write_bytes(bytes(range(256)) * 10)
    for path in (tmp_path, tmp_path / "rubbish"):
        with pytest.raises((DataError, CorelateError), match=str(tmp_path)):
            data_format.read(path, data_format.Options())
