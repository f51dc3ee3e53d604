"""Joints of an FBX file, how they move the mesh, and the pose in which both were bound."""

import numpy as np
from jaxtyping import Float64

from .fbx_binary import I32, Node, node
from .fbx_document import Objects, p_double, properties
from .fbx_mesh import add_model
from .scene import Scene


def add_joints(objects: Objects, scene: Scene, local: Float64[np.ndarray, "j 3"], size: float) -> list[int]:
    """The chain of joints; gives the models' numbers. `size` is how large viewers draw them."""
    models: list[int] = []
    for name, parent, place in zip(scene.joint_names, scene.joint_parents, local, strict=True):
        attribute = objects.add(
            "NodeAttribute",
            name,
            "NodeAttribute",
            "LimbNode",
            properties(p_double("Size", size)),
            node("TypeFlags", "Skeleton"),
        )
        model = add_model(objects, name, "LimbNode", place)
        objects.link(model, 0 if parent < 0 else models[parent])
        objects.link(attribute, model)
        models.append(model)
    return models


def add_skin(
    objects: Objects, scene: Scene, geometry: int, joints: list[int], places: Float64[np.ndarray, "j 3"]
) -> None:
    """One cluster a joint, with the vertices that it moves."""
    skin = objects.add(
        "Deformer",
        "skin",
        "Deformer",
        "Skin",
        node("Version", I32(101)),
        node("Link_DeformAcuracy", 50.0),  # spelt like this in the format
        node("SkinningType", "Linear"),
    )
    objects.link(skin, geometry)
    weights = np.zeros((len(scene.vertices), len(joints)))
    rows = np.arange(len(weights))[:, None]
    np.add.at(weights, (rows, scene.skin_joints), scene.skin_weights)
    for name, joint, place, column in zip(scene.joint_names, joints, places, weights.T, strict=True):
        held = np.flatnonzero(column)
        cluster = objects.add(
            "Deformer",
            name,
            "SubDeformer",
            "Cluster",
            node("Version", I32(100)),
            node("UserData", "", ""),
            node("Indexes", held.astype(np.int32)),
            node("Weights", column[held]),
            node("Transform", matrix_at(-place)),
            node("TransformLink", matrix_at(place)),
        )
        objects.link(cluster, skin)
        objects.link(joint, cluster)


def add_bind_pose(objects: Objects, mesh: int, joints: list[int], places: Float64[np.ndarray, "j 3"]) -> None:
    """World matrices of the mesh and of every joint."""
    entries = [(mesh, np.zeros(3)), *zip(joints, places, strict=True)]
    objects.add(
        "Pose",
        "bind",
        "Pose",
        "BindPose",
        node("Type", "BindPose"),
        node("Version", I32(100)),
        node("NbPoseNodes", I32(len(entries))),
        *(
            Node("PoseNode", (), (node("Node", number), node("Matrix", matrix_at(place))))
            for number, place in entries
        ),
    )


def matrix_at(place: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, "16"]:
    """An unturned frame at `place`, column after column."""
    matrix = np.eye(4)
    matrix[3, :3] = place
    return matrix.ravel()
