"""The bill of one picture: it adds up to the loss, pixel by pixel and number by number."""

from pathlib import Path

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_core import MLPConfig, build_model, load_checkpoint, load_dataset
from vae_core.bill import bill, pixel_nats
from vae_core.likelihoods import LIKELIHOODS
from vae_core.models import ConditionConfig
from vae_core.objectives.base import Context
from vae_core.objectives.elbo import ElboConfig, elbo_losses

TOLD = ConditionConfig(name="class", into=("prior", "decoder"))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("beta", [1.0, 4.0])
@pytest.mark.parametrize("conditions", [(), (TOLD,)], ids=["told nothing", "told the class"])
def test_it_adds_up_to_the_loss_that_training_would_count(
    likelihood: str, beta: float, conditions: tuple[ConditionConfig, ...]
) -> None:
    data = load_dataset("digits")
    config = MLPConfig(latent_dim=3, hidden=(16,), likelihood=likelihood, conditions=conditions)
    model = build_model(config, data.spec, 0).eval()
    if model.prior_head is not None:
        for weights in model.prior_head.parameters():
            torch.nn.init.normal_(weights, std=0.3)
    batch = data.test.batch(torch.tensor([5]))
    found = bill(model, batch.x, batch.conditions)
    # Without a generator z is the mean, as in the bill.
    losses = elbo_losses(ElboConfig(), model, batch, Context(None, beta=beta))
    total = found.recon.sum() + beta * found.kl.sum()
    torch.testing.assert_close(total, losses.total.detach(), rtol=1e-4, atol=1e-3)
    assert found.recon.shape == (8, 8)
    assert found.kl.shape == (3,)


def test_each_pixel_and_each_number_costs_what_closed_forms_say(bundled: Path) -> None:
    found = load_checkpoint(bundled / "digits-2d")
    x = load_dataset("digits").test.pixels(3, 4)
    made_out = bill(found.model, x)
    posterior = found.model.encode(x)
    logits = found.model.decode((posterior.mean,))
    expected = -(
        x * torch.log(Bernoulli(logits=logits).probs)
        + (1 - x) * torch.log1p(-Bernoulli(logits=logits).probs)
    )
    torch.testing.assert_close(made_out.recon, expected[0, 0].detach(), rtol=1e-3, atol=1e-3)
    normal = Normal(posterior.mean[0], (0.5 * posterior.logvar[0]).exp())
    expected_kl = kl_divergence(normal, Normal(0.0, 1.0)).detach()
    torch.testing.assert_close(made_out.kl, expected_kl, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(made_out.sigma, normal.stddev.detach())


def test_an_autoencoder_pays_for_redrawing_alone(bundled: Path) -> None:
    found = load_checkpoint(bundled / "digits-ae-2d")
    made_out = bill(found.model, load_dataset("digits").test.pixels(3, 4))
    assert made_out.kl.numel() == made_out.sigma.numel() == made_out.prior_mean.numel() == 0
    assert float(made_out.recon.sum()) > 0


def test_pixels_of_several_channels_are_summed() -> None:
    likelihood = LIKELIHOODS["bernoulli"].build(17, 1.0)
    params = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    x = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    found = pixel_nats(likelihood, params, x)
    assert found.shape == (4, 5)
    torch.testing.assert_close(found.sum(), -likelihood.log_prob(params, x)[0])
    one = torch.zeros(1, 3, 4, 5)
    one[..., 2, 3] = 1
    torch.testing.assert_close(found[2, 3], -likelihood.log_prob(params, x, one)[0])
