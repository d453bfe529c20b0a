"""What can be set: flags before ``HOOKLINE_*`` before ``hookline.toml`` before defaults."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent import notices
from agent.deciding import PLANNER

WIRING: dict[str, dict[str, str]] = {
    "transcriber": {
        "local": "tools.local.speech:Recogniser",
        "aws": "tools.aws.transcribe:Transcribe",
        "sagemaker": "tools.aws.sagemaker:Whisper",
    },
    "analyst": {"local": "tools.local.vision:Vision", "aws": "tools.aws.rekognition:Rekognition"},
    "diariser": {"local": "tools.local.speakers:Speakers", "aws": "tools.aws.transcribe:Labels"},
    "copywriter": {"local": "tools.local.extract:Extractive", "aws": "tools.aws.claude:Claude"},
    "translator": {
        "local": "tools.local.untranslated:Untranslated",
        "aws": "tools.aws.captions:Captions",
        "amazon": "tools.aws.translate:Translate",
    },
    "store": {"local": "tools.local.folder:Folder", "aws": "tools.aws.s3:S3"},
    "model": {"local": "agent.deciding.planner:Planner", "aws": "agent.deciding.bedrock:Editor"},
    "database": {"local": "sqlite", "aws": "mysql+pymysql"},
}
"""A row for each port, a column for each backend; a cell is ``module:Class``, imported when it is used."""

KMS = "kms:"
OTHERS = ("BACKEND", "CONFIG", "FFMPEG", "FAILPOINT", "LOG", "TEST_SYSTEM")
"""``HOOKLINE_*`` that are read elsewhere."""

Cell = Annotated[str, Field(min_length=1)]
Place = Annotated[Path, AfterValidator(lambda path: path.expanduser())]
Effort = Literal["", "low", "medium", "high"]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "hookline"


class SettingsError(Exception):
    """A setting is wrong; the message names it, where it was set, and what would be right."""


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["local", "aws"] = "local"
    transcriber: Cell = ""
    analyst: Cell = ""
    diariser: Cell = ""
    copywriter: Cell = ""
    translator: Cell = ""
    """Who translates captions: ``aws`` is the model that writes, ``amazon`` Amazon Translate."""
    store: Cell = ""
    model: Cell = ""
    database: Cell = ""
    """SQLAlchemy's address, without a password of ours; given ``local`` it is a file in ``home``, ``aws`` the server of ``database_host``."""

    home: Place = Field(default_factory=_home, validate_default=True)
    """Run folders and the local database."""
    outbox: Place = Path("outbox")
    wish: str = ""
    """Asked for where an upload comes without a wish."""
    speech_model: str = ""
    """``tiny.en``, ``base``, or the folder of a CTranslate2 Whisper; empty for the best that is installed."""
    weights: str = ""
    """The folder of a team's own weights (``hookline evals train``), or ``outbox:`` and its place in the outbox."""
    keep_days: int = Field(default=90, ge=1)
    """Days that runs and outputs are kept."""
    sign: str = ""
    """By which promos are signed: a PEM file with key and certificates, or ``kms:`` and a key of AWS KMS."""
    sign_certificates: str = ""
    """The PEM file of a KMS key's certificates."""
    webhook: str = ""
    """Where the end of each run is told."""
    webhook_secret: str = Field(default="", repr=False)
    """``whsec_`` and base64: what is told there is signed by it."""

    login_issuer: str = ""
    """The OpenID Connect provider at which who opens the page logs in."""
    login_client: str = ""
    """What the page is called there; a public client."""
    login_groups: str = "cognito:groups"
    """The claim of its tokens that names ``viewer`` or ``editor``."""
    login_key: str = Field(default="", repr=False)
    """The secret that seals a session, or the ARN of one; where it is set, the page is for those who log in."""

    model_calls: int = Field(default=24, ge=1)
    tool_calls: int = Field(default=40, ge=1)
    tokens_in: int = Field(default=300_000, ge=1)
    tokens_out: int = Field(default=40_000, ge=1)
    dollars_per_run: Amount = 2.0
    dollars_per_day: Amount = 20.0

    region: str = ""
    editor_model: str = "global.anthropic.claude-sonnet-5-5"
    """The inference profile that decides."""
    writer_model: str = "global.anthropic.claude-haiku-5-5"
    """The inference profile that writes."""
    newer_models: bool = False
    """Take model ids that this version has not heard of; they are counted as the dearest."""
    editor_effort: Effort = "medium"
    """How hard the editor thinks, where its model can be told; empty leaves it to the model.  Thoughts are tokens out."""
    writer_effort: Effort = "low"
    max_tokens: int = Field(default=16_000, ge=256)
    languages: str = ""
    """``en-US,de-DE``: those that Amazon Transcribe chooses between; one is taken as given, none leaves it free."""
    vocabularies: str = ""
    """``en-US=products,de-DE=produkte``: custom vocabularies of Amazon Transcribe."""
    speech_endpoint: str = ""
    """The asynchronous endpoint of SageMaker that hears, where the transcriber is ``sagemaker``."""
    speech_per_hour: Amount = 0.43
    """Dollars an hour of its instance."""
    inbox_bucket: str = ""
    inbox_prefix: str = ""
    outbox_bucket: str = ""
    outbox_prefix: str = ""
    kms_key: str = ""
    edit_function: str = ""
    database_host: str = ""
    database_name: str = "hookline"
    database_user: str = "hookline"
    database_secret: str = ""
    """The secret that holds the password."""
    database_iam: bool = False
    """Ask AWS for a token at every connect instead of a password."""
    database_ca: str = ""
    """The file of authorities that a remote database's certificate is checked against."""

    @model_validator(mode="before")
    @classmethod
    def _column(cls, given: Any) -> Any:
        """Cells that are not chosen one by one come from the backend's column."""
        if not isinstance(given, dict):
            return given
        chosen = {row: given.get("backend", "local") for row in WIRING} | {
            name: value for name, value in given.items() if value is not None
        }
        if chosen["database"] == "local":
            chosen["database"] = f"sqlite:///{Path(chosen.get('home', _home())).expanduser() / 'hookline.sqlite3'}"
        elif chosen["database"] == "aws":
            user, host, name = (
                chosen.get(f"database_{part}") or cls.model_fields[f"database_{part}"].default
                for part in ("user", "host", "name")
            )
            if not host:
                raise ValueError(
                    "database is aws, but HOOKLINE_DATABASE_HOST is not set; set it, or HOOKLINE_DATABASE to local or to an address"
                )
            chosen["database"] = f"mysql+pymysql://{user}@{host}/{name}"
        return chosen

    @model_validator(mode="after")
    def _sound(self) -> Settings:
        for row, cells in WIRING.items():
            cell = getattr(self, row)
            if row == "database" and "://" not in cell:
                raise ValueError(
                    f"database is {cell!r}; give local, aws or an address such as mysql+pymysql://user@host/name"
                )
            if row != "database" and cell not in cells and not _class(cell):
                raise ValueError(f"{row} is {cell!r}; give local, aws or module:Class")
        codes(self.languages)
        pairs(self.vocabularies)
        if self.webhook:
            if not notices.sound(self.webhook):
                raise ValueError(
                    "webhook is neither https nor on this machine; give an address such as https://example.com/hook"
                )
            notices.key(self.webhook_secret)
        if self.sign.startswith(KMS) and not self.sign_certificates:
            raise ValueError(
                "sign names a key of KMS without its certificates; set HOOKLINE_SIGN_CERTIFICATES to their PEM file"
            )
        if self.login_key and len(self.login_key) < 32:
            raise ValueError("login_key is shorter than 32 characters; make one: openssl rand -base64 32")
        if self.login_issuer and not notices.sound(self.login_issuer):
            raise ValueError("login_issuer is neither https nor on this machine; give the address of the provider")
        if self.login_issuer and not (self.login_client and self.login_key):
            raise ValueError(
                "login_issuer is set without login_client and login_key; set HOOKLINE_LOGIN_CLIENT and HOOKLINE_LOGIN_KEY"
            )
        if (
            self.inbox_bucket
            and self.inbox_bucket == self.outbox_bucket
            and _overlap(self.inbox_prefix, self.outbox_prefix)
        ):
            raise ValueError(
                "outbox_bucket and inbox_bucket are one, and their prefixes overlap: outputs would start runs; use two buckets"
            )
        return self

    @property
    def spends(self) -> bool:
        """Whether something that is wired may cost dollars: what is local does not."""
        return any(
            getattr(self, row) != "local" for row in ("transcriber", "analyst", "copywriter", "translator", "model")
        )

    @property
    def model_id(self) -> str:
        """The model's name for the record."""
        return {"local": PLANNER, "aws": self.editor_model}.get(self.model, self.model)


