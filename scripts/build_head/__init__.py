"""Builds the package's own head from code alone: `python -m scripts.build_head`.

template     this folder's files: a distance field, and a quad grid with ring blocks wrapped onto it
rig/         skinning, pose correctives, what jaw, lips and tongue do
upper/       what lids, brows, nose, cheeks and gaze do
people/      how people differ: the shape basis
paint/       the skin's colour
detail/      wrinkles and pores
assemble.py  all of it as one `Head`, written as the package's file
"""
