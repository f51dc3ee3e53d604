"""Photos and videos become clips: faces found, landmarks fitted, encoders run."""
