"""Which language model is meant: options, then the environment, then kgmed.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kgmed.builders.config import read_config
from kgmed.kg.errors import ConfigError, UsageError
from kgmed.reasoning.lm.settings import LMSettings
from kgmed.settings import lm_settings

TOML = """
open = true

[lm]
name = "from-file"
api_base = "http://file:8000/v1"
api_key_env = "FILE_KEY"
concurrency = 3
temperature = 0.5
trusted = true
cache = "kept"
"""


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KGMED_LM", "KGMED_API_BASE", "KGMED_API_KEY", "KGMED_LM_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FILE_KEY", "of-file")
    monkeypatch.chdir(tmp_path)


def test_without_any_there_is_none() -> None:
    assert lm_settings() is None
    assert lm_settings(api_base="http://h") is None


def test_options_win_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kgmed.toml").write_text(TOML)
    found = lm_settings()
    assert found is not None
    assert (found.name, found.api_base, found.api_key) == (
        "from-file", "http://file:8000/v1", "of-file",
    )  # fmt: skip
    assert (found.concurrency, found.temperature, found.trusted) == (3, 0.5, True)
    assert found.cache is not None
    assert found.cache.resolve() == tmp_path / "kept"
    monkeypatch.setenv("KGMED_LM", "from-env")
    monkeypatch.setenv("KGMED_API_KEY", "of-env")
    monkeypatch.setenv("KGMED_LM_TIMEOUT", "7")
    found = lm_settings()
    assert found is not None
    assert (found.name, found.api_key, found.timeout_s) == ("from-env", "of-env", 7)
    found = lm_settings(name="given", api_base="http://given", timeout_s=9.0)
    assert found is not None
    assert (found.name, found.api_base, found.timeout_s) == ("given", "http://given/v1", 9)


def test_the_embedded_engine_and_a_folder_leave_a_set_endpoint_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KGMED_API_BASE", "http://elsewhere:8000")
    found = lm_settings(name="embedded")
    assert found is not None
    assert found.is_embedded
    found = lm_settings(name=str(tmp_path))
    assert found is not None
    assert (found.folder, found.api_base) == (tmp_path, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[lm]\nname = 3", "lm.name is 3, expected str"),
        ("[lm]\nnmae = 'x'", "lm.nmae is unknown, expected: name"),
        ("[lm]\nname = 'x'\napi_key = 'secret'", "api_key_env"),
        ("[lm]\nname = 'x'\ntrusted = 1", "lm.trusted is 1, expected bool"),
        ("[lm]\nname = 'x'\nretries = true", "lm.retries is True, expected int"),
        ("lm = 'x'", "expected a table"),
        ("[lm", "isn't valid TOML"),
    ],
)
def test_a_file_that_is_wrong_is_told(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "kgmed.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        lm_settings()
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_key_that_is_not_in_the_environment_is_told() -> None:
    with pytest.raises(UsageError, match="export NO_SUCH_KEY"):
        lm_settings(name="m", api_base="http://h", api_key_env="NO_SUCH_KEY")


@pytest.mark.parametrize(
    "given",
    [
        {"api_base": "localhost:8000"}, {"api_base": "ftp://h"}, {"api_base": "http://"},
        {"api_base": "http://h:99999"}, {"timeout_s": 0}, {"timeout_s": float("nan")},
        {"concurrency": 0}, {"retries": -1}, {"temperature": -1}, {"max_tokens": 0}, {"name": " "},
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="expected"):
        LMSettings(**{"name": "m", **given})


def test_the_key_is_in_no_repr_and_no_saved_state() -> None:
    settings = LMSettings("m", "http://h", "s3cret", cache=Path("kept"))
    assert "s3cret" not in repr(settings) + str(settings.as_dict())
    again = LMSettings.from_dict(settings.as_dict())
    assert (again.name, again.cache, again.api_key) == ("m", Path("kept"), "")


def test_a_build_leaves_the_language_model_alone(tmp_path: Path) -> None:
    (tmp_path / "kgmed.toml").write_text(TOML)
    with_lm = read_config(tmp_path / "kgmed.toml")
    (tmp_path / "kgmed.toml").write_text("open = true")
    assert read_config(tmp_path / "kgmed.toml") == with_lm
