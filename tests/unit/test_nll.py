"""Importance sampling, against a linear-Gaussian model whose evidence is known."""

import math
from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor, nn

from vae_core import MLPConfig, build_model, load_checkpoint
from vae_core.catalogue import BUNDLED
from vae_core.data import Dataset, ImageSource
from vae_core.distributions import DiagonalGaussian, StandardNormal
from vae_core.errors import InvalidInputError
from vae_core.likelihoods import LIKELIHOODS, Bernoulli
from vae_core.metrics import evaluate, evidence, nll
from vae_core.models import LatentModel, LatentTerm
from vae_core.models.conditions import Network

SIGMA, DIM = 0.3, 3


class FixedGaussian:
    """N(params, SIGMA^2) for each pixel."""

    note = None
    params_per_value = 1
    bears_bfloat16 = False

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        density = torch.distributions.Normal(params, SIGMA)
        return density.log_prob(x.expand_as(params)).flatten(-3).sum(-1)


@pytest.fixture(autouse=True)
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers on every processor; the tests about bfloat16 say what it can do."""
    monkeypatch.setattr(nll, "multiplies_bfloat16", lambda: False)


@pytest.fixture(scope="module")
def weights() -> Tensor:
    """(64, 3), columns at right angles, so that the posterior has a diagonal covariance."""
    generator = torch.Generator().manual_seed(0)
    axes, _ = torch.linalg.qr(torch.randn(64, DIM, generator=generator))
    return axes * torch.tensor([2.0, 1.0, 0.5])


@pytest.fixture
def linear(weights: Tensor, tiny: Dataset) -> Callable[..., LatentModel]:
    """x = W z + noise, with its exact posterior, or one shifted and widened by so much."""

    def make(shift: float = 0.0, widen: float = 0.0) -> LatentModel:
        model = build_model(MLPConfig(latent_dim=DIM, hidden=(4,)), tiny.spec)
        precision = 1 + weights.square().sum(0) / SIGMA**2
        logvar = -precision.log() + widen
        head = nn.Linear(64, 2 * DIM)
        nn.init.zeros_(head.weight)
        with torch.no_grad():
            head.weight[:DIM] = (weights / SIGMA**2 / precision).T
            head.bias[:DIM] = shift
            head.bias[DIM:] = 10 * torch.atanh(logvar / 10)  # undoes the soft bound
        decoder = nn.Linear(DIM, 64, bias=False)
        decoder.weight.data = weights
        model.encoder, model.head = Network(nn.Flatten()), head
        model.decoder = Network(decoder, nn.Unflatten(1, (1, 8, 8)))
        model.likelihood = FixedGaussian()
        return model.eval()

    return make


@pytest.fixture
def truth(weights: Tensor, tiny: Dataset) -> Tensor:
    """log N(x; 0, W W^T + SIGMA^2 I), (30,)."""
    covariance = weights @ weights.T + SIGMA**2 * torch.eye(64)
    density = torch.distributions.MultivariateNormal(torch.zeros(64), covariance)
    return density.log_prob(tiny.test.pixels().flatten(1))


def test_with_the_exact_posterior_one_draw_gives_the_evidence(
    linear: Callable[..., LatentModel], truth: Tensor, tiny: Dataset
) -> None:
    found = evidence(linear(), tiny.test, 1)
    torch.testing.assert_close(found.log_evidence, truth, rtol=1e-5, atol=1e-3)
    torch.testing.assert_close(found.elbo, truth, rtol=1e-5, atol=1e-3)
    assert found.nll_nats == pytest.approx(-truth.mean().item(), abs=1e-3)


def test_with_another_proposal_it_rises_to_the_evidence(
    linear: Callable[..., LatentModel], truth: Tensor, tiny: Dataset
) -> None:
    model, target = linear(shift=0.1, widen=0.5), truth.mean().item()
    means = [-evidence(model, tiny.test, num).nll_nats for num in (1, 3, 10_000)]
    assert means == sorted(means)
    assert target - means[0] > 0.3
    assert means[-1] == pytest.approx(target, abs=0.01)
    each = evidence(model, tiny.test, 10_000).log_evidence
    torch.testing.assert_close(each, truth, rtol=0, atol=0.1)


def test_on_the_same_draws_the_elbo_is_never_above_the_iwae_bound(
    linear: Callable[..., LatentModel], truth: Tensor, tiny: Dataset
) -> None:
    for seed in range(20):
        found = evidence(linear(shift=0.2), tiny.test, 5, seed)
        assert bool((found.elbo <= found.log_evidence + 1e-4).all())
    single = evidence(linear(shift=0.2), tiny.test, 1)
    torch.testing.assert_close(single.elbo, single.log_evidence)


def test_the_elbo_of_the_draws_is_the_bound_with_its_closed_form_kl_on_average(
    linear: Callable[..., LatentModel], truth: Tensor, tiny: Dataset
) -> None:
    """log p(x) - ELBO = KL(q || exact posterior): here 0.5 sum(e^w - 1 - w + shift^2 / var)."""
    shift, widen = 0.02, 0.3
    model = linear(shift, widen)
    var = torch.exp(model.encode(tiny.test.pixels()).logvar[0]) / math.exp(widen)
    gap = 0.5 * (DIM * (math.exp(widen) - 1 - widen) + (shift**2 / var).sum())
    found = evidence(model, tiny.test, 20_000)
    torch.testing.assert_close(found.elbo, truth - gap, rtol=0, atol=0.05)


def test_effective_samples_tell_how_many_draws_count(
    linear: Callable[..., LatentModel], tiny: Dataset
) -> None:
    good = evidence(linear(), tiny.test, 50).effective_samples
    bad = evidence(linear(shift=1.0), tiny.test, 50).effective_samples
    torch.testing.assert_close(good, torch.full((30,), 50.0), rtol=0.05, atol=0)
    assert float(bad.max()) < 5
    assert float(bad.min()) > 0.99


def test_it_repeats_with_its_seed_alone(linear: Callable[..., LatentModel], tiny: Dataset) -> None:
    model = linear(shift=0.2)
    first = evidence(model, tiny.test, 20, 3).log_evidence
    torch.manual_seed(5)
    assert torch.equal(evidence(model, tiny.test, 20, 3).log_evidence, first)
    assert not torch.equal(evidence(model, tiny.test, 20, 4).log_evidence, first)


@pytest.mark.parametrize("values", [1, 64 * 7, 64 * 50, 64 * 130])
def test_what_is_decoded_at_once_is_bounded_and_changes_nothing(
    linear: Callable[..., LatentModel],
    tiny: Dataset,
    values: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, rows = linear(shift=0.2), []
    expected = evidence(model, tiny.test, 50)
    monkeypatch.setattr(nll, "CELL_VALUES", values)
    decode = model.decode

    def counted(zs: tuple[Tensor, ...], given: Mapping[str, Tensor]) -> Tensor:
        rows.append(zs[0].shape[:-1].numel())
        return decode(zs, given)

    monkeypatch.setattr(model, "decode", counted)
    found = evidence(model, tiny.test, 50)
    assert sum(rows) == 30 * 50
    assert max(rows) <= max(1, values // 64)
    torch.testing.assert_close(found.log_evidence, expected.log_evidence, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(found.elbo, expected.elbo, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("values", [1, 3 * 7, 3 * 1000, 10**6])
def test_draws_are_added_up_as_they_come(
    linear: Callable[..., LatentModel],
    truth: Tensor,
    tiny: Dataset,
    values: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the exact posterior every draw has the same weight, however they are cut."""
    monkeypatch.setattr(nll, "BLOCK_VALUES", values)
    found = evidence(linear(), tiny.test, 40)
    torch.testing.assert_close(found.log_evidence, truth, rtol=1e-5, atol=1e-3)
    torch.testing.assert_close(found.elbo, truth, rtol=1e-5, atol=1e-3)
    torch.testing.assert_close(found.effective_samples, torch.full((30,), 40.0), rtol=1e-3, atol=0)


