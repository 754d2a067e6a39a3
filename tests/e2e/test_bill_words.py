"""The bill's sums and words, of data that no bundled model has."""

import re

import pytest

from tests.e2e.lab import SITE, Lab
from ui.components.bill import _has_other_terms
from vae_core import MLPConfig, RunConfig, TrainConfig
from vae_core.models.conditions import ConditionConfig
from vae_core.objectives import BetaTCConfig, ElboConfig, InfoVAEConfig

SHOW = """async (data) => {
  const { default: mount } = await import("SITE/bill.js");
  document.body.replaceChildren();
  mount({ data, parentElement: document.body });
  return document.body.innerText;
}""".replace("SITE", SITE)


def shown(lab: Lab, kl: list[float], **changes: object) -> str:
    num = len(kl)
    data = {
        "noun": "digit",
        "hasKl": True,
        "beta": 1,
        "hasOtherTerms": False,
        "average": 23.9,
        "note": None,
        "recon": [[10.0, 2.0]],
        "kl": kl,
        "mean": [0.0] * num,
        "sigma": [1.0] * num,
        "prior_mean": [0.0] * num,
        "prior_sigma": [1.0] * num,
    }
    said: str = lab.page.evaluate(SHOW, data | changes)
    return said.replace("\N{MINUS SIGN}", "-")


def test_the_numbers_without_a_bar_add_up_with_those_that_have_one(lab: Lab) -> None:
    said = shown(lab, [0.504] * 16 + [0.004] * 24)
    bars = [float(row) for row in lab.page.locator(".vl-kl-row span:last-child").all_inner_texts()]
    rest = float(re.search(r"24 others together: (\S+)", said)[1])
    total, recon, kl = (float(text) for text in lab.page.locator(".vl-term b").all_inner_texts())
    assert len(bars) == 16
    assert rest == pytest.approx(24 * 0.004, abs=0.005)
    assert kl == pytest.approx(sum(bars) + rest, abs=1e-6)
    assert total == pytest.approx(recon + kl, abs=1e-6)


def test_the_average_says_that_its_z_is_drawn(lab: Lab) -> None:
    said = shown(lab, [1.0])
    assert "13.0 together, with z at the mean." in said
    assert "With z drawn, the average test picture costs 23.9." in said


def test_only_a_loss_is_called_one(lab: Lab) -> None:
    assert "beta 4: a loss of 16.0." in shown(lab, [1.0], beta=4)
    said = shown(lab, [1.0], beta=4, hasOtherTerms=True)
    assert "beta 4, beside other terms." in said
    assert "loss" not in said
    assert "loss" not in shown(lab, [1.0])


@pytest.mark.parametrize(
    ("objective", "classifier_weight", "expected"),
    [
        (ElboConfig(), 0.0, False),
        (ElboConfig(free_bits=0.1), 0.0, True),
        (ElboConfig(), 1.0, True),
        (InfoVAEConfig(), 0.0, True),
        (BetaTCConfig(), 0.0, True),
    ],
)
def test_what_else_was_minimised_is_read_off_the_configuration(
    objective: ElboConfig | InfoVAEConfig | BetaTCConfig, classifier_weight: float, expected: bool
) -> None:
    condition = ConditionConfig(name="class", classifier_weight=classifier_weight)
    config = RunConfig(
        model=MLPConfig(conditions=(condition,)), train=TrainConfig(objective=objective, beta=4.0)
    )
    assert _has_other_terms(config) == expected
