"""The mouth half of the head: skinning, joints, correctives, mouth and tongue expressions, speech."""

from .arkit import mouth_arkit
from .build import MOUTH_NAMES, Rig, build_mouth_expressions, build_rig
from .speech import speech_actions

__all__ = ["MOUTH_NAMES", "Rig", "build_mouth_expressions", "build_rig", "mouth_arkit", "speech_actions"]
