from __future__ import annotations

import pytest

from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.errors import OptionError


def test_a_shard_is_which_of_how_many():
    assert GenerationOptions("scenes:3").part == (0, 1)
    assert GenerationOptions("scenes:3", shard="2/4").part == (1, 4)


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "a/b", "1/0", "-1/2", "1/2/3", ""])
def test_other_shards_are_refused(shard: str):
    with pytest.raises(OptionError, match="from 1/4 to 4/4 for four"):
        GenerationOptions("scenes:3", shard=shard)


def test_all_problems_are_named_at_once():
    with pytest.raises(OptionError, match=r"at_once = -1.*accelerator = 'tpu'.*checkpoint_minutes = 0"):
        GenerationOptions("scenes:3", at_once=-1, accelerator="tpu", checkpoint_minutes=0)


def test_data_are_needed():
    with pytest.raises(OptionError, match="name the pictures by a data spec"):
        GenerationOptions()
