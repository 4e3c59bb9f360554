"""What a recipe chooses by name: the head, the loss that fits it, and the decision rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corelate.decisions import DECISION_RULES
from corelate.errors import OptionError
from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.models.heads import HEADS
from corelate.options import read_options
from corelate.registry import Registry

# Where the names of a section are looked up. The head comes first: it decides which of the losses can be its own.
CHOICES: dict[str, tuple[Registry, ...]] = {
    "head": (HEADS,),
    "loss": (LOSSES, SEQUENCE_LOSSES),
    "rule": (DECISION_RULES,),
}
DEFAULT_HEAD, DEFAULT_RULE = "linear", "global_f"
TOKENS = "tokens"


@dataclass(frozen=True)
class Choice:
    """A registered thing by name, with its own options."""

    name: str
    options: Any

    def to_values(self) -> dict[str, Any]:
        """Return the name and the options as plain values."""
        return {"name": self.name, **dataclasses.asdict(self.options)}


def default_choices() -> dict[str, Choice]:
    """Return what is chosen when nothing is said."""
    return read_choices({}, [])


def read_choices(sections: Mapping[str, Any], problems: list[str]) -> dict[str, Choice]:
    """Return the choices of a recipe.

    Args:
        sections: The recipe's sections, by name; others than those of `CHOICES` are passed over.
        problems: Receives one line for each name or option that can't be used.
    """
    choices = {}
    for section in CHOICES:
        content = sections.get(section, {})
        choices[section] = _choice(section, content if isinstance(content, Mapping) else {}, sections, problems)
    return choices


def default_name(section: str, sections: Mapping[str, Any]) -> str:
    """Return what a section names when it names nothing; for the loss, the one that fits the head of the recipe."""
    if section == "loss":
        return str(_head_type(sections).default_loss)
    return {"head": DEFAULT_HEAD, "rule": DEFAULT_RULE}[section]


def same_name(section: str, one: object, other: object) -> bool:
    """Tell whether two names, perhaps other spellings, stand for the same thing."""
    for registry in CHOICES[section]:
        if isinstance(one, str) and isinstance(other, str) and one in registry and other in registry:
            return registry.get(one) is registry.get(other)
    return one == other


def predicts_tokens(head: Choice) -> bool:
    """Return whether a head writes labels one by one, and is trained with a loss of sequences."""
    return bool(HEADS.load(head.name).predicts == TOKENS)


def looks_at_pooled(head: Choice) -> bool:
    """Return whether a head looks at nothing but pooled features."""
    return bool(HEADS.load(head.name).pools)


def _named(section: str, sections: Mapping[str, Any]) -> str:
    """Return the name that a section gives, or nothing; what is no text is the name of nothing known."""
    content = sections.get(section, {})
    return str(content.get("name", "")) if isinstance(content, Mapping) else ""


def _head_type(sections: Mapping[str, Any]) -> Any:
    """Return the class of the head that a recipe names, or of the usual one where the name is not known."""
    name = _named("head", sections)
    return HEADS.load(name if name in HEADS else DEFAULT_HEAD)


def _registry(section: str, sections: Mapping[str, Any]) -> Registry:
    """Return where a section's name is looked up."""
    head, loss = _named("head", sections), _named("loss", sections)
    if section != "loss":
        return CHOICES[section][0]
    if head and head not in HEADS:
        # That is a problem of its own; the loss shall not look like another.
        return SEQUENCE_LOSSES if loss in SEQUENCE_LOSSES else LOSSES
    return SEQUENCE_LOSSES if _head_type(sections).predicts == TOKENS else LOSSES


def _choice(section: str, content: Mapping[str, Any], sections: Mapping[str, Any], problems: list[str]) -> Choice:
    where, values = f"[{section}] ", dict(content)
    registry, default = _registry(section, sections), default_name(section, sections)
    name = values.pop("name", default)
    try:
        entry = registry.get(name if isinstance(name, str) else repr(name))
    except OptionError as error:
        problems.append(f"{where}name: {error}")
        entry, values = registry.get(default), {}
    loaded = entry.load()
    # A decision rule is the dataclass of its own options; heads and losses are built from theirs.
    return Choice(entry.name, read_options(getattr(loaded, "Options", loaded), values, problems, where))
