"""The base of every configuration."""

import pytest
from pydantic import Field, ValidationError

from vae_core.errors import InvalidConfigError
from vae_core.schema import Config


class Inner(Config):
    share: float = Field(default=0.5, ge=0.0, le=1.0)


class Outer(Config):
    num: int = 1
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"num": "many"}, "num: received 'many', but input should be a valid integer"),
        ({"inner": {"share": 2}}, "inner.share: received 2, but input should be less than or"),
        ({"inner": {"share": float("nan")}}, "inner.share: received nan, but .* finite number"),
        ({"inner": {"share": float("inf")}}, "inner.share: received inf, but"),
        ({"nmu": 3}, "nmu: received 3, but extra inputs are not permitted"),
        ([], r"configuration: received \[\], but input should be a valid dictionary"),
    ],
)
def test_bad_settings_say_where_what_was_received_and_what_is_expected(
    data: object, text: str
) -> None:
    with pytest.raises(InvalidConfigError, match=f"Invalid settings. {text}"):
        Outer.parse(data)


def test_what_is_long_is_repeated_in_part() -> None:
    for data in ({"num": "y" * 9_999}, {"y" * 9_999: 1}, dict.fromkeys(map(str, range(9_999)), 1)):
        with pytest.raises(InvalidConfigError) as error:
            Outer.parse(data)
        assert len(str(error.value)) < 1_000


def test_every_bad_setting_is_named_at_once() -> None:
    with pytest.raises(InvalidConfigError, match=r"num: received .* inner\.share: received"):
        Outer.parse({"num": None, "inner": {"share": -1}})


def test_a_changed_copy_is_checked_again_and_the_first_stays() -> None:
    first = Outer()
    assert first.evolve(num=2) == Outer(num=2)
    assert first.num == 1
    with pytest.raises(InvalidConfigError, match="num: received 'x'"):
        first.evolve(num="x")
    with pytest.raises(InvalidConfigError, match="nmu: received 2, but extra"):
        first.evolve(nmu=2)


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Outer().num = 3  # type: ignore[misc]
