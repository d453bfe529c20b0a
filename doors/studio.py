"""The wiring, opened and ready: what every door begins with."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent.budget import Budget
from agent.notices import Webhook, key
from agent.settings import Settings
from agent.wiring import connect_records, engines, memory, model, signer, weights
from tools.schema import Outcome

if TYPE_CHECKING:
    from agent.record.records import Records
    from agent.steps.recorded import Progress
    from agent.studio import Studio
    from tools.workspace import Workspace


def open_records(settings: Settings) -> Records:
    """The record of this machine, its schema up to date."""
    writable(Path(settings.home), "HOOKLINE_HOME")
    opened = connect_records(settings)
    opened.migrate()
    return opened


def studio(settings: Settings, progress: Progress | None = None, record: Records | None = None) -> Studio:
    """The wiring of ``settings``, ready to run; over this machine's record unless another is given."""
    from agent.record.purse import Purse
    from agent.studio import Studio

    wired = engines(settings)
    own = weights(settings, wired.store)
    studio = Studio(
        engines=wired,
        model=model(settings),
        model_id=settings.model_id,
        records=record or open_records(settings),
        home=Path(settings.home) / "runs",
        budget=lambda: Budget(
            model_calls=settings.model_calls,
            tool_calls=settings.tool_calls,
            tokens_in=settings.tokens_in,
            tokens_out=settings.tokens_out,
            dollars=settings.dollars_per_run,
        ),
        purse=Purse(settings.dollars_per_day) if settings.spends else None,
        report=_report,
        notices=_notices(settings),
        memory=memory(settings),
        signer=signer(settings),
        names={
            "model": settings.model_id,
            "transcriber": wired.transcriber.engine,
            "analyst": wired.analyst.engine,
            **({"diariser": wired.diariser.engine} if wired.diariser and wired.diariser.engine else {}),
            "copywriter": wired.copywriter.engine,
            **({"translator": wired.translator.engine} if wired.translator and settings.translator != "local" else {}),
            **({"weights": ", ".join(f"{name} {sha}" for name, sha in own.items())} if own else {}),
        },
    )
    return replace(studio, progress=progress) if progress else studio


def _notices(settings: Settings) -> Webhook | None:
    """The webhook of ``settings``; what was not taken before is sent meanwhile."""
    if not settings.webhook:
        return None
    made = Webhook(settings.webhook, key(settings.webhook_secret), Path(settings.home) / "notices")
    threading.Thread(target=made.deliver, daemon=True).start()
    return made


def _report(outcome: Outcome, workspace: Workspace, records: Records) -> str:
    """The page of a run that has ended; till then nothing of it is imported."""
    from report.page import report
    from report.sheet import sheet

    return (sheet if outcome.highlights else report)(outcome, workspace, records)


def writable(folder: Path, setting: str) -> None:
    """Make ``folder`` and try it, before hours of work are spent on what can't be kept.  Raises ``OSError`` that names the setting."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}; choose another folder by {setting}", str(folder)) from error
