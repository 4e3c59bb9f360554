"""The options of whatever needs a label graph: heads, and the command that looks at one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from corelate.errors import OptionError
from corelate.labels.graph_settings import PRESETS, GraphSettings
from corelate.options import option

DEFAULT_PRESET = "seed-gcn"


@dataclass(frozen=True, kw_only=True)
class GraphOptions:
    """Options about the label graph, to be inherited by the options of a head."""

    preset: str | None = option(None, "how counts become a label graph (default: seed-gcn)", choices=tuple(PRESETS))
    tau: float | None = option(None, "least probability of an edge (default: the preset's)", minimum=0.0, maximum=1.0)
    p: float | None = option(
        None, "weight that a label's edges share (default: the preset's)", minimum=0.0, maximum=1.0
    )
    graph: str = option("", "graph or counts FILE (default: counted from the training labels)")

    def settings(self) -> GraphSettings:
        """Return the preset's settings with what is given in place of its own.

        Raises:
            OptionError: Unknown preset, or a value that is not allowed.
        """
        preset = self.preset or DEFAULT_PRESET
        if preset not in PRESETS:
            raise OptionError(f"preset {preset!r} of the label graph: choose one of {', '.join(PRESETS)}")
        given = {name: value for name in ("tau", "p") if (value := getattr(self, name)) is not None}
        return replace(PRESETS[preset], **given)
