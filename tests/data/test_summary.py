import json

from corelate.data.spec import load_annotations
from corelate.data.summary import summarise


def test_numbers(tmp_path):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).touch()
    table = tmp_path / "labels.csv"
    table.write_text(
        "path,sky,sea,boat,split,group\na.jpg,1,1,0,train,x\nb.jpg,,1,0,,x\nc.jpg,0,0,0,test,y\nd.jpg,1,1,1,test,y\n"
    )
    summary = summarise(load_annotations(f"csv:{table}"))
    assert summary.to_json() == {
        "source": str(table),
        "pictures": 3,
        "labels": 3,
        "label_marks": 3,
        "labels_a_picture": 1.0,
        "unknown_cells": 1,
        "splits": {"train": 1, "": 1, "test": 1},
        "groups": 2,
        "cut_groups": 0,
        "folds": None,
        "generated": None,
        "generated_from": 0,
        "generated_weight": None,
        "curation": None,
        "labels_per_picture": {"0": 1, "1": 1, "2": 1},
        "label_counts": {"sea": 2, "sky": 1, "boat": 0},
        "unlabelled_pictures": ["c.jpg"],
        "problems": {"missing image: picture left out": 1},
    }
    assert json.dumps(summary.to_json())


def test_set_without_splits_and_groups(tmp_path):
    (tmp_path / "labels.csv").write_text("path,labels\na.jpg,sky\n")
    summary = summarise(load_annotations(f"csv:{tmp_path}/labels.csv?labels_only=true"))
    assert summary.splits == {}
    assert summary.groups is None


def test_folds_groups_and_what_was_done_to_labels(tmp_path):
    (tmp_path / "labels.csv").write_text("path,labels,group\na.jpg,kitten,x\nb.jpg,cat,\nc.jpg,,\n")
    (tmp_path / "folds.csv").write_text("path,fold\na.jpg,1\nb.jpg,2\nc.jpg,1\n")
    (tmp_path / "merge.csv").write_text("kitten,cat\n")
    files = f"splits={tmp_path}/folds.csv&merge={tmp_path}/merge.csv"
    summary = summarise(load_annotations(f"csv:{tmp_path}/labels.csv?labels_only=true&{files}"))
    assert summary.groups == 1
    values = json.loads(json.dumps(summary.to_json()))
    assert values["folds"] == {"1": 2, "2": 1}
    assert values["curation"]["merged"] == {"kitten": "cat"}
    assert values["label_counts"] == {"cat": 2}
