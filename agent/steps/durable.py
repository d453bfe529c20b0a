"""A run as an AWS Lambda durable function: finished steps are checkpoints, waiting costs nothing, and any sandbox can go on.

Every step is a child context, since a step's work may hold steps of its own.  What it answers, how it failed, and which files of the run
folder it changed go into its checkpoint; the files themselves go into the outbox under ``work/<run>/``, by the SHA-256 of their bytes.
On replay the run folder walks through the same states again, so that work outside steps decides as it did before.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from aws_durable_execution_sdk_python.config import ChildConfig, Duration
from aws_durable_execution_sdk_python.context import DurableContext
from aws_durable_execution_sdk_python.exceptions import SuspendExecution
from aws_durable_execution_sdk_python.serdes import PassThroughSerDes
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

from agent.record.records import Claim, Records
from agent.steps.errors import BEGINS, MESSAGE, Died, Failed, Interrupted, TooLarge, packed, unpacked
from agent.steps.recorded import Progress, failpoint
from agent.steps.shelved import Upload, keep, place
from tools.files.holes import Parts, forget, holed
from tools.files.whole import PART, fingerprint, whole
from tools.media.process import OutOfTime
from tools.ports import Json, ObjectStore
from tools.workspace import Workspace

log = logging.getLogger("hookline")

CHECKPOINT = 180_000
"""Bytes of an answer in a checkpoint.  Lambda takes 262,144 in all, which the local runner does not count; the rest is for files' names."""
NAMES = 60_000
"""Bytes that the names of a step's changed files take in its checkpoint."""
LARGEST = 32 << 20
"""Bytes of an answer that is too large for a checkpoint; it lies in the outbox and the checkpoint names it."""
LATER = (5, 15, 45, 120, 300)
"""Seconds before a call that was throttled, or met a failing service, is made again; nobody pays for them."""
SLOWEST = 60.0
"""Seconds between two questions of a poll that takes long."""
LEFT_OUT = frozenset({"source.bin", "audio.wav"})
"""Files of the run folder that are fetched or made again rather than kept."""
KEPT = ".kept"
LEFT = -1
"""The mark of a begin that was left in order: the next one is the first of another."""
PATIENCE = 40
"""Times in a row that a poll's question may meet a failing service."""


def never(error: BaseException) -> bool:
    return False


