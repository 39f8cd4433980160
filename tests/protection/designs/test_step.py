"""Tests of one step against the plain formulas."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from faceveil.protection.designs.state import State
from faceveil.protection.designs.step import Batch, Setup, train_step
from tests.protection.designs.small_world import (
    SIZE,
    SOURCES,
    TRAINED,
    SmallRecognizer,
    data,
    gan,
    masked_photos,
    photos,
    surrogate,
)

CPU = torch.device("cpu")
SUBJECTS = torch.tensor([4, 0, 6, 2])


def prepared(**changes):
    recognizer = SmallRecognizer()
    trunk = recognizer.trunk.requires_grad_(False)
    state = State(gan(**changes), recognizer.head, SIZE, CPU)
    return Setup(state, data(recognizer), trunk)


def latents(count):
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(0))


def worn_features(setup, z):
    """Pixel by pixel, without the library's own composition."""
    faces, data_ = masked_photos(), setup.data
    with torch.no_grad():
        designs = setup.state.generator(z)
        worn = []
        for i, number in enumerate(SUBJECTS.tolist()):
            row = data_.rows[number]
            face = torch.tensor(faces.pixels[row] / 255, dtype=torch.float32).permute(2, 0, 1)
            cover = torch.tensor(faces.transparency[row] / 255, dtype=torch.float32)
            worn.append(face * (1 - cover) + designs[i % len(z)] * cover)
        return setup.trunk(torch.stack(worn))


def test_generator_loss_is_minus_cross_entropy_of_scaled_cosines_among_training_people():
    # Flaw 4: logits are s * cos, never distances. Flaw 9: the transparency is used as it is, soft
    # edge included.
    setup = prepared()
    z = latents(3)
    head, data_ = setup.state.head, setup.data
    with torch.no_grad():
        cosines = head(worn_features(setup, z)) @ head(data_.gallery).T
        expected = -functional.cross_entropy(10 * cosines[:, :TRAINED], SUBJECTS)
        hits = (cosines.argmax(1) == SUBJECTS).sum()
    sums = train_step(setup, Batch(SUBJECTS, z))
    assert sums[0].item() == pytest.approx(4 * expected.item(), rel=1e-5)
    assert sums[3].item() == hits.item()


def with_surrogates(setup, *recognizers):
    surrogates = [surrogate(other) for other in recognizers]
    return replace(setup, surrogates=surrogates)


def test_generator_loss_is_the_mean_over_all_recognizers():
    surrogate = SmallRecognizer(seed=8)
    setup, z = with_surrogates(prepared(), surrogate), latents(3)
    with torch.no_grad():
        losses = []
        for trunk, head in ((setup.trunk, setup.state.head), (surrogate.trunk, surrogate.head)):
            gallery = head(trunk(photos(1, "").images(slice(0, TRAINED))))
            worn = head(worn_features(replace(setup, trunk=trunk), z))
            losses.append(-functional.cross_entropy(10 * worn @ gallery.T, SUBJECTS).item())
    assert losses[0] != pytest.approx(losses[1], rel=0.01)
    sums = train_step(setup, Batch(SUBJECTS, z))
    assert sums[0].item() == pytest.approx(4 * sum(losses) / 2, rel=1e-5)


def test_one_trunk_pass_per_face_and_recognizer():
    surrogate, seen = SmallRecognizer(seed=8), []
    setup = with_surrogates(prepared(recognizer_learns_from=SOURCES["exp3"]), surrogate)
    for name, trunk in (("own", setup.trunk), ("surrogate", surrogate.trunk)):
        trunk.register_forward_hook(lambda _, inputs, __, n=name: seen.append((n, len(inputs[0]))))
    train_step(setup, Batch(SUBJECTS, latents(4)))
    assert seen == [("own", 4), ("surrogate", 4)]


@pytest.mark.parametrize("experiment", SOURCES)
def test_recognizer_loss_is_the_sum_over_its_sources_with_the_current_head(experiment):
    # Flaw 3: the gallery is of the head as it is now, not as it was when training began.
    setup = prepared(recognizer_learns_from=SOURCES[experiment])
    head, data_ = setup.state.head, setup.data
    with torch.no_grad():
        head.weight += 0.2 * torch.randn(head.weight.shape, generator=torch.manual_seed(1))
        probes = {
            "generated": worn_features(setup, latents(4)),
            "masked": data_.masked[SUBJECTS],
            "unmasked": data_.gallery[SUBJECTS],
        }
        gallery = head(data_.gallery[:TRAINED])
        expected = sum(
            functional.cross_entropy(10 * head(probes[source]) @ gallery.T, SUBJECTS).item()
            for source in SOURCES[experiment]
        )
        moved = (head.weight - setup.state.initial).abs().mean().item()
    sums = train_step(setup, Batch(SUBJECTS, latents(4)))
    assert sums[1].item() == pytest.approx(4 * expected, rel=1e-5)
    assert sums[2].item() == pytest.approx(4 * moved, rel=1e-5)


