"""The errors that people read."""

import inspect
import re

import pytest

from vae_core import errors


def test_the_tree_in_the_docstring_names_every_error_and_no_other() -> None:
    defined = {name for name, _ in inspect.getmembers(errors, inspect.isclass)} - {"Iterable"}
    drawn = set(re.findall(r"\b\w+Error\b", errors.__doc__ or ""))
    assert drawn == defined


def test_every_error_is_caught_as_a_vaelab_error() -> None:
    children = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert all(
        issubclass(kind, errors.VAELabError)
        for kind in children
        if kind.__module__ == errors.__name__
    )


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (["mlp", "conv"], "Unknown model 'cnv'. Expected one of: conv, mlp."),
        ([], "Unknown model 'cnv'. Expected one of: none yet."),
    ],
)
def test_an_unknown_name_is_answered_with_the_names_there_are(
    expected: list[str], text: str
) -> None:
    assert str(errors.UnknownNameError("model", "cnv", expected)) == text


def test_a_diverged_training_says_where_and_what_to_do() -> None:
    error = errors.TrainingDivergedError(10, 20, 5)
    assert (error.step_from, error.step_to, error.back_at) == (10, 20, 5)
    assert "between steps 10 and 20; the model is back at step 5" in str(error)
    assert "Lower the learning rate" in str(error)
