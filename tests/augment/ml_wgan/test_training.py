import dataclasses
import functools

import pytest
import torch

from corelate.augment.ml_wgan.methods import METHODS
from corelate.augment.ml_wgan.noise import Draws
from corelate.augment.ml_wgan.settings import PRESETS
from corelate.augment.ml_wgan.training import PictureGANs
from corelate.errors import OptionError

from .conftest import smooth_pictures
from .original_training import train_alone

SIZE = {"height": 64, "width": 96}
NAMES = ["mountain.jpeg", "sea.jpeg", "city.jpeg"]


def settings_of(preset, **changes):
    return dataclasses.replace(PRESETS[preset], **(SIZE | changes))


def trained(pictures, names, settings, **options):
    gans = PictureGANs(pictures, names, settings, **options)
    while not gans.finished:
        gans.step()
    return gans


@functools.cache
def alone_in_double_precision(name, number, settings):
    return train_alone(smooth_pictures(2, **SIZE)[number], name, settings, torch.float64)


# --- against the original -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("preset", PRESETS)
def test_agrees_with_one_pair_of_modules_trained_alone(preset, method):
    # In double precision: a difference would be an error in the arithmetic. Half of the originals are upside down.
    settings = settings_of(preset, iterations=3, per_image=3, critic_steps=3, upside_down=0.5)
    pictures = smooth_pictures(2, **SIZE)

    gans = trained(pictures, NAMES[:2], settings, precision="64-true", method=method)

    assert {tuple(Draws.of(NAMES[:2], settings, number).upside_down.tolist()) for number in range(3)} > {(True, False)}
    for number, name in enumerate(NAMES[:2]):
        expected = alone_in_double_precision(name, number, settings)
        torch.testing.assert_close(gans.fakes[:, number].double(), expected, atol=1e-7, rtol=0)
    assert not torch.equal(gans.fakes[0], gans.fakes[2])


@pytest.mark.usefixtures("narrow")
def test_first_critic_step_is_that_of_modules_in_single_precision():
    # Later single-precision steps drift apart between any two orders of adding up.
    settings = settings_of("wgan-gp", iterations=1, per_image=1)
    pictures = smooth_pictures(1, **SIZE)

    expected = train_alone(pictures[0], "a", settings, torch.float32)

    torch.testing.assert_close(trained(pictures, ["a"], settings).fakes[:, 0], expected, atol=1e-5, rtol=0)


# --- many at once ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("preset", PRESETS)
def test_together_is_as_alone_after_twenty_iterations(preset):
    settings = settings_of(preset, iterations=20, per_image=2, critic_steps=2, width=64)
    pictures = smooth_pictures(3, 64, 64)

    together = trained(pictures, NAMES, settings).fakes

    # 1e-4 would do; on a CPU it is the same bit for bit. Three networks fill a vector with the last three biases.
    alone = trained(pictures[:1], NAMES[:1], settings).fakes
    assert torch.equal(together[:, 0], alone[:, 0])
    assert (together[0] - together[1]).abs().max().item() > 1e-3


@pytest.mark.slow
def test_together_is_as_alone_at_full_width_with_several_threads():
    # Few iterations, since each has 25 million numbers to move.
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        settings = settings_of("seed", iterations=2, critic_steps=1, per_image=1, height=64, width=64)
        pictures = smooth_pictures(2, 64, 64)
        together = trained(pictures, NAMES[:2], settings).fakes
        alone = trained(pictures[1:], NAMES[1:2], settings).fakes
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(together[:, 1], alone[:, 0])


@pytest.mark.usefixtures("narrow")
def test_same_picture_under_another_name_becomes_something_else():
    settings = settings_of("wgan-gp", iterations=2, per_image=1)
    pictures = smooth_pictures(1, **SIZE).repeat(2, 1, 1, 1)

    fakes = trained(pictures, ["a", "b"], settings).fakes

    assert (fakes[0, 0] - fakes[0, 1]).abs().max().item() > 0.01


