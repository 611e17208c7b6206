"""Median and percentiles are figures that were measured."""

import pytest

from tests.bench.figures import percentile, summary


def test_of_twenty_figures_the_95th_percentile_is_the_second_greatest():
    figures = [float(number) for number in range(20, 0, -1)]
    assert percentile(figures, 95) == 19.0
    assert percentile(figures, 50) == 10.0
    assert percentile(figures, 100) == 20.0


@pytest.mark.parametrize("percent", [1, 50, 95, 99, 100])
def test_of_one_figure_every_percentile_is_that_figure(percent: float):
    assert percentile([4.2], percent) == 4.2


def test_a_summary_tells_how_many_there_were_and_the_worst():
    of = summary([3.0, 1.0, 2.0])
    assert (of.count, of.median, of.p95, of.worst) == (3, 2.0, 3.0, 3.0)
