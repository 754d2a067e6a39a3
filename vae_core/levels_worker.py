"""What a process executes that measures where methods break, one request after another.

Protocol: the parent writes one line of JSON for each, a `LevelsRequest`. The child answers in lines
of JSON: `{"row": ...}` for each row as soon as it is measured, then `{"is_done": true}`, or
`{"error": "..."}` where the request cannot be met. When the pipe closes it ends.
"""

import json
import os
import queue
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import pairwise
from threading import Thread
from typing import Annotated, Any

import torch
from pydantic import Field

from vae_core import catalogue
from vae_core.checkpoints import load_checkpoint
from vae_core.child import settle_in
from vae_core.corruption import check_level
from vae_core.data import load_dataset
from vae_core.errors import InvalidInputError, UnknownNameError, VAELabError, shortened
from vae_core.metrics.extractor import reader_of
from vae_core.models import LatentModel
from vae_core.restoration import (
    CHAMPION,
    LevelRow,
    Method,
    champion_method,
    classical_methods,
    measure_levels,
    model_methods,
)
from vae_core.schema import Config

NICENESS = 5
MAX_IMAGES, NUM_SLOW = 200, 16
MAX_METHODS, MAX_LEVELS = 10, 21

Name = Annotated[str, Field(min_length=1, max_length=120)]


class LevelsRequest(Config):
    """What is to be measured.

    Attributes:
        dataset: a name in DATASETS, whose test images are damaged.
        models: ids of bundled models and runs whose methods may be named.
        methods: names of methods; of a model "NAME:MODEL-ID".
        kind: a name in CORRUPTIONS.
        levels: in rising order, each in the unit of that kind.
        seed: of the choice of images, of the damage, and of what methods draw.
        num_images: so many test images; slow methods restore the first 16 of them.
    """

    dataset: Name
    models: tuple[Name, ...] = Field(default=(), max_length=MAX_METHODS)
    methods: tuple[Name, ...] = Field(min_length=1, max_length=MAX_METHODS)
    kind: Name
    levels: tuple[float, ...] = Field(min_length=1, max_length=MAX_LEVELS)
    seed: int = Field(default=0, ge=0, lt=2**31)
    num_images: int = Field(default=100, ge=1, le=MAX_IMAGES)

    @property
    def num_rows(self) -> int:
        """How many rows come of it: at each level the damaged images, and each method."""
        return len(self.levels) * (1 + len(self.methods))


def check(request: LevelsRequest) -> None:
    """Refuse damage that there is not, and a method named twice.

    Raises:
        UnknownNameError: for a kind that is not registered.
        InvalidInputError: for levels that this kind does not have, or that do not rise.
    """
    for level in request.levels:
        check_level(request.kind, level)
    if any(one >= other for one, other in pairwise(request.levels)):
        raise InvalidInputError(
            f"Levels {', '.join(f'{level:g}' for level in request.levels)} received; expected each "
            "to be higher than the one before."
        )
    if len(set(request.methods)) < len(request.methods):
        raise InvalidInputError(
            f"Methods {', '.join(request.methods)} received; expected each of them once."
        )


def measure(request: LevelsRequest) -> Iterator[LevelRow]:
    """Measure it in this process; see `measure_levels`.

    Raises:
        VAELabError: for a model, method, data set or level that is not here, or does not fit.
    """
    check(request)
    source = load_dataset(request.dataset).test
    models = {model_id: _model(model_id, request.dataset) for model_id in request.models}
    methods = _methods(request, models)
    order = torch.randperm(len(source), generator=torch.Generator().manual_seed(request.seed))
    batch = source.batch(order[: request.num_images])
    told = {name for model in models.values() for name in model.conditioning.configs}
    return measure_levels(
        methods,
        batch.x,
        batch.conditions["class"],
        request.kind,
        request.levels,
        reader_of(request.dataset),
        {name: batch.conditions[name] for name in told},
        request.seed,
        NUM_SLOW,
    )


def _model(model_id: str, dataset: str) -> LatentModel:
    found = load_checkpoint(catalogue.folder_of(model_id))
    learned = found.record.config.dataset
    if learned != dataset:
        raise InvalidInputError(
            f"Model {model_id} received, which has learned {learned}; expected one of {dataset}."
        )
    return found.model


def _methods(request: LevelsRequest, models: Mapping[str, LatentModel]) -> list[Method]:
    known = classical_methods(request.dataset)
    if CHAMPION in request.methods:
        known |= champion_method(request.dataset)
    for model_id, model in models.items():
        known |= model_methods(model, f":{model_id}")
    methods = []
    for name in request.methods:
        if name not in known:
            raise UnknownNameError("method", name, known)
        if not known[name].fits(request.kind):
            raise InvalidInputError(
                f"Method {name} received, which is not meant for {request.kind}."
            )
        methods.append(known[name])
    return methods


def main() -> None:
    """Answer requests until the pipe closes."""
    answers = settle_in(NICENESS)
    torch.set_num_threads(1)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    Thread(target=_listen, args=(lines,), daemon=True).start()
    while True:
        for said in _answers_to(lines.get()):
            answers.write(json.dumps(said) + "\n")


def _answers_to(line: str) -> Iterator[dict[str, Any]]:
    try:
        for row in measure(LevelsRequest.parse(_parsed(line))):
            yield {"row": asdict(row)}
        yield {"is_done": True}
    except VAELabError as error:
        yield {"error": str(error)}
    except Exception as error:  # noqa: BLE001  (one request's bug must not take the others with it)
        traceback.print_exc()
        yield {"error": f"Internal error, {type(error).__name__}: {error}"}


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidInputError(
            f"A request received that is no JSON, {shortened(repr(line))}; expected an object with "
            f"{', '.join(LevelsRequest.model_fields)}."
        ) from None


def _listen(lines: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)  # the parent is gone, or wants no more


if __name__ == "__main__":
    main()
