"""The command line: one function for each command, imported only when it is called.

`corelate --help` must not wait for NumPy or torch, so this module knows the commands by name and one line of text.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Callable
from typing import Annotated

import typer

from corelate import __version__
from corelate.cli.exit_codes import INTERRUPTED
from corelate.errors import CorelateError, MissingExtraError

COMMANDS = {
    "train": ("corelate.cli.train", "Train an annotator from a recipe or from options."),
    "resume": ("corelate.cli.resume", "Go on with a run that was stopped."),
    "evaluate": ("corelate.cli.evaluate", "Measure a run, a bundle or a file of scores."),
    "compare": ("corelate.cli.compare", "Put the figures of several runs side by side."),
    "export": ("corelate.cli.export", "Turn a run into a bundle that tags without PyTorch."),
    "tag": ("corelate.cli.tag", "Tag pictures with a bundle."),
    "demo": ("corelate.cli.demo", "Draw scenes, train on them, tag new ones: the whole path in minutes."),
}
DATA_COMMANDS = {
    "show": ("corelate.cli.data_show", "Say what a data set holds and what is wrong with it."),
    "graph": ("corelate.cli.data_graph", "Show which labels go together, and write their graph."),
    "split": ("corelate.cli.data_split", "Divide a data set, and write which picture goes where."),
    "convert": ("corelate.cli.data_convert", "Write a data set in another format."),
    "doctor": ("corelate.cli.data_doctor", "Find what is likely to be wrong in a data set."),
    "scenes": ("corelate.cli.data_scenes", "Draw scenes as picture files with a table of their labels."),
}
EXTRAS = {
    "train": {
        "torch",
        "torchvision",
        "timm",
        "lightning_fabric",
        "safetensors",
        "sklearn",
        "scipy",
        "onnx",
        "onnxscript",
        "tensorboard",
        "huggingface_hub",
    },
    "explain": {"matplotlib"},
}


def build_app(arguments: list[str]) -> typer.Typer:
    """Return the application; of its commands only the one that the arguments name is imported."""
    app = typer.Typer(
        name="corelate",
        help="Automatic image annotation: learn which words belong to a picture, then tag pictures with them.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    data = typer.Typer(help="Look at data sets and make them.", no_args_is_help=True, rich_markup_mode=None)
    everything = "_CORELATE_COMPLETE" in os.environ
    for commands, target in ((COMMANDS, app), (DATA_COMMANDS, data)):
        for name, (module, summary) in commands.items():
            function = importlib.import_module(module).run if everything or name in arguments[:2] else _placeholder()
            target.command(name, help=None if function.__doc__ else summary, short_help=summary)(function)
    app.add_typer(data, name="data")
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code: 0 done, 1 done with skipped inputs, 2 wrong use."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # Pillow warns of odd metadata in pictures that it reads well; a user could do nothing about it.
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    try:
        build_app(arguments)(args=arguments, prog_name="corelate")
    except CorelateError as error:
        _fail(error)
    except ModuleNotFoundError as error:
        for extra, modules in EXTRAS.items():
            if (error.name or "").split(".")[0] in modules:
                _fail(MissingExtraError(f"this needs {error.name}; install it with: pip install 'corelate[{extra}]'"))
        raise
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(CorelateError(f"{place}{error.strerror or error}"))


def _fail(error: CorelateError) -> None:
    typer.echo(f"corelate: {error}", err=True)
    sys.exit(error.exit_code)


def _placeholder() -> Callable[[], None]:
    def run() -> None:
        raise AssertionError("a command that the arguments do not name was called")

    return run


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"corelate {__version__}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


if __name__ == "__main__":
    main()
