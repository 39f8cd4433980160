"""What lies on disk: layouts, rendered faces, curation, packed faces, embedding tables."""
