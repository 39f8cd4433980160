"""What ink does to colours, by hand and by finite differences."""

import pytest
import torch
from torch.autograd import gradcheck

from faceveil.wearing.ink import into_gamut, mix_ink, printed, spread_dots
from tests.wearing.textured_world import only, random

GREYS = torch.linspace(0, 1, 101).expand(1, 3, 1, 101)


def test_gain_and_offset_are_per_channel():
    gain, offset = torch.tensor([[0.5, 1, 1.5]]), torch.tensor([[0.1, 0, -0.2]])
    found = mix_ink(torch.full((1, 3, 1, 1), 0.4), gain, offset)
    torch.testing.assert_close(found.flatten(), torch.tensor([0.3, 0.4, 0.4]))
    assert mix_ink(GREYS, gain * 3, offset).max() == 1
    assert mix_ink(GREYS, gain, offset).min() == 0


@pytest.mark.parametrize("gain", [0.05, 0.2, 0.249])
def test_dot_gain_darkens_the_middle_most_and_keeps_the_order(gain):
    found = spread_dots(GREYS, torch.tensor([gain]))[0, 0, 0]
    assert found[0] == 0
    assert found[100] == 1
    assert found[50] == pytest.approx(0.5 - gain)
    assert (GREYS[0, 0, 0] - found).argmax() == 50
    assert (found.diff() > 0).all()


def test_no_dot_gain_changes_nothing():
    assert torch.equal(spread_dots(GREYS, torch.zeros(1)), GREYS)


def test_the_gamut_clips_to_its_ends_of_each_photo():
    both = GREYS.repeat(2, 1, 1, 1)
    found = into_gamut(both, torch.tensor([[0.05, 0.93], [0, 1]]))
    assert found[0].aminmax() == (pytest.approx(0.05), pytest.approx(0.93))
    assert torch.equal(found[1], both[1])
    assert torch.equal(found[0, ..., 6:92], both[0, ..., 6:92])


def test_a_measured_printer_is_asked_for_inked_colours():
    conditions = only(ink_offset=0.1, dot_gain=0.2)
    wanted = random(4, 3, 2, 2)
    inked = mix_ink(wanted, conditions.ink_gain, conditions.ink_offset)
    assert torch.equal(printed(wanted, conditions, lambda asked: 1 - asked), 1 - inked)


def test_gradients_are_finite_differences():
    conditions = only(ink_gain=0.06, ink_offset=0.03, dot_gain=0.2, darkest_ink=0.05)
    wanted = (0.3 + 0.4 * random(4, 3, 3, 3, dtype=torch.float64)).requires_grad_()
    assert gradcheck(lambda colours: printed(colours, conditions), wanted, fast_mode=True)
    conditions = only(darkest_ink=0.3)
    wanted = torch.tensor([0.1, 0.2, 0.5, 0.7]).double().repeat(4, 3, 1, 1).requires_grad_()
    assert gradcheck(lambda colours: printed(colours, conditions), wanted, fast_mode=True)
