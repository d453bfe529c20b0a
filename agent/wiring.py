"""The engines, the model and the record that the settings choose.  Importing this loads none of them."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import inspect
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.settings import KMS, WIRING, Settings, codes, pairs
from tools.finding import learned
from tools.ports import Copywriter, Diariser, Engines, FrameAnalyst, ObjectStore, Signer, Transcriber, Translator
from tools.provenance.keys import KeyFile
from tools.troubles import NotReady

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.record.records import Records

log = logging.getLogger("hookline")
OUTBOX = "outbox:"
PORTS: dict[str, type] = {
    "transcriber": Transcriber,
    "analyst": FrameAnalyst,
    "diariser": Diariser,
    "copywriter": Copywriter,
    "translator": Translator,
}
EXTRAS = {"local": "local", "aws": "aws", "sagemaker": "aws", "amazon": "aws"}
"""Extras of the package by the cell that needs them."""


def engines(settings: Settings) -> Engines:
    """The chosen engines.  Raises ``NotReady`` with the name of what is missing."""
    asked: list[str] = []
    copywriter = build("copywriter", settings.copywriter, settings, asked)
    spare = None if settings.copywriter == "local" else build("copywriter", "local", settings, asked)
    return Engines(
        transcriber=build("transcriber", settings.transcriber, settings, asked),
        analyst=build("analyst", settings.analyst, settings, asked),
        copywriter=copywriter,
        store=build("store", settings.store, settings, asked),
        fallback_copywriter=spare,
        diariser=build("diariser", settings.diariser, settings, asked),
        translator=build("translator", settings.translator, settings, asked),
    )


def signer(settings: Settings) -> Signer | None:
    """The key that signs promos; None where none is named."""
    if settings.sign.startswith(KMS):
        kind = locate("tools.aws.kms_key:KmsKey", "aws", "HOOKLINE_SIGN")
        made: Signer = kind(settings.sign.removeprefix(KMS), Path(settings.sign_certificates), settings.region or None)
        return made
    return KeyFile(Path(settings.sign)) if settings.sign else None


def memory(settings: Settings) -> ObjectStore:
    """Where it is kept what engines answered: with what is published in a bucket, and on this machine apart from it."""
    apart = settings.model_copy(update={"outbox": settings.home / "memory"})
    made: ObjectStore = build("store", settings.store, apart if settings.store == "local" else settings)
    return made


def model(settings: Settings) -> BaseChatModel:
    """The chat model that decides."""
    made: BaseChatModel = build("model", settings.model, settings)
    return made


def weights(settings: Settings, store: ObjectStore) -> dict[str, str]:
    """A team's own weights, from now on read in place of those that come along: the beginning of each file's SHA-256 by name.

    Where those of the outbox are gone, as they are after the days that it keeps, the others are read, and the answer says so.
    """
    try:
        return learned.use(weights_folder(settings, store))
    except (FileNotFoundError, PermissionError) as error:
        log.warning("weights are gone", extra={"weights": settings.weights, "error": str(error)})
        return {**learned.use(None), "those that come along": f"{settings.weights} is gone"}


def weights_folder(settings: Settings, store: ObjectStore) -> Path | None:
    """Where a team's weights lie on this machine, brought from the outbox once; None where there are none."""
    if not settings.weights.startswith(OUTBOX):
        return Path(settings.weights).expanduser() if settings.weights else None
    place = settings.weights.removeprefix(OUTBOX).strip("/")
    folder = settings.home / "weights" / hashlib.sha256(place.encode()).hexdigest()[:20]
    if not (folder / learned.LIST).is_file():
        listed = folder / f".{learned.LIST}"
        store.fetch(f"{place}/{learned.LIST}", listed)
        for name in learned.read(listed).files:
            if name in learned.KNOWN:
                store.fetch(f"{place}/{name}", folder / name)
        listed.replace(folder / learned.LIST)
    return folder


