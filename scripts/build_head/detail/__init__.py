"""The detail basis: 128 ways in which skin wrinkles and folds, as heights in texture space.

`curves.py` says where wrinkles run, `parts.py` makes the components of them, `drive.py` says which ones
expressions and age deepen, `storage.py` writes the file that `flametalk.head.detail` reads.
"""

from .parts import components
from .storage import write_detail

__all__ = ["components", "write_detail"]
