"""The settings of one process: closed, typed, built once and passed down as values."""

import tomllib
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from agent.errors import SettingsError
from kg.remote.access import EndpointAccess

CONFIG_FILE = Path(platformdirs.user_config_dir("thence")) / "config.toml"
DEFAULT_MODEL = "smollm2-135m-instruct"


class Settings(BaseSettings):
    """Everything that may be set; order: argument, environment (`THENCE_...`), `config.toml`, default.

    Raises:
        SettingsError: (from `load_settings`) an unknown key, or a value of another type or out of range.
    """

    model_config = SettingsConfigDict(env_prefix="THENCE_", extra="forbid", frozen=True)

    home: Path = Field(
        Path(platformdirs.user_data_dir("thence")), description="Imported domains, fitted artefacts, threads"
    )
    cache: Path = Field(
        Path(platformdirs.user_cache_dir("thence")), description="Converted models, server state and logs"
    )
    model: str = Field(DEFAULT_MODEL, description="Model name or path that the server loads")
    adapter: str = Field(
        "auto", description="Folder of a tuned adapter for the model; auto: the domain's or the shipped one; none"
    )
    model_languages: tuple[str, ...] = Field(
        ("en",), description="Languages that the model writes; in others code words the justifications"
    )
    base_url: str | None = Field(None, description="Address of an OpenAI-compatible server; none: Thence runs its own")
    api_key: str = Field("none", repr=False, description="Key for `base_url`")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where torch and the model server run")
    max_model_len: int = Field(4096, ge=512, description="Context window of the server, tokens")
    max_num_seqs: int = Field(32, ge=1, description="Requests that the server decodes at once")
    kv_cache_gib: int = Field(1, ge=1, description="Key-value cache of the server on a CPU, GiB")
    start_timeout: float = Field(300, gt=0, description="Longest wait for the server to come up, seconds")
    idle_stop_minutes: float = Field(
        30, ge=0, description="A server of ours that nobody asked for so long stops; 0: never"
    )
    sparql_host: str = Field("", description="Host (and port) of the SPARQL endpoint that gets the credentials below")
    sparql_user: str = Field("", description="User at `sparql_host`, for basic or digest authentication")
    sparql_password: str = Field("", repr=False, description="Password at `sparql_host`")
    sparql_token: str = Field("", repr=False, description="Bearer token for `sparql_host`, instead of a password")
    sparql_timeout: float = Field(60, gt=0, description="Longest wait for one answer of a SPARQL endpoint, seconds")
    sparql_retries: int = Field(3, ge=0, le=10, description="How often a request to a busy SPARQL endpoint is repeated")
    sparql_page: int = Field(5_000, ge=2, le=10_000, description="Rows asked of a SPARQL endpoint at once")
    request_timeout: float = Field(30, gt=0, description="Longest wait for one answer of the model, seconds")
    second_look: bool = Field(
        True, description="Whether a plan of a question that cannot be meant is asked for once more, or mended by code"
    )
    max_steps: int = Field(6, ge=1, description="Most actions in one request")
    max_tokens: int = Field(4000, ge=1, description="Most tokens that one request may spend, prompt and answer")
    max_seconds: float = Field(60, gt=0, description="Longest time that one request may take before code finishes it")
    seed: int = Field(0, description="Seed of the model's sampling")

    @property
    def endpoint_access(self) -> EndpointAccess:
        """How SPARQL endpoints are asked."""
        return EndpointAccess(
            host=self.sparql_host,
            user=self.sparql_user,
            password=self.sparql_password,
            token=self.sparql_token,
            timeout=self.sparql_timeout,
            retries=self.sparql_retries,
            page=self.sparql_page,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, CONFIG_FILE)


def load_settings(**overrides: Any) -> Settings:
    """Return the settings with `overrides` on top; an override of None counts as not given."""
    try:
        return Settings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_told(item) for item in error.errors())) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{CONFIG_FILE} is not valid TOML: {error}. Mend or remove it.") from error


def _told(item: Any) -> str:
    name = ".".join(str(part) for part in item["loc"])
    return f"setting `{name}` (THENCE_{name.upper()}) got {item['input']!r}: {item['msg']}"
