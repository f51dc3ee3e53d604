"""Training: recipes, sources of data, the loop, checkpoints that a killed run continues from."""
