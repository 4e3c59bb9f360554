import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corelate.labels.word_splitting import candidates, find_words, spellings, visible_parts

VOC_NAMES = """
aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa
train tvmonitor
"""
COCO_NAMES = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella,
handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard,
surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange,
broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv,
laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase,
scissors, teddy bear, hair drier, toothbrush
"""
VOC = VOC_NAMES.split()
COCO = [" ".join(name.split()) for name in COCO_NAMES.split(",")]
# Usual words first, as in a real file, and scraps of words after them: such files hold nearly every short text.
USUAL = sorted(
    {word for name in COCO for word in name.split()} | (set(VOC) - {"diningtable", "pottedplant", "tvmonitor"})
)
USUAL += ["monitor", "man", "the", "in"]
SCRAPS = [
    "ta",
    "ble",
    "din",
    "ing",
    "ingtable",
    "pot",
    "ted",
    "pottedp",
    "lant",
    "tvm",
    "onitor",
    "mon",
    "itor",
    "edplant",
]
GLOVE = {word: line for line, word in enumerate(dict.fromkeys([*USUAL, *SCRAPS]), start=1)}


def numbered(*words):
    return {word: line for line, word in enumerate(words, start=1)}


def test_names_of_voc():
    words = {label: find_words(label, GLOVE) for label in VOC}
    joined = {"diningtable": ("dining", "table"), "pottedplant": ("potted", "plant"), "tvmonitor": ("tv", "monitor")}
    assert words == {label: joined.get(label, (label,)) for label in VOC}


def test_names_of_coco():
    assert len(COCO) == 80
    for label in COCO:
        assert find_words(label, GLOVE) == tuple(label.split())


def test_names_of_coco_written_with_underscores_and_in_one_word():
    for label in (name for name in COCO if " " in name):
        expected = tuple(label.split())
        assert find_words(label.replace(" ", "_"), GLOVE) == expected
        assert find_words(label.title().replace(" ", ""), GLOVE) == expected
        assert find_words(label.replace(" ", ""), GLOVE) == expected


@pytest.mark.parametrize(
    ("label", "words", "expected"),
    [
        ("Sky", ["sky", "Sky"], ("Sky",)),
        ("Sky", ["sky", "SKY"], ("sky",)),
        ("hot dog", ["hot", "dog", "hotdog", "hot-dog", "hot_dog", "hot dog"], ("hot dog",)),
        ("hot dog", ["hot", "dog", "hotdog", "hot-dog", "hot_dog"], ("hot_dog",)),
        ("hot dog", ["hot", "dog", "hotdog", "hot-dog"], ("hot-dog",)),
        ("Hot Dog", ["hot", "dog", "hotdog"], ("hotdog",)),
        ("close-up", ["close", "up", "closeup"], ("closeup",)),
        ("close-up", ["close", "up"], ("close", "up")),
        ("new york", ["new", "york", "New_York"], ("New_York",)),
        ("hawaii", ["Hawaii"], ("Hawaii",)),
        ("f-16 plane", ["f", "16", "f-16", "plane"], ("f-16", "plane")),
        ("sea/lake", ["sea", "lake"], ("sea", "lake")),
        ("bat (animal)", ["bat", "animal"], ("bat", "animal")),
        ("men's shoes", ["men", "s", "shoes"], ("men", "shoes")),
        ("TrafficLight", ["traffic", "light"], ("traffic", "light")),
        ("TVMonitor", ["tv", "monitor"], ("tv", "monitor")),
        ("USA flag", ["USA", "flag"], ("USA", "flag")),
        ("3D printer", ["3", "d", "3d", "printer"], ("3d", "printer")),
        ("boeing747", ["boeing", "747"], ("boeing", "747")),
        ("Köln_Dom", ["köln", "dom"], ("köln", "dom")),
        ("ko\u0308ln", ["köln"], ("köln",)),
    ],
)
def test_ways_to_write_a_name(label, words, expected):
    assert find_words(label, numbered(*words)) == expected


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("iguanas", "iguana"),
        ("iguana", "iguanas"),
        ("berries", "berry"),
        ("berry", "berries"),
        ("leaves", "leaf"),
        ("knives", "knife"),
        ("bushes", "bush"),
        ("box", "boxes"),
        ("toys", "toy"),
        ("toy", "toys"),
    ],
)
def test_singular_and_plural(label, word):
    assert find_words(label, {word: 1}) == (word,)
    assert find_words(f"old {label}", {word: 1, "old": 2}) == ("old", word)


@pytest.mark.parametrize(("label", "word"), [("glass", "glas"), ("bus", "bu"), ("gas", "ga"), ("iris", "iri")])
def test_a_final_s_need_not_be_a_plural(label, word):
    assert find_words(label, {word: 1}) == ()


def test_a_plural_is_tried_before_joined_words():
    assert find_words("iguanas", numbered("igu", "anas", "iguana")) == ("iguana",)
    assert find_words("pottedplants", numbered("potted", "plant")) == ("potted", "plant")


def test_few_words_are_better_than_usual_words():
    assert find_words("seashore", numbered("se", "as", "ho", "re", "sea", "shore")) == ("sea", "shore")
    assert find_words("abcdef", numbered("ab", "cd", "ef", "abc", "zzz", "def")) == ("abc", "def")
    assert find_words("abcdef", numbered("ab", "cd", "ef")) == ("ab", "cd", "ef")


def test_the_rarest_word_decides_between_ways():
    assert find_words("inland", numbered("in", "x", "inl", "and", *"abcdefgh", "land")) == ("inl", "and")
    assert find_words("inland", numbered("in", "x", "land", "and", *"abcdefgh", "inl")) == ("in", "land")


def test_four_words_and_single_letters_are_not_joined():
    assert find_words("abcdefgh", numbered("ab", "cd", "ef", "gh")) == ()
    assert find_words("acat", numbered("a", "cat")) == ()


def test_a_part_without_words_leaves_the_label_without():
    assert find_words("blue whale", numbered("blue")) == ()
    assert find_words("???", numbered("blue")) == ()


def test_the_order_of_spellings_puts_the_label_itself_first():
    assert spellings("New York")[:4] == ["New York", "new york", "New_York", "new_york"]


def test_visible_parts():
    assert visible_parts("White-tailed_deer (male)") == ("white", "tailed", "deer", "male")
    assert visible_parts("TVMonitor") == ("tvmonitor",)


def test_a_very_long_word_is_not_searched_for_joined_words():
    assert len(candidates("a" * 10_000)) < 20


class Recording(dict):
    """Remembers what was looked up."""

    def __init__(self, *args):
        super().__init__(*args)
        self.asked = set()

    def __contains__(self, word):
        self.asked.add(word)
        return super().__contains__(word)


LETTERS = st.text(string.ascii_letters + "  _-/'3üÉ", min_size=1, max_size=16)


@given(label=LETTERS, words=st.lists(st.text("abcsei", min_size=1, max_size=4)))
@example(label="bEes Ab3", words=["be", "es", "ab"])
def test_only_candidates_are_looked_up_and_found(label, words):
    lines = Recording(numbered(*words))
    found = find_words(label, lines)
    assert lines.asked <= candidates(label)
    assert set(found) <= set(words)


@given(st.lists(st.text(string.ascii_lowercase, min_size=4, max_size=8), min_size=1, max_size=3))
def test_words_that_are_joined_are_found_again(words):
    found = find_words("".join(words), numbered(*words))
    assert "".join(found) == "".join(words) or len(found) <= len(words)
    assert found


def test_letters_and_accents_apart_are_looked_up_too():
    composed, apart = "caf\u00e9", "cafe\u0301"
    assert find_words(composed, {apart: 1}) == (apart,)
    assert find_words(apart, {composed: 1}) == (composed,)
    assert apart in candidates(composed)