def load(config: Path | None = None, environ: Mapping[str, str] | None = None, **flags: Any) -> Settings:
    """Settings from all four places.  ``config`` is ``hookline.toml`` of the working folder unless it or ``HOOKLINE_CONFIG`` says otherwise."""
    environ = os.environ if environ is None else environ
    named = config or (Path(environ["HOOKLINE_CONFIG"]) if environ.get("HOOKLINE_CONFIG") else None)
    path = named or Path("hookline.toml")
    given: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for where, values in (
        (str(path), _file(path, must=named is not None)),
        (
            "the environment",
            {
                name: environ[f"HOOKLINE_{name.upper()}"]
                for name in Settings.model_fields
                if environ.get(f"HOOKLINE_{name.upper()}")
            },
        ),
        ("a flag", {name: value for name, value in flags.items() if value is not None}),
    ):
        given |= values
        origin |= dict.fromkeys(values, where)
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError("; ".join(_said(fault, origin) for fault in error.errors())) from error


def strangers(environ: Mapping[str, str] | None = None) -> list[str]:
    """``HOOKLINE_*`` variables that nothing reads: most often misspelt."""
    known = {f"HOOKLINE_{name.upper()}" for name in (*Settings.model_fields, *OTHERS)}
    return sorted(
        name
        for name in (os.environ if environ is None else environ)
        if name.startswith("HOOKLINE_") and name not in known
    )


