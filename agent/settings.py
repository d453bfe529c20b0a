"""What can be set, and the wiring: flags before ``HOOKLINE_*`` before ``hookline.toml`` before defaults.

Importing this loads no engine; ``engines`` and ``model`` import what is chosen.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tools.ports import Engines, NotReady

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.records import Records

WIRING: dict[str, dict[str, str]] = {
    "transcriber": {"local": "tools.local.speech:Recogniser", "aws": "tools.aws.transcribe:Transcribe"},
    "analyst": {"local": "tools.local.vision:Vision", "aws": "tools.aws.rekognition:Rekognition"},
    "copywriter": {"local": "tools.local.extract:Extractive", "aws": "tools.aws.claude:Claude"},
    "store": {"local": "tools.local.folder:Folder", "aws": "tools.aws.s3:S3"},
    "model": {"local": "agent.planner:Planner", "aws": "agent.bedrock:Editor"},
    "database": {"local": "sqlite", "aws": "mysql+pymysql"},
}
"""A row for each port, a column for each backend; a cell is ``module:Class``, imported when it is used."""

EXTRAS = {"local": "local", "aws": "aws"}
PLANNER = "hookline-planner"
OTHERS = ("BACKEND", "CONFIG", "FFMPEG", "FAILPOINT", "LOG", "TEST_SYSTEM")
"""``HOOKLINE_*`` that are read elsewhere."""

Cell = Annotated[str, Field(min_length=1)]
Place = Annotated[Path, AfterValidator(lambda path: path.expanduser())]
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
    copywriter: Cell = ""
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
    keep_days: int = Field(default=90, ge=1)
    """Days that runs and outputs are kept."""
    webhook: str = ""
    """Where the end of each run is told."""
    webhook_secret: str = Field(default="", repr=False)
    """``whsec_`` and base64: what is told there is signed by it."""

    model_calls: int = Field(default=24, ge=1)
    tool_calls: int = Field(default=40, ge=1)
    tokens_in: int = Field(default=300_000, ge=1)
    tokens_out: int = Field(default=20_000, ge=1)
    dollars_per_run: Amount = 2.0
    dollars_per_day: Amount = 20.0

    region: str = ""
    editor_model: str = "global.anthropic.claude-sonnet-5-5"
    """The inference profile that decides."""
    writer_model: str = "global.anthropic.claude-haiku-5-5"
    """The inference profile that writes."""
    newer_models: bool = False
    """Take model ids that this version has not heard of; they are counted as the dearest."""
    max_tokens: int = Field(default=8_000, ge=256)
    languages: str = ""
    """``en-US,de-DE``: those that Amazon Transcribe chooses between; one is taken as given, none leaves it free."""
    vocabularies: str = ""
    """``en-US=products,de-DE=produkte``: custom vocabularies of Amazon Transcribe."""
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
        _codes(self.languages)
        _pairs(self.vocabularies)
        if self.webhook:
            from agent.notices import key, sound

            if not sound(self.webhook):
                raise ValueError(
                    "webhook is neither https nor on this machine; give an address such as https://example.com/hook"
                )
            key(self.webhook_secret)
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
        return any(getattr(self, row) != "local" for row in ("transcriber", "analyst", "copywriter", "model"))

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


def _codes(told: str) -> tuple[str, ...]:
    codes = tuple(part.strip() for part in told.split(",") if part.strip())
    if wrong := [code for code in codes if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", code)]:
        raise ValueError(f"languages names {wrong[0]!r}; give codes of Amazon Transcribe such as en-US,de-DE")
    return codes


def _pairs(told: str) -> dict[str, str]:
    """Vocabularies by language."""
    pairs = [part.strip().partition("=") for part in told.split(",") if part.strip()]
    for code, _, name in pairs:
        if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", code) or not re.fullmatch(r"[0-9A-Za-z._-]{1,200}", name):
            raise ValueError(f"vocabularies names {code}={name}; give pairs such as en-US=products")
    return {code: name for code, _, name in pairs}


def _overlap(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def engines(settings: Settings) -> Engines:
    """The chosen engines.  Raises ``NotReady`` with the name of what is missing."""
    asked: list[str] = []
    copywriter = _build("copywriter", settings.copywriter, settings, asked)
    spare = None if settings.copywriter == "local" else _build("copywriter", "local", settings, asked)
    return Engines(
        transcriber=_build("transcriber", settings.transcriber, settings, asked),
        analyst=_build("analyst", settings.analyst, settings, asked),
        copywriter=copywriter,
        store=_build("store", settings.store, settings, asked),
        fallback_copywriter=spare,
    )


def model(settings: Settings) -> BaseChatModel:
    """The chat model that decides."""
    made: BaseChatModel = _build("model", settings.model, settings)
    return made


def records(settings: Settings) -> Records:
    """The record, not yet migrated."""
    from agent.records import Records

    password: Callable[[], str] | None = None
    if settings.database_secret or settings.database_iam:
        password = _build(
            "database", "tools.aws.rds:Token" if settings.database_iam else "tools.aws.rds:Secret", settings
        )
    return Records(settings.database, ca=settings.database_ca or None, password=password)


def _offered(row: str, settings: Settings) -> dict[str, Any]:
    """What the engine of a row may ask for, by its constructor's parameter names."""
    region = settings.region or None
    own: dict[str, dict[str, Any]] = {
        "transcriber": {
            "model": settings.speech_model,
            "bucket": settings.outbox_bucket,
            "prefix": settings.outbox_prefix,
            "languages": _codes(settings.languages),
            "vocabularies": _pairs(settings.vocabularies),
        },
        "analyst": {},
        "copywriter": {"model": settings.writer_model},
        "store": {"root": settings.outbox, "bucket": settings.outbox_bucket, "prefix": settings.outbox_prefix},
        "model": {},
        "database": {
            "host": settings.database_host,
            "user": settings.database_user,
            "secret": settings.database_secret,
        },
    }
    return {"region": region, "kms_key": settings.kms_key or None, **own[row]}