def test_recognizer_gradient_flows_through_probe_and_gallery():
    # With plain gradient descent in Adam's place, the step is the gradient.
    setup = prepared(recognizer_learns_from=("masked",), penalty={**PENALTY, "weight": 0.0})
    state, data_ = setup.state, setup.data
    state.head_optimizer = torch.optim.SGD([state.head.weight], lr=1.0)
    before = state.head.weight.detach().clone()
    weight = before.double().requires_grad_()

    def embed(features):
        norm = state.head.norm
        shifted = (features.double() @ weight.T - norm.running_mean) / (
            norm.running_var + norm.eps
        ).sqrt()
        return functional.normalize(shifted, dim=1)

    cosines = embed(data_.masked[SUBJECTS]) @ embed(data_.gallery[:TRAINED]).T
    functional.cross_entropy(10 * cosines, SUBJECTS).backward()
    train_step(setup, Batch(SUBJECTS, latents(4)))
    step = before - state.head.weight.detach()
    torch.testing.assert_close(step, weight.grad.float(), rtol=1e-3, atol=1e-6)


OTHERS = torch.tensor([1, 5])


@pytest.mark.parametrize("experiment", SOURCES)
def test_losses_are_among_the_batch_and_the_others_where_a_sample_is_drawn(experiment):
    setup, z = prepared(recognizer_learns_from=SOURCES[experiment]), latents(4)
    setup = with_surrogates(setup, SmallRecognizer(seed=8))
    head, data_, surrogate = setup.state.head, setup.data, setup.surrogates[0]
    among = torch.cat([SUBJECTS, OTHERS])
    own = torch.arange(4)
    with torch.no_grad():
        probes = {
            "generated": worn_features(setup, z),
            "masked": data_.masked[SUBJECTS],
            "unmasked": data_.gallery[SUBJECTS],
        }
        gallery = head(data_.gallery[among])
        worn = worn_features(replace(setup, trunk=surrogate.trunk), z)
        expected = -functional.cross_entropy(10 * head(probes["generated"]) @ gallery.T, own)
        others = 10 * surrogate.head(worn) @ surrogate.gallery[among].T
        expected = (expected - functional.cross_entropy(others, own)) / 2
        learned = sum(
            functional.cross_entropy(10 * head(probes[source]) @ gallery.T, own).item()
            for source in SOURCES[experiment]
        )
    sums = train_step(setup, Batch(SUBJECTS, z, OTHERS, searched=False))
    assert sums[0].item() == pytest.approx(4 * expected.item(), rel=1e-5)
    assert sums[1].item() == pytest.approx(4 * learned, rel=1e-5)
    assert sums[3].item() == 0


def test_faces_of_a_sampled_step_are_searched_among_all_people_before_the_head_learns():
    setup, z = (
        prepared(recognizer_learns_from=SOURCES["exp3"], recognizer_learning_rate=0.1),
        latents(3),
    )
    with torch.no_grad():
        head, data_ = setup.state.head, setup.data
        head.weight += 0.2 * torch.randn(head.weight.shape, generator=torch.manual_seed(0))
        cosines = head(worn_features(setup, z)) @ head(data_.gallery).T
    hits = (cosines.argmax(1) == SUBJECTS).sum().item()
    assert 0 < hits < 4
    assert train_step(setup, Batch(SUBJECTS, z, OTHERS))[3].item() == hits


PENALTY = {"weight": 0.01, "reduction": "mean", "anchor": "initial"}


def test_generator_step_leaves_head_and_trunk_without_gradient():
    setup = prepared()
    train_step(setup, Batch(SUBJECTS, latents(4)))
    assert setup.state.head.weight.grad is None
    assert all(p.grad is None for p in setup.trunk.parameters())


def test_one_trunk_pass_per_face_even_with_all_sources():
    # Photos that nobody repaints are never pushed through the trunk again.
    setup = prepared(recognizer_learns_from=SOURCES["exp3"])
    seen = []
    setup.trunk.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    train_step(setup, Batch(SUBJECTS, latents(4)))
    assert seen == [4]


def test_half_precision_trunk_agrees_roughly():
    full, half = prepared(), prepared(precision="bfloat16")
    batch = Batch(SUBJECTS, latents(4))
    difference = train_step(full, batch) - train_step(half, batch)
    assert 0 < difference[0].abs() < 0.2
