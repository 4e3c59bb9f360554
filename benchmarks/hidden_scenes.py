"""Scenes for `hidden_labels.py`: drawn, tagged in part, and how well hidden labels are told from absent ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from corelate.data.scenes.grammar import LABELS, RULES, Rule, compose
from corelate.data.scenes.reference import SceneReference
from corelate.data.targets import ABSENT, PRESENT, UNKNOWN
from corelate.data.vocabulary import Vocabulary
from corelate.metrics.ranking import average_precision

SIDE = 64
VOCABULARY = Vocabulary(LABELS)
HIDING = {rule.label: rule for rule in RULES if rule.hidden}
IMPLIED = [VOCABULARY.index(label) for label in HIDING]
OTHERS = [column for column in range(len(LABELS)) if column not in IMPLIED]


class Part(NamedTuple):
    """Scenes with one role: N×3×H×W pixels or N×D×h×w features, N×L labels, N×L labels that hold and are not drawn."""

    inputs: torch.Tensor
    labels: np.ndarray
    hidden: np.ndarray

    def first(self, number: int) -> Part:
        """Return the first scenes."""
        return Part(self.inputs[:number], self.labels[:number], self.hidden[:number])


def label_sets(series: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which labels scenes have, and which of these are not drawn; both N×L of 0 and 1."""
    scenes = [compose(series, index) for index in range(number)]
    holds = [[label in scene.labels for label in LABELS] for scene in scenes]
    hidden = [[label in scene.hidden for label in LABELS] for scene in scenes]
    return np.array(holds, np.int8), np.array(hidden, np.int8)


def draw(series: int, number: int) -> Part:
    pixels = np.stack([np.asarray(SceneReference(series, index, SIDE).draw()) for index in range(number)])
    inputs = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    return Part(inputs.contiguous(memory_format=torch.channels_last), *label_sets(series, number))


def tagged_in(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return targets in which each implied label is known for a share of the pictures, drawn for each label anew."""
    generator, targets = np.random.default_rng(seed), labels.copy()
    for column in IMPLIED:
        targets[generator.permutation(len(labels))[round(share * len(labels)) :], column] = UNKNOWN
    return targets


def known_map(logits: np.ndarray, targets: np.ndarray) -> float:
    return float(np.nanmean(average_precision(sigmoid(logits), targets)))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def hidden_targets(part: Part) -> np.ndarray:
    """Return N×5 targets: present where an implied label is hidden, absent where it does not hold, else not counted."""
    holds, hidden = part.labels[:, IMPLIED] == 1, part.hidden[:, IMPLIED] == 1
    return np.where(hidden, PRESENT, np.where(holds, UNKNOWN, ABSENT)).astype(np.int8)


def conditions_missed(rule: Rule, labels: np.ndarray) -> np.ndarray:
    """Return how many conditions of a rule each scene does not meet."""
    given, without = ([VOCABULARY.index(label) for label in names] for names in (rule.given, rule.without))
    missed = (labels[:, given] == 0).sum(1) + (labels[:, without] == 1).sum(1)
    return np.asarray(missed)


def measure(logits: np.ndarray, test: Part) -> dict[str, float]:
    """Return how well hidden labels are told from absent ones, means over the implied labels, and the mAP of all.

    `near` compares with those pictures without the label that miss one condition of its rule; `inside` with those that
    meet all of them, where nothing in the picture can tell: 0.5 but for chance.
    """
    aucs: dict[str, list[float]] = {"auc": [], "near": [], "inside": []}
    for column in IMPLIED:
        hidden, absent = test.hidden[:, column] == 1, test.labels[:, column] == 0
        missed = conditions_missed(HIDING[LABELS[column]], test.labels)
        for name, negatives in (("auc", absent), ("near", absent & (missed == 1)), ("inside", absent & (missed == 0))):
            rows = hidden | negatives
            aucs[name].append(float(roc_auc_score(hidden[rows], logits[rows, column])))
    means = {name: float(np.mean(values)) for name, values in aucs.items()}
    figures = {
        "ap": known_map(logits[:, IMPLIED], hidden_targets(test)),
        **means,
        "map": known_map(logits, test.labels),
    }
    return {name: round(value, 4) for name, value in figures.items()}
