"""Collections of real photos: layouts, reading images, survey, curation."""
