"""Command-line options of a generation, made from its dataclasses, and back into them."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable
from typing import Any

import typer

from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.settings import PRESETS, MLWGANSettings
from corelate.errors import OptionError
from corelate.options import field_types, read_options

SIZE = "size"
_SIDES = ("height", "width")
_PANELS = {GenerationOptions: None, MLWGANSettings: "Training of the networks (a preset sets them all)"}


def with_generation_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for each field of both dataclasses.

    The function's last parameter must be ``values``; it receives what was given, by field.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    own = [each for name, each in inspect.signature(function).parameters.items() if name != "values"]
    options = _parameters()

    def command(**arguments: Any) -> None:
        given = {parameter.name: arguments.pop(parameter.name) for parameter in options}
        function(**arguments, values={name: value for name, value in given.items() if value is not None})

    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    parameters = [each.replace(annotation=hints[each.name]) for each in own] + options
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def read_values(values: dict[str, Any], preset: str) -> tuple[GenerationOptions, MLWGANSettings]:
    """Return both dataclasses.

    Args:
        values: What was given, by field; and ``size``.
        preset: What the settings are without it.

    Raises:
        OptionError: Something can't be used; the message names all of it.
    """
    problems: list[str] = []
    if preset not in PRESETS:
        problems.append(f"preset = {preset!r}: choose one of {', '.join(PRESETS)}")
    base = dataclasses.asdict(PRESETS.get(preset, MLWGANSettings()))
    base["views"] = list(base["views"])
    given = {name: value for name, value in values.items() if name in base}
    if "views" in given:
        given["views"] = [view.strip() for view in given["views"].split(",") if view.strip()]
    settings = _read(MLWGANSettings, base | given | _size(values, problems), problems)
    names = {field.name for field in dataclasses.fields(GenerationOptions)}
    options = _read(GenerationOptions, {name: value for name, value in values.items() if name in names}, problems)
    if problems or options is None or settings is None:
        raise OptionError("; ".join(problems))
    return options, settings


def _read(options_type: type, values: dict[str, Any], problems: list[str]) -> Any:
    try:
        return read_options(options_type, values, problems)
    except OptionError as error:
        # What is wrong with a default alone would be said although a value was given.
        problems.append(str(error).removeprefix("ml-wgan: "))
        return None


def _size(values: dict[str, Any], problems: list[str]) -> dict[str, int]:
    if SIZE not in values:
        return {}
    match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", values[SIZE])
    if not match:
        problems.append(f"size = {values[SIZE]!r}: write HEIGHTxWIDTH, e.g. 128x192")
        return {}
    return dict(zip(_SIDES, map(int, match.groups()), strict=True))


def _parameters() -> list[inspect.Parameter]:
    parameters = []
    for options_type, panel in _PANELS.items():
        for field in dataclasses.fields(options_type):
            if field.name not in _SIDES:
                parameters.append(_parameter(field, field_types(options_type)[field.name], panel))
    defaults = MLWGANSettings()
    help = f"HEIGHTxWIDTH of generated pictures, multiples of 32 [default: {defaults.height}x{defaults.width}]"
    size = typer.Option("--size", help=help, metavar="HxW", rich_help_panel=_PANELS[MLWGANSettings])
    return [*parameters, _keyword(SIZE, str | None, size, None)]


def _parameter(field: dataclasses.Field[Any], hint: Any, panel: str | None) -> inspect.Parameter:
    flag = "--" + field.name.replace("_", "-")
    words = field.metadata["help"]
    if "choices" in field.metadata:
        words += f" ({', '.join(map(str, field.metadata['choices']))})"
    shown = ",".join(field.default) if isinstance(field.default, tuple) else field.default
    if shown not in (None, "", False):
        words += f" [default: {shown}]"
    if field.name == "data":
        return _keyword(field.name, str, typer.Option(flag, help=words, metavar="SPEC"), inspect.Parameter.empty)
    kind = str if typing.get_origin(hint) is tuple else hint
    flags = [f"{flag}/--no-{flag.removeprefix('--')}"] if kind is bool else [flag]
    return _keyword(field.name, kind | None, typer.Option(*flags, help=words, rich_help_panel=panel), None)


def _keyword(name: str, hint: Any, option: Any, default: Any) -> inspect.Parameter:
    annotation = typing.Annotated[hint, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
