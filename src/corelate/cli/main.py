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
    "report": ("corelate.cli.report", "Write the page that shows what a run found."),
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
EXPLAIN_COMMANDS = {
    "gradients": ("corelate.cli.explain_gradients", "Draw how hard losses push, by how sure the network is."),
    "labels": ("corelate.cli.explain_labels", "Draw the labels of a run as a map, alike ones near each other."),
    "attention": ("corelate.cli.explain_attention", "Draw where a run looks for each tag."),
    "graph": ("corelate.cli.explain_graph", "Draw which labels go together, and which moved a tag."),
    "sheet": ("corelate.cli.explain_sheet", "Draw pictures with their true, wrong and missed tags."),
    "table": ("corelate.cli.explain_table", "Write each label's figures, with intervals."),
    "reliability": ("corelate.cli.explain_reliability", "Draw whether scores are the chances they look like."),
    "curves": ("corelate.cli.explain_curves", "Draw precision against recall."),
    "training": ("corelate.cli.explain_training", "Draw the loss and the figures of each epoch."),
}
AUGMENT_COMMANDS = {
    "ml-wgan": ("corelate.cli.augment_ml_wgan", "Paint variants of each picture, by a small GAN of its own."),
    "quality": ("corelate.cli.augment_quality", "Measure how near generated pictures are to their originals."),
}
GROUPS = {
    "data": ("Look at data sets and make them.", DATA_COMMANDS),
    "explain": ("Draw what losses, labels and runs are about; write the numbers behind.", EXPLAIN_COMMANDS),
    "augment": ("Make more pictures to learn from.", AUGMENT_COMMANDS),
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
    _add_commands(app, COMMANDS, arguments[:1])
    for name, (summary, commands) in GROUPS.items():
        group = typer.Typer(help=summary, no_args_is_help=True, rich_markup_mode=None)
        _add_commands(group, commands, arguments[1:2] if arguments[:1] == [name] else [])
        app.add_typer(group, name=name)
    return app


def _add_commands(target: typer.Typer, commands: dict[str, tuple[str, str]], wanted: list[str]) -> None:
    everything = "_CORELATE_COMPLETE" in os.environ
    for name, (module, summary) in commands.items():
        function = importlib.import_module(module).run if everything or name in wanted else _placeholder()
        target.command(name, help=None if function.__doc__ else summary, short_help=summary)(function)


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
