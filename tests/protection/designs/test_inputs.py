"""Recognizers of aligned faces are trained against like others, each face in its own place."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from faceveil.collection.index import BOX, INDEX, POINTS, read_index, write_index
from faceveil.collection.places import read_places
from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.inputs import InputFolders, read_inputs
from faceveil.protection.designs.mask_gan import train_mask_gan
from faceveil.protection.designs.state import State
from faceveil.protection.designs.step import Batch, Setup, train_step
from faceveil.recognition.architectures import build_network
from faceveil.recognition.network import View
from faceveil.recognition.recognizer import save_recognizer
from faceveil.store.protocol import assign_roles, write_roles
from tests.packed import write_faces
from tests.protection.designs.small_world import gan
from tests.recognition.placed_world import KINDS, write_places
from tests.stages.gan_world import NOBODY_SPARE, PEOPLE, SIZE, embed, faces

CPU = torch.device("cpu")
CROPS = {"whole": "frame", "aligned": "aligned", "chip": "chip"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> InputFolders:
    root = tmp_path_factory.mktemp("world")
    data = root / "data"
    for kind in KINDS:
        write_faces(data / "curated" / kind, faces("further" if kind == "background" else kind))
    write_places(data / "curated")
    index = read_index(data / "curated" / INDEX)
    number = index["subject_id"].astype(int).to_numpy()
    index[list(POINTS)] += 0.03 * number[:, None]  # each face in a place of its own
    write_index(data / "curated" / INDEX, index)
    roles = assign_roles(data / "curated", NOBODY_SPARE)
    write_roles(roles, data / "protocol/enrollments.csv", data / "protocol/probes.csv")
    (data / "transparencies").mkdir()
    np.save(data / "transparencies/masked.npy", faces("annotated").transparency)
    for seed, (name, crop) in enumerate(CROPS.items()):
        torch.manual_seed(seed)
        view = {"input_size": 32, "mean": 127.5, "scale": 128.0}
        card = {"name": name, "role": "surrogate", "architecture": "mobilefacenet", "view": view}
        network = build_network("mobilefacenet", View(**view))
        save_recognizer(root / "models/recognizers" / name, network, {**card, "crop": crop})
        embed(root, name)
    return InputFolders(
        curated=data / "curated",
        transparencies=data / "transparencies",
        protocol=data / "protocol",
        recognizers=root / "models/recognizers",
        embeddings=data / "embeddings/bare",
    )


def test_each_face_is_cropped_in_its_own_place(folders):
    inputs = read_inputs(gan(ensemble=("chip",)), "aligned", folders, CPU)
    photos = torch.rand(2, 3, SIZE, SIZE)
    subjects = np.array([2, 0])
    places = read_places(folders.curated, "masked")
    rows = [PEOPLE.index(inputs.data.subject_ids[number]) for number in subjects]
    expected = inputs.target.crop(photos, places[rows])
    assert torch.equal(inputs.data.crop(photos, subjects), expected)
    assert not torch.equal(inputs.data.crop(photos, subjects[::-1].copy()), expected)
    chips = inputs.surrogates[0].crop(photos, subjects)
    assert chips.shape == expected.shape
    assert not torch.allclose(chips, expected, atol=0.05)


@pytest.mark.parametrize(("target", "other"), [("aligned", "chip"), ("whole", "aligned")])
def test_a_step_is_the_formula_on_crops(folders, target, other):
    settings = gan(ensemble=(other,))
    inputs = read_inputs(settings, target, folders, CPU)
    state = State(settings, inputs.target.head, SIZE, CPU)
    subjects = torch.tensor([1, 0, 2])
    latents = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    data = inputs.data
    with torch.no_grad():
        cover = data.faces.transparencies(data.rows[subjects])
        designs = state.generator(latents)
        worn = data.faces.images(data.rows[subjects]) * (1 - cover) + designs * cover
        places = read_places(folders.curated, "masked")[data.rows[subjects]]
        losses = []
        for name in (target, other):
            recognizer = read_inputs(gan(), name, folders, CPU).target
            bare = torch.from_numpy(faces("unmasked").pixels / np.float32(255)).permute(0, 3, 1, 2)
            own = read_places(folders.curated, "unmasked")
            by_id = [PEOPLE.index(one) for one in data.subject_ids[: data.trained]]
            gallery = recognizer.embed(bare[by_id], own[by_id])
            cosines = recognizer.embed(worn, places) @ gallery.T
            losses.append(-functional.cross_entropy(10 * cosines, subjects).item())
    setup = Setup(state, data, inputs.target.trunk, inputs.surrogates)
    sums = train_step(setup, Batch(subjects, latents))
    assert sums[0].item() == pytest.approx(3 * sum(losses) / 2, rel=1e-3)


def test_the_same_training_each_time(folders):
    settings = gan(ensemble=("chip",), epochs=1)
    curves = []
    for _ in range(2):
        inputs = read_inputs(settings, "aligned", folders, CPU)
        state = train_mask_gan(settings, inputs.data, inputs.target, surrogates=inputs.surrogates)
        curves.append(state.curves)
    assert curves[0] == curves[1]


def test_places_are_an_input_only_where_they_are_needed(folders):
    whole = read_inputs(gan(), "whole", folders, CPU)
    assert set(whole.fingerprints) == {
        "recognizers/whole",
        "embeddings",
        "people",
        "transparency",
    }
    both = read_inputs(gan(ensemble=("chip",)), "whole", folders, CPU)
    assert len(both.fingerprints["places"]) == 64


def test_a_face_that_was_not_found_is_one_line(folders):
    path: Path = folders.curated / INDEX
    before, index = path.read_bytes(), read_index(path)
    trained = read_inputs(gan(), "whole", folders, CPU).data.subject_ids[1]
    index.loc[index["subject_id"] == trained, [*BOX, *POINTS]] = np.nan
    write_index(path, index)
    try:
        expected = rf"chip: crop 'chip' needs .*, and 1 of 3 have none, {trained} the first; take"
        with pytest.raises(FaceveilError, match=expected) as refusal:
            read_inputs(gan(ensemble=("chip",)), "whole", folders, CPU)
    finally:
        path.write_bytes(before)
    assert "\n" not in str(refusal.value)
