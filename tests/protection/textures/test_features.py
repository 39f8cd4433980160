"""What designs of wearers' own are drawn from: the feature of the face that is on file."""

import pandas as pd
import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.protection.textures.features import wearer_features
from faceveil.store.embeddings import EmbeddingTable, write_embeddings


def test_features_are_those_of_enrolled_faces_joined_by_id(tmp_path):
    vectors = torch.nn.functional.normalize(torch.randn(3, 4), dim=1).numpy()
    rows = pd.DataFrame({"subject_id": ["c", "a", "b"], "image_id": ["c", "a", "b"]})
    write_embeddings(tmp_path / "unmasked", EmbeddingTable(rows, vectors, vectors), "f" * 64)
    found = wearer_features(tmp_path, "f" * 64, ["a", "c"])
    assert torch.equal(found, torch.from_numpy(vectors[[1, 0]]))
    with pytest.raises(FaceveilError, match="no embedding of subject 'd'"):
        wearer_features(tmp_path, "f" * 64, ["a", "d"])
    with pytest.raises(FaceveilError, match="made by recognizer ffffffffffff, but the one in use"):
        wearer_features(tmp_path, "0" * 64, ["a"])
