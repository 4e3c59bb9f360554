import dataclasses

import pytest
import torch

from corelate.augment.ml_wgan import networks
from corelate.augment.ml_wgan.methods import METHODS, build_method
from corelate.augment.ml_wgan.noise import picture_generator
from corelate.augment.ml_wgan.settings import PRESETS
from corelate.errors import OptionError

from .conftest import smooth_pictures
from .original_training import build_modules, started_modules

SEED = PRESETS["seed"]
SMALL = dataclasses.replace(SEED, height=64, width=96)


def count(shapes):
    return sum(torch.Size(shape).numel() for shape in shapes.values())


def test_networks_have_as_many_parameters_as_the_originals():
    assert count(networks.generator_shapes(SEED)) == 13_607_747
    assert count(networks.critic_shapes(SEED)) == 11_174_721


@pytest.mark.parametrize("preset", PRESETS)
def test_parameters_are_those_of_the_modules(preset):
    settings = dataclasses.replace(PRESETS[preset], height=64, width=96)
    generator, critic = build_modules(settings)
    for module, shapes in (
        (generator, networks.generator_shapes(settings)),
        (critic, networks.critic_shapes(settings)),
    ):
        assert [tuple(parameter.shape) for parameter in module.parameters()] == list(shapes.values())


def test_starting_values_are_drawn_as_the_original_draws_them():
    values = networks.starting_values(networks.critic_shapes(SEED), 0.0, torch.Generator().manual_seed(3))
    weights = values["3.weight"]
    assert weights.mean().abs() < 1e-4
    assert weights.std().item() == pytest.approx(0.02, rel=0.01)
    assert values["4.scale"].std().item() == pytest.approx(0.02, rel=0.1)
    assert values["4.scale"].mean().abs() < 0.002
    assert not values["4.shift"].any()
    # 256 channels in, kernel 4×4: ±1/64.
    assert values["3.bias"].abs().max().item() == pytest.approx(1 / 64, rel=0.02)


def test_biases_of_transposed_convolutions_start_as_torch_starts_them():
    values = networks.starting_values(networks.generator_shapes(SEED), 0.0, torch.Generator().manual_seed(3))
    # 512 channels out, kernel 4×4.
    assert values["1.bias"].abs().max().item() == pytest.approx((512 * 16) ** -0.5, rel=0.02)


def test_batch_norm_starts_at_one_in_the_papers_preset():
    random = torch.Generator().manual_seed(3)
    values = networks.starting_values(networks.generator_shapes(SEED), PRESETS["wgan-gp"].norm_scale, random)
    assert values["0.scale"].mean().item() == pytest.approx(1, abs=0.003)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_method_computes_what_the_modules_compute(preset, method):
    settings = dataclasses.replace(PRESETS[preset], height=64, width=96)
    names = ["a", "b"]
    computed = build_method(method, 2, settings)
    parameters = {}
    for kind, shapes, kinds in (
        ("generator", networks.generator_shapes(settings), networks.GENERATOR),
        ("critic", networks.critic_shapes(settings), networks.CRITIC),
    ):
        drawn = [
            networks.starting_values(shapes, settings.norm_scale, picture_generator(settings.seed, name, kind))
            for name in names
        ]
        stacked = {key: torch.stack([values[key] for values in drawn]) for key in shapes}
        parameters[kind] = computed.kernels(stacked, kinds)
    noise, pictures = torch.randn(2, 3, 100), torch.stack([smooth_pictures(4, 64, 96)] * 2)

    generated = computed.generate(parameters["generator"], noise)
    judged = computed.judge(parameters["critic"], pictures)

    for number, name in enumerate(names):
        generator, critic = started_modules(name, settings)
        for picture in range(3):  # a batch of one, as the original has it: batch norm is of one picture
            alone = generator(noise[number, picture][None, :, None, None])[0]
            torch.testing.assert_close(generated[number, picture], alone, atol=1e-6, rtol=1e-5)
        # All but the last bias, which all scores share.
        alone = torch.stack([critic(picture[None]).flatten()[0] for picture in pictures[number]]) - critic[-1].bias
        torch.testing.assert_close(judged[number], alone, atol=1e-6, rtol=1e-5)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("preset", PRESETS)
def test_change_in_a_direction_is_the_slopes_product_with_it(preset, method):
    settings = dataclasses.replace(PRESETS[preset], height=64, width=96)
    computed = build_method(method, 1, settings)
    shapes = networks.critic_shapes(settings)
    values = networks.starting_values(shapes, settings.norm_scale, torch.Generator().manual_seed(2))
    critics = computed.kernels({key: value[None].double() for key, value in values.items()}, networks.CRITIC)
    pictures = smooth_pictures(3, 64, 96)[None].double().requires_grad_()
    direction = torch.randn(1, 1, 3, 64, 96, dtype=torch.float64)

    scores = computed.judge(critics, pictures, direction)

    alone = computed.judge(critics, pictures)
    (slopes,) = torch.autograd.grad(alone[0, 2], pictures)
    torch.testing.assert_close(scores[:, :3], alone)
    torch.testing.assert_close(scores[0, 3], (slopes[0, 2] * direction[0, 0]).sum())


def test_unknown_method_is_refused():
    with pytest.raises(OptionError, match=r"method 'fast': choose one of auto, one-by-one, vmap, grouped, products"):
        build_method("fast", 1, SMALL)
