"""A generation as a whole, with a quick stand-in for the networks."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from corelate.augment.ml_wgan import chunk_checkpoint
from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.originals import Originals
from corelate.augment.ml_wgan.parts import divide_work
from corelate.augment.ml_wgan.running import generate
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.augment.ml_wgan.store import GeneratedFolder
from corelate.data.scenes.writing import write_scene_photos, write_scenes
from corelate.errors import OptionError, RunError, WeightsError
from corelate.files import locked
from corelate.training.checkpoints import load_tensors

from .fake_trainer import FakeTrainer

SPEC = "scenes:9?size=40&test=0"
TINY = MLWGANSettings(height=32, width=64, iterations=6)


def options(spec: str = SPEC, **changes: Any) -> GenerationOptions:
    return GenerationOptions(**{"data": spec, "at_once": 4, "accelerator": "cpu", **changes})


def contents(out: Path) -> dict[str, bytes]:
    """Return what a user sees of the folder: pictures and lists."""
    files = [path for path in out.rglob("*") if path.is_file() and "progress" not in path.parts]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture(autouse=True)
def _checkpoints_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have one written whenever it is asked for: here writing takes longer than training."""
    monkeypatch.setattr(chunk_checkpoint, "MOST_SHARE", 1e9)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    generate(options(), TINY, out, trainer=FakeTrainer)
    return contents(out)


class Recorder:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.details: list[str] = []
        self.total = self.done = 0

    def message(self, text: str) -> None:
        self.messages.append(text)

    def begin(self, title: str, total: int, unit: str) -> None:
        self.total, self.done = total, 0
        assert unit == ""

    def advance(self, units: int, detail: str = "") -> None:
        self.done += units
        self.details.append(detail)

    def wants_detail(self) -> bool:
        return True

    def end(self) -> None:
        pass


def counting(limit: int = 10**9, error: Callable[[], BaseException] = KeyboardInterrupt) -> type[FakeTrainer]:
    """Return a trainer that counts what is trained, and fails in its step number `limit`."""

    class Counting(FakeTrainer):
        chunks: ClassVar[list[list[str]]] = []
        iterations: ClassVar[list[int]] = []

        def __init__(self, pictures: torch.Tensor, names: Any, settings: MLWGANSettings, **computing: Any) -> None:
            super().__init__(pictures, names, settings, **computing)
            Counting.chunks.append(list(names))

        def step(self) -> None:
            if len(Counting.iterations) >= limit:
                raise error()
            Counting.iterations.append(self.iteration)
            super().step()

    return Counting


def test_every_picture_gets_its_generated_ones(tmp_path: Path):
    trainer, recorder = counting(), Recorder()
    summary = generate(options(), TINY, tmp_path / "out", recorder, trainer)
    assert (summary.wanted, summary.finished, summary.made, summary.generated) == (9, 9, 9, 27)
    assert [len(chunk) for chunk in trainer.chunks] == [3, 3, 3]
    samples = json.loads((tmp_path / "out" / "train_aug.json").read_text())["samples"]
    assert len({sample["image_name"] for sample in samples}) == 27
    assert all((tmp_path / "out" / "images" / sample["image_name"]).is_file() for sample in samples)
    assert recorder.messages == ["cpu: 9 pictures to work on, 32-true, 4 at once"]
    assert recorder.done == recorder.total == 9 * 6
    assert recorder.details[-1].startswith("9 of 9 pictures, ")
    assert "pictures/hour" in recorder.details[2]
    assert not list(tmp_path.rglob("checkpoint*"))


def test_the_last_iterations_are_the_views_in_turn(tmp_path: Path):
    class Numbered(FakeTrainer):
        @property
        def fakes(self) -> torch.Tensor:
            shades = torch.tensor([-1.0, 0.0, 1.0])
            return shades[:, None, None, None, None].expand(3, len(self.names), 3, 32, 64)

    generate(options(limit=1), TINY, tmp_path / "out", trainer=Numbered)
    shades = {name: picture[-3:] for name, picture in contents(tmp_path / "out").items() if name.endswith("jpeg")}
    from PIL import Image

    middle = {}
    for name in shades:
        with Image.open(tmp_path / "out" / name) as picture:
            middle[name.partition("_aug")[2]] = picture.convert("L").getpixel((5, 5))
    assert middle == {".jpeg": 0, "_hor_flip.jpeg": 128, "_rot_90.jpeg": 255}