class Durable:
    """``Steps`` over a durable context.  Make one an invocation; it puts the run folder back to its beginning."""

    def __init__(
        self,
        ctx: DurableContext,
        store: ObjectStore,
        workspace: Workspace,
        records: Records | None = None,
        claim: Claim | None = None,
        *watchers: Progress,
        passing: Callable[[BaseException], bool] = never,
    ) -> None:
        """``passing`` tells errors after which the same call may succeed later, as throttling; the step waits for that."""
        self._ctx, self._store, self._workspace = ctx, store, workspace
        self._records, self._claim, self._watchers, self._passing = records, claim, watchers, passing
        self._known: dict[str, str] = {}
        """Files of the run folder by name, with the SHA-256 that a checkpoint has of them."""
        self._sent: set[str] = set()
        self._asked: Counter[str] = Counter()
        """How often a step of a name was asked for in this invocation."""
        self._inside: list[str] = []
        """Names of the steps that are under way, the outermost first."""
        self.stopped = False
        """True once the run is suspended: whatever thread still comes here does nothing."""
        self._park()

    # Steps

    def step(self, name: str, do: Callable[[], Json]) -> Json:
        name = self._own(name)
        for attempt, seconds in enumerate((*LATER, None)):
            made = self._within(name if attempt == 0 else f"{name} again {attempt}", do, last=seconds is None)
            if "later" not in made:
                return self._open(made)
            if attempt and made["later"] == OutOfTime.__name__:
                # It had an invocation of its own this time.
                raise Failed(
                    f"{name} takes longer than an invocation lasts; ask for less, or give it more memory, which brings cores"
                )
            self._sleep(seconds or 0, f"{name} later {attempt}")
        raise AssertionError("the last attempt answers or fails")

    def poll(self, name: str, check: Callable[[], Json], done: Callable[[Json], bool], every: float = 5.0) -> Json:
        self._live()
        name = self._own(name)

        def asked(before: str, _: Any) -> str:
            known = json.loads(before) if before else {}
            nth, times = known.get("nth", 0) + 1, known.get("times", 0)
            ask = self._begun(name, check, nth)
            failpoint(name, "pre")
            made = self._carried(ask, last=times >= PATIENCE) | {"nth": nth}
            failpoint(name, "mid")
            return json.dumps(made | {"times": times + 1} if "later" in made else made)

        def ended(text: str, attempt: int) -> WaitForConditionDecision:
            made = json.loads(text)
            if "error" in made or ("later" not in made and done(self._open(made))):
                return WaitForConditionDecision.stop_polling()
            seconds = min(max(every, SLOWEST), every * 1.15 ** min(attempt - 1, 50))
            return WaitForConditionDecision.continue_waiting(Duration.from_seconds(max(1, math.ceil(seconds))))

        config = WaitForConditionConfig(wait_strategy=ended, initial_state="", serdes=PassThroughSerDes())
        text = self._stopping(lambda: self._ctx.wait_for_condition(asked, config, name=name))
        return self._open(json.loads(text))

    def progress(self, name: str, share: float, note: str = "") -> None:
        self._live()
        for watch in self._watchers:
            watch(name, share, note)

    # How

    def _own(self, name: str) -> str:
        """A name that is asked for again in one invocation is another step, whose begins are counted by themselves."""
        name = _named(name)
        self._asked[name] += 1
        return name if self._asked[name] == 1 else f"{name} #{self._asked[name]}"

    def _within(self, name: str, do: Callable[[], Json], last: bool) -> dict[str, Any]:
        """What a child context carried: the answer, the error, or why it is to be tried later; the run folder is as it left it."""
        self._live()
        outer, before, worked = self._ctx, dict(self._known), False

        def body(child: DurableContext) -> str:
            nonlocal worked
            self._ctx, worked = child, True
            self._inside.append(name)
            try:
                begun = self._begun(name, do)
                if begun is do:  # and not given up
                    failpoint(name, "pre")
                self.progress(name, 0.0)
                made = self._carried(begun, last)
                try:
                    made["files"] = self._keep(before)
                except PermissionError as no:
                    # No later invocation is allowed more: the run ends and says what is not.
                    made = {"error": packed(Failed(str(no))), "files": {}}
                if begun is do:
                    failpoint(name, "mid")
                return json.dumps(made)
            except Interrupted:
                self._forgive(name)
                raise
            finally:
                self._ctx = outer
                self._inside.remove(name)

        config: ChildConfig[str] = ChildConfig(serdes=PassThroughSerDes())
        made = json.loads(self._stopping(lambda: outer.run_in_child_context(body, name=name, config=config)))
        for changed, sha in made["files"].items():
            self._put_back(changed, sha)
        if worked:
            failpoint(name, "post")
            self.progress(name, 1.0)
        return cast("dict[str, Any]", made)

    def _sleep(self, seconds: float, name: str) -> None:
        self._stopping(lambda: self._ctx.wait(Duration.from_seconds(seconds), name=name))

    def _stopping(self, work: Callable[[], Any]) -> Any:
        """``work``; a suspension on the way stops everything else that this object does in this invocation."""
        self._live()
        try:
            return work()
        except Exception:
            raise
        except BaseException:
            self.stopped = True
            raise

    def _carried(self, do: Callable[[], Json], last: bool) -> dict[str, Any]:
        """What came of ``do``: an answer, a reference to a large one, an error, or why to try later."""
        try:
            return self._answer(do())
        except Exception as error:
            if not self._passing(error):
                log.info("step failed", exc_info=error)
                return {"error": packed(error)}
            log.warning("step later", exc_info=error)
            if last:
                return {"error": packed(Failed(f"{type(error).__name__}: {error}"[:MESSAGE]))}
            return {"later": type(error).__name__}

    def _answer(self, answer: Json) -> dict[str, Any]:
        text = json.dumps(answer)
        if len(text) <= CHECKPOINT:
            return {"answer": json.loads(text)}
        if len(text) > LARGEST:
            raise TooLarge(
                f"a step answered {len(text)} bytes; {LARGEST} are the most, and what is larger belongs into the run folder"
            )
        path = self._workspace.write(f"{KEPT}/answer", text.encode())
        return {"blob": self._send(path, fingerprint(path)), "bytes": len(text)}

    def _open(self, made: dict[str, Any]) -> Json:
        if "error" in made:
            raise unpacked(made["error"])
        return json.loads(self._fetched(made["blob"]).read_bytes()) if "blob" in made else made["answer"]

    def _live(self) -> None:
        if self.stopped:
            raise SuspendExecution("the run is suspended")

    def _begun(self, name: str, do: Callable[[], Json], mark: int = 0) -> Callable[[], Json]:
        """``do``, counted as begun; what raises ``Died`` in its place where that was too often."""
        if self._records is None or self._claim is None:
            return do
        within = [each for each in self._inside if each != name]
        times = self._records.begin(self._claim, name, within, mark)

        def give_up() -> Json:
            raise Died(name)

        return do if times <= BEGINS else give_up

    def _forgive(self, name: str) -> None:
        """Let a begin that was left in order not count; where the record is away it does."""
        if self._records is not None and self._claim is not None:
            with contextlib.suppress(Interrupted, SuspendExecution):
                self._records.begin(self._claim, name, mark=LEFT)

    # The run folder

    def _park(self) -> None:
        """Empty the run folder, but for what is fetched or made again; what it held is at hand for replay."""
        kept = self._workspace.folder / KEPT
        kept.mkdir(exist_ok=True, mode=0o700)
        for path in self._workspace.folder.rglob(f"{PART}*"):
            path.unlink(missing_ok=True)
        for path in self._files().values():
            os.replace(path, kept / fingerprint(path))

    def _files(self) -> dict[str, Path]:
        folder = self._workspace.folder
        found = {}
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            hidden = any(part.startswith(".") for part in parts)
            if not hidden and parts[-1] not in LEFT_OUT and path.is_file() and not path.is_symlink():
                found["/".join(parts)] = path
        return found

    def _keep(self, before: dict[str, str]) -> dict[str, str | None]:
        """Send what changed since the files were ``before``; names with their SHA-256, None for what is gone."""
        there = {name: (path, fingerprint(path)) for name, path in self._files().items()}
        changed: dict[str, str | None] = {name: sha for name, (_, sha) in there.items() if before.get(name) != sha}
        try:
            for name in changed:
                self._send(*there[name])
        except PermissionError:
            raise
        except Exception as error:
            raise Interrupted(error) from error
        changed |= dict.fromkeys(before.keys() - there.keys())
        if (size := len(json.dumps(changed))) > NAMES:
            raise TooLarge(
                f"a step changed {len(changed)} files; their names take {size} bytes and {NAMES} are the most"
            )
        return changed

    def _send(self, path: Path, sha: str) -> str:
        if sha not in self._sent:
            self._store.put(place(self._workspace.folder.name, sha), path, "application/octet-stream")
            self._sent.add(sha)
        return sha

    def _put_back(self, name: str, sha: str | None) -> None:
        """Make the named file of the run folder what it was when a step ended."""
        path = self._workspace.folder / name
        if sha is None:
            self._known.pop(name, None)
            path.unlink(missing_ok=True)
            return
        self._known[name] = sha
        if path.is_file() and fingerprint(path) == sha:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            shutil.copyfile(self._fetched(sha), part)

    def _fetched(self, sha: str) -> Path:
        """A file that was kept, from this sandbox or from the outbox."""
        path = self._workspace.folder / KEPT / sha
        if not path.is_file():
            self._store.fetch(place(self._workspace.folder.name, sha), path)
        if fingerprint(path) != sha:
            path.unlink()
            raise OSError(f"what was kept as {sha[:12]} has other bytes now")
        return path

    def shelve(self, upload: Upload, *more: str) -> None:
        """Keep the folder as it is for a revision of the run, and of the files that are left out or hidden those named ``more``."""
        folder = self._workspace.folder
        beside = {name: fingerprint(folder / name) for name in more if (folder / name).is_file()}
        keep(self._store, folder, {**self._known, **beside}, upload, folder / KEPT / "list")


class Lazy(Workspace):
    """A run folder whose video is fetched when it is first asked for: a run that only waits in a new sandbox does without."""

    def __init__(
        self, folder: Path, fetch: Callable[[Path], None], reach: Callable[[Path], Parts | None] = lambda path: None
    ) -> None:
        """``reach`` lays out the video so that parts of it can be brought; None where that can't be, and it is fetched whole."""
        super().__init__(folder)
        self._fetch, self._reach = fetch, reach
        self._parts: Parts | None = None
        self._there = False

    @property
    def video(self) -> Path:
        path = super().video
        if not self._there:
            if holed(path):  # by an earlier process, and where its holes are went with that
                forget(path)
            if not path.exists():
                self._parts = self._reach(path)
            if not path.exists():
                self._fetch(path)
            self._there = True
        return path

    @property
    def parts(self) -> Parts | None:
        assert self.video
        return self._parts


def _named(name: str) -> str:
    """A name that Lambda takes for an operation; the model may have made up a part of it."""
    return re.sub(r"[^ -~]", "?", name)[:200]