def connect_records(settings: Settings) -> Records:
    """The record, not yet migrated."""
    from agent.record.records import Records

    password: Callable[[], str] | None = None
    if settings.database_secret or settings.database_iam:
        password = build(
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
            "languages": codes(settings.languages),
            "vocabularies": pairs(settings.vocabularies),
            "endpoint": settings.speech_endpoint,
            "per_hour": settings.speech_per_hour,
        },
        "analyst": {},
        "diariser": {},
        "copywriter": {
            "model": settings.writer_model,
            "effort": _effort(settings.writer_model, settings.writer_effort) if settings.copywriter == "aws" else "",
        },
        "translator": {
            "model": settings.writer_model,
            "effort": _effort(settings.writer_model, settings.writer_effort) if settings.translator == "aws" else "",
        },
        "store": {"root": settings.outbox, "bucket": settings.outbox_bucket, "prefix": settings.outbox_prefix},
        "model": {},
        "database": {
            "host": settings.database_host,
            "user": settings.database_user,
            "secret": settings.database_secret,
        },
    }
    return {"region": region, "kms_key": settings.kms_key or None, **own[row]}


def _effort(model: str, wanted: str) -> str:
    """``wanted`` where the model is known to take it; another would refuse the request."""
    from agent.deciding.bedrock import profile

    return wanted if wanted in (profile(model).get("reasoning_effort_levels") or ()) else ""


def build(row: str, cell: str, settings: Settings, asked: list[str] | None = None) -> Any:
    """An engine of ``settings``.  ``asked`` names rows for which AWS could be asked already: what holds for one holds for all."""
    target = WIRING[row].get(cell, cell)
    variable = f"HOOKLINE_{row.upper()}"
    kind = locate(target, cell, variable)
    if EXTRAS.get(cell) == "aws":
        if not asked:
            _credentials(variable, cell, settings)
        if asked is not None:
            asked.append(row)
        if row in ("model", "copywriter") or (row == "translator" and cell == "aws"):
            _heard_of(row, settings)
        if row == "model":
            return kind(
                model=settings.editor_model,
                region_name=settings.region or None,
                max_tokens=settings.max_tokens,
                reasoning_effort=_effort(settings.editor_model, settings.editor_effort) or None,
            )
        if row in ("store", "transcriber") and not settings.outbox_bucket:
            raise NotReady(f"{variable}={cell} needs a bucket: set HOOKLINE_OUTBOX_BUCKET, or {variable}=local.")
        if cell == "sagemaker" and not settings.speech_endpoint:
            raise NotReady(
                f"{variable}=sagemaker needs an endpoint: set HOOKLINE_SPEECH_ENDPOINT to the one of sam/speech.yaml, or {variable}=aws."
            )
    if row == "model":
        return kind()
    takes = inspect.signature(kind).parameters
    made = kind(**{name: value for name, value in _offered(row, settings).items() if name in takes})
    if row in PORTS and PORTS[row] not in type(made).__mro__:
        raise NotReady(
            f"{variable} names {target}, which does not derive from tools.ports.{PORTS[row].__name__}; "
            "derive it from there, and what yours does not answer is answered for it."
        )
    return made


def locate(target: str, cell: str, variable: str) -> Any:
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
    from agent.deciding.bedrock import unknown

    name = "editor_model" if row == "model" else "writer_model"
    wrong = unknown(getattr(settings, name))
    if wrong and not settings.newer_models:
        raise NotReady(
            f"{name} is {getattr(settings, name)!r}: {wrong} Set HOOKLINE_{name.upper()}; or HOOKLINE_NEWER_MODELS=1 if it came out after this version."
        )


def _credentials(variable: str, cell: str, settings: Settings) -> None:
    """Make sure that AWS could be asked.  Values are not read, only whether there are any."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import get_session

    session = get_session()
    try:
        found, region = session.get_credentials(), settings.region or session.get_config_variable("region")
    except BotoCoreError as error:
        raise NotReady(f"{variable}={cell} can't use the AWS settings of this machine: {error}") from error
    if found is None:
        raise NotReady(
            f"{variable}={cell} needs AWS credentials and found none: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret; or {variable}=local."
        )
    if not region:
        raise NotReady(f"{variable}={cell} needs a region: set AWS_DEFAULT_REGION or HOOKLINE_REGION.")