def test_what_is_finished_is_not_done_again(tmp_path: Path, undisturbed: dict[str, bytes]):
    generate(options(), TINY, tmp_path / "out", trainer=FakeTrainer)
    trainer = counting()
    summary = generate(options(), TINY, tmp_path / "out", trainer=trainer)
    assert (summary.finished, summary.made, summary.generated) == (9, 0, 27)
    assert trainer.chunks == []
    assert contents(tmp_path / "out") == undisturbed


def test_a_larger_limit_goes_on(tmp_path: Path, undisturbed: dict[str, bytes]):
    generate(options(limit=2), TINY, tmp_path / "out", trainer=FakeTrainer)
    few = contents(tmp_path / "out")
    trainer = counting()
    summary = generate(options(), TINY, tmp_path / "out", trainer=trainer)
    assert summary.made == 7
    assert sum(map(len, trainer.chunks)) == 7
    assert {name: undisturbed[name] for name in few if name.endswith("jpeg")}.items() <= few.items()
    assert contents(tmp_path / "out") == undisturbed


@pytest.mark.parametrize("step", [0, 1, 5, 6, 8, 17])
def test_stopped_without_warning_it_neither_repeats_nor_loses_a_picture(
    step: int, tmp_path: Path, undisturbed: dict[str, bytes]
):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        generate(options(), TINY, out, trainer=counting(step))
    assert len(GeneratedFolder(out).finished()) == step // 6 * 3
    trainer = counting()
    assert generate(options(), TINY, out, trainer=trainer).made == 9 - step // 6 * 3
    assert contents(out) == undisturbed


def test_it_goes_on_within_a_chunk_from_a_checkpoint(tmp_path: Path, undisturbed: dict[str, bytes]):
    out, often = tmp_path / "out", options(checkpoint_minutes=1e-9)
    with pytest.raises(KeyboardInterrupt):
        generate(often, TINY, out, trainer=counting(10))
    trainer, recorder = counting(), Recorder()
    generate(often, TINY, out, recorder, trainer)
    # 6 of the first chunk and 4 of the second were done.
    assert trainer.iterations == [4, 5, 0, 1, 2, 3, 4, 5]
    assert recorder.done == recorder.total
    assert contents(out) == undisturbed
    assert not list(out.rglob("checkpoint*"))


def test_a_checkpoint_is_not_held_in_memory_while_its_pictures_are_trained(tmp_path: Path):
    held: list[dict[str, torch.Tensor]] = []

    class Holding(FakeTrainer):
        def load_state(self, tensors: Any) -> None:
            super().load_state(tensors)
            held.append(tensors)

        def step(self) -> None:
            assert held == [{}]
            super().step()

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        generate(options(checkpoint_minutes=1e-9), TINY, out, trainer=counting(3))
    torn = out / "progress" / "1-of-1" / ".checkpoint.safetensors.k3.partial"
    torn.touch()
    generate(options(), TINY, out, trainer=Holding)
    assert held
    assert not torn.exists()


def test_a_checkpoint_of_its_last_iterations_holds_what_they_generated(tmp_path: Path, undisturbed: dict[str, bytes]):
    out, often = tmp_path / "out", options(checkpoint_minutes=1e-9)
    with pytest.raises(KeyboardInterrupt):
        generate(often, TINY, out, trainer=counting(5))
    generate(often, TINY, out, trainer=FakeTrainer)
    assert contents(out) == undisturbed


def test_another_number_at_once_goes_on_with_the_chunk_that_was_begun(tmp_path: Path):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        generate(options(checkpoint_minutes=1e-9), TINY, out, trainer=counting(3))
    trainer = counting()
    generate(options(at_once=2), TINY, out, trainer=trainer)
    assert [len(chunk) for chunk in trainer.chunks] == [3, 2, 2, 2]
    assert trainer.iterations[:3] == [3, 4, 5]