def _file(path: Path, must: bool) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if must:
            raise SettingsError(f"{path} is not there; HOOKLINE_CONFIG names it") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}") from error
    for key in values:
        if key not in Settings.model_fields:
            near = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
            raise SettingsError(
                f"{path} sets {key}, which is unknown; "
                + (f"did you mean {near[0]}?" if near else f"known are {', '.join(Settings.model_fields)}")
            )
    return values


def _said(fault: Any, origin: Mapping[str, str]) -> str:
    if not fault["loc"]:
        return str(fault["msg"]).removeprefix("Value error, ")
    name = str(fault["loc"][0])
    where = f" (set by {origin[name]})" if name in origin else ""
    return f"{name} is {fault['input']!r:.80}{where}: {fault['msg']}"


def _class(cell: str) -> bool:
    module, colon, name = cell.partition(":")
    return bool(colon) and name.isidentifier() and all(part.isidentifier() for part in module.split("."))


def codes(told: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in told.split(",") if part.strip())
    if wrong := [code for code in found if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", code)]:
        raise ValueError(f"languages names {wrong[0]!r}; give codes of Amazon Transcribe such as en-US,de-DE")
    return found


def pairs(told: str) -> dict[str, str]:
    """Vocabularies by language."""
    found = [part.strip().partition("=") for part in told.split(",") if part.strip()]
    for code, _, name in found:
        if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", code) or not re.fullmatch(r"[0-9A-Za-z._-]{1,200}", name):
            raise ValueError(f"vocabularies names {code}={name}; give pairs such as en-US=products")
    return {code: name for code, _, name in found}


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
