"""Models that are told something beside the picture."""

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor

from vae_core import decode, encode, reconstruct, sample, traverse
from vae_core.data import CategorySpec, Dataset, DataSpec, VectorSpec
from vae_core.distributions import DiagonalGaussian, StandardNormal
from vae_core.errors import InvalidConfigError, InvalidInputError, UnknownNameError
from vae_core.inference import draw
from vae_core.models import MODELS, PLACES, ConditionConfig, LatentModel, build_model

Seeded = Callable[[int], torch.Generator]
SMALL: dict[str, dict[str, object]] = {
    "mlp": {"hidden": (48,)},
    "conv": {"channels": (8, 16), "hidden": (48,)},
}
every_model = pytest.mark.parametrize("name", MODELS)
every_place = pytest.mark.parametrize("place", PLACES)
CLASS = CategorySpec(name="class", class_names=tuple("abcd"))
POSE = VectorSpec(name="pose", entries=("left", "up"))
RANDOM = torch.Generator().manual_seed(0)
X = torch.rand(5, 1, 8, 8, generator=RANDOM)
VALUES = {
    "class": torch.tensor([0, 1, 2, 3, 1]),
    "pose": torch.randn(5, 2, generator=RANDOM),
}
UNKNOWN = {"class": torch.full((5,), -1), "pose": torch.full((5, 2), torch.nan)}


@pytest.fixture
def spec(tiny: Dataset) -> DataSpec:
    return tiny.spec.evolve(conditions=(CLASS, POSE))


def build(
    name: str, spec: DataSpec, *conditions: ConditionConfig, seed: int = 0, **changes: object
) -> LatentModel:
    settings = SMALL[name] | {"latent_dim": 3, "conditions": conditions} | changes
    return build_model(MODELS[name].config.parse(settings), spec, seed)


def told(name: str, *into: str, **changes: object) -> ConditionConfig:
    return ConditionConfig.parse({"name": name, "into": into or ("encoder", "decoder"), **changes})


