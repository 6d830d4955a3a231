from io import BytesIO

import pytest
from msgspec import structs

from harness.documents.plot import Panel, draw, panels


def png_of(shown, title: str) -> bytes:
    written = BytesIO()
    draw(shown, title).savefig(written, format="png", dpi=30, metadata={"Software": None})
    return written.getvalue()


def test_a_panel_shows_the_samples_of_a_kpi_with_what_their_digits_can_mean(m8):
    first = panels(m8.manifest)[0]

    assert first == Panel(
        title="keccakf: stark_prove_excluding_trace",
        unit="ms",
        runs=(1, 2, 3, 4, 5),
        values=(2560.0, 2420.0, 2440.0, 2420.0, 2440.0),
        below=(5.0,) * 5,
        above=(5.0,) * 5,
        median=2440.0,
    )


def test_every_kpi_with_samples_has_a_panel_and_no_other(m8):
    with_samples = [f"{one.benchmark}: {one.kpi}" for one in m8.manifest.kpis if one.values]

    assert [one.title for one in panels(m8.manifest)] == with_samples
    assert len(with_samples) == 11


def test_what_a_process_cost_has_no_panel(m8, with_cost):
    assert panels(with_cost[0].manifest) == panels(m8.manifest)


def test_bars_reach_as_far_as_the_printed_text_can_mean_and_never_below_nothing(m8, imported):
    for manifest in (m8.manifest, imported[0].manifest):
        records = [one for one in manifest.kpis if one.values]
        for panel, record in zip(panels(manifest), records, strict=True):
            low = [value - below for value, below in zip(panel.values, panel.below, strict=True)]
            high = [value + above for value, above in zip(panel.values, panel.above, strict=True)]
            assert low == pytest.approx(record.lows)
            assert high == pytest.approx(record.highs)
            assert min(*panel.below, *panel.above) >= 0


def test_what_is_drawn_are_the_panels_series(m8):
    shown = panels(m8.manifest)
    figure = draw(shown, "title")
    axes = [one for one in figure.axes if one.get_visible()]

    assert figure.get_suptitle() == "title"
    assert [one.get_title() for one in axes] == [one.title for one in shown]
    for one, panel in zip(axes, shown, strict=True):
        points, *_ = one.containers[0]
        assert tuple(points.get_xdata()) == panel.runs
        assert tuple(points.get_ydata()) == panel.values
        assert set(one.lines[-1].get_ydata()) == {panel.median}
        assert one.get_ylabel() == "ms"


def test_the_same_samples_give_the_same_bytes(m8):
    once = png_of(panels(m8.manifest), "m8")

    assert once.startswith(b"\x89PNG")
    assert png_of(panels(m8.manifest), "m8") == once
    assert b"Software" not in once


def test_other_samples_give_another_picture(m8):
    shown = panels(m8.manifest)
    moved = (structs.replace(shown[0], values=(1.0,) * 5), *shown[1:])

    assert png_of(shown, "m8") != png_of(moved, "m8")


@pytest.mark.parametrize(
    "name", ["$\\frac{$", "$\\frac{", "$x$", "\\$x$", "a_b^c", "<b>", "two\nlines", "{", "%d", "``|"]
)
def test_no_name_is_read_as_mathematics(m8, name):
    shown = tuple(structs.replace(one, title=name) for one in panels(m8.manifest)[:1])

    assert png_of(shown, name).startswith(b"\x89PNG")


def test_a_recording_without_samples_is_an_empty_picture():
    assert png_of((), "nothing").startswith(b"\x89PNG")