def _build(row: str, cell: str, settings: Settings, asked: list[str] | None = None) -> Any:
    """An engine of ``settings``.  ``asked`` names rows for which AWS could be asked already: what holds for one holds for all."""
    target = WIRING[row].get(cell, cell)
    variable = f"HOOKLINE_{row.upper()}"
    kind = _import(target, cell, variable)
    if cell == "aws":
        if not asked:
            _credentials(variable, settings)
        if asked is not None:
            asked.append(row)
        if row in ("model", "copywriter"):
            _heard_of(row, settings)
        if row == "model":
            return kind(
                model=settings.editor_model, region_name=settings.region or None, max_tokens=settings.max_tokens
            )
        if row in ("store", "transcriber") and not settings.outbox_bucket:
            raise NotReady(f"{variable}=aws needs a bucket: set HOOKLINE_OUTBOX_BUCKET, or {variable}=local.")
    if row == "model":
        return kind()
    takes = inspect.signature(kind).parameters
    return kind(**{name: value for name, value in _offered(row, settings).items() if name in takes})


def _import(target: str, cell: str, variable: str) -> Any:
    module, _, name = target.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if module == missing or module.startswith(f"{missing}."):
            if cell in EXTRAS and not module.startswith(("tools.", "agent.")):
                raise NotReady(
                    f"{variable}={cell} needs the package {missing}: pip install 'hookline[{EXTRAS[cell]}]'."
                ) from error
            raise NotReady(
                f"{variable} names {target}, but there is no module {missing}; install it or put it on PYTHONPATH."
            ) from error
        extra = f"pip install 'hookline[{EXTRAS[cell]}]'" if cell in EXTRAS else f"install {missing}"
        raise NotReady(f"{variable}={cell} needs the package {missing}: {extra}.") from error
    if not hasattr(found, name):
        near = difflib.get_close_matches(name, [word for word in vars(found) if word[:1].isupper()], n=1, cutoff=0.3)
        raise NotReady(
            f"{variable} names {target}, but {module} has no {name}" + (f"; did you mean {near[0]}?" if near else ".")
        )
    return getattr(found, name)


def _heard_of(row: str, settings: Settings) -> None:
    """Make sure that Bedrock has the model, as far as that can be known here."""
    from agent.bedrock import unknown

    name = {"model": "editor_model", "copywriter": "writer_model"}[row]
    wrong = unknown(getattr(settings, name))
    if wrong and not settings.newer_models:
        raise NotReady(
            f"{name} is {getattr(settings, name)!r}: {wrong} Set HOOKLINE_{name.upper()}; or HOOKLINE_NEWER_MODELS=1 if it came out after this version."
        )


def _credentials(variable: str, settings: Settings) -> None:
    """Make sure that AWS could be asked.  Values are not read, only whether there are any."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import get_session

    session = get_session()
    try:
        found, region = session.get_credentials(), settings.region or session.get_config_variable("region")
    except BotoCoreError as error:
        raise NotReady(f"{variable}=aws can't use the AWS settings of this machine: {error}") from error
    if found is None:
        raise NotReady(
            f"{variable}=aws needs AWS credentials and found none: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret; or {variable}=local."
        )
    if not region:
        raise NotReady(f"{variable}=aws needs a region: set AWS_DEFAULT_REGION or HOOKLINE_REGION.")
