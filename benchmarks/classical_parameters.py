"""How strongly classical filters should work, chosen on validation images.

`python -m benchmarks.classical_parameters` damages the first 50 validation images of MNIST and of
digits by each kind at several levels, finds for every filter the parameters of the best mean PSNR,
and writes vae_core/restoration/parameters.json. Filters with nothing to set are left out.
MNIST is read from VAELAB_DATA. It takes ten to fifteen minutes of one core.
"""

import time
from typing import Any

import torch

from benchmarks import common
from vae_core import load_dataset
from vae_core.files import write_atomically
from vae_core.restoration import parameters

DATASETS = (parameters.LARGE, parameters.SMALL)


def measure() -> dict[str, Any]:
    """Choose everything, tell each choice, write the file."""
    choices, began = [], time.process_time()
    for name in DATASETS:
        data = load_dataset(name)
        for kind, level, method in parameters.cells():
            choice = parameters.choose(data, kind, level, method)
            best = ", ".join(f"{key} {value}" for key, value in choice.parameters.items())
            gain = choice.psnr_db - choice.damaged_db
            print(f"{name} {kind} {level:g} {method}: {best} ({gain:+.2f} dB)", flush=True)
            choices.append(choice)
    write_atomically(parameters.FILE, parameters.as_json(choices).encode())
    return {"choices": len(choices), "cpu_s": round(time.process_time() - began, 1)}


def main() -> None:
    """Choose, and answer with `--json`."""
    options = common.parser(__doc__).parse_args()
    torch.set_num_threads(1)
    common.run(measure, lambda: bool(options.json))


if __name__ == "__main__":
    main()
