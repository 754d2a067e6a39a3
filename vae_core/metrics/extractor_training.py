"""The recipes behind the weights of feature extractor and readers."""

import numpy
import torch
from safetensors.torch import save
from torch.nn import functional

from vae_core.data import Dataset, epoch_plan
from vae_core.files import write_atomically, write_json
from vae_core.metrics.extractor import (
    CARD_FILE,
    DIGITS_READER,
    EXTRACTOR,
    EXTRACTORS,
    NUM_FEATURES,
    WEIGHTS_FILE,
    ConvClassifier,
    Extractor,
    ExtractorCard,
    as_input,
    load_extractor,
)

# Data set and epochs of each.
RECIPES = {EXTRACTOR: ("mnist", 5), DIGITS_READER: ("digits", 60)}
BATCH_SIZE, LEARNING_RATE, SEED = 128, 5e-3, 0


def train_extractor(
    data: Dataset, name: str = EXTRACTOR, epochs: int | None = None, seed: int = SEED
) -> Extractor:
    """Train a classifier on the training split: Adam, one-cycle rate, cross-entropy.

    Weights are rounded to float16, as they are stored, before the test split is classified. The
    same seed, data and number of threads give the same weights.
    """
    epochs = RECIPES[name][1] if epochs is None else epochs
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ConvClassifier().to(memory_format=torch.channels_last)  # twice as fast
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    steps = -(-len(data.train) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, epochs * steps)
    for epoch in range(epochs):
        for indices in torch.split(epoch_plan(len(data.train), seed, epoch), BATCH_SIZE):
            logits = network(as_input(data.train.batch(indices).x))
            loss = functional.cross_entropy(logits, data.train.labels[indices])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    network.load_state_dict({k: v.half() for k, v in network.state_dict().items()})
    card = ExtractorCard(
        name=name,
        dataset=data.spec.name,
        epochs=epochs,
        seed=seed,
        num_features=NUM_FEATURES,
        test_accuracy=0.0,
        versions={"torch": torch.__version__, "numpy": numpy.__version__},
    )
    extractor = Extractor(card, network.eval())
    right = extractor.classify(data.test.pixels()) == data.test.labels
    accuracy = float(right.double().mean())
    return Extractor(card.evolve(test_accuracy=accuracy), network)


def save_extractor(extractor: Extractor) -> None:
    """Write weights and card to where `load_extractor` reads them."""
    folder = EXTRACTORS / extractor.name
    folder.mkdir(parents=True, exist_ok=True)
    weights = {k: v.half().contiguous() for k, v in extractor.network.state_dict().items()}
    write_atomically(folder / WEIGHTS_FILE, save(weights))
    write_json(folder / CARD_FILE, extractor.card.model_dump(mode="json"))
    load_extractor.cache_clear()