class Conditional(nn.Module):
    """p(x | z, c) = N(c, SIGMA^2), with a prior around c, so that log p(x | c) is known."""

    latent_dim = DIM
    likelihood = FixedGaussian()
    device = torch.device("cpu")

    def infer(self, x: Tensor, conditions: Mapping[str, Tensor]) -> tuple[LatentTerm, ...]:
        place = conditions["place"][:, None].expand(-1, DIM)
        prior = DiagonalGaussian(place, torch.zeros_like(place))
        return (LatentTerm("z", prior, prior, place),)

    def decode(self, zs: tuple[Tensor, ...], conditions: Mapping[str, Tensor]) -> Tensor:
        num_draws, num_images, _ = zs[0].shape
        return conditions["place"][:, None, None, None].expand(num_draws, num_images, 1, 8, 8)


@pytest.mark.parametrize("cell", [64, 64 * 9, 64 * 1000])
def test_conditions_stay_with_their_images(
    tiny: Dataset, cell: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = torch.linspace(0, 1, 30)
    batch = ImageSource.batch

    def with_places(self: ImageSource, indices: Tensor) -> object:
        found = batch(self, indices)
        object.__setattr__(found, "conditions", {"place": places[indices]})
        return found

    monkeypatch.setattr(ImageSource, "batch", with_places)
    monkeypatch.setattr(nll, "CELL_VALUES", cell)
    monkeypatch.setattr(nll, "BLOCK_VALUES", 100)
    x = tiny.test.pixels()
    expected = FixedGaussian().log_prob(places[:, None, None, None].expand_as(x), x)
    found = evidence(Conditional(), tiny.test, 7)
    torch.testing.assert_close(found.log_evidence, expected, rtol=1e-5, atol=1e-3)


def test_a_plain_autoencoder_has_no_likelihood(tiny: Dataset) -> None:
    model = build_model(MLPConfig(hidden=(16,), posterior="point"), tiny.spec)
    assert evidence(model, tiny.test, 5) is None


@pytest.mark.parametrize("num", [0, -1, 1_000_001])
def test_an_impossible_number_of_samples_is_refused(
    linear: Callable[..., LatentModel], tiny: Dataset, num: int
) -> None:
    with pytest.raises(InvalidInputError, match=f"^{num} samples received; expected .* 1 to 1,0"):
        evidence(linear(), tiny.test, num)


@pytest.mark.parametrize("processor", [True, False])
@pytest.mark.parametrize("precision", ["highest", "medium"])
def test_only_the_decoder_uses_bfloat16_and_only_where_asked_and_there(
    tiny: Dataset, precision: str, processor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build_model(MLPConfig(hidden=(16,)), tiny.spec).eval()
    exact = evidence(model, tiny.test, 50, matmul_precision="highest")
    monkeypatch.setattr(nll, "multiplies_bfloat16", lambda: processor)
    found = evidence(model, tiny.test, 50, matmul_precision=precision)
    reduced = precision == "medium" and processor
    assert torch.equal(found.log_evidence, exact.log_evidence) is not reduced
    torch.testing.assert_close(found.log_evidence, exact.log_evidence, rtol=0, atol=0.3)
    assert found.log_evidence.dtype == torch.float32
    assert all(value.dtype == torch.float32 for value in model.parameters())


def test_bfloat16_decoding_moves_the_mean_by_less_than_a_tenth_of_a_nat(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On any processor: one without such instructions computes the same numbers slowly."""
    model = load_checkpoint(BUNDLED / "mnist-16d").model
    part = ImageSource(mnist.spec, mnist.test.images[:200], mnist.test.labels[:200])
    exact = evidence(model, part, 50, matmul_precision="highest")
    monkeypatch.setattr(nll, "multiplies_bfloat16", lambda: True)
    rounded = evidence(model, part, 50, matmul_precision="medium")
    assert rounded.nll_nats == pytest.approx(exact.nll_nats, abs=0.1)
    assert rounded.nll_nats != exact.nll_nats


def test_the_prior_is_that_of_the_model(tiny: Dataset) -> None:
    """A decoder that ignores z leaves E_q[p(z) / q(z)] = 1, whatever q is."""
    model = build_model(MLPConfig(latent_dim=2, hidden=(16,)), tiny.spec).eval()
    model.head.bias.data[2:] = 0.7  # wider than the prior: the weights are bounded
    model.decoder = Network(nn.Linear(2, 64), nn.Unflatten(1, (1, 8, 8)))
    nn.init.zeros_(model.decoder[0].weight)
    model.likelihood = FixedGaussian()
    x = tiny.test.pixels()
    params = model.decoder[0].bias.view(1, 1, 8, 8).expand_as(x)
    expected = FixedGaussian().log_prob(params, x)
    found = evidence(model, tiny.test, 20_000)
    torch.testing.assert_close(found.log_evidence, expected.detach(), rtol=0, atol=0.05)
    assert isinstance(model.prior(), StandardNormal)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 13, 11), (1, 23, 1), (1, 1, 131)])
@pytest.mark.parametrize("scale", [0.0, 1.0, 10.0, 200.0])
def test_many_draws_have_the_same_log_probability_on_the_fast_way(
    shape: tuple[int, int, int], scale: float, seeded: Callable[[int], torch.Generator]
) -> None:
    likelihood = Bernoulli()
    logits = scale * torch.randn((7, 5, *shape), generator=seeded(0))
    grey = torch.rand((5, *shape), generator=seeded(1))
    for x in (grey, grey.round()):
        expected = likelihood.log_prob(logits.double(), x.double())
        found = likelihood.log_prob_of_samples(logits.clone(), x)
        assert found.shape == (7, 5)
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-4)


def test_the_fast_way_is_finite_where_a_product_would_overflow() -> None:
    logits = torch.zeros(2, 3, 1, 28, 28)  # each factor is 2, their product 2^784
    found = Bernoulli().log_prob_of_samples(logits, torch.zeros(3, 1, 28, 28))
    torch.testing.assert_close(found, torch.full((2, 3), -784 * math.log(2)))


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_bfloat16_is_for_likelihoods_that_bear_it(
    tiny: Dataset, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nll, "multiplies_bfloat16", lambda: True)
    model = build_model(MLPConfig(hidden=(16,), likelihood=name), tiny.spec).eval()
    exact, asked = (
        evidence(model, tiny.test, 20, matmul_precision=precision).log_evidence
        for precision in ("highest", "medium")
    )
    assert torch.equal(exact, asked) is (name != "bernoulli")


def test_an_evaluation_can_be_kept_to_float32(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nll, "multiplies_bfloat16", lambda: True)
    model = build_model(MLPConfig(hidden=(16,)), tiny.spec).eval()
    exact = evidence(model, tiny.test, 20, matmul_precision="highest").nll_nats
    for precision in ("highest", "medium"):
        measured = evaluate(
            model, tiny, metrics=["nll_nats"], num_samples=20, matmul_precision=precision
        )
        assert (measured.nll_nats == exact) is (precision == "highest")
