"""The page and its plots, from rows alone."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench import plots
from tests.bench.report import write
from tests.bench.rows import Rows
from tests.bench.tables import number, three
from tests.bench.written import some_rows
from tests.docs.markdown import links

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bench")
    return write(some_rows(folder), folder / "docs")


@pytest.fixture(scope="module")
def page(written: list[Path]) -> str:
    return written[0].read_text()


def test_the_page_has_a_table_for_everything_that_happened(page: str):
    for title in ("The active host is lost", "The cut heals", "Many addresses", "At rest"):
        assert re.search(rf"^##+ {title}$", page, re.MULTILINE), title
    assert "| sidecar | 2 / 3 / 3 | 2 / 3 / 3 | 2 / 3 / 3 | 2 / 3 / 3 | 3 |" in page


def test_the_page_names_the_machine_and_the_commit(page: str):
    assert "2 cores of a fine CPU, 4 GiB, Linux 6.1.0; keepalived 2.2.7;" in page
    assert "at c0ffee" in page


def test_a_missed_target_is_marked(page: str):
    (line,) = [line for line in page.splitlines() if line.startswith("| cut heals: outage")]
    assert line.endswith("| 0 ms | 3 ms | 3 | **missed** |")


def test_every_row_of_a_table_has_as_many_cells_as_its_head(page: str):
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1, block


def test_the_page_shows_each_plot_that_was_drawn(written: list[Path]):
    page, *drawn = written
    shown = [page.parent / link for link in links(page.read_text()) if link.endswith(".svg")]
    assert sorted(shown) == sorted(drawn)
    assert len(drawn) == 4


def test_what_was_not_measured_has_no_table_and_no_plot(tmp_path: Path):
    page, *drawn = write(Rows(tmp_path / "none"), tmp_path / "docs")
    assert drawn == []
    assert "|" not in page.read_text()


def test_a_strip_shows_every_figure_and_one_median_for_each_system():
    series = {"sidecar": [1.0, 2.0, 30.0], "keepalived": [0.0, 5.0]}
    drawing = ET.fromstring(
        plots.strips("title", "ms", {"host lost": series}, ("sidecar", "keepalived"))
    )
    dots = [d for d in drawing.iter(f"{SVG}circle") if "dot" in d.attrib["class"]]
    medians = [m for m in drawing.iter(f"{SVG}line") if m.attrib["class"] == "mark"]
    assert (len(dots), len(medians)) == (5, 2)
    assert medians[0].attrib["x1"] == dots[1].attrib["cx"]
    places = [float(dot.attrib["cx"]) for dot in dots[:3]]
    assert places == sorted(places)
    assert all(0 <= float(dot.attrib["cx"]) <= 860 for dot in dots)


def test_a_curve_rises_where_its_figures_do():
    drawing = ET.fromstring(
        plots.curves("title", "addresses", "ms", {"sidecar": [(1, 2), (10, 3), (100, 400)]})
    )
    (line,) = drawing.iter(f"{SVG}polyline")
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)


def test_a_share_ends_at_all_of_them():
    drawing = ET.fromstring(plots.shares("title", "ms", {"at rest": [0.5, 0.1, 4.0]}))
    (line,) = drawing.iter(f"{SVG}polyline")
    x, y = map(float, line.attrib["points"].split()[-1].split(","))
    grid = [float(one.attrib["y1"]) for one in drawing.iter(f"{SVG}line")]
    assert (x, y) == (830.0, min(grid))


def test_figures_have_the_digits_that_mean_something():
    assert [number(v) for v in (0, 0.02, 1.234, 7.0, 282.4, 44700.0)] == [
        *("0", "0.02", "1.2", "7", "282", "44700")
    ]
    assert three([]) == "-"
