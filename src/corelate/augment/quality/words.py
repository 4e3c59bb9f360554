"""The numbers of generated pictures as lines of text, and what they mean in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping

from corelate.augment.quality.estimates import Estimate, digits
from corelate.augment.quality.generated_quality import GeneratedQuality
from corelate.augment.quality.looking import PIXELS
from corelate.augment.quality.pixel_distances import peak_signal_to_noise
from corelate.augment.quality.yardsticks import ALIKE, ANOTHER, RECOMPRESSED, YARDSTICKS

TO_ORIGINAL, TO_EACH_OTHER = "a generated picture and its original", "two generated pictures of one original"
NOTHING = "–"
# Short words for sentences.
_SHORT = {
    "recompressed": "the original's JPEG copy",
    "blurred": "the original's blurred copy",
    "mirrored": "the original's mirror image",
    "alike": "the most alike labelled original",
    "another": "another original",
}


def summary_lines(quality: GeneratedQuality) -> list[str]:
    """Return what was measured, the distances beside their yardsticks, and what they mean."""
    sampled = max((estimate.count for each in quality.yardsticks.values() for estimate in each.values()), default=0)
    lines = [f"{quality.source}: {quality.heading}"]
    lines += [f"Features: {quality.features}"] if quality.features else []
    lines += [f"Originals without a border of {quality.options.border} pixels"] if quality.options.border else []
    lines += ["", *table_lines(quality), "", *sentences(quality)]
    if sampled < len(quality.families):
        lines.append(f"Yardsticks are means over {sampled:,} of the originals.")
    if not quality.features:
        lines.append("Pixels say little about content; --backbone NAME also measures distances between features.")
    return lines


def table_lines(quality: GeneratedQuality) -> list[str]:
    """Return the mean distances with their 95 % intervals, yardsticks below."""
    rows: list[tuple[str, Mapping[str, Estimate] | None]] = [
        (TO_ORIGINAL, quality.to_original),
        (TO_EACH_OTHER, quality.to_each_other),
        ("yardsticks: an original and", None),
        *((f"  {words}", quality.yardsticks[name]) for name, words in YARDSTICKS.items()),
    ]
    cells = [["distance (0: the same)", *quality.measures]]
    for words, estimates in rows:
        cells.append([words, *(_cell(estimates[name]) if estimates else "" for name in quality.measures)])
    first, *others = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join([row[0].ljust(first), *map(str.rjust, row[1:], others)]).rstrip()  # numbers under each other
        for row in cells
    ]


def _cell(estimate: Estimate) -> str:
    if math.isnan(estimate.mean):
        return NOTHING
    interval = "" if math.isnan(estimate.low) else f" [{digits(max(estimate.low, 0))}, {digits(estimate.high)}]"
    return f"{digits(estimate.mean)}{interval}"


def sentences(quality: GeneratedQuality) -> list[str]:
    """Return what the distances mean, one sentence for each finding."""
    found = [_nearness(quality, measure) for measure in quality.measures]
    measure = quality.ordered_by
    found += [_likeness(quality, measure), *_diversity(quality, measure)]
    nearest = quality.own_nearest
    if nearest is not None and len(quality.families) > 1:
        others = len(quality.families) - 1
        among = "the other original" if others == 1 else f"any of the {others:,} other originals"
        found.append(
            f"By features {_percent(nearest.mean)} of them are nearer to their own original than to {among} measured "
            f"(by chance: {_percent(1 / len(quality.families))})."
        )
    return found


def _nearness(quality: GeneratedQuality, measure: str) -> str:
    """Say between which yardsticks generated pictures stand."""
    own = quality.to_original[measure].mean
    marks = {name: each[measure].mean for name, each in quality.yardsticks.items() if each[measure].count}
    # Of equal yardsticks a picture is said to be beyond all of them.
    below = [name for name in sorted(marks, key=marks.__getitem__) if marks[name] <= own]
    above = [name for name in sorted(marks, key=marks.__getitem__) if marks[name] > own]
    parts = [f"more than {_SHORT[below[-1]]} ({digits(marks[below[-1]])})"] if below else []
    parts += [f"less than {_SHORT[above[0]]} ({digits(marks[above[0]])})"] if above else []
    decibels = f" ({peak_signal_to_noise(own):.1f} dB)" if measure == PIXELS and own > 0 else ""
    return f"By {measure} a generated picture is {digits(own)}{decibels} away from its original: {', '.join(parts)}."


def _likeness(quality: GeneratedQuality, measure: str) -> str:
    """Say whether generated pictures are copies, show their originals, or do not."""
    own = quality.to_original[measure]
    recompressed = quality.yardsticks[RECOMPRESSED][measure].mean
    if own.mean <= recompressed:
        return f"Judged by {measure} they are memorised copies: recompressing the original changes it more."
    another = quality.yardsticks[ANOTHER][measure]
    if not another.count:
        return "With one original there is no other to compare them with."
    if _overlap(own, another) or own.mean > another.mean:
        return (
            f"Judged by {measure} they do not show their originals, whose labels may not be true of them: another "
            f"original is as near, as far as {own.count:,} can tell."
        )
    alike = quality.yardsticks[ALIKE][measure]
    if alike.count and (_overlap(own, alike) or own.mean > alike.mean):
        return (
            f"Judged by {measure} they are no nearer to their originals than pictures with alike labels are, as far as "
            f"{own.count:,} originals can tell."
        )
    return f"Judged by {measure} they show their originals, changed."


def _diversity(quality: GeneratedQuality, measure: str) -> list[str]:
    """Say how much the generated pictures of one original differ."""
    between, own = quality.to_each_other[measure], quality.to_original[measure].mean
    if not between.count:
        return ["Each original has one generated picture: how much several would differ can't be said."]
    if between.mean <= quality.yardsticks[RECOMPRESSED][measure].mean:
        return ["The generated pictures of one original are all but the same: several show no more than one."]
    if own > 0:
        share = between.mean / own
        more = "more" if share > 1 else "less"
        return [
            f"Those of one original differ from each other {more} than from it: {digits(between.mean)} against "
            f"{digits(own)}, {share:.2f} times as much."
        ]
    return []


def _overlap(first: Estimate, second: Estimate) -> bool:
    """Tell whether two intervals have something in common; undefined ones do not."""
    return first.low <= second.high and second.low <= first.high


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