def outputs(model: LatentModel, x: Tensor, conditions: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What each part of a model says."""
    prior = model.prior(conditions)
    return {
        "encoder": model.encode(x, conditions).mean,
        "decoder": model.decode((torch.ones(len(x), 3),), conditions),
        "prior": prior.mean if isinstance(prior, DiagonalGaussian) else torch.zeros(1),
    }


def loosened(model: LatentModel) -> LatentModel:
    """A prior that has left its start, where it is the same for all."""
    if model.prior_head is not None:
        generator = torch.Generator().manual_seed(1)
        torch.nn.init.normal_(model.prior_head.weight, std=0.3, generator=generator)
    return model


@every_model
@every_place
@pytest.mark.parametrize("condition", ["class", "pose"])
def test_exactly_the_parts_that_are_told_hear_of_a_condition(
    name: str, place: str, condition: str, spec: DataSpec
) -> None:
    model = loosened(build(name, spec, told(condition, place)))
    other = VALUES[condition].flip(0) + (condition == "pose")
    before = outputs(model, X, {condition: VALUES[condition]})
    after = outputs(model, X, {condition: other})
    changed = {part for part in before if not torch.equal(before[part], after[part])}
    assert changed == {place}


@every_model
def test_several_conditions_are_told_together(name: str, spec: DataSpec) -> None:
    model = loosened(build(name, spec, told("class", *PLACES), told("pose", *PLACES, size=5)))
    before = outputs(model, X, VALUES)
    for one in VALUES:
        after = outputs(model, X, VALUES | {one: VALUES[one].flip(0)})
        assert all(not torch.equal(before[place], after[place]) for place in PLACES)


@pytest.mark.parametrize("name", ["class", "pose"])
def test_what_is_missing_is_the_learned_null_and_so_is_an_unknown_row(
    name: str, spec: DataSpec
) -> None:
    model = loosened(build("mlp", spec, told(name, *PLACES)))
    missing, unknown = outputs(model, X, {}), outputs(model, X, {name: UNKNOWN[name]})
    known = outputs(model, X, {name: VALUES[name]})
    mixed = VALUES[name].clone()
    mixed[2] = UNKNOWN[name][2]
    partly = outputs(model, X, {name: mixed})
    for place in PLACES:
        torch.testing.assert_close(missing[place].expand_as(unknown[place]), unknown[place])
        rows = [0, 1, 3, 4]
        torch.testing.assert_close(partly[place][rows], known[place][rows])
        torch.testing.assert_close(partly[place][2], unknown[place][2])
        assert not torch.equal(known[place][2], unknown[place][2])


def test_one_nan_makes_the_whole_row_unknown_and_leaves_gradients_finite(spec: DataSpec) -> None:
    model = build("mlp", spec, told("pose"))
    pose = VALUES["pose"].clone()
    pose[1, 0] = torch.nan
    conditions = {"pose": pose}
    params = model(X, conditions=conditions).params
    gone = model.decode((torch.zeros(5, 3),), {"pose": UNKNOWN["pose"]})[1]
    torch.testing.assert_close(model.decode((torch.zeros(5, 3),), conditions)[1], gone)
    params.square().sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)
    assert float(model.conditioning.embedders["pose"].null.grad.abs().sum()) > 0


def test_only_the_null_of_what_was_hidden_learns(spec: DataSpec) -> None:
    model = build("mlp", spec, told("class", "decoder"))
    model.decode((torch.ones(2, 3),), {"class": torch.tensor([-1, 2])}).sum().backward()
    learnt = model.conditioning.embedders["class"].table.weight.grad.abs().sum(1) > 0
    assert learnt.tolist() == [False, False, True, False, True]


@every_model
def test_a_prior_starts_as_the_standard_normal_and_learns_one_for_each_class(
    name: str, spec: DataSpec
) -> None:
    model = build(name, spec, told("class", "prior"))
    conditions = {"class": VALUES["class"]}
    (term,) = model.infer(X, conditions)
    assert isinstance(term.prior, DiagonalGaussian)
    assert torch.equal(term.prior.mean, torch.zeros(5, 3))
    assert torch.equal(term.prior.logvar, torch.zeros(5, 3))
    torch.testing.assert_close(term.kl(), term.posterior.kl(StandardNormal((3,))))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    goals = torch.tensor([[-2.0, 0.5], [1.0, -1.0], [0.0, 2.0], [3.0, 0.0]])
    for _ in range(300):
        optimiser.zero_grad()
        prior = model.prior({"class": torch.arange(4)})
        posterior = DiagonalGaussian(goals[:, :1].expand(4, 3), goals[:, 1:].expand(4, 3))
        posterior.kl(prior).sum().backward()
        optimiser.step()
    prior = model.prior({"class": torch.arange(4)})
    torch.testing.assert_close(prior.mean, goals[:, :1].expand(4, 3), atol=0.02, rtol=0)
    torch.testing.assert_close(prior.logvar, goals[:, 1:].expand(4, 3), atol=0.02, rtol=0)


def test_samples_follow_the_prior_of_what_is_told(spec: DataSpec, seeded: Seeded) -> None:
    model = loosened(build("mlp", spec, told("class", "prior", "decoder")))
    labels = torch.tensor([2]).expand(4000)
    z = draw(model, 4000, seeded(0), {"class": labels})
    prior = model.prior({"class": torch.tensor([2])})
    torch.testing.assert_close(z.mean(0), prior.mean[0], atol=0.15, rtol=0.05)
    torch.testing.assert_close(z.std(0), prior.std[0], atol=0.0, rtol=0.05)
    pictures = sample(model, 4000, seeded(0), {"class": torch.tensor([2])})
    torch.testing.assert_close(pictures, decode(model, z, {"class": labels}))
    with pytest.raises(InvalidInputError, match="3 draws asked for of a prior for 2 items"):
        model.prior({"class": labels[:2]}).draw(3, seeded(0))


def test_some_are_hidden_at_their_own_rate_by_the_generator_alone(
    spec: DataSpec, seeded: Seeded
) -> None:
    num = 20_000
    model = build("mlp", spec, told("class", null_rate=0.3), told("pose", null_rate=0.1))
    conditions = {
        "class": torch.zeros(num).long(),
        "pose": torch.zeros(num, 2),
        "more": torch.ones(1),
    }
    hidden = model.hide_conditions(conditions, seeded(1))
    assert set(hidden) == {"class", "pose"}
    no_class, no_pose = hidden["class"] == -1, hidden["pose"].isnan().all(1)
    assert no_class.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert no_pose.float().mean().item() == pytest.approx(0.1, abs=0.02)
    assert (no_class & no_pose).float().mean().item() == pytest.approx(0.03, abs=0.01)
    assert torch.equal(hidden["pose"].isnan().any(1), no_pose)
    assert int(conditions["class"].min()) == 0
    again = model.hide_conditions(conditions, seeded(1))
    assert torch.equal(again["class"], hidden["class"])
    assert not torch.equal(model.hide_conditions(conditions, seeded(2))["class"], hidden["class"])


def test_at_a_rate_of_zero_nothing_is_hidden_and_nothing_is_drawn(
    spec: DataSpec, seeded: Seeded
) -> None:
    model = build("mlp", spec, told("class", null_rate=0.0))
    generator = seeded(0)
    state = generator.get_state()
    assert model.hide_conditions(VALUES, generator) == {"class": VALUES["class"]}
    assert model.hide_conditions({}, generator) == {}
    assert torch.equal(generator.get_state(), state)


def test_the_classifier_says_how_well_z_tells_the_class(spec: DataSpec) -> None:
    model = build("mlp", spec, told("class", "decoder", classifier_weight=0.5))
    labels = torch.tensor([0, 1, -1, 3, 1])
    latents = model.infer(X, {"class": labels})
    losses = model.auxiliary_losses(latents, {"class": labels})
    assert list(losses) == ["classifier_nats"]
    nats, weight = losses["classifier_nats"]
    assert weight == 0.5
    log_p = model.classifier(latents[0].z).log_softmax(1)
    expected = torch.stack([-log_p[i, label] for i, label in enumerate([0, 1, 0, 3, 1])])
    torch.testing.assert_close(nats, expected * torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0]))
    nats.sum().backward()
    assert float(model.head.weight.grad.abs().sum()) > 0
    assert not model.auxiliary_losses(latents, {})["classifier_nats"][0].any()


def test_a_model_without_a_classifier_has_no_further_loss(spec: DataSpec) -> None:
    model = build("mlp", spec, told("class"))
    latents = model.infer(X, VALUES)
    assert model.auxiliary_losses(latents, VALUES) == {}


@every_model
def test_a_conditional_model_draws_what_only_the_condition_tells(
    name: str, spec: DataSpec, seeded: Seeded
) -> None:
    # One latent that hardly may say anything: what is right must come from the conditions.
    pictures = torch.rand(4, 1, 8, 8, generator=seeded(0)).round()
    labels = torch.tensor([0, 1, 2, 3] * 2)
    pose = torch.tensor([[1.0, -1.0]] * 4 + [[-1.0, 1.0]] * 4)
    x = torch.cat([pictures, 1 - pictures])  # the pose inverts the picture
    config = MODELS[name].config.parse(
        SMALL[name]
        | {
            "latent_dim": 1,
            "conditions": [told("class", null_rate=0.0), told("pose", null_rate=0.0)],
        }
    )
    model = build_model(config, spec)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    conditions = {"class": labels, "pose": pose}
    for _ in range(200):
        optimiser.zero_grad()
        output = model(x, seeded(1), conditions)
        kl = output.latents[0].kl().sum()
        (100.0 * kl - model.likelihood.log_prob(output.params, x).sum()).backward()
        optimiser.step()
    drawn = decode(model.eval(), torch.zeros(8, 1), conditions)
    assert float((drawn - x).square().mean()) < 0.02


@every_model
def test_leading_samples_are_decoded_as_one_by_one(
    name: str, spec: DataSpec, seeded: Seeded
) -> None:
    model = build(name, spec, told("class"), told("pose", "decoder")).eval()
    z = torch.randn(4, 5, 3, generator=seeded(0))
    params = model.decode((z,), VALUES)
    assert params.shape == (4, 5, 1, 8, 8)
    for one, expected in zip(params, z, strict=True):
        torch.testing.assert_close(one, model.decode((expected,), VALUES))
    torch.testing.assert_close(build(name, spec).decode((z,)).shape, params.shape)


def test_working_in_chunks_tells_each_item_its_own(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build("mlp", tiny.spec, told("class"), told("strokes"))
    x, conditions = tiny.train.pixels(), tiny.train.conditions()
    whole = encode(model, x, conditions).mean, reconstruct(model, x, conditions)
    monkeypatch.setattr("vae_core.inference.BATCH_SIZE", 7)
    torch.testing.assert_close(encode(model, x, conditions).mean, whole[0])
    torch.testing.assert_close(reconstruct(model, x, conditions), whole[1])
    shuffled = {name: values.flip(0) for name, values in conditions.items()}
    assert not torch.allclose(encode(model, x, shuffled).mean, whole[0])


def test_a_single_row_tells_all_the_same(spec: DataSpec, seeded: Seeded) -> None:
    model = build("mlp", spec, told("class"))
    z, one = torch.randn(3, generator=seeded(0)), {"class": torch.tensor([2])}
    strip = traverse(model, z, 1, torch.linspace(-2, 2, 4), one)
    expected = traverse(model, z, 1, torch.linspace(-2, 2, 4), {"class": torch.tensor([2] * 4)})
    assert torch.equal(strip, expected)
    assert not torch.equal(strip, traverse(model, z, 1, torch.linspace(-2, 2, 4)))
    assert decode(model, torch.zeros(0, 3), one).shape == (0, 1, 8, 8)


@pytest.mark.parametrize(
    ("conditions", "error", "text"),
    [
        ({"clas": torch.zeros(5).long()}, UnknownNameError, r"condition 'clas'.*: class, pose\."),
        ({"class": torch.zeros(4).long()}, InvalidInputError, r"'class' received as int64 of sh"),
        ({"class": torch.zeros(5)}, InvalidInputError, r"float32 of shape \(5,\); expected one c"),
        ({"class": torch.tensor(1)}, InvalidInputError, r"int64 of shape \(\); expected one class"),
        ({"class": torch.tensor([0, 4, 0, 0, 0])}, InvalidInputError, "Label 4 .* 0 to 3, or -1"),
        ({"class": torch.tensor([-2] * 5)}, InvalidInputError, "Label -2 received for"),
        ({"pose": torch.zeros(5, 3)}, InvalidInputError, r"shape \(5, 2\) \(left, up\), NaN whe"),
        ({"pose": torch.zeros(5, 2).long()}, InvalidInputError, "received as int64 of shape"),
        ({"pose": torch.full((5, 2), torch.inf)}, InvalidInputError, "with an infinite number"),
    ],
)
def test_a_condition_that_does_not_fit_is_refused(
    conditions: dict[str, Tensor], error: type[Exception], text: str, spec: DataSpec
) -> None:
    model = build("mlp", spec, told("class"), told("pose"))
    for use in (
        lambda: encode(model, X, conditions),
        lambda: decode(model, torch.zeros(5, 3), conditions),
    ):
        with pytest.raises(error, match=text):
            use()


def test_what_a_batch_offers_beyond_a_models_own_conditions_is_left_alone(
    tiny: Dataset,
) -> None:
    batch = tiny.train.batch(torch.arange(5))
    everything = dict(batch.conditions) | {"later": torch.zeros(9)}
    for conditions in ((), (told("class"),)):
        model = build("mlp", tiny.spec, *conditions)
        alone = {"class": batch.conditions["class"]}
        torch.testing.assert_close(
            encode(model, batch.x, everything).mean, encode(model, batch.x, alone).mean
        )


def test_a_condition_that_the_data_do_not_offer_is_refused_with_those_they_do(
    tiny: Dataset,
) -> None:
    with pytest.raises(UnknownNameError, match=r"'colour'. Expected one of: class, strokes\."):
        build("mlp", tiny.spec, told("colour"))
    with pytest.raises(InvalidConfigError, match=r"classifier .* 'strokes', a vector; expected a"):
        build("mlp", tiny.spec, told("strokes", classifier_weight=1.0))


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ([told("class"), told("class")], "each condition may be named once"),
        ([{"name": "class", "into": []}], "conditions.0.into"),
        ([{"name": "class", "into": ["latent"]}], "'encoder', 'decoder' or 'prior'"),
        ([{"name": "class", "null_rate": 1.0}], "less than 1"),
        (
            [told("class", classifier_weight=1.0), told("b", classifier_weight=1.0)],
            "only one condition may have a classifier",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(conditions: list[object], text: str) -> None:
    with pytest.raises(InvalidConfigError, match=text):
        MODELS["mlp"].config.parse({"conditions": conditions})


def test_an_autoencoders_prior_cannot_be_told_anything() -> None:
    with pytest.raises(InvalidConfigError, match="a plain autoencoder has no prior"):
        MODELS["mlp"].config.parse({"posterior": "point", "conditions": [told("class", "prior")]})


def test_settings_name_the_places_in_one_order_and_survive_json() -> None:
    config = MODELS["conv"].config.parse({"conditions": [told("class", "prior", "encoder")]})
    assert config.conditions[0].into == ("encoder", "prior")
    assert MODELS["conv"].config.model_validate_json(config.model_dump_json()) == config


@every_model
@pytest.mark.parametrize("posterior", ["gaussian", "point"])
def test_every_combination_has_finite_gradients(
    name: str, posterior: str, spec: DataSpec, seeded: Seeded
) -> None:
    places = PLACES if posterior == "gaussian" else PLACES[:2]
    model = build(
        name,
        spec,
        told("class", *places, classifier_weight=1.0),
        told("pose", *places),
        posterior=posterior,
    )
    output = model(X, seeded(0), VALUES)
    total = output.params.square().sum()
    total = total + sum(v.sum() for v, _ in model.auxiliary_losses(output.latents, VALUES).values())
    kl = output.latents[0].kl()
    (total if kl is None else total + kl.sum()).backward()
    unused = {"conditioning.embedders.pose.null"}  # every pose is known here
    for key, parameter in model.named_parameters():
        if key not in unused:
            assert parameter.grad is not None, key
            assert bool(parameter.grad.isfinite().all()), key
