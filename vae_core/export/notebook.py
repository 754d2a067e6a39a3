"""A run as a Jupyter notebook that trains it again, if it can, and shows what came of it."""

import json
from collections.abc import Mapping
from typing import Any

from vae_core.record import RunRecord

_TRAIN = """from vae_core import RunConfig, load_dataset, train
from vae_core.training import Finished, Progress

config = RunConfig.parse(json.loads(CONFIG))
data = load_dataset(config.dataset)
for event in train(config, data{weights}):
    if isinstance(event, Progress) and event.step % 50 == 0:
        print(f"step {{event.step}} of {{event.num_steps}}: loss {{event.loss_nats:.2f}} nats")
assert isinstance(event, Finished)
model = event.model"""
_WEIGHTS = """

from vae_core.catalogue import find
from vae_core.checkpoints import load_weights"""
_MEASURE = """from vae_core import evaluate

found = evaluate(model, data, "test").as_dict()
for name, then in RESULTS.items():
    now = found[name]
    print(f"{name}: {now if now is None else round(now, 4)}, then {then}")"""
_MAP = """import plotly.graph_objects as go

from vae_core import encode
from vae_core.projection import axes_projection, pca_projection

test = data.test.batch(torch.arange(min(len(data.test), 2_000)))
means = encode(model, test.x, test.conditions).mean
flat = axes_projection(model.latent_dim) if model.latent_dim <= 2 else pca_projection(means)
points, labels = flat.project(means), data.test.labels[: len(means)]
figure = go.Figure(layout={"width": 600, "height": 600, "title": "Posterior means"})
for label, name in enumerate(data.spec.class_names):
    x, y = points[labels == label].T
    figure.add_scatter(x=x.numpy(), y=y.numpy(), mode="markers", name=name)
figure"""
_PICTURES = """from PIL import Image

from vae_core import reconstruct, sample
from vae_core.images import tile

few = data.test.batch(torch.arange(16))
rows = [few.x, reconstruct(model, few.x, few.conditions)]
if model.capabilities.has_prior:
    generator = torch.Generator().manual_seed(config.seed)
    rows.append(sample(model, 16, generator, few.conditions))
sheet = Image.fromarray(tile(torch.cat(rows), 16, gap=1))
sheet.resize((3 * sheet.width, 3 * sheet.height), Image.Resampling.NEAREST)"""


def notebook(record: RunRecord) -> str:
    """Write the notebook, nbformat 4.5, as JSON.

    It needs this library beside it, and its data set. The same configuration, threads and versions
    give the same weights on the same kind of processor, where the run `is_repeatable`; of another
    it says so.
    """
    summary = {} if record.summary is None else record.summary.model_dump()
    results = {name: value for name, value in summary.items() if isinstance(value, float | None)}
    config = record.config.model_dump_json(indent=1)
    given = (
        "" if record.config.init_from is None else ", weights=load_weights(find(config.init_from))"
    )
    training = _TRAIN.format(weights=given)
    if given:
        training = training.replace("\n\nconfig", f"{_WEIGHTS}\n\nconfig", 1)
    cells = [
        _markdown(_introduction(record)),
        _code(f"import json\n\nimport torch\n\nCONFIG = {config!r}\nRESULTS = {results!r}"),
        _markdown("## Train\n\nThe same seed draws the same weights, order and noise."),
        _code(training),
        _markdown("## Measure\n\nOn the test split, beside what was measured then."),
        _code(_MEASURE),
        _markdown("## Map\n\nWhere the encoder puts 2,000 test pictures."),
        _code(_MAP),
        _markdown("## Pictures\n\nTest pictures, their reconstructions and, of a VAE, samples."),
        _code(_PICTURES),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1)


def _introduction(record: RunRecord) -> str:
    """What it is, and how near the notebook comes to it."""
    config = record.config
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    again = "This notebook trains it again."
    if not record.is_repeatable:
        start = "" if record.started_from is None else ", from random weights"
        again = (
            f"This notebook trains a model of the same settings to its end{start}: its numbers "
            "will differ."
        )
    paragraphs = [
        f"# {_as_text(record.title)}",
        f"{record.spec.title}, seed {config.seed}, {config.train.epochs} epochs, "
        f"{record.elapsed_s:.1f} s; {versions}; {record.created_at}.",
        _as_text(record.story),
        f"{again} It needs VAE Lab: open it in the program's own folder, in an environment made by "
        "`pip install -r requirements.txt -c constraints.txt`.",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _as_text(text: str) -> str:
    """What somebody typed, so that Markdown shows it as it is."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-!<>|&$" else c for c in text)


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str) -> dict[str, Any]:
    nothing: Mapping[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", "source": text, **nothing}
