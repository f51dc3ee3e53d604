"""Sound: decoding, envelopes, and the features that drive the face."""
