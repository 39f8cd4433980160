"""A real detector and a real recognizer take rendered people for people."""

import numpy as np
import pytest

from faceveil.rendering.flaws import Pair, take_pair
from faceveil.rendering.person import draw_person
from faceveil.runtime.parallel import map_in_order

pytestmark = pytest.mark.slow

PEOPLE = 200


def two_pairs(number: int) -> tuple[Pair, Pair]:
    person = draw_person(np.random.default_rng([77, number]))
    first, second = (
        take_pair(np.random.default_rng([77, number, photo]), person, 128, "correct", "")
        for photo in range(2)
    )
    return first, second


@pytest.fixture(scope="module")
def pairs():
    return list(map_in_order(two_pairs, range(PEOPLE), "pairs"))


def eight_bits(images):
    return np.stack([np.round(255 * image).astype(np.uint8) for image in images])


def test_a_detector_finds_one_face_in_each_photo(pairs):
    from facenet_pytorch import MTCNN
    from PIL import Image

    detector = MTCNN(keep_all=True)
    photos = [Image.fromarray(image) for image in eight_bits(p[0].unmasked for p in pairs)]
    _, probabilities = detector.detect(photos)
    found = [p is not None and None not in p and (p >= 0.9).sum() == 1 for p in probabilities]
    assert np.mean(found) >= 0.98


@pytest.fixture(scope="module")
def embed(real_data):
    import torch
    from facenet_pytorch import InceptionResnetV1
    from safetensors.torch import load_file

    weights = load_file(real_data / "weights" / "facenet-vggface2-fp16.safetensors")
    network = InceptionResnetV1(pretrained=None).eval()
    network.load_state_dict({k: v.float() if v.is_floating_point() else v
                             for k, v in weights.items()})  # fmt: skip

    def embed(images):
        batch = torch.from_numpy(eight_bits(images)).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            return torch.cat([network((b - 127.5) / 128) for b in batch.split(50)]).numpy()

    return embed


@pytest.mark.real
def test_a_recognizer_tells_people_apart(pairs, embed):
    hundred = pairs[:100]
    gallery = embed(first.unmasked for first, _ in hundred)

    def compare(probes):
        similarity = embed(probes) @ gallery.T
        mated = np.diag(similarity)
        others = similarity[~np.eye(100, dtype=bool)]
        rank_1 = np.mean(similarity.argmax(1) == np.arange(100))
        return rank_1, np.mean(mated[:, None] > others[None])

    other_photo, area = compare(second.unmasked for _, second in hundred)
    masked, _ = compare(first.masked for first, _ in hundred)
    print(f"other photo {other_photo:.2f}, AUC {area:.4f}, same photo masked {masked:.2f}")
    assert other_photo >= 0.85
    assert area >= 0.985
    assert 0.25 < masked < other_photo
