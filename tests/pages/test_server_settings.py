"""The server's settings: what is taken, and what is said of anything else."""

import pytest

from ui.server_settings import ServerSettings, server_settings
from vae_core.errors import InvalidConfigError, UnknownNameError


def test_without_variables_nothing_asks_for_a_code() -> None:
    settings = server_settings()
    assert settings.access_code is None
    assert settings.allowed_hosts == ()
    limits = settings.model_dump(exclude={"access_code", "allowed_hosts"})
    assert all(limit > 0 for limit in limits.values())


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAELAB_ACCESS_CODE", " tiger lily ")
    monkeypatch.setenv("VAELAB_ALLOWED_HOSTS", "Lab.Example. ,10.0.0.1, [fd00::7] ,")
    monkeypatch.setenv("VAELAB_MAX_RUNNING", "4")
    monkeypatch.setenv("VAELAB_WORKERS", "5")
    settings = server_settings()
    assert settings.access_code is not None
    assert settings.access_code.get_secret_value() == "tiger lily"
    assert settings.allowed_hosts == ("lab.example", "10.0.0.1", "fd00::7")
    assert (settings.max_running, settings.workers) == (4, 5)
    assert "tiger" not in repr(settings)


def test_an_empty_code_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAELAB_ACCESS_CODE", "  ")
    assert server_settings().access_code is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VAELAB_MAX_EPOCHS", "many", "VAELAB_MAX_EPOCHS: received 'many', but input should be"),
        ("VAELAB_MAX_EPOCHS", "0", "received '0', but input should be greater than or equal to 1"),
        ("VAELAB_MAX_UPLOAD_MB", "65", "received '65', but input should be less than or equal to"),
        ("VAELAB_ACCESS_CODE", "abc", "received 3 characters, but 6 to 200 characters are"),
        ("VAELAB_ALLOWED_HOSTS", "http://lab", "'http://lab' is no name"),
        ("VAELAB_ALLOWED_HOSTS", "lab:8501", "without a port"),
        ("VAELAB_ALLOWED_HOSTS", "*", "is no name"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_expected(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidConfigError) as error:
        server_settings()
    assert said in str(error.value)


def test_a_wrong_code_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAELAB_ACCESS_CODE", "secret" * 40)
    with pytest.raises(InvalidConfigError) as error:
        server_settings()
    assert "secret" not in str(error.value)


def test_a_mistyped_variable_does_not_leave_the_door_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAELAB_ACESS_CODE", "tiger lily")
    with pytest.raises(UnknownNameError, match="Unknown variable 'VAELAB_ACESS_CODE'"):
        server_settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        ServerSettings().max_epochs = 1_000  # type: ignore[misc]
