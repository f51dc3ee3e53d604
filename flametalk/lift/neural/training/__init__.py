"""Training of face encoders: pictures of the built-in head, losses, the two stages."""
