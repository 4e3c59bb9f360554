"""Training N generators and critics at once, each pair on one picture of its own.

The pairs share nothing: their losses are added, so that each parameter gets the gradient of its own pair's loss, and
Adam works number by number. What a pair becomes does not depend on the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from corelate.augment.ml_wgan.methods import AUTO, build_method
from corelate.augment.ml_wgan.networks import (
    CRITIC,
    GENERATOR,
    Shapes,
    critic_shapes,
    generator_shapes,
    starting_values,
)
from corelate.augment.ml_wgan.noise import Draws, picture_generator
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.errors import OptionError
from corelate.training.checkpoints import flatten, part

FULL, BF16, DOUBLE = "32-true", "bf16-mixed", "64-true"
# Parameters and all else; convolutions.
PRECISIONS = {
    FULL: (torch.float32, torch.float32),
    BF16: (torch.float32, torch.bfloat16),
    DOUBLE: (torch.float64, torch.float64),
}
# Numbers in the longest vectors of processors.
VECTOR = 16


class PictureGANs:
    """N pairs of generator and critic, trained in step with each other.

    Args:
        pictures: N×3×H×W in [-1, 1], as `corelate.augment.ml_wgan.preparation` makes them.
        names: The N pictures' names, which choose their starting values and noise.
        settings: All that the results depend on.
        device: Where the arithmetic is done.
        precision: ``"32-true"``, or ``"bf16-mixed"``: convolutions in bfloat16, all else in float32; ``"64-true"`` to
            check the arithmetic.
        method: How the N are computed at once, one of `methods.METHODS`, or ``"auto"``.

    Raises:
        OptionError: There is no such precision or method.
        ValueError: There are not as many names as pictures.

    Source:
        Gulrajani et al., Improved Training of Wasserstein GANs, arXiv 1704.00028; one GAN for each picture as in the
        ML-WGAN of the plain CNN system.
    """

    def __init__(
        self,
        pictures: Tensor,
        names: Sequence[str],
        settings: MLWGANSettings,
        *,
        device: str | torch.device = "cpu",
        precision: str = FULL,
        method: str = AUTO,
    ) -> None:
        if precision not in PRECISIONS:
            raise OptionError(f"precision {precision!r}: choose one of {', '.join(PRECISIONS)}")
        if len(pictures) != len(names):
            raise ValueError(f"{len(pictures)} pictures have {len(names)} names")
        self.settings = settings
        self.names = list(names)
        self.device = torch.device(device)
        self.iteration = 0
        self._exact, self._precision = PRECISIONS[precision]
        self._pictures = pictures.to(self.device, self._exact).unsqueeze(1)
        self._method = build_method(method, len(self.names), settings)
        self.generators = self._start("generator", generator_shapes(settings), GENERATOR)
        self.critics = self._start("critic", critic_shapes(settings), CRITIC)
        self._optimisers = {name: self._optimiser(networks) for name, networks in self._networks.items()}
        self._last: deque[Tensor] = deque(maxlen=settings.per_image)

    @property
    def finished(self) -> bool:
        """Whether all iterations are done."""
        return self.iteration >= self.settings.iterations

    @property
    def fakes(self) -> Tensor:
        """The last fake that the critics saw in each of the last iterations, K×N×3×H×W, float32 on the CPU."""
        return torch.stack([fake.cpu() for fake in self._last])

    def step(self) -> None:
        """Do one iteration of all N: the critics' steps, then one of the generators."""
        draws = Draws.of(self.names, self.settings, self.iteration).to(self.device, self._exact)
        upside_down = draws.upside_down[:, None, None, None, None]
        real = torch.where(upside_down, self._pictures.flip(3), self._pictures)
        # The generators stay as they are while the critics learn: all that these will see is made at once.
        fakes = self.sample(draws.critic)
        for number in range(self.settings.critic_steps):
            chosen = slice(number, number + 1)
            self._train_critics(real, fakes[:, chosen], draws.between[:, chosen, None, None, None])
        self._train_generators(draws.generator)
        if self.iteration >= self.settings.iterations - self.settings.per_image:
            self._last.append(fakes[:, -1].float())
        self.iteration += 1

    def sample(self, noise: Tensor) -> Tensor:
        """Return what the generators make now of noise, N×B×100: N×B×3×H×W in [-1, 1]."""
        with torch.no_grad():
            return self._method.generate(self._working("generators"), noise.to(self.device, self._exact))

    def state_tensors(self) -> dict[str, Tensor]:
        """Return all that `load_state` needs to go on; views, which the next step changes."""
        tensors = {"iteration": torch.tensor(self.iteration)}
        for kind, networks in self._networks.items():
            tensors |= flatten(kind, networks)
            for name, parameter in networks.items():
                tensors |= flatten(f"{kind} moments.{name}", self._optimisers[kind].state.get(parameter, {}))
        if self._last:
            tensors["fakes"] = self.fakes
        return tensors

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from the state of a training of the same pictures with the same settings.

        Raises:
            KeyError: It is not complete.
            RuntimeError: Its tensors have other shapes.
        """
        for kind, networks in self._networks.items():
            values, moments = part(kind, tensors), part(f"{kind} moments", tensors)
            for name, parameter in networks.items():
                if values[name].shape != parameter.shape:
                    raise RuntimeError(f"{kind} {name}: {tuple(values[name].shape)}, not {tuple(parameter.shape)}")
                with torch.no_grad():
                    parameter.copy_(values[name])
                state = {key: value.to(self.device, copy=True) for key, value in part(name, moments).items()}
                if state:
                    self._optimisers[kind].state[parameter] = state
        self._last.clear()
        self._last.extend(tensors.get("fakes", ()))
        self.iteration = int(tensors["iteration"])

    def _train_critics(self, real: Tensor, fake: Tensor, share: Tensor) -> None:
        """Push the fakes' scores down, the originals' up, and the slopes in between towards 1.

        The gradient of the penalty, λ(‖s‖ − 1)² with the slope s = ∇D(x), would need s to be differentiated again. It
        is the gradient of D's change in one direction, v·s with v = 2λ(1 − 1/‖s‖)s held fixed, and that change comes
        out of the same forward pass as the scores: one product a layer for all, and one gradient.
        """
        mixture = (share * real + (1 - share) * fake).requires_grad_()
        weights = self._working("critics")
        fixed = {name: weight.detach() for name, weight in weights.items()}
        (slopes,) = torch.autograd.grad(self._method.judge(fixed, mixture).sum(), mixture)
        lengths = torch.linalg.vector_norm(slopes, dim=(2, 3, 4), keepdim=True)
        # A slope of 0 has no direction; like torch's norm, we then ask for nothing.
        direction = torch.where(lengths > 0, 2 * self.settings.penalty * (1 - 1 / lengths), 0.0) * slopes
        together = torch.cat((real, fake, mixture.detach()), dim=1)
        scores = self._method.judge(weights, together, direction)
        self._update("critics", (scores[:, 1] - scores[:, 0] + scores[:, 3]).sum())

    def _train_generators(self, noise: Tensor) -> None:
        """Push the scores of the generators' pictures up."""
        critics = {name: weight.detach() for name, weight in self._working("critics").items()}
        fakes = self._method.generate(self._working("generators"), noise)
        self._update("generators", -self._method.judge(critics, fakes).sum())

    def _working(self, kind: str) -> dict[str, Tensor]:
        """Return the parameters, kernels in the precision of the convolutions."""
        return {
            name: value.to(self._precision) if name.endswith("weight") else value
            for name, value in self._networks[kind].items()
        }

    def _update(self, kind: str, loss: Tensor) -> None:
        """Do one step of Adam; parameters that have no influence are not touched."""
        parameters = list(self._networks[kind].values())
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self._optimisers[kind].step()
        # The room is wanted for the gradients of the other networks.
        for parameter in parameters:
            parameter.grad = None

    @property
    def _networks(self) -> dict[str, dict[str, Tensor]]:
        return {"critics": self.critics, "generators": self.generators}

    def _start(self, purpose: str, shapes: Shapes, kinds: Sequence[str]) -> dict[str, Tensor]:
        seed, scale = self.settings.seed, self.settings.norm_scale
        each = [starting_values(shapes, scale, picture_generator(seed, name, purpose)) for name in self.names]
        stacked = {name: torch.stack([values[name] for values in each]).to(self.device, self._exact) for name in shapes}
        return {name: value.requires_grad_() for name, value in self._method.kernels(stacked, kinds).items()}

    def _optimiser(self, networks: Mapping[str, Tensor]) -> torch.optim.Adam:
        settings = self.settings
        betas = (settings.beta1, settings.beta2)
        groups = [
            {"params": parameters, "fused": fused} for fused, parameters in self._by_fusing(networks) if parameters
        ]
        return torch.optim.Adam(groups, settings.learning_rate, betas)

    def _by_fusing(self, networks: Mapping[str, Tensor]) -> list[tuple[bool, list[Tensor]]]:
        """Return the parameters that torch's fused Adam may change, and the others.

        On a CPU it rounds the numbers behind the last whole vector otherwise. Where those of a network fill no whole
        vectors, how they are rounded would depend on how many networks there are.
        """
        chosen: dict[bool, list[Tensor]] = {True: [], False: []}
        for value in networks.values():
            whole = value.numel() // len(self.names) % VECTOR == 0
            chosen[whole or self.device.type != "cpu"].append(value)
        return list(chosen.items())
