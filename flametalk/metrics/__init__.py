"""Figures of merit, one file per family. `docs/metrics.md` says what each one computes.

flametalk.metrics.lve(prediction, truth, variant="max_sq")   # clips, or vertices with a mask
"""

from .audio_beats import audio_beats
from .beats import beat_alignment, motion_beats
from .blinks import Blinks, blinks
from .closures import closure_recall
from .distance import lve, mhd, mve, ufve
from .dynamics import fdd
from .emotion import emotion_accuracy, emotion_distance, template_cosine
from .frechet import emo_fid, fid, frechet_distance, fvd
from .identity import shape_spread
from .keypoints import dexp, dglo, exp, glo, landmark_distance
from .likeness import copula_similarity, csim
from .lpips import Lpips, load_lpips, lpips
from .lse import LipSync, lip_sync
from .masks import Mask, mask_of
from .motion import diversity, jerk, pose_variance
from .mouth import closure_rate, lip_gaps, mouth_aperture
from .onnx_network import OnnxNetwork, load_onnx
from .score import Score
from .synchrony import Synchrony, audio_mouth, tracked_mouth
from .syncnet import load_syncnet

__all__ = [
    "Blinks",
    "LipSync",
    "Lpips",
    "Mask",
    "OnnxNetwork",
    "Score",
    "Synchrony",
    "audio_beats",
    "audio_mouth",
    "beat_alignment",
    "blinks",
    "closure_rate",
    "closure_recall",
    "copula_similarity",
    "csim",
    "dexp",
    "dglo",
    "diversity",
    "emo_fid",
    "emotion_accuracy",
    "emotion_distance",
    "exp",
    "fdd",
    "fid",
    "frechet_distance",
    "fvd",
    "glo",
    "jerk",
    "landmark_distance",
    "lip_gaps",
    "lip_sync",
    "load_lpips",
    "load_onnx",
    "load_syncnet",
    "lpips",
    "lve",
    "mask_of",
    "mhd",
    "motion_beats",
    "mouth_aperture",
    "mve",
    "pose_variance",
    "shape_spread",
    "template_cosine",
    "tracked_mouth",
    "ufve",
]