def test_a_damaged_checkpoint_costs_no_more_than_what_was_begun(tmp_path: Path, undisturbed: dict[str, bytes]):
    out, recorder = tmp_path / "out", Recorder()
    with pytest.raises(KeyboardInterrupt):
        generate(options(checkpoint_minutes=1e-9), TINY, out, trainer=counting(8))
    (checkpoint,) = out.rglob("checkpoint.safetensors")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    generate(options(), TINY, out, recorder, FakeTrainer)
    assert any(text.startswith("begun pictures are begun again: ") for text in recorder.messages)
    assert contents(out) == undisturbed


def test_a_checkpoint_that_does_not_fit_costs_no_more_than_what_was_begun(
    tmp_path: Path, undisturbed: dict[str, bytes]
):
    class Other(FakeTrainer):
        def load_state(self, tensors: Any) -> None:
            self.iteration = 2
            raise KeyError("critics.0.weight")

    out, recorder = tmp_path / "out", Recorder()
    with pytest.raises(KeyboardInterrupt):
        generate(options(checkpoint_minutes=1e-9), TINY, out, trainer=counting(8))
    generate(options(), TINY, out, recorder, Other)
    assert "3 begun pictures are begun again: their checkpoint does not fit" in recorder.messages
    assert contents(out) == undisturbed


def test_pictures_that_can_t_be_read_are_named_and_the_others_made(tmp_path: Path):
    write_scenes(tmp_path / "scenes", 5, seed=1, size=40, test_fraction=0.0)
    spec = f"csv:{tmp_path}/scenes/labels.csv"
    damaged = sorted((tmp_path / "scenes").rglob("*.png"))[2]
    damaged.write_bytes(damaged.read_bytes()[:60])
    recorder = Recorder()
    summary = generate(options(spec), TINY, tmp_path / "out", recorder, FakeTrainer)
    assert (summary.wanted, summary.finished, summary.generated) == (5, 4, 12)
    assert [Path(name).name for name in summary.left_out] == [damaged.name]
    assert recorder.done == recorder.total
    assert recorder.details[-1].startswith("4 of 4 pictures")
    again = generate(options(spec), TINY, tmp_path / "out", trainer=FakeTrainer)
    assert len(again.left_out) == 1
    assert again.made == 0


