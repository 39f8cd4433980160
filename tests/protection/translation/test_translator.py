import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from faceveil.params.errors import FaceveilError
from faceveil.params.translation import ResNetShape, UNetShape
from faceveil.protection.translation.translator import (
    Translator,
    read_translator,
    widened,
    write_translator,
)

PHOTOS = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))
SMALL = UNetShape(channels=4, depth=2)


def half():
    region = torch.zeros(3, 1, 16, 16)
    region[:, :, 8:12, 4:12] = 1
    return region


@pytest.mark.parametrize("rim", [0, 2])
def test_outside_of_a_known_region_nothing_changes(rim):
    found = Translator(SMALL, "known", rim)(PHOTOS, half())
    outside = (widened(half(), rim) == 0).expand_as(PHOTOS)
    assert torch.equal(found.photos[outside], PHOTOS[outside])
    assert not torch.equal(found.photos, PHOTOS)
    assert outside.float().mean() == pytest.approx(1 - (4 + 2 * rim) * (8 + 2 * rim) / 256)


def test_a_region_that_is_found_says_how_much_changes():
    found = Translator(SMALL, "predicted")(PHOTOS)
    changed = PHOTOS + found.region * (found.painted - PHOTOS)
    assert torch.allclose(found.photos, changed)
    assert torch.allclose(found.region, found.logits.sigmoid())


def test_the_whole_photo_is_made_anew_where_no_region_is():
    found = Translator(ResNetShape(channels=4, blocks=1), "whole")(PHOTOS)
    assert torch.equal(found.photos, found.painted)
    assert (found.region == 1).all()


def test_a_known_region_is_needed():
    with pytest.raises(ValueError, match="a region that is known is needed"):
        Translator(SMALL, "known")(PHOTOS)


@pytest.mark.parametrize("change", ["whole", "known", "predicted"])
def test_what_is_written_is_read_again(tmp_path, change):
    translator = Translator(SMALL, change, 1).eval()
    write_translator(tmp_path / "take_off.safetensors", translator, {"translation": "mine"})
    read, card = read_translator(tmp_path, "take_off")
    assert card["translation"] == "mine"
    assert torch.equal(read(PHOTOS, half()).photos, translator(PHOTOS, half()).photos)
    assert not any(one.requires_grad for one in read.parameters())


def test_no_weights_and_those_of_others_are_one_line(tmp_path):
    with pytest.raises(FaceveilError, match="no such weights"):
        read_translator(tmp_path, "put_on")
    path = tmp_path / "put_on.safetensors"
    write_translator(path, Translator(SMALL, "whole"), {})
    save_file(load_file(path), path, metadata={"card": json.dumps({"generator": {"blocks": 3}})})
    with pytest.raises(FaceveilError, match="its card tells of no translator; put it there"):
        read_translator(tmp_path, "put_on")
    write_translator(path, Translator(SMALL, "whole"), {})
    other = {"generator": UNetShape(channels=8, depth=2).model_dump(), "change": "whole", "rim": 0}
    save_file(load_file(path), path, metadata={"card": json.dumps(other)})
    with pytest.raises(FaceveilError, match=r"tensor .* the network needs"):
        read_translator(tmp_path, "put_on")
