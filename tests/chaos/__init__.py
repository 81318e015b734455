"""Everything that can go wrong, at once and often: seeded, so that what it finds can be found again."""
