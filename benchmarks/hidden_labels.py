"""Do heads that know how labels go together recover labels that a picture implies and does not show?

Scenes have labels that hold and are not drawn: a bird where there is a boat on the sea. Heads learn on the same frozen
features of the same pictures; one of them is also given a label graph and label vectors counted on an archive of tags
without pictures. Two questions: what if the implied labels are tagged in a part of the pictures only, and what if there
are few pictures? docs/hidden-labels.md has the protocol and says what came out; hidden_labels_tables.py prints tables.

    python benchmarks/hidden_labels.py --out benchmarks/results/hidden_labels.json

Everything runs on one thread; five seeds take 17 minutes of processor time.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from corelate.data.scenes.grammar import LABELS
from corelate.data.targets import PRESENT, UNKNOWN, TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.decisions.fixed import Fixed
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embeddings import LabelEmbeddings
from corelate.labels.graph import PRESETS, LabelGraph, build_graph
from corelate.labels.label_vectors import embeddings_from_counts
from corelate.losses.build import build_loss
from corelate.metrics.bootstrap import IntervalOptions, paired_difference
from corelate.models.annotator import Annotator, build_head
from corelate.models.backbones import build_backbone
from corelate.models.heads.base import HeadInputs
from corelate.training.batches import Order
from corelate.training.optimisers import build_optimiser, build_schedule
from corelate.training.recipe import OptimisationOptions
from hidden_scenes import (
    HIDING,
    IMPLIED,
    OTHERS,
    SIDE,
    VOCABULARY,
    Part,
    conditions_missed,
    draw,
    hidden_targets,
    known_map,
    label_sets,
    measure,
    sigmoid,
    tagged_in,
)
from machine import describe

# Far apart, so that no scene has two roles, whatever the seed.
SERIES = {"backbone": 1_000, "own": 2_000, "validation": 3_000, "test": 4_000, "archive": 5_000}
BATCH = 32
BACKBONE_RATE = 4e-3
# Half of what a label hears comes from its neighbours; the preset's own p is 0.2.
GRAPH = replace(PRESETS["paper"], p=0.5)
OPTIONS: dict[str, dict[str, Any]] = {
    "linear": {"dropout": 0.1, "bias": "prior"},
    "ml_gcn": {"hidden": [128]},
    "gcn_dynamic": {"width": 64},
    "query2label": {"width": 64, "feed_forward": 128},
}
SLOW = ("gcn_dynamic", "query2label")
OURS, RIVALS = "ml_gcn, archive", ("linear", "ml_gcn, archive shuffled")

Knowledge = tuple[LabelGraph, LabelEmbeddings]


class Setting(NamedTuple):
    """How many pictures a head learns from, and in how many of them each implied label is tagged."""

    pictures: int
    tagged: int


def fit(
    module: nn.Module, inputs: torch.Tensor, targets: np.ndarray, rate: float, *, steps: int, seed: int
) -> nn.Module:
    """Train with AdamW, one cycle and binary cross-entropy, however many pictures there are for the same steps."""
    options = OptimisationOptions(learning_rate=rate, weight_decay=0.02)
    optimiser = build_optimiser(module, options)
    schedule, loss = build_schedule(optimiser, options, steps), build_loss("bce")
    order, wanted = Order(len(targets), BATCH, seed), torch.from_numpy(targets).float()
    torch.manual_seed(seed)
    module.train()
    batches = (rows for epoch in count() for rows in order.batches(epoch))
    for step, rows in enumerate(islice(batches, steps)):
        schedule.set(step)
        optimiser.zero_grad()
        loss(module(inputs[rows]), wanted[rows]).backward()
        optimiser.step()
    return module.eval()


def outputs(module: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return torch.cat([module(block) for block in inputs.split(128)]).contiguous()


def train_backbone(arguments: argparse.Namespace, seed: int) -> nn.Module:
    """Return a network that has learned the other labels on scenes of its own, and never heard of the implied ones."""
    part = draw(SERIES["backbone"] + seed, arguments.backbone_pictures)
    torch.manual_seed(seed)
    backbone, _, _ = build_backbone(arguments.backbone, "none", image_size=(SIDE, SIDE))
    vocabulary = Vocabulary(LABELS[column] for column in OTHERS)
    head = build_head("linear", {"dropout": 0.0}, HeadInputs(backbone.num_features, vocabulary))
    annotator = Annotator(backbone, head).to(memory_format=torch.channels_last)
    steps = arguments.backbone_epochs * len(part.labels) // BATCH
    fit(annotator, part.inputs, part.labels[:, OTHERS], BACKBONE_RATE, steps=steps, seed=seed)
    return backbone.eval()


def counted(targets: np.ndarray) -> CooccurrenceCounts:
    return CooccurrenceCounts.from_targets(TargetMatrix.from_dense(targets), VOCABULARY)


def knowledge(counts: CooccurrenceCounts) -> Knowledge:
    return build_graph(counts, GRAPH), embeddings_from_counts(counts)


@dataclass(frozen=True)
class Archive:
    """Tags without pictures, N×L."""

    labels: np.ndarray

    @cached_property
    def knowledge(self) -> Knowledge:
        """The label graph and the label vectors."""
        return knowledge(counted(self.labels))

    def shuffled(self, seed: int) -> Knowledge:
        """Return the same graph and the same vectors, given to other labels."""
        (graph, vectors), order = self.knowledge, np.random.default_rng(seed).permutation(len(LABELS))
        adjacency = graph.adjacency[order].tocsc()[:, order].tocsr()
        return replace(graph, adjacency=adjacency), replace(vectors, vectors=vectors.vectors[order])

    def graph_only(self, seed: int) -> Knowledge:
        """Return the graph with random vectors."""
        graph, vectors = self.knowledge
        noise = np.random.default_rng(seed).standard_normal(vectors.vectors.shape)
        return graph, replace(vectors, vectors=noise)

    def vectors_only(self) -> Knowledge:
        """Return the vectors with a graph in which each label hears itself alone."""
        return build_graph(counted(self.labels), replace(GRAPH, p=0.0)), self.knowledge[1]

    @cached_property
    def regressions(self) -> list[LogisticRegression]:
        """For each implied label a regression on the other labels."""
        return [
            LogisticRegression(max_iter=1000).fit(self.labels[:, OTHERS], self.labels[:, column]) for column in IMPLIED
        ]


@dataclass
class Trial:
    """All heads in one setting with one seed."""

    arguments: argparse.Namespace
    archive: Archive
    setting: Setting
    seed: int
    own: Part
    validation: Part
    test: Part

    def __post_init__(self) -> None:
        share = self.setting.tagged / self.setting.pictures
        self.targets = tagged_in(self.own.labels, share, self.seed)
        self.choosing = tagged_in(self.validation.labels, share, self.seed)
        self.logits: dict[str, np.ndarray] = {}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give the figures of every head, of what needs no graph head, and the differences that matter."""
        for name, known in self._heads().items():
            yield {**self._place(name), **self._train(name, known)}
        guessed, rules = self.logits["linear"].copy(), self.test.labels.astype(float)
        for column, regression in zip(IMPLIED, self.archive.regressions, strict=True):
            guessed[:, column] = regression.decision_function(sigmoid(self.logits["linear"][:, OTHERS]))
            rules[:, column] = conditions_missed(HIDING[LABELS[column]], self.test.labels) == 0
        yield {**self._place("linear, then regression on the archive"), "figures": measure(guessed, self.test)}
        yield {**self._place("true rules on true labels"), "figures": measure(rules, self.test)}
        for rival in RIVALS:
            yield {**self._place(OURS), "against": rival, **self._difference(rival)}

    def _place(self, head: str) -> dict[str, Any]:
        return {**self.setting._asdict(), "seed": self.seed, "head": head}

    def _heads(self) -> dict[str, Knowledge | None]:
        heads: dict[str, Knowledge | None] = {"linear": None}
        if self.setting in slow_settings(self.arguments):
            heads |= dict.fromkeys(SLOW)
        heads["ml_gcn, own tags"] = knowledge(counted(self.targets))
        heads[OURS] = self.archive.knowledge
        heads["ml_gcn, archive shuffled"] = self.archive.shuffled(self.seed)
        if self.setting.tagged < self.setting.pictures:
            heads["ml_gcn, archive graph only"] = self.archive.graph_only(self.seed)
            heads["ml_gcn, archive vectors only"] = self.archive.vectors_only()
        return heads

    def _train(self, name: str, known: Knowledge | None) -> dict[str, Any]:
        """Train with each learning rate, and keep the one with the best mAP over the validation tags."""
        frequencies = (self.targets == PRESENT).sum(0) / np.maximum((self.targets != UNKNOWN).sum(0), 1)
        head = name.partition(",")[0]
        tried = []
        for rate in self.arguments.rates:
            torch.manual_seed(self.seed)
            inputs = HeadInputs(self.own.inputs.shape[1], VOCABULARY, frequencies, *(known or (None, None)))
            module = build_head(head, OPTIONS[head], inputs)
            fit(module, self.own.inputs, self.targets, rate, steps=self.arguments.steps, seed=self.seed)
            choice = known_map(outputs(module, self.validation.inputs).numpy(), self.choosing)
            tried.append((choice, rate, outputs(module, self.test.inputs).numpy()))
        _, best, self.logits[name] = max(tried, key=lambda each: each[0])
        aps = {str(rate): measure(logits, self.test)["ap"] for _, rate, logits in tried}
        return {"figures": measure(self.logits[name], self.test), "learning_rate": best, "ap_by_learning_rate": aps}

    def _difference(self, rival: str) -> dict[str, Any]:
        """Return the difference in hidden AP, with its interval over the test pictures."""
        ours, theirs = (sigmoid(self.logits[name][:, IMPLIED]) for name in (OURS, rival))
        rule, options = Fixed().for_labels(len(IMPLIED)), IntervalOptions(resamples=self.arguments.resamples)
        difference: dict[str, Any] = paired_difference(
            ours, theirs, hidden_targets(self.test), rule, rule, options=options
        )["map"]
        return difference


