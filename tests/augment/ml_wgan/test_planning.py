from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from corelate.augment.ml_wgan import planning
from corelate.augment.ml_wgan.memory import memory_per_picture
from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.settings import SEED, MLWGANSettings
from corelate.errors import OptionError

CPU, GPU = torch.device("cpu"), torch.device("cuda", 1)
EACH = memory_per_picture(SEED, "32-true")


@given(st.integers(1, 200), st.integers(1, 40))
def test_chunks_are_even_and_the_same_after_a_stop_between_two(count: int, at_once: int):
    waiting = [str(number) for number in range(count)]
    sizes = []
    while waiting:
        chunk = planning.next_chunk(waiting, at_once)
        assert chunk == waiting[: len(chunk)]
        sizes.append(len(chunk))
        waiting = waiting[len(chunk) :]
    chunks = -(-count // at_once)
    assert sizes == [count // chunks + (number < count % chunks) for number in range(chunks)]


def test_as_many_at_once_as_fit_into_free_memory(monkeypatch: pytest.MonkeyPatch):
    device = torch.device("mps", 0)
    monkeypatch.setattr(planning, "free_memory", lambda: int(EACH * 10.1))
    assert planning.choose_at_once(SEED, device, "32-true", 1) == 7
    assert planning.choose_at_once(SEED, device, "32-true", 3) == 2
    assert planning.choose_at_once(SEED, device, "32-true", 30) == 1


def test_a_cpu_trains_one_picture_at_a_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(planning, "free_memory", lambda: EACH * 1000)
    assert planning.choose_at_once(SEED, CPU, "32-true", 1) == 1


def test_each_gpu_has_its_own_memory(monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: asked.append(device) or (EACH * 100, EACH * 200))
    assert planning.choose_at_once(SEED, GPU, "32-true", 8) == 90
    assert asked == [GPU]


@pytest.mark.parametrize(("height", "width", "measured"), [(64, 64, 370), (128, 192, 438), (256, 256, 611)])
def test_memory_is_what_was_measured(height: int, width: int, measured: int):
    settings = MLWGANSettings(height=height, width=width)
    assert memory_per_picture(settings, "32-true") == pytest.approx(measured * 2**20, rel=0.04)


def test_bfloat16_has_two_more_copies_of_the_parameters_in_half_the_space():
    more = memory_per_picture(SEED, "bf16-mixed") - EACH
    assert more == 2 * 2 * (13_607_747 + 11_174_721)


def test_free_memory_is_what_the_system_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9 kB\nMemAvailable:   123 kB\n")
    monkeypatch.setattr(planning, "_MEMINFO", meminfo)
    assert planning.free_memory() == 123 * 1024
    monkeypatch.setattr(planning, "_MEMINFO", tmp_path / "none")
    assert planning.free_memory() > 1 << 28


def test_devices_are_numbered_and_cpus_are_not():
    options = GenerationOptions("scenes:3", accelerator="cpu", devices=3)
    assert planning.choose_devices(options) == [CPU] * 3


def test_gpus_that_are_not_there_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    options = GenerationOptions("scenes:3", accelerator="gpu", devices=2)
    assert planning.choose_devices(options) == [torch.device("cuda", 0), torch.device("cuda", 1)]
    with pytest.raises(OptionError, match="--accelerator cuda --devices 3: it has 2"):
        planning.choose_devices(GenerationOptions("scenes:3", accelerator="cuda", devices=3))


@pytest.mark.parametrize(
    ("precision", "device", "able", "expected"),
    [
        ("auto", CPU, True, "32-true"),
        ("auto", GPU, True, "bf16-mixed"),
        ("auto", GPU, False, "32-true"),
        ("32-true", GPU, True, "32-true"),
        ("bf16-mixed", CPU, False, "bf16-mixed"),
    ],
)
def test_bfloat16_where_the_hardware_has_it(
    precision: str, device: torch.device, able: bool, expected: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    assert planning.choose_precision(precision, device) == expected
