"""Tests of one round against the plain formulas."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from faceveil.protection.designs.ensemble import enroll_partner
from faceveil.protection.designs.state import Players
from faceveil.protection.designs.step import Batch, Match, play_round
from tests.protection.designs.small_world import (
    SIZE,
    SOURCES,
    TRAINED,
    SmallRecognizer,
    game,
    masked_photos,
    people,
    photos,
)

CPU = torch.device("cpu")
NUMBERS = torch.tensor([4, 0, 6, 2])


def match(**changes):
    recognizer = SmallRecognizer()
    trunk = recognizer.trunk.requires_grad_(False)
    players = Players(game(**changes), recognizer.head, SIZE, CPU)
    return Match(players, people(recognizer), trunk)


def latents(count):
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(0))


def worn_features(played, z):
    """Pixel by pixel, without the library's own composition."""
    faces, people_ = masked_photos(), played.people
    with torch.no_grad():
        designs = played.players.generator(z)
        worn = []
        for i, number in enumerate(NUMBERS.tolist()):
            row = people_.rows[number]
            face = torch.tensor(faces.pixels[row] / 255, dtype=torch.float32).permute(2, 0, 1)
            cover = torch.tensor(faces.transparency[row] / 255, dtype=torch.float32)
            worn.append(face * (1 - cover) + designs[i % len(z)] * cover)
        return played.trunk(torch.stack(worn))


def test_generator_loss_is_minus_cross_entropy_of_scaled_cosines_among_training_people():
    # Flaw 4: logits are s * cos, never distances. Flaw 9: the transparency is used as it is, soft
    # edge included.
    played = match()
    z = latents(3)
    head, people_ = played.players.head, played.people
    with torch.no_grad():
        cosines = head(worn_features(played, z)) @ head(people_.gallery).T
        expected = -functional.cross_entropy(10 * cosines[:, :TRAINED], NUMBERS)
        hits = (cosines.argmax(1) == NUMBERS).sum()
    sums = play_round(played, Batch(NUMBERS, z))
    assert sums[0].item() == pytest.approx(4 * expected.item(), rel=1e-5)
    assert sums[3].item() == hits.item()


def with_partners(played, *recognizers):
    subjects = played.people.subject_ids[:TRAINED]
    partners = [enroll_partner(other, photos(1, ""), subjects, CPU) for other in recognizers]
    return replace(played, partners=partners)


def test_generator_loss_is_the_mean_over_all_recognizers():
    partner = SmallRecognizer(seed=8)
    played, z = with_partners(match(), partner), latents(3)
    with torch.no_grad():
        losses = []
        for trunk, head in ((played.trunk, played.players.head), (partner.trunk, partner.head)):
            gallery = head(trunk(photos(1, "").images(slice(0, TRAINED))))
            worn = head(worn_features(replace(played, trunk=trunk), z))
            losses.append(-functional.cross_entropy(10 * worn @ gallery.T, NUMBERS).item())
    assert losses[0] != pytest.approx(losses[1], rel=0.01)
    sums = play_round(played, Batch(NUMBERS, z))
    assert sums[0].item() == pytest.approx(4 * sum(losses) / 2, rel=1e-5)


def test_one_trunk_pass_per_face_and_recognizer():
    partner, seen = SmallRecognizer(seed=8), []
    played = with_partners(match(recognizer_learns_from=SOURCES["exp3"]), partner)
    for name, trunk in (("own", played.trunk), ("partner", partner.trunk)):
        trunk.register_forward_hook(lambda _, inputs, __, n=name: seen.append((n, len(inputs[0]))))
    play_round(played, Batch(NUMBERS, latents(4)))
    assert seen == [("own", 4), ("partner", 4)]


@pytest.mark.parametrize("experiment", SOURCES)
def test_recognizer_loss_is_the_sum_over_its_sources_with_the_current_head(experiment):
    # Flaw 3: the gallery is of the head as it is now, not as it was when the game began.
    played = match(recognizer_learns_from=SOURCES[experiment])
    head, people_ = played.players.head, played.people
    with torch.no_grad():
        head.weight += 0.2 * torch.randn(head.weight.shape, generator=torch.manual_seed(1))
        probes = {
            "generated": worn_features(played, latents(4)),
            "masked": people_.masked[NUMBERS],
            "unmasked": people_.gallery[NUMBERS],
        }
        gallery = head(people_.gallery[:TRAINED])
        expected = sum(
            functional.cross_entropy(10 * head(probes[source]) @ gallery.T, NUMBERS).item()
            for source in SOURCES[experiment]
        )
        moved = (head.weight - played.players.initial).abs().mean().item()
    sums = play_round(played, Batch(NUMBERS, latents(4)))
    assert sums[1].item() == pytest.approx(4 * expected, rel=1e-5)
    assert sums[2].item() == pytest.approx(4 * moved, rel=1e-5)


