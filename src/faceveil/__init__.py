"""faceveil designs facemasks that defeat face recognition and measures how well they do."""
