"""Command-line options made from the recipe's dataclasses, and back into a recipe's sections."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable
from typing import Any

import typer

from corelate.cli.named_values import named_values
from corelate.errors import OptionError
from corelate.options import field_types
from corelate.training.choices import CHOICES
from corelate.training.recipe import SECTIONS


def with_recipe_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for each field of each recipe section.

    The function's last parameter must be ``values``; it receives a dictionary of sections with what was given.
    """
    own = [parameter for name, parameter in inspect.signature(function).parameters.items() if name != "values"]
    hints = typing.get_type_hints(function, include_extras=True)
    options = _parameters()

    def command(**arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in [parameter.name for parameter in options]}
        function(**arguments, values=_sections(given))

    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in own] + options
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _parameters() -> list[inspect.Parameter]:
    parameters = []
    for section, options_type in SECTIONS.items():
        for field in dataclasses.fields(options_type):
            parameters.append(_parameter(section, field, field_types(options_type)[field.name]))
    for section, registries in CHOICES.items():
        kinds = [section, *(registry.kind for registry in registries[1:])]
        names = [f"{kind}: {', '.join(registry.names)}" for kind, registry in zip(kinds, registries, strict=True)]
        choose = typer.Option(f"--{section}", help="; ".join(names), rich_help_panel=section)
        detail = typer.Option(
            f"--{section}-option", metavar="NAME=VALUE", help=f"an option of the {section}", rich_help_panel=section
        )
        parameters.append(_keyword(f"{section}__name", str | None, choose, None))
        parameters.append(_keyword(f"{section}__options", list[str], detail, []))
    return parameters


def _parameter(section: str, field: dataclasses.Field[Any], hint: Any) -> inspect.Parameter:
    flag = field.metadata.get("flag", "--" + field.name.replace("_", "-"))
    default = field.default
    words = field.metadata["help"]
    if "choices" in field.metadata:
        words += f" ({', '.join(map(str, field.metadata['choices']))})"
    if default not in ((), None, ""):
        words += f" [default: {default}]"
    kind = _scalar(hint)
    names = [flag, "--no-" + flag.removeprefix("--")] if kind is bool else [flag]
    if kind is bool:
        names = ["/".join(names)]
    return _keyword(f"{section}__{field.name}", kind | None, typer.Option(*names, help=words), None)


def _scalar(hint: Any) -> Any:
    """Return the type that the command line reads: lists of numbers come as text, e.g. ``0.5,0.5,0.5``."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        hint = next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    return str if typing.get_origin(hint) is tuple else hint


def _keyword(name: str, hint: Any, option: Any, default: Any) -> inspect.Parameter:
    annotation = typing.Annotated[hint, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _sections(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        section, _, field = name.partition("__")
        if value is None or value == []:
            continue
        if section in CHOICES:
            values.setdefault(section, {}).update({"name": value} if field == "name" else named_values(section, value))
        else:
            hint = field_types(SECTIONS[section])[field]
            values.setdefault(section, {})[field] = (
                _numbers(field, value, hint) if typing.get_origin(hint) is tuple else value
            )
    return values


def _numbers(field: str, text: str, hint: Any) -> list[Any]:
    kind = typing.get_args(hint)[0]
    try:
        return [kind(part) for part in re.split(r"[,x×]", text)]
    except ValueError:
        example = "224 or 224x299" if kind is int else "0.5,0.5,0.5"
        raise OptionError(f"--{field.replace('_', '-')} {text!r}: expected numbers such as {example}") from None