def settings(arguments: argparse.Namespace) -> list[Setting]:
    partly = [Setting(arguments.pictures, tagged) for tagged in arguments.tagged]
    return partly + [Setting(number, number) for number in sorted({*arguments.curve, arguments.pictures})]


def slow_settings(arguments: argparse.Namespace) -> list[Setting]:
    """Return where the heads with attention run too: they take ten times as long."""
    most = max(arguments.pictures, *arguments.curve)
    return [Setting(arguments.pictures, 20), Setting(arguments.pictures, arguments.pictures), Setting(most, most)]


def trials(arguments: argparse.Namespace, archive: Archive, seed: int) -> Iterator[Trial]:
    backbone = train_backbone(arguments, seed)
    most = max(setting.pictures for setting in settings(arguments))
    parts = []
    for role, number in (("own", most), ("validation", arguments.pictures), ("test", arguments.test)):
        drawn = draw(SERIES[role] + seed, number)
        parts.append(drawn._replace(inputs=outputs(backbone, drawn.inputs)))
    own, validation, test = parts
    for setting in settings(arguments):
        # No more pictures choose than teach.
        few = own.first(setting.pictures), validation.first(setting.pictures)
        yield Trial(arguments, archive, setting, seed, *few, test)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--pictures", type=int, default=400, help="pictures of which a part is tagged")
    parser.add_argument("--tagged", type=int, nargs="+", default=[0, 10, 20, 40, 100], help="how large that part is")
    parser.add_argument("--curve", type=int, nargs="+", default=[50, 100, 200, 1600], help="pictures tagged wholly")
    parser.add_argument("--archive", type=int, default=20_000, help="sets of tags without pictures")
    parser.add_argument("--test", type=int, default=2000, help="pictures that measure")
    parser.add_argument("--backbone", default="test_byobnet")
    parser.add_argument("--backbone-pictures", type=int, default=3000)
    parser.add_argument("--backbone-epochs", type=int, default=6)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--rates", type=float, nargs="+", default=[1e-3, 4e-3, 1.6e-2])
    parser.add_argument("--resamples", type=int, default=500)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    torch.set_num_threads(1)
    archive = Archive(label_sets(SERIES["archive"], arguments.archive)[0])
    rows: list[str] = []
    for seed in arguments.seeds:
        for trial in trials(arguments, archive, seed):
            for row in trial.rows():
                rows.append(json.dumps(row))
                print(rows[-1], flush=True)
        used = {key: value for key, value in vars(arguments).items() if key != "out"}
        about = {"machine": describe(), "settings": used, "processor_seconds": round(time.process_time())}
        # One line a row: a reader wants to compare rows, and there are hundreds.
        text = json.dumps(about, indent=1).removesuffix("\n}") + ',\n "rows": [\n  ' + ",\n  ".join(rows) + "\n ]\n}\n"
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
