"""How an encoder does: on held-out renders beside the mean face, in pictures, and how fast.

python -m scripts.measure_encoder encoder.safetensors --count 200 --picture encoder.png
python -m scripts.measure_encoder encoder.safetensors --photos me.jpg you.jpg
python -m scripts.measure_encoder --speed official
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from flametalk.head import Head
from flametalk.lift.crop import LIKE_68, box_of_landmarks, crop
from flametalk.lift.neural.camera import project
from flametalk.lift.neural.encoder import DETAIL_OUTPUTS, EXPRESSION_OUTPUTS, FLAME_OUTPUTS, Encoder
from flametalk.lift.neural.model import FaceEncoder
from flametalk.lift.neural.picture import canvas, draw, tone_albedo
from flametalk.lift.neural.store import load_encoder
from flametalk.lift.neural.training.held_out import SEED, measure
from flametalk.lift.neural.training.losses import full_pose
from flametalk.lift.neural.training.people import mean_person
from flametalk.lift.neural.training.pictures import batches
from flametalk.lift.neural.training.recipe import sizes_of
from flametalk.render.images import write_image

SHOWN = 8  # people in the picture


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("encoder", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=200, help="held-out renders")
    parser.add_argument("--picture", type=Path, help="renders above what is read off them, drawn again")
    parser.add_argument("--speed", metavar="SIZE", help="small or official: faces a second, random weights")
    parser.add_argument(
        "--photos", nargs="+", type=Path, default=[], help="beside landmark fitting (extra lift)"
    )
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    if options.speed:
        speed(options.speed, options.device)
    if options.encoder:
        head, model = Head.load(), load_encoder(options.encoder)
        own, mean = measure(model, head, options.count)
        print(f"{options.count} held-out renders of people never seen, {model.info.get('source')}")
        print(f"encoder    {own}")
        print(f"mean face  {mean}")
        if options.picture:
            show(model, head, options.picture)
        for photo in options.photos:
            beside_fitting(model, head, photo)


def speed(size: str, device: str) -> None:
    """Crops a second through all three encoders."""
    sizes = sizes_of(size)
    outputs = {"E_flame": FLAME_OUTPUTS, "E_expression": EXPRESSION_OUTPUTS, "E_detail": DETAIL_OUTPUTS}
    networks = {name: Encoder(n, sizes).eval() for name, n in outputs.items()}
    model = FaceEncoder("random", "any", sizes, **networks).to(device)  # type: ignore[arg-type]
    for batch, half in ((1, False), (16, False), (16, True)):
        crops = np.random.default_rng(0).integers(0, 256, (batch, sizes.pixels, sizes.pixels, 3), np.uint8)
        model.encode(crops, batch, half)
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < 5:
            model.encode(crops, batch, half)
            done += batch
        rate = done / (time.perf_counter() - start)
        kind = "bfloat16" if half else "float32"
        print(
            f"{size}, {device}, {torch.get_num_threads()} threads, batch {batch}, {kind}: {rate:.1f} faces/s"
        )


def beside_fitting(model: FaceEncoder, head: Head, path: Path) -> None:
    """How far MediaPipe's landmarks are from those of the head, as parts of the distance of the eyes."""
    from flametalk.lift.pictures import read_photo
    from flametalk.lift.sources import lift_file

    lifted, photo = lift_file(path, head), read_photo(path)
    box = box_of_landmarks(lifted.landmarks[0][list(LIKE_68)])
    assert head.landmarks["mediapipe"].ids is not None
    seen = lifted.landmarks[0][list(head.landmarks["mediapipe"].ids)]

    def error(points: np.ndarray) -> float:
        return float(np.linalg.norm(points - seen, axis=-1).mean() / lifted.eye_distance[0])

    fitted = head.landmark_points(lifted.clip.vertices(head), "mediapipe")[0].numpy()
    codes = model.parts(model.prepare(crop(photo.pixels, box, model.sizes.pixels)[None]))
    rest = mean_person(head)
    found = []
    for guess in (codes, rest):
        with torch.no_grad():
            vertices = head.vertices(guess["shape"], guess["expression"], full_pose(guess))
            place = project(head.landmark_points(vertices, "mediapipe"), guess["camera"])[0, :, :2].numpy()
        found.append((place / 2) * box.side + (box.x, box.y))
    print(
        f"{path.name}: landmarks off by {error(lifted.camera.project(fitted)[0]):.1%} of the eyes' distance "
        f"when fitted, {error(found[0]):.1%} by the encoder, {error(found[1]):.1%} by the mean face"
    )


def show(model: FaceEncoder, head: Head, path: Path) -> None:
    """Rows: the render, and the head that the encoder read off it over the same background."""
    batch = next(batches(head, SHOWN, model.sizes.pixels, SEED))
    codes = model.parts(model.prepare(batch.pictures))
    with torch.no_grad():
        vertices = head.vertices(codes["shape"], codes["expression"], full_pose(codes))
        colours = tone_albedo(head).colours(codes["texture"])
        behind = torch.full((SHOWN, 3, model.sizes.pixels, model.sizes.pixels), 0.5)
        on = canvas(head, model.sizes.pixels)
        drawn, _ = draw(on, vertices, codes["camera"], colours, codes["light"], behind)
    again = (drawn.clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(list(pictures), 1) for pictures in (batch.pictures, again)]
    write_image(np.ascontiguousarray(np.concatenate(rows).repeat(2, 0).repeat(2, 1)), path)


if __name__ == "__main__":
    main()
