"""What every registered data writer must have."""

import dataclasses

import pytest

from corelate.data.formats import FORMATS
from corelate.data.spec import SHARED
from corelate.data.writers import DATA_WRITERS
from corelate.data.writers.base import DataWriter


@pytest.mark.parametrize("name", DATA_WRITERS.names)
def test_is_a_data_writer_whose_result_a_format_reads(name):
    writer = DATA_WRITERS.load(name)
    assert isinstance(writer, DataWriter)
    fields = {field.name for field in dataclasses.fields(FORMATS.load(name).Options)}
    assert {"images", "labels_only"} <= fields


@pytest.mark.parametrize("name", DATA_WRITERS.names)
def test_options_have_a_default_and_a_doc_line_and_are_not_those_of_reading(name):
    for field in dataclasses.fields(DATA_WRITERS.load(name).Options):
        assert field.metadata["help"].endswith(".")
        assert field.default is not dataclasses.MISSING
        assert field.name not in SHARED