def test_without_memory_fewer_are_trained_at_once(tmp_path: Path, undisturbed: dict[str, bytes]):
    class Small(counting()):  # type: ignore[misc]
        def step(self) -> None:
            if len(self.names) > 2 and self.iteration == 2:
                raise torch.OutOfMemoryError("CUDA out of memory")
            super().step()

    recorder = Recorder()
    generate(options(at_once=9), TINY, tmp_path / "out", recorder, Small)
    assert [len(chunk) for chunk in Small.chunks] == [9, 5, 3, 2, 2, 2, 2, 1]
    assert "not enough memory for 9 pictures at once; going on with 5" in recorder.messages
    assert recorder.done == recorder.total
    assert contents(tmp_path / "out") == undisturbed


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("out"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_without_memory_for_one_it_says_what_to_do(tmp_path: Path, error: RuntimeError):
    with pytest.raises(OptionError, match="cpu has not enough memory for one picture of 64×32 pixels"):
        generate(options(), TINY, tmp_path / "out", trainer=counting(0, lambda: error))


def test_other_errors_are_not_taken_for_a_lack_of_memory(tmp_path: Path):
    with pytest.raises(RuntimeError, match="shapes"):
        generate(options(), TINY, tmp_path / "out", trainer=counting(0, lambda: RuntimeError("shapes")))


def test_shards_share_the_pictures(tmp_path: Path, undisturbed: dict[str, bytes]):
    out, made = tmp_path / "out", []
    for shard in ("2/3", "3/3", "1/3"):
        summary = generate(options(shard=shard), TINY, out, trainer=FakeTrainer)
        made.append(summary.made)
    assert made == [3, 3, 3]
    assert summary.generated == 27
    assert contents(out) == undisturbed


def test_another_number_of_shards_goes_on(tmp_path: Path, undisturbed: dict[str, bytes]):
    out = tmp_path / "out"
    generate(options(shard="2/3"), TINY, out, trainer=FakeTrainer)
    first, second = (generate(options(shard=shard), TINY, out, trainer=FakeTrainer) for shard in ("1/2", "2/2"))
    assert first.made + second.made == 6
    assert contents(out) == undisturbed


def test_what_others_had_begun_is_taken_away_in_the_end(tmp_path: Path, undisturbed: dict[str, bytes]):
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        generate(options(shard="2/3", checkpoint_minutes=1e-9), TINY, out, trainer=counting(3))
    generate(options(limit=8), TINY, out, trainer=FakeTrainer)
    assert len(list(out.rglob("checkpoint*"))) == 1
    generate(options(), TINY, out, trainer=FakeTrainer)
    assert not list(out.rglob("checkpoint*"))
    assert contents(out) == undisturbed


def test_a_finished_chunk_leaves_no_checkpoint(tmp_path: Path):
    generate(options(limit=2, checkpoint_minutes=1e-9), TINY, tmp_path / "out", trainer=FakeTrainer)
    assert not list(tmp_path.rglob("checkpoint*"))


def test_devices_share_the_pictures_of_a_shard(tmp_path: Path):
    originals, folder = Originals.read(options(), TINY), GeneratedFolder(tmp_path)
    every, numbers = [], []
    for shard in ("1/2", "2/2"):
        devices = [torch.device("cpu")] * 3
        parts, wanted = divide_work(originals, options(shard=shard), TINY, folder, trainer=FakeTrainer, devices=devices)
        assert wanted == sum(len(part.names) for part in parts)
        every += [name for part in parts for name in part.names]
        numbers += [part.number for part in parts]
    assert sorted(every) == sorted(originals.references)
    assert sorted(numbers) == [(number, 6) for number in range(6)]
    # The same as if each device had been given a shard of six.
    (last,), _ = divide_work(
        originals, options(shard="6/6"), TINY, folder, trainer=FakeTrainer, devices=[torch.device("cpu")]
    )
    assert next(part for part in parts if part.number == (5, 6)).names == last.names


def test_a_part_is_worked_on_by_one_process(tmp_path: Path):
    out = tmp_path / "out"
    place = GeneratedFolder(out).part(0, 2)
    generate(options(limit=1), TINY, out, trainer=FakeTrainer)
    place.mkdir()
    with locked(place):
        with pytest.raises(RunError, match="is in use by another process"):
            generate(options(shard="1/2"), TINY, out, trainer=FakeTrainer)
        assert generate(options(shard="2/2"), TINY, out, trainer=FakeTrainer).made


def test_an_unknown_method_is_refused_at_once(tmp_path: Path):
    with pytest.raises(OptionError, match="method = 'magic': choose one of auto, one-by-one, vmap, grouped, products"):
        generate(options(method="magic"), TINY, tmp_path / "out", trainer=FakeTrainer)
    assert not (tmp_path / "out").exists()


def test_other_settings_are_refused_before_anything_is_written(tmp_path: Path):
    generate(options(limit=1), TINY, tmp_path / "out", trainer=FakeTrainer)
    before = contents(tmp_path / "out")
    with pytest.raises(RunError, match="iterations = 6, now 7"):
        generate(options(), replace(TINY, iterations=7), tmp_path / "out", trainer=FakeTrainer)
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize("place", ["photos", "photos/fakes", "photos/sub/../fakes"])
def test_a_folder_among_the_photos_of_the_data_set_is_refused(place: str, tmp_path: Path):
    write_scene_photos(tmp_path / "photos", 2, seed=1, size=40)
    with pytest.raises(OptionError, match="generated pictures would be taken for real ones"):
        generate(options(f"photos:{tmp_path}/photos"), TINY, tmp_path / place, trainer=FakeTrainer)
    summary = generate(options(f"photos:{tmp_path}/photos"), TINY, tmp_path / "fakes", trainer=FakeTrainer)
    assert summary.made == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_asked_to_stop_it_writes_a_checkpoint_and_goes_on_from_there(
    number: int, tmp_path: Path, undisturbed: dict[str, bytes]
):
    class Signalled(counting()):  # type: ignore[misc]
        def step(self) -> None:
            if len(Signalled.iterations) == 7:
                os.kill(os.getpid(), number)
            super().step()

    out, recorder = tmp_path / "out", Recorder()
    summary = generate(options(), TINY, out, recorder, Signalled)
    assert summary.stopped
    assert summary.made == 3
    assert "stopping after this iteration; again: at once" in recorder.messages
    trainer = counting()
    assert not generate(options(), TINY, out, trainer=trainer).stopped
    assert trainer.iterations == [2, 3, 4, 5, 0, 1, 2, 3, 4, 5]
    assert contents(out) == undisturbed


def test_asked_twice_it_stops_at_once(tmp_path: Path):
    class Impatient(FakeTrainer):
        def step(self) -> None:
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)
            super().step()

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        generate(options(), TINY, tmp_path / "out", trainer=Impatient)
    assert signal.getsignal(signal.SIGINT) is before


