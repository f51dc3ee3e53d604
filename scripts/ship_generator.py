"""Put a checkpoint into the package: `python -m scripts.ship_generator run/model.safetensors`.

Weights become float16; the package file is what `generator="builtin"` loads.
"""

import argparse
from pathlib import Path

from flametalk.errors import InputError
from flametalk.generate.checkpoint import load_model, save_model
from flametalk.generate.shipped import BUILTIN

MOST = 25 * 2**20  # bytes that may ship


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=BUILTIN, help="default: the package's file")
    options = parser.parse_args()
    model = load_model(options.checkpoint)
    save_model(model, options.output, half=True)
    size = options.output.stat().st_size
    if size > MOST:
        raise InputError(f"{options.output} has {size:,} bytes, {MOST:,} may ship")
    info = ", ".join(f"{name} {value}" for name, value in model.info.items())
    print(f"{options.output}: {size / 2**20:.1f} MB; {info}")


if __name__ == "__main__":
    main()
