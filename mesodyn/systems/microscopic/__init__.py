"""Number-conserving microscopic counterparts of the paper's mean fields (PHYSICS part 4)."""
