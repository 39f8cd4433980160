"""A recognizer that learns the designs: what moves, what is learned, and what is not lost."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from faceveil.evaluation.adaptation import AdaptedTrunk, adapt_head, adapt_last_block
from faceveil.evaluation.labelled_photos import LabelledPhotos
from tests.evaluation.strike_back_sections import given, settings
from tests.protection.designs.small_world import SUBJECTS, TRAINED, SmallRecognizer, photos

# Loss of naming the 30 photos after learning from 30, 4 and none of them, for a fixed seed.
LOSSES = {0: 5.612764, 4: 3.025393, 30: 1.928508}


class World:
    """The small recognizer, split before its last convolution, and its labelled photos."""

    def __init__(self) -> None:
        self.recognizer = SmallRecognizer()
        layers = self.recognizer.trunk.requires_grad_(False)
        self.start, self.block = nn.Sequential(), layers
        self.head = self.recognizer.head
        with torch.no_grad():
            self.maps = photos(1, "").images(slice(None))
            self.gallery = layers(self.maps)
        self.photos = given(layers)
        self.worn = given(self.start)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def naming_loss(head, gallery, given_photos):
    with torch.no_grad():
        cosines = head(given_photos.inputs) @ head(gallery).T
        return functional.cross_entropy(10 * cosines, given_photos.labels).item()


def adapted(world, count, **changes):
    return adapt_head(
        world.head, world.gallery[:TRAINED], world.photos.first(count), settings(**changes)
    )


@pytest.mark.parametrize("count", LOSSES)
def test_losses_of_a_fixed_seed(world, count):
    found = naming_loss(adapted(world, count), world.gallery[:TRAINED], world.photos)
    assert found == pytest.approx(LOSSES[count], rel=1e-3)


def test_a_small_batch_is_learned(world):
    few = world.photos.first(4)
    before = naming_loss(world.head, world.gallery[:TRAINED], few)
    after = naming_loss(adapted(world, 4), world.gallery[:TRAINED], few)
    assert after < 0.2 * before


def test_more_photos_teach_more(world):
    losses = [
        naming_loss(adapted(world, k), world.gallery[:TRAINED], world.photos) for k in (0, 4, 30)
    ]
    assert losses == sorted(losses, reverse=True)


def test_without_photos_the_weights_are_the_same(world):
    same = adapted(world, 0)
    assert same is not world.head
    assert torch.equal(same.weight, world.head.weight)


def test_only_the_copys_weight_moves_and_nothing_learns_afterwards(world):
    before = {name: value.clone() for name, value in world.head.state_dict().items()}
    head = adapted(world, 30)
    assert all(torch.equal(v, before[name]) for name, v in world.head.state_dict().items())
    moved = {n for n, value in head.state_dict().items() if not torch.equal(value, before[n])}
    assert moved == {"weight"}
    assert not any(module.training for module in head.modules())
    assert not any(p.requires_grad or p.grad is not None for p in head.parameters())


def test_the_same_seed_gives_the_same_head_and_another_gives_another(world):
    first, second, other = adapted(world, 30), adapted(world, 30), adapted(world, 30, seed=6)
    assert torch.equal(first.weight, second.weight)
    assert not torch.equal(first.weight, other.weight)


def test_one_step_is_the_gradient_through_probes_and_gallery(world, monkeypatch):
    # With plain gradient descent in Adam's place, the step is the gradient of the plain formula.
    def descent(parameters, lr, fused):
        return torch.optim.SGD(parameters, lr=1.0)

    monkeypatch.setattr("torch.optim.Adam", descent)
    rules = {"steps": 1, "batch_size": 64, "clean_share": 0.25}
    head = adapted(world, 30, **rules, penalty={"weight": 0, "reduction": "mean", "anchor": "zero"})
    weight, norm = world.head.weight.detach().double().requires_grad_(), world.head.norm

    def embed(features):
        spread = (norm.running_var + norm.eps).sqrt()
        return functional.normalize((features.double() @ weight.T - norm.running_mean) / spread)

    gallery, worn = embed(world.gallery[:TRAINED]), embed(world.photos.inputs)
    named = functional.cross_entropy(10 * worn @ gallery.T, world.photos.labels)
    kept = functional.cross_entropy(10 * gallery @ gallery.T, torch.arange(TRAINED))
    (0.75 * named + 0.25 * kept).backward()
    step = world.head.weight.detach() - head.weight
    torch.testing.assert_close(step, weight.grad.float(), rtol=1e-3, atol=1e-6)


def test_the_penalty_keeps_the_head_near_where_it_was(world):
    def moved(weight):
        rule = {"weight": weight, "reduction": "mean", "anchor": "initial"}
        return (adapted(world, 30, penalty=rule).weight - world.head.weight).abs().mean()

    assert moved(1000.0) < 0.5 * moved(0.0)


def test_clean_photos_in_the_loss_keep_clean_faces_apart(world):
    clean = LabelledPhotos(world.gallery[:TRAINED], torch.arange(TRAINED))

    def loss(share):
        return naming_loss(adapted(world, 4, clean_share=share), clean.inputs, clean)

    assert loss(0.9) < loss(0.0)


def test_the_last_block_learns_with_the_head(world):
    before = {name: value.clone() for name, value in world.block.state_dict().items()}
    rules = settings(last_block=True)
    gallery = world.maps[:TRAINED]
    block, head = adapt_last_block(world.block, world.head, gallery, world.worn, rules)
    trunk = AdaptedTrunk(world.start, block)
    assert all(torch.equal(v, before[name]) for name, v in world.block.state_dict().items())
    moved = {n for n, value in block.state_dict().items() if not torch.equal(value, before[n])}
    assert moved == {name for name, _ in world.block.named_parameters()}  # no statistics
    learned = LabelledPhotos(trunk(world.worn.inputs), world.worn.labels)
    initial = naming_loss(world.head, world.gallery[:TRAINED], world.photos)
    assert naming_loss(head, trunk(gallery), learned) < 0.2 * initial
    assert not any(p.requires_grad for p in (*trunk.parameters(), *head.parameters()))


def test_without_photos_the_last_block_is_the_same(world):
    none = world.worn.first(0)
    block, head = adapt_last_block(world.block, world.head, world.maps[:TRAINED], none, settings())
    features = AdaptedTrunk(world.start, block)(world.maps)
    torch.testing.assert_close(features, world.gallery, rtol=0, atol=0)
    assert torch.equal(head.weight, world.head.weight)


def test_held_out_people_need_not_be_enrolled_to_learn(world):
    everybody = adapt_head(world.head, world.gallery, world.photos, settings())
    assert len(world.gallery) == len(SUBJECTS) > TRAINED
    assert not torch.equal(everybody.weight, adapted(world, 30).weight)