def test_recognizer_gradient_flows_through_probe_and_gallery():
    # With plain gradient descent in Adam's place, the step is the gradient.
    played = match(recognizer_learns_from=("masked",), penalty={**GAME_PENALTY, "weight": 0.0})
    players, people_ = played.players, played.people
    players.head_optimizer = torch.optim.SGD([players.head.weight], lr=1.0)
    before = players.head.weight.detach().clone()
    weight = before.double().requires_grad_()

    def embed(features):
        norm = players.head.norm
        shifted = (features.double() @ weight.T - norm.running_mean) / (
            norm.running_var + norm.eps
        ).sqrt()
        return functional.normalize(shifted, dim=1)

    cosines = embed(people_.masked[NUMBERS]) @ embed(people_.gallery[:TRAINED]).T
    functional.cross_entropy(10 * cosines, NUMBERS).backward()
    play_round(played, Batch(NUMBERS, latents(4)))
    step = before - players.head.weight.detach()
    torch.testing.assert_close(step, weight.grad.float(), rtol=1e-3, atol=1e-6)


OTHERS = torch.tensor([1, 5])


@pytest.mark.parametrize("experiment", SOURCES)
def test_losses_are_among_the_batch_and_the_others_where_a_sample_is_drawn(experiment):
    played, z = match(recognizer_learns_from=SOURCES[experiment]), latents(4)
    played = with_partners(played, SmallRecognizer(seed=8))
    head, people_, partner = played.players.head, played.people, played.partners[0]
    among = torch.cat([NUMBERS, OTHERS])
    own = torch.arange(4)
    with torch.no_grad():
        probes = {
            "generated": worn_features(played, z),
            "masked": people_.masked[NUMBERS],
            "unmasked": people_.gallery[NUMBERS],
        }
        gallery = head(people_.gallery[among])
        worn = worn_features(replace(played, trunk=partner.trunk), z)
        expected = -functional.cross_entropy(10 * head(probes["generated"]) @ gallery.T, own)
        others = 10 * partner.head(worn) @ partner.gallery[among].T
        expected = (expected - functional.cross_entropy(others, own)) / 2
        learned = sum(
            functional.cross_entropy(10 * head(probes[source]) @ gallery.T, own).item()
            for source in SOURCES[experiment]
        )
    sums = play_round(played, Batch(NUMBERS, z, OTHERS, named=False))
    assert sums[0].item() == pytest.approx(4 * expected.item(), rel=1e-5)
    assert sums[1].item() == pytest.approx(4 * learned, rel=1e-5)
    assert sums[3].item() == 0


def test_faces_of_a_sampled_round_are_named_among_all_people_before_the_head_learns():
    played, z = (
        match(recognizer_learns_from=SOURCES["exp3"], recognizer_learning_rate=0.1),
        latents(3),
    )
    with torch.no_grad():
        head, people_ = played.players.head, played.people
        head.weight += 0.2 * torch.randn(head.weight.shape, generator=torch.manual_seed(0))
        cosines = head(worn_features(played, z)) @ head(people_.gallery).T
    hits = (cosines.argmax(1) == NUMBERS).sum().item()
    assert 0 < hits < 4
    assert play_round(played, Batch(NUMBERS, z, OTHERS))[3].item() == hits


GAME_PENALTY = {"weight": 0.01, "reduction": "mean", "anchor": "initial"}


def test_generator_step_leaves_head_and_trunk_without_gradient():
    played = match()
    play_round(played, Batch(NUMBERS, latents(4)))
    assert played.players.head.weight.grad is None
    assert all(p.grad is None for p in played.trunk.parameters())


def test_one_trunk_pass_per_face_even_with_all_sources():
    # Photos that nobody repaints are never pushed through the trunk again.
    played = match(recognizer_learns_from=SOURCES["exp3"])
    seen = []
    played.trunk.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    play_round(played, Batch(NUMBERS, latents(4)))
    assert seen == [4]


def test_half_precision_trunk_agrees_roughly():
    full, half = match(), match(precision="bfloat16")
    batch = Batch(NUMBERS, latents(4))
    difference = play_round(full, batch) - play_round(half, batch)
    assert 0 < difference[0].abs() < 0.2
