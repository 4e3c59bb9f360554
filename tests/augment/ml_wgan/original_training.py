"""What the engine must agree with: one pair of torch modules, trained alone, the penalty differentiated twice."""

import torch
from torch import nn

from corelate.augment.ml_wgan import networks
from corelate.augment.ml_wgan.noise import Draws, picture_generator


def build_modules(settings):
    """Return a generator and a critic with the layers of the original."""
    channels = networks.CHANNELS
    places = (settings.height // 32, settings.width // 32)
    generator = [nn.ConvTranspose2d(100, channels[-1], places)]
    for incoming, outgoing in zip(channels[::-1], (*channels[-2::-1], 3), strict=True):
        generator += [nn.BatchNorm2d(incoming), nn.ReLU(), nn.ConvTranspose2d(incoming, outgoing, 4, 2, 1)]
    critic = []
    for incoming, outgoing in zip((3, *channels), channels, strict=False):
        norm = [nn.BatchNorm2d(outgoing)] if settings.critic_norm else []
        critic += [nn.Conv2d(incoming, outgoing, 4, 2, 1), *norm, nn.LeakyReLU(0.2)]
    return nn.Sequential(*generator, nn.Tanh()), nn.Sequential(*critic, nn.Conv2d(channels[-1], 1, places))


def fill(module, values):
    """Give the modules these parameters, which are named by layer."""
    number = -1
    with torch.no_grad():
        for layer in module:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                number += 1
                layer.weight.copy_(values[f"{number}.weight"])
                layer.bias.copy_(values[f"{number}.bias"])
            elif isinstance(layer, nn.BatchNorm2d):
                layer.weight.copy_(values[f"{number}.scale"])
                layer.bias.copy_(values[f"{number}.shift"])


def started_modules(name, settings):
    """Return the modules with the starting values of a picture."""
    generator, critic = build_modules(settings)
    for module, kind, shapes in (
        (generator, "generator", networks.generator_shapes(settings)),
        (critic, "critic", networks.critic_shapes(settings)),
    ):
        random = picture_generator(settings.seed, name, kind)
        fill(module, networks.starting_values(shapes, settings.norm_scale, random))
    return generator, critic


def train_alone(picture, name, settings, dtype):
    """Return the last fake that the critic saw in each iteration, 3×H×W each."""
    generator, critic = (module.to(dtype) for module in started_modules(name, settings))
    picture = picture.to(dtype)[None]
    betas = (settings.beta1, settings.beta2)
    generator_steps = torch.optim.Adam(generator.parameters(), settings.learning_rate, betas)
    critic_steps = torch.optim.Adam(critic.parameters(), settings.learning_rate, betas)
    fakes = []
    for iteration in range(settings.iterations):
        draws = Draws.of([name], settings, iteration)
        real = picture.flip(2) if draws.upside_down[0] else picture
        for step in range(settings.critic_steps):
            fake = generator(draws.critic[0, step].to(dtype)[None, :, None, None]).detach()
            share = draws.between[0, step].to(dtype)
            mixture = (share * real + (1 - share) * fake).requires_grad_()
            (slope,) = torch.autograd.grad(critic(mixture).sum(), mixture, create_graph=True)
            penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
            loss = critic(fake).mean() - critic(real).mean() + settings.penalty * penalty
            critic_steps.zero_grad()
            loss.backward()
            critic_steps.step()
        generator_steps.zero_grad()
        (-critic(generator(draws.generator[0, 0].to(dtype)[None, :, None, None])).mean()).backward()
        generator_steps.step()
        fakes.append(fake[0])
    return torch.stack(fakes)
