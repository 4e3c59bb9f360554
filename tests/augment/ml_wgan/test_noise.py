import dataclasses

import torch

from corelate.augment.ml_wgan.noise import Draws, picture_generator
from corelate.augment.ml_wgan.settings import PRESETS

SEED = PRESETS["seed"]


def test_noise_of_a_picture_does_not_depend_on_the_others():
    together = Draws.of(["a", "b", "c"], SEED, 7)
    alone = Draws.of(["b"], SEED, 7)
    for name in ("upside_down", "critic", "between", "generator"):
        assert torch.equal(getattr(together, name)[1:2], getattr(alone, name))


def test_noise_differs_between_pictures_iterations_and_seeds():
    draws = [
        Draws.of(["a"], SEED, 0),
        Draws.of(["b"], SEED, 0),
        Draws.of(["a"], SEED, 1),
        Draws.of(["a"], dataclasses.replace(SEED, seed=2), 0),
    ]
    assert len({draw.critic[0, 0, 0].item() for draw in draws}) == 4


def test_every_step_has_noise_of_its_own():
    draws = Draws.of(["a"], SEED, 0)
    assert draws.critic.shape == (1, 5, 100)
    assert draws.generator.shape == (1, 1, 100)
    assert len({*draws.critic[0, :, 0].tolist(), draws.generator[0, 0, 0].item()}) == 6


def test_numbers_are_distributed_as_the_original_draws_them():
    draws = [Draws.of([str(number) for number in range(40)], SEED, iteration) for iteration in range(50)]
    noise = torch.cat([draw.critic.flatten() for draw in draws])
    shares = torch.cat([draw.between.flatten() for draw in draws])
    turned = torch.cat([draw.upside_down for draw in draws]).float().mean()
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01
    assert 0 <= shares.min() < 0.01
    assert 0.99 < shares.max() < 1
    assert abs(turned - 0.1) < 0.03


def test_names_that_are_no_proper_text_have_noise_too():
    names = ("\udcff.jpg", "\ud800.jpg", "ü.jpg", "", "a" * 5000)
    numbers = {picture_generator(1, name, "noise").initial_seed() for name in names}
    assert len(numbers) == 5