# --- what it learns -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("narrow")
def test_fakes_come_to_look_like_their_own_originals():
    quick = {"iterations": 60, "critic_steps": 1, "learning_rate": 4e-3, "upside_down": 0.0, "width": 64}
    settings = settings_of("wgan-gp", per_image=1, **quick)
    pictures = smooth_pictures(2, 64, 64)

    fakes = trained(pictures, NAMES[:2], settings).fakes[0]

    distances = (fakes[:, None] - pictures[None]).square().mean((2, 3, 4)).sqrt()
    assert distances.diagonal().max() < 0.75 * torch.stack((distances[0, 1], distances[1, 0])).min()


# --- stopping and going on ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("stop", [1, 4])
@pytest.mark.parametrize("method", METHODS)
def test_goes_on_from_a_state_as_if_it_had_not_stopped(stop, method):
    settings = settings_of("seed", iterations=5, per_image=3, critic_steps=1, width=64)
    pictures = smooth_pictures(2, 64, 64)
    whole = trained(pictures, NAMES[:2], settings, method=method)

    first = PictureGANs(pictures, NAMES[:2], settings, method=method)
    for _ in range(stop):
        first.step()
    state = {name: tensor.clone() for name, tensor in first.state_tensors().items()}
    second = PictureGANs(pictures, NAMES[:2], settings, method=method)
    second.load_state(state)
    while not second.finished:
        second.step()

    assert second.iteration == 5
    assert torch.equal(second.fakes, whole.fakes)


@pytest.mark.usefixtures("narrow")
def test_what_does_not_fit_together_is_refused():
    pictures, settings = smooth_pictures(2, **SIZE), settings_of("seed")
    with pytest.raises(OptionError, match=r"precision 'half': choose one of 32-true, bf16-mixed, 64-true"):
        PictureGANs(pictures, NAMES[:2], settings, precision="half")
    with pytest.raises(ValueError, match="2 pictures have 3 names"):
        PictureGANs(pictures, NAMES, settings)


@pytest.mark.usefixtures("narrow")
def test_state_of_other_networks_is_refused():
    settings = settings_of("seed", iterations=2, per_image=1)
    gans = PictureGANs(smooth_pictures(2, **SIZE), NAMES[:2], settings)
    other = PictureGANs(smooth_pictures(1, **SIZE), NAMES[:1], settings)
    with pytest.raises(RuntimeError):
        gans.load_state(other.state_tensors())
    with pytest.raises(KeyError):
        gans.load_state({"iteration": torch.tensor(1)})


# --- precision and form ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("method", METHODS)
def test_reduced_precision_changes_little_at_first(method):
    settings = settings_of("wgan-gp", iterations=1, per_image=1)
    pictures = smooth_pictures(2, **SIZE)

    exact = trained(pictures, NAMES[:2], settings, method=method)
    reduced = trained(pictures, NAMES[:2], settings, method=method, precision="bf16-mixed")

    assert reduced.fakes.dtype == torch.float32
    assert all(value.dtype == torch.float32 for value in reduced.critics.values())
    assert 0 < (exact.fakes - reduced.fakes).abs().max().item() < 0.05


@pytest.mark.usefixtures("narrow")
def test_fakes_are_those_of_the_last_iterations():
    settings = settings_of("seed", iterations=4, per_image=4, critic_steps=1)
    pictures = smooth_pictures(2, **SIZE)
    every = trained(pictures, NAMES[:2], settings).fakes

    last = trained(pictures, NAMES[:2], dataclasses.replace(settings, per_image=2)).fakes

    assert every.shape == (4, 2, 3, 64, 96)
    assert torch.equal(last, every[2:])
    assert last.abs().max() <= 1


@pytest.mark.usefixtures("narrow")
def test_a_slope_of_zero_asks_for_nothing():
    settings = settings_of("wgan-gp", iterations=1, per_image=1)
    gans = PictureGANs(smooth_pictures(1, **SIZE), NAMES[:1], settings)
    with torch.no_grad():
        for name, value in gans.critics.items():
            if name.endswith("weight"):
                value.zero_()
    gans.step()
    assert all(torch.isfinite(value).all() for value in gans.critics.values())
