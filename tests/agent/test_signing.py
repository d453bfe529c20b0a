"""Promos are signed out of the run's own record; what can't be signed is published all the same, and told."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from agent.record.records import Records
from agent.signing import as_published, sign_promos
from agent.steps.recorded import Plain
from agent.studio import Studio
from tests.tools.provenance.chains import chain
from tests.tools.test_assemble import film
from tools.provenance.credentials import MODEL, read
from tools.provenance.keys import KeyFile
from tools.schema import Artifact, Brief, Clip, Copies, Copy, CutList, Line, Options, Outcome, Transcript
from tools.workspace import Workspace

NAME = "promo_16x9.mp4"
CLIP = Clip(
    label="A", ids=("S1",), role="hook", reason="x", start=1.0, end=3.0, first_frame=25, frames=50
)  # fmt: skip
CUT = CutList(id="P1", target=2.0, length=2.0, rate="25/1", clips=(CLIP,))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return film(tmp_path_factory.mktemp("film"), Fraction(25))


def made(folder: Path, video: Path, signer, **options):
    """The outcome of signing a run's one promo, and its folder."""
    workspace = Workspace(folder / "run")
    shutil.copyfile(video, workspace.out / NAME)
    shutil.copyfile(video, workspace.video)
    workspace.save("transcript.json", Transcript(language="en", engine="tiny.en"))
    line = Line(text="Nobody left", evidence=("S1",))
    workspace.save("copies.json", Copies(copies=(Copy(platform="x", hooks=(line,), written_by="claude-haiku"),)))
    records = Records(f"sqlite:///{folder / 'record.sqlite3'}")
    records.migrate()
    studio = Studio(
        None, None, "hookline-planner", records, folder, signer=signer, names={"translator": "claude-haiku"}
    )
    files = (Artifact(name=NAME, sha256="0" * 64, bytes=1, media_type="video/mp4"),)
    files += tuple(Artifact(name=f"promo_16x9.{t}.srt", sha256="0" * 64, bytes=1, media_type="x") for t in ("es",))
    outcome = Outcome(run="r", status="done", cut=CUT, artifacts=files)
    brief = Brief(run="r", video="talk.mp4", options=Options(**options))
    return sign_promos(brief, studio, workspace, Plain(), outcome), workspace


def key(folder: Path, ends: int = 365) -> KeyFile:
    (folder / "key.pem").write_text("".join(chain(ends)[:2]))
    return KeyFile(folder / "key.pem")


def test_a_signed_promo_tells_its_clips_who_chose_them_its_captions_and_what_a_model_wrote(tmp_path, video):
    outcome, workspace = made(tmp_path, video, key(tmp_path), tongues=("es", "ar"))
    assert (outcome.status, outcome.warnings) == ("done", ())
    told = read(as_published(workspace, workspace.out / NAME))
    assert told.unchanged
    assert told.sources == ("talk.mp4",)
    by = {each["action"]: each for each in told.actions}
    assert by["c2pa.trimmed"]["softwareAgent"]["name"] == "hookline-planner"
    assert "1.00 to 3.00 s" in by["c2pa.trimmed"]["description"]
    assert by["c2pa.edited"]["softwareAgent"]["name"] == "tiny.en"
    assert by["c2pa.translated"]["description"] == "Captions translated into Spanish"
    assert by["c2pa.edited.metadata"]["digitalSourceType"] == MODEL
    assert by["c2pa.edited.metadata"]["softwareAgent"]["name"] == "claude-haiku"


def test_a_certificate_that_ended_leaves_the_promo_unsigned_with_a_warning(tmp_path, video):
    outcome, workspace = made(tmp_path, video, key(tmp_path, -1))
    assert outcome.status == "done with warnings"
    assert "not signed: The certificate in key.pem ended on" in outcome.warnings[-1]
    assert as_published(workspace, workspace.out / NAME) == workspace.out / NAME


def test_a_version_of_a_signed_promo_says_where_it_is_not(tmp_path, video):
    outcome, _ = made(tmp_path, video, None, sign="0123")
    assert "--sign KEY" in outcome.warnings[-1]


def test_nothing_is_told_where_nobody_signs(tmp_path, video):
    outcome, _ = made(tmp_path, video, None)
    assert (outcome.status, outcome.warnings) == ("done", ())
