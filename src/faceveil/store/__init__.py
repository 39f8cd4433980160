"""What lies on disk between stages: packed photos, embeddings, protocol, weights, groups."""
