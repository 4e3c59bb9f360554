"""What decides how the generated pictures look: the two presets, and every number in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from corelate.errors import OptionError
from corelate.options import check_options, option

STRIDE = 32
"""What the sides of a picture must be multiples of: five halvings."""
PLAIN, MIRRORED, TURNED = "plain", "mirrored", "turned"
VIEWS = (PLAIN, MIRRORED, TURNED)
# Beyond it the first layer of a generator alone takes 7 GB.
_LONGEST = 4096


@dataclass(frozen=True)
class MLWGANSettings:
    """All that the generated pictures depend on, beside the originals; the defaults are the preset ``seed``.

    Raises:
        OptionError: A value is not allowed; the message names all of them.
    """

    height: int = option(128, "height of the generated pictures, a multiple of 32", minimum=STRIDE, maximum=_LONGEST)
    width: int = option(192, "width of the generated pictures, a multiple of 32", minimum=STRIDE, maximum=_LONGEST)
    border: int = option(3, "pixels cut off each side of an original, such as the dark frame of slides", minimum=0)
    iterations: int = option(1001, "steps of each generator", minimum=1)
    critic_steps: int = option(5, "steps of the critic before each step of the generator", minimum=1)
    penalty: float = option(10.0, "weight of the gradient penalty", minimum=0.0)
    learning_rate: float = option(2e-4, "Adam's learning rate, of both networks", above=0.0)
    beta1: float = option(0.5, "Adam's decay of the mean of gradients", minimum=0.0, below=1.0)
    beta2: float = option(0.999, "Adam's decay of the mean of squared gradients", minimum=0.0, below=1.0)
    critic_norm: bool = option(True, "batch norm in the critic")
    norm_scale: float = option(0.0, "mean of the starting values of batch norm's scale; they spread by 0.02")
    upside_down: float = option(
        0.1, "chance that the original is upside down in an iteration", minimum=0.0, maximum=1.0
    )
    per_image: int = option(3, "generated pictures for each original, from the last iterations", minimum=1)
    views: tuple[str, ...] = option(VIEWS, "what is made of them, in turn", choices=VIEWS)
    seed: int = option(1, "chooses starting values and noise", minimum=0)

    def __post_init__(self) -> None:
        check_options(self, "ml-wgan")
        problems = [
            f"{name} = {value}: must be a multiple of {STRIDE}, e.g. {max(round(value / STRIDE), 1) * STRIDE}"
            for name, value in (("height", self.height), ("width", self.width))
            if value % STRIDE
        ]
        if self.per_image > self.iterations:
            problems.append(
                f"per_image = {self.per_image}: each comes from an iteration, of which {self.iterations} are made"
            )
        if not self.views:
            problems.append(f"views: name at least one of {', '.join(VIEWS)}")
        if problems:
            raise OptionError(f"ml-wgan: {'; '.join(problems)}")


SEED = MLWGANSettings()
# The paper's own training (Gulrajani et al. 2017, algorithm 1): no batch norm in the critic, since the penalty is of
# each picture by itself; Adam without momentum. The generator's batch norm starts at 1, as in what it builds on.
WGAN_GP = replace(SEED, learning_rate=1e-4, beta1=0.0, beta2=0.9, critic_norm=False, norm_scale=1.0)
PRESETS = {"seed": SEED, "wgan-gp": WGAN_GP}
