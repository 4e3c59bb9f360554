from __future__ import annotations

import pytest

from corelate.augment.ml_wgan.pace import Pace, duration_text, rate_text


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_speed_is_known_before_the_first_picture_is_finished():
    clock = Clock()
    pace = Pace(total=10, before=4, iterations=100, clock=clock)
    assert pace.text() == "4 of 10 pictures"
    clock.now = 60
    for _ in range(5):
        pace.advance(2)
    # A tenth of a picture a minute is 6 an hour; 5.9 pictures are left.
    assert pace.pictures_per_hour == pytest.approx(6)
    assert pace.seconds_left == pytest.approx(59 * 60)
    assert pace.text() == "4 of 10 pictures, 6 pictures/hour, 59 min left"


def test_what_others_did_is_no_speed_of_ours():
    clock = Clock()
    pace = Pace(total=2, before=0, iterations=100, clock=clock)
    pace.resume(100)
    assert pace.seconds_left is None
    clock.now = 3600
    pace.advance(50, finished=1)
    assert pace.pictures_per_hour == pytest.approx(0.5)
    assert pace.seconds_left == pytest.approx(3600)
    assert pace.finished == 1


def test_what_has_to_be_done_again_is_not_done():
    clock = Clock()
    pace = Pace(total=1, before=0, iterations=10, clock=clock)
    clock.now = 10
    pace.advance(5)
    pace.resume(-5)
    assert pace.seconds_left == pytest.approx(20)


def test_pictures_that_are_left_out_take_no_time():
    pace = Pace(total=3, before=1, iterations=10)
    pace.leave_out()
    assert pace.text() == "1 of 2 pictures"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (59.6, "1 min"),
        (3569, "59 min"),
        (3599, "1 h 0 min"),
        (12_000, "3 h 20 min"),
        (48 * 3600, "2 d 0 h"),
        (300 * 3600, "12 d 12 h"),
    ],
)
def test_times_have_two_units(seconds: float, text: str):
    assert duration_text(seconds) == text


def test_rates_have_two_digits():
    assert [rate_text(rate) for rate in (0.0123, 1.26, 12.6, 1234.5)] == ["0.012", "1.3", "13", "1,234"]
