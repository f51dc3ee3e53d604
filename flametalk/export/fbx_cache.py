"""A point cache in an FBX file: the mesh plays the vertices of a .pc2 that lies beside it."""

from .fbx_binary import I32, node
from .fbx_document import Objects, p, p_text, properties

PC2 = 1  # the format's number for it


def add_cache(objects: Objects, geometry: int, file: str) -> None:
    """`file` is named without a folder: it travels with the FBX."""
    deformer = objects.add(
        "Deformer",
        "cache",
        "Deformer",
        "VertexCacheDeformer",
        node("Version", I32(100)),
        properties(p("Active", "bool", "", "", I32(1)), p_text("ChannelName", "")),
    )
    cache = objects.add(
        "Cache",
        "cache",
        "Cache",
        "",
        node("Version", I32(100)),
        properties(
            p_text("CacheFileName", file),
            p_text("CacheAbsoluteFileName", file),
            p("CacheFileType", "enum", "", "", I32(PC2)),
        ),
    )
    objects.link(deformer, geometry)
    objects.link(cache, deformer)