SLOW = """
import sys, time
from pathlib import Path
sys.path.insert(0, {folder!r})
from fake_trainer import FakeTrainer
from corelate.augment.ml_wgan import chunk_checkpoint
from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.originals import Originals
from corelate.augment.ml_wgan.parts import divide_work
from corelate.augment.ml_wgan.running import generate
from corelate.augment.ml_wgan.settings import MLWGANSettings

class Slow(FakeTrainer):
    def step(self):
        time.sleep(0.1)
        super().step()

chunk_checkpoint.MOST_SHARE = 1e9
if __name__ == "__main__":
    options = GenerationOptions({spec!r}, at_once=4, accelerator="cpu", devices={devices}, checkpoint_minutes=1e-9)
    print(generate(options, MLWGANSettings(height=32, width=64, iterations=6), Path(sys.argv[1]), trainer=Slow))
"""


def slow_command(tmp_path: Path, out: Path, devices: int = 1) -> list[str]:
    script = tmp_path / "slow.py"
    script.write_text(SLOW.format(folder=str(Path(__file__).parent), spec=SPEC, devices=devices))
    return [sys.executable, str(script), str(out)]


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
def test_killed_in_the_middle_of_a_chunk_it_goes_on(tmp_path: Path, undisturbed: dict[str, bytes]):
    out = tmp_path / "out"
    process = subprocess.Popen(slow_command(tmp_path, out))

    def second_chunk_is_begun() -> bool:
        finished = GeneratedFolder(out).finished()
        checkpoints = list(out.rglob("checkpoint.safetensors"))
        # That of the first chunk is there for a moment after the chunk is recorded, and gone the next.
        with contextlib.suppress(WeightsError):
            return bool(finished and checkpoints) and not finished.keys() & set(
                load_tensors(checkpoints[0])[1]["names"]
            )
        return False

    wait_for(second_chunk_is_begun)
    process.kill()
    process.wait()
    finished = len(GeneratedFolder(out).finished())
    assert 0 < finished < 9
    trainer = counting()
    assert generate(options(), TINY, out, trainer=trainer).made == 9 - finished
    assert trainer.iterations[0] > 0
    assert contents(out) == undisturbed


@pytest.mark.slow
def test_several_processes_make_the_same_pictures(tmp_path: Path, undisturbed: dict[str, bytes]):
    out = tmp_path / "out"
    done = subprocess.run(slow_command(tmp_path, out, 2), capture_output=True, text=True, check=True, timeout=100)
    assert "finished=9, made=9, generated=27" in done.stdout
    assert contents(out) == undisturbed
    assert sorted(path.name for path in (out / "progress").iterdir() if path.is_dir()) == ["1-of-2", "2-of-2"]
