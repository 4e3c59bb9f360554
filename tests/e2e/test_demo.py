from __future__ import annotations

from pathlib import Path

from .conftest import Command


def test_the_demo_walks_the_whole_path(corelate: Command, tmp_path: Path):
    done = corelate("demo", "--scenes", "60", "--epochs", "1")
    page = (tmp_path / "corelate-demo" / "demo.html").read_text()
    assert str(tmp_path / "corelate-demo" / "demo.html") in done.stdout
    assert "bce" in done.stdout
    assert "asymmetric" in done.stdout
    assert page.count("<li>") == 24
    assert page.count("data:image/webp;base64,") == 24
    assert "http:" not in page, "the page needs no network"
    assert "https:" not in page
    for link in ("bce/report.html", "asymmetric/report.html", "comparison.html"):
        assert f'href="{link}"' in page
        assert (tmp_path / "corelate-demo" / link).exists()
    last = done.stdout.splitlines()[-1]
    assert last.startswith("look at:")
    assert "report.html" in last, "a newcomer ends at the report of the better run"
    tagged = corelate("tag", "corelate-demo/annotator", "corelate-demo/new-scenes")
    assert "scene-000023.png" in tagged.stdout


def test_the_demo_replaces_an_earlier_one_and_nothing_else(corelate: Command, tmp_path: Path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.txt").touch()
    done = corelate("demo", "--out", "photos", code=2)
    assert "holds something that is not a demo" in done.stderr
    assert (tmp_path / "photos" / "mine.txt").exists()
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / ".corelate-demo").touch()
    (earlier / "old").touch()
    corelate("demo", "--out", "earlier", "--scenes", "60", "--epochs", "1")
    assert not (earlier / "old").exists()
