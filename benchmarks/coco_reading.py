"""Read annotations of the size of MS-COCO's training set on one core: time and peak memory.

Makes `instances_train2017.json` in the official layout (118,287 pictures, 860,001 objects with boxes and outlines, as
many bytes as the original) and an empty file for each picture, reads it with `coco:…` in a process of its own, and
checks the labels against those that were written. Beside it stands `json.loads` of the whole file, which is how the
field's usual reader begins. Linux counts what a process inherits from its parent into its peak, so this script stays
small: the file is made in another process too.

    python benchmarks/coco_reading.py --out benchmarks/results/coco_reading.json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PICTURES, OBJECTS = 118_287, 860_001  # of instances_train2017.json
LONGEST_OUTLINE = 45  # points; with this the file is as large as the original, 448 MB
DIFFERENT_OUTLINES = 5_000
# MS-COCO's 80 ids lie between 1 and 90.
MISSING_IDS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
CATEGORY_IDS = [number for number in range(1, 91) if number not in MISSING_IDS]
CROWD_SHARE = 0.012
RUN_LENGTHS = ",".join(map(str, range(1, 120)))
ROUNDS = 3
KIB_PER_MIB = 1024
BOUNDS = {"seconds": 15.0, "peak_mib": 1.5 * 1024}


def make(root: Path) -> None:
    """Write the annotations, the empty pictures and, for the check, the number of pictures of each category."""
    generator = random.Random(0)
    identities = generator.sample(range(1, 600_000), PICTURES)
    outlines = [outline(generator) for _ in range(DIFFERENT_OUTLINES)]
    labels: dict[int, set[int]] = {}
    (root / "annotations").mkdir()
    (root / "train2017").mkdir()
    with (root / "annotations" / "instances_train2017.json").open("w", encoding="utf-8") as file:
        file.write(
            '{"info": {"description": "made", "year": 2017}, "licenses": [{"url": "", "id": 1, "name": "none"}], '
        )
        file.write('"images": [' + ",".join(map(image, identities)) + '], "annotations": [')
        for number in range(OBJECTS):
            identity, category = generator.choice(identities), generator.choice(CATEGORY_IDS)
            labels.setdefault(identity, set()).add(category)
            crowd = int(generator.random() < CROWD_SHARE)
            file.write(
                "," * bool(number) + annotation(number + 1, identity, category, crowd, generator.choice(outlines))
            )
        categories = [{"supercategory": "thing", "id": number, "name": f"thing {number}"} for number in CATEGORY_IDS]
        file.write('], "categories": ' + json.dumps(categories) + "}")
    for identity in identities:
        (root / "train2017" / f"{identity:012}.jpg").touch()
    counts = [sum(category in found for found in labels.values()) for category in CATEGORY_IDS]
    (root / "counts.json").write_text(json.dumps(counts), encoding="utf-8")


def outline(generator: random.Random) -> str:
    numbers = (f"{generator.uniform(0, 640):.2f}" for _ in range(2 * generator.randint(4, LONGEST_OUTLINE)))
    return ",".join(numbers)


def image(identity: int) -> str:
    name = f"{identity:012}.jpg"
    return (
        f'{{"license": 3,"file_name": "{name}","coco_url": "http://images.cocodataset.org/train2017/{name}",'
        f'"height": 360,"width": 640,"date_captured": "2013-11-14 11:18:45",'
        f'"flickr_url": "http://farm9.staticflickr.com/8186/{identity}_cbe9f9d0ac_z.jpg","id": {identity}}}'
    )


def annotation(number: int, identity: int, category: int, crowd: int, points: str) -> str:
    # A crowd's region is a list of run lengths, any other object's a list of outlines.
    shape = f'{{"counts": [{RUN_LENGTHS}],"size": [360,640]}}' if crowd else f"[[{points}]]"
    return (
        f'{{"segmentation": {shape},"area": 2765.1486500000005,"iscrowd": {crowd},"image_id": {identity},'
        f'"bbox": [199.84,200.46,77.71,70.88],"category_id": {category},"id": {number}}}'
    )


def read(root: Path) -> dict[str, Any]:
    """Read the data set as any command would."""
    from corelate.data.spec import load_annotations

    annotations = load_annotations(f"coco:{root}/annotations/instances_train2017.json", strict=True)
    counts = annotations.targets.label_counts().tolist()
    if len(annotations) != PICTURES or counts != json.loads((root / "counts.json").read_text(encoding="utf-8")):
        raise SystemExit("the labels that were read are not those that were written")
    return {"pictures": len(annotations), "label_marks": sum(counts)}


def read_whole(root: Path) -> dict[str, Any]:
    """Only parse the file, with the standard library."""
    content = json.loads((root / "annotations" / "instances_train2017.json").read_bytes())
    return {"pictures": len(content["images"])}


WORK = {"read": read, "read_whole": read_whole}


def run(work: str, root: Path) -> dict[str, Any]:
    """Do one kind of work in a process of its own, on one core, and return what it took."""
    process = subprocess.Popen([sys.executable, __file__, "--work", work, str(root)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{work} ended with status {status}")
    return json.loads(output) | {"peak_mib": round(usage.ru_maxrss / KIB_PER_MIB, 1)}


def work_alone(work: str, root: Path) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    start, processor = time.perf_counter(), time.process_time()
    result = WORK[work](root)
    seconds = {"seconds": time.perf_counter() - start, "processor_seconds": time.process_time() - processor}
    print(json.dumps(result | {name: round(value, 2) for name, value in seconds.items()}))


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        subprocess.run([sys.executable, __file__, "--work", "make", str(root)], check=True)
        size = (root / "annotations" / "instances_train2017.json").stat().st_size
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
        runs = [run("read", root) for _ in range(ROUNDS)]
        whole = run("read_whole", root)
    return {"file_mb": round(size / 1e6, 1), "measuring_process_mib": own, "runs": runs, "json_loads": whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the raw figures there, as JSON")
    parser.add_argument("--work", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        what, root = arguments.work[0], Path(arguments.work[1])
        make(root) if what == "make" else work_alone(what, root)
        return
    figures = measure()
    seconds, peak = (max(run[name] for run in figures["runs"]) for name in ("seconds", "peak_mib"))
    whole = figures["json_loads"]
    print(f"{figures['file_mb']:.0f} MB, {PICTURES:,} pictures, {OBJECTS:,} objects; the worst of {ROUNDS} runs:")
    print(f"read in {seconds:.1f} s (bound {BOUNDS['seconds']:.0f} s), {peak:.0f} MiB at most (bound 1536 MiB)")
    print(f"json.loads alone: {whole['seconds']:.1f} s, {whole['peak_mib']:.0f} MiB")
    if arguments.out:
        from machine import describe  # beside this script

        report = {"machine": describe(), "bounds": BOUNDS, **figures}
        arguments.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
