"""The demo's page: pictures with their true and predicted tags, in one HTML file that needs no network."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from corelate.files import write_text

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5d6670; --line: #d9dee3; --card: #fff; --back: #f5f6f8;
  --right: #146c43; --right-back: #dcf3e5; --missed: #5d6670; --wrong: #a1281f; --wrong-back: #fbe3e0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #9aa4af; --line: #343b43; --card: #1e2329; --back: #14181c;
    --right: #7fd6a4; --right-back: #17382a; --missed: #9aa4af; --wrong: #f29b92; --wrong-back: #452420; }
}
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 0; }
main { max-width: 1080px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
p { margin: .25rem 0 .75rem; max-width: 46rem; } .soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; background: var(--card); font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .7rem; border: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; } thead th { font-weight: 600; }
tr.chosen td { font-weight: 600; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 1rem; padding: 0;
  margin: 1rem 0; }
.grid li { list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  overflow: hidden; }
.grid img { width: 100%; display: block; image-rendering: auto; }
.tags { padding: .6rem .6rem .75rem; display: flex; flex-wrap: wrap; gap: .3rem; font-size: .85rem; }
.tag { border-radius: 4px; padding: .05rem .4rem; }
.right { color: var(--right); background: var(--right-back); }
.wrong { color: var(--wrong); background: var(--wrong-back); }
.missed { color: var(--missed); border: 1px dashed var(--missed); padding: 0 .4rem; }
""".strip()

SIGNS = {"right": "✓", "wrong": "✗", "missed": "–"}
WORDS = {"right": "true and predicted", "wrong": "predicted, not true", "missed": "true, not predicted"}


@dataclass(frozen=True)
class TaggedScene:
    """A picture with what is true of it and what was predicted.

    Attributes:
        name: File name.
        png: The encoded picture.
        truth: Its labels.
        predicted: The score of each predicted label.
    """

    name: str
    png: bytes
    truth: tuple[str, ...]
    predicted: dict[str, float]


def write_page(
    path: Path, scenes: list[TaggedScene], metrics: dict[str, dict[str, Any]], chosen: str, seconds: float
) -> None:
    """Write the page.

    Args:
        path: Where to.
        scenes: The tagged pictures.
        metrics: The content of ``metrics.json`` for each loss.
        chosen: The loss whose annotator tagged them.
        seconds: How long the demo took.
    """
    first = metrics[chosen]
    rule = first["default_rule"]
    correct = sum(len(set(scene.truth) & scene.predicted.keys()) for scene in scenes)
    predicted = sum(len(scene.predicted) for scene in scenes)
    true = sum(len(scene.truth) for scene in scenes)
    cards = "\n".join(_card(scene) for scene in scenes)
    legend = " ".join(_tag(kind, text) for kind, text in WORDS.items())
    page = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>corelate demo</title>
<style>
{STYLE}
</style>
</head>
<body>
<main>
<h1>corelate demo</h1>
<p class="soft">Trained from scratch on {first["trained_on"]["images"]} drawn scenes, {seconds:.0f} seconds in all.</p>
<h2>Two losses, same network, same pictures</h2>
<p>Measured on {first["measured_on"]["images"]} test scenes that chose nothing. Epoch and thresholds
(rule <code>{escape(rule)}</code>) were chosen on {escape(first["chosen_on"])}.</p>
{_table(metrics, rule, chosen)}
<h2>New scenes, tagged by the exported annotator</h2>
<p>The annotator trained with <code>{escape(chosen)}</code> had the better validation figure and tagged these
{len(scenes)} scenes through ONNX Runtime: {correct} of {true} true labels found, {predicted - correct} of {predicted}
tags wrong. Some labels of a scene are not drawn at all (people who left the beach, snow behind the trees): they can
only be told from what goes together.</p>
<div class="tags">{legend}</div>
<ul class="grid">
{cards}
</ul>
</main>
</body>
</html>
"""
    write_text(path, page)


def _table(metrics: dict[str, dict[str, Any]], rule: str, chosen: str) -> str:
    heads = ("loss", "overall P", "R", "F1", "per-class P", "R", "F1", "N+", "mAP")
    rows = []
    for loss, content in metrics.items():
        report = content["rules"][rule]
        figures = [report[kind][key] for kind in ("overall", "per_class") for key in ("precision", "recall", "f1")]
        cells = [loss, *(f"{figure:.3f}" for figure in figures), str(report["n_plus"]), f"{report['map']:.3f}"]
        mark = ' class="chosen"' if loss == chosen else ""
        rows.append(f"<tr{mark}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _card(scene: TaggedScene) -> str:
    kinds = [("right" if label in scene.truth else "wrong", label, score) for label, score in scene.predicted.items()]
    tags = [_tag(kind, label, f"score {score:.2f}") for kind, label, score in kinds]
    tags += [_tag("missed", label, "not predicted") for label in scene.truth if label not in scene.predicted]
    image = base64.b64encode(scene.png).decode()
    alternative = escape(f"{scene.name}: {', '.join(scene.truth)}", quote=True)
    picture = f'<img src="data:image/png;base64,{image}" alt="{alternative}">'
    return f'<li>{picture}<div class="tags">{" ".join(tags)}</div></li>'


def _tag(kind: str, label: str, title: str = "") -> str:
    hint = f' title="{escape(title, quote=True)}"' if title else ""
    return f'<span class="tag {kind}"{hint}>{SIGNS[kind]} {escape(label)}</span>'
