"""Units, axes, rates and the layout of the parameter vector: the only place they are written.

Lengths are metres, angles radians, rotations axis-angle. Axes follow FLAME:
+x is the subject's left, +y up, +z out of the face. Head pose is the rotation of the root joint.
"""

from typing import Final

# --- time -------------------------------------------------------------------------------------
FPS: Final = 25.0  # frames a second
SAMPLE_RATE: Final = 16_000  # audio samples a second
SAMPLES_PER_FRAME: Final = 640  # SAMPLE_RATE / FPS; frame k covers samples 640k … 640(k+1)

# --- the parameter vector: shape, expression, head, jaw, detail ---------------------------------
N_SHAPE: Final = 100
N_EXPRESSION: Final = 50
N_ROTATION: Final = 3
N_DETAIL: Final = 128

SHAPE: Final = slice(0, N_SHAPE)
EXPRESSION: Final = slice(SHAPE.stop, SHAPE.stop + N_EXPRESSION)
HEAD: Final = slice(EXPRESSION.stop, EXPRESSION.stop + N_ROTATION)
JAW: Final = slice(HEAD.stop, HEAD.stop + N_ROTATION)
POSE: Final = slice(HEAD.start, JAW.stop)
DETAIL: Final = slice(JAW.stop, JAW.stop + N_DETAIL)
N_PARAMETERS: Final = DETAIL.stop  # 284
JAW_OPENING: Final = JAW.start  # rotation about x, positive opens

# --- joints: order, parents, and their axis-angle triples in the 15-number full pose -------------
JOINT_NAMES: Final = ("root", "neck", "jaw", "left_eye", "right_eye")
JOINT_PARENTS: Final = (-1, 0, 1, 1, 1)
ROOT, NECK, JAW_JOINT, LEFT_EYE, RIGHT_EYE = range(len(JOINT_NAMES))
N_JOINTS: Final = len(JOINT_NAMES)
N_POSE_FEATURES: Final = 9 * (N_JOINTS - 1)  # rotation matrices minus identity, root excluded

# --- FLAME's own numbers -------------------------------------------------------------------------
FLAME_VERTICES: Final = 5023
FLAME_FACES: Final = 9976
FLAME_SHAPE_COLUMNS: Final = 300  # identity columns of `shapedirs`; expression columns follow
FLAME_EXPRESSION_COLUMNS: Final = 100

MILLIMETRES: Final = 1000.0  # multiply metres by this to print millimetres

# --- pictures -------------------------------------------------------------------------------------
USUAL_VIEW: Final = "portrait"  # near the front: the lips are seen from corner to corner
