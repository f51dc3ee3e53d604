"""Does the built-in head hold together in all that it is made to do? `python -m scripts.check_head`."""
