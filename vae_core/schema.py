"""The base of every configuration: frozen, strict about names, with errors a person can read."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from vae_core.errors import InvalidConfigError, shortened

MAX_ERRORS, MAX_EXPECTED = 10, 400


class Config(BaseModel):
    """A frozen pydantic model that refuses unknown fields and non-finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, data: object) -> Self:
        """Validate `data` (a mapping, such as parsed JSON).

        Raises:
            InvalidConfigError: naming each field, what was received and what is expected.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise InvalidConfigError(_readable(error)) from None

    def evolve(self, **changes: Any) -> Self:
        """Return a copy with `changes`, validated again (unlike pydantic's `model_copy`)."""
        return self.parse(dict(self) | changes)


def _readable(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False)[:MAX_ERRORS]:
        where = shortened(".".join(str(part) for part in item["loc"]) or "configuration")
        expected = (item["msg"][0].lower() + item["msg"][1:])[:MAX_EXPECTED]  # some repeat it all
        lines.append(f"{where}: received {shortened(repr(item['input']))}, but {expected}.")
    if error.error_count() > MAX_ERRORS:
        lines.append(f"And {error.error_count() - MAX_ERRORS:,} more.")
    return "Invalid settings. " + " ".join(lines)
