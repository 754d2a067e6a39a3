"""What whoever starts the server may set: one object, read once from `VAELAB_*` variables."""

import os
import unicodedata
from functools import cache
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from vae_core.config import MAX_EPOCHS
from vae_core.errors import InvalidConfigError, UnknownNameError, shortened
from vae_core.jobs import half_the_cores
from vae_core.parcel import MAX_BYTES

PREFIX = "VAELAB_"
READ_ELSEWHERE = ("VAELAB_DATA", "VAELAB_RUNS")  # folders, of the library and the command line too
MIN_CODE, MAX_CODE = 6, 200


class ServerSettings(BaseSettings):
    """Who may come in, and how much of the computer one person may use.

    The limits are meant for thirty people on two cores. Whoever trains on a computer of their own
    has no limits on the command line.

    Attributes:
        access_code: what everybody has to type before they see anything; None asks for nothing.
        allowed_hosts: more names by which browsers may ask for this server, such as that of a
            proxy before it; see `guard.hosts` for those that it knows without being told.
        workers: processes that train, each one run at a time.
        max_waiting: runs that one person may have in the queue.
        max_running: runs of one person that train at the same time; others of theirs wait.
        max_disk_mb: of the folders of one person's runs, in MiB, when another one begins.
        max_upload_mb: of a checkpoint's file, in MiB.
        max_parameters: of a model that is trained or brought here.
        max_epochs: of a run.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    access_code: SecretStr | None = None
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    workers: int = Field(default_factory=half_the_cores, ge=1, le=64)
    max_waiting: int = Field(default=3, ge=1, le=100)
    max_running: int = Field(default=2, ge=1, le=100)
    max_disk_mb: int = Field(default=500, ge=10, le=1_000_000)
    max_upload_mb: int = Field(default=64, ge=1, le=MAX_BYTES // 2**20)
    max_parameters: int = Field(default=5_000_000, ge=1_000, le=1_000_000_000)
    max_epochs: int = Field(default=300, ge=1, le=MAX_EPOCHS)

    @field_validator("access_code")
    @classmethod
    def _code(cls, code: SecretStr | None) -> SecretStr | None:
        """Long enough not to be guessed at the pace that `guard.tries` allows; empty is none."""
        typed = normal(code.get_secret_value()) if code is not None else ""
        if not typed:
            return None
        if not MIN_CODE <= len(typed) <= MAX_CODE:
            raise ValueError(f"{MIN_CODE} to {MAX_CODE} characters are expected")
        return SecretStr(typed)

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _names(cls, text: object) -> object:
        """Names as a list with commas, without ports."""
        if not isinstance(text, str):
            return text
        names = [name.strip().lower().rstrip(".") for name in text.split(",") if name.strip()]
        for name in names:
            if any(c in name for c in "/*@ ") or (":" in name and not _is_ipv6(name)):
                raise ValueError(
                    f"{shortened(name)!r} is no name; names or addresses with commas between them "
                    "are expected, without http:// and without a port"
                )
        return tuple(name.strip("[]") for name in names)


def _is_ipv6(name: str) -> bool:
    return name.count(":") > 1 and set(name.strip("[]")) <= set("0123456789abcdef:.")


def normal(code: str) -> str:
    """A code as it is compared: letters composed, without space around them."""
    return unicodedata.normalize("NFC", code).strip()


@cache
def server_settings() -> ServerSettings:
    """Return the settings, read at the first call.

    Raises:
        InvalidConfigError: naming each variable that is wrong, what was received (never the access
            code) and what is expected.
        UnknownNameError: for a variable of that beginning that nobody reads: a mistyped access
            code must not leave the door open.
    """
    known = {f"{PREFIX}{name.upper()}" for name in ServerSettings.model_fields} | {*READ_ELSEWHERE}
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise UnknownNameError("variable", name, known)
    try:
        return ServerSettings()
    except ValidationError as error:
        raise InvalidConfigError(_readable(error)) from None


def _readable(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False, include_context=False):
        name = str(item["loc"][0])
        received = shortened(repr(item["input"]))
        if name == "access_code":
            received = f"{len(item['input'])} characters"
        what = item["msg"].removeprefix("Value error, ")
        expected = what[0].lower() + what[1:]
        lines.append(f"{PREFIX}{name.upper()}: received {received}, but {expected}.")
    return " ".join(lines)
