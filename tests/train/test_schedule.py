import pytest

from khabar.train.schedule import Trapezoid

SHORT = Trapezoid(warmup=2, decays_from=6, steps=10)
LONG = Trapezoid(warmup=2, decays_from=15, steps=20)


def test_the_rate_rises_stays_and_falls_to_zero():
    rates = [SHORT.factor(step) for step in range(11)]
    assert rates == [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]


def test_without_a_stable_part_it_is_a_plain_linear_schedule():
    linear = Trapezoid(warmup=1, decays_from=1, steps=5)
    assert [linear.factor(step) for step in range(6)] == [1, 1, 0.75, 0.5, 0.25, 0]


@pytest.mark.parametrize("step", range(11))
def test_two_schedules_agree_as_long_as_their_rates_were_the_same(step):
    same = all(SHORT.factor(past) == LONG.factor(past) for past in range(step))
    # The first step of the fall still has the full rate: agreeing there would be an accident.
    assert SHORT.agrees(LONG, step) == LONG.agrees(SHORT, step) == (same and step <= 6)


def test_a_schedule_agrees_with_itself_to_the_end_and_with_another_warm_up_never():
    assert SHORT.agrees(SHORT, 10)
    assert not SHORT.agrees(Trapezoid(warmup=1, decays_from=6, steps=10), 3)
