"""Where a setting comes from, what is refused, and how engines are found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent import wiring as module
from agent.settings import WIRING, Settings, SettingsError, load, strangers
from agent.wiring import connect_records, engines, model
from tests import ROOT
from tools.ports import ObjectStore
from tools.troubles import NotReady


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials of whoever runs the tests, and none asked of the network."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHAREDCREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)


def loaded(toml: str = "", **given: Any) -> Settings:
    if toml:
        Path("hookline.toml").write_text(toml)
    flags = given.pop("flags", {})
    return load(environ={f"HOOKLINE_{name.upper()}": value for name, value in given.items()}, **flags)


def test_flags_before_environment_before_file_before_defaults() -> None:
    assert loaded().tool_calls == 40
    toml = "tool_calls = 30\nmodel_calls = 9\ndollars_per_run = 0.5"
    assert loaded(toml).tool_calls == 30
    assert loaded(toml, tool_calls="20").tool_calls == 20
    assert loaded(toml, tool_calls="20", flags={"tool_calls": 10}).tool_calls == 10
    assert loaded(toml, tool_calls="20", flags={"tool_calls": None}).tool_calls == 20
    assert loaded(toml).dollars_per_run == 0.5


def test_an_empty_variable_is_none() -> None:
    assert loaded(wish="", home="").home == Settings().home


def test_the_file_is_where_it_is_said_to_be() -> None:
    Path("other.toml").write_text("wish = 'a'")
    assert load(environ={"HOOKLINE_CONFIG": "other.toml"}).wish == "a"
    with pytest.raises(SettingsError, match="not there"):
        load(environ={"HOOKLINE_CONFIG": "absent.toml"})


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("outbx = 'x'", "sets outbx, which is unknown; did you mean outbox?"),
        ("zzz = 1", "known are backend"),
        ("model_calls = 'many'", "model_calls is 'many' .set by hookline.toml."),
        ("model_calls = 0", "greater than or equal to 1"),
        ("dollars_per_run = nan", "finite"),
        ("backend = 'gcp'", "'local' or 'aws'"),
        ("transcriber = 'whisper'", "give local, aws or module:Class"),
        ("model = 'os:system; x'", "give local, aws or module:Class"),
        ("database = 'records.db'", "an address such as"),
        ("[", "can't be read"),
        ("inbox_bucket = 'b'\noutbox_bucket = 'b'", "outputs would start runs"),
        ("inbox_bucket = 'b'\ninbox_prefix = 'in/'\noutbox_bucket = 'b'\noutbox_prefix = 'in/out/'", "overlap"),
        ("database = 'aws'", "HOOKLINE_DATABASE_HOST"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(toml: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        loaded(toml)


def test_prefixes_apart_may_share_a_bucket() -> None:
    assert (
        loaded("inbox_bucket = 'b'\ninbox_prefix = 'in/'\noutbox_bucket = 'b'\noutbox_prefix = 'out/'").outbox_bucket
        == "b"
    )


def test_misspelt_variables_are_found() -> None:
    assert strangers({"HOOKLINE_OUTBX": "x", "HOOKLINE_OUTBOX": "x", "HOOKLINE_FFMPEG": "x", "PATH": ""}) == [
        "HOOKLINE_OUTBX"
    ]


def test_the_backend_chooses_a_column_and_a_variable_one_cell() -> None:
    mixed = loaded(model="aws", store="my.module:Class")
    assert (mixed.transcriber, mixed.model, mixed.store) == ("local", "aws", "my.module:Class")
    assert mixed.database.startswith("sqlite:///")
    other = loaded(backend="aws", database="local", copywriter="local")
    assert (other.transcriber, other.copywriter) == ("aws", "local")


def test_the_local_database_lies_in_the_home_folder() -> None:
    assert loaded(home="/srv/h").database == "sqlite:////srv/h/hookline.sqlite3"
    assert loaded(database="aws", database_host="db.example").database == "mysql+pymysql://hookline@db.example/hookline"
    assert "~" not in loaded(home="~/h").database


def test_the_models_name_is_what_the_record_shows() -> None:
    assert loaded().model_id == "hookline-planner"
    assert loaded(model="aws", editor_model="eu.x").model_id == "eu.x"


@pytest.mark.parametrize("row", [row for row in WIRING if row not in ("model", "database")])
def test_every_local_cell_can_be_built(row: str) -> None:
    assert module.build(row, "local", loaded())


def test_the_local_engines_are_wired_without_aws(tmp_path: Path) -> None:
    wired = engines(loaded(outbox=str(tmp_path / "out")))
    assert isinstance(wired.store, ObjectStore)
    assert wired.fallback_copywriter is None
    assert type(model(loaded())).__name__ == "Planner"


def test_an_engine_of_ones_own_asks_for_settings_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.py").write_text(
        "class Store:\n    def __init__(self, root, colour='red'):\n        self.root, self.colour = root, colour\n"
    )
    monkeypatch.syspath_prepend(".")
    made = module.build("store", "mine:Store", loaded(outbox="o"))
    assert (made.root, made.colour) == (Path("o"), "red")


def test_an_engine_of_ones_own_derives_from_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ears.py").write_text(
        "from tools.ports import Transcriber\nclass Bare: ...\nclass Ears(Transcriber):\n    engine = 'ears'\n"
        "    def transcribe(self, source, workspace, steps, language=None): ...\n"
    )
    monkeypatch.syspath_prepend(".")
    assert module.build("transcriber", "ears:Ears", loaded()).cost(60.0) == 0.0
    with pytest.raises(NotReady, match=r"ears:Bare, which does not derive from tools\.ports\.Transcriber"):
        module.build("transcriber", "ears:Bare", loaded())


@pytest.mark.parametrize(
    ("target", "cell", "told"),
    [
        ("nowhere.at.all:X", "nowhere.at.all:X", "no module nowhere"),
        ("tools.local.folder:Foldr", "tools.local.folder:Foldr", "has no Foldr; did you mean Folder"),
        ("absent_package:Chat", "aws", r"needs the package absent_package: pip install 'hookline\[aws\]'"),
    ],
)
def test_an_engine_that_is_not_there_is_named_with_the_fix(target: str, cell: str, told: str) -> None:
    with pytest.raises(NotReady, match=told):
        module.locate(target, cell, "HOOKLINE_STORE")


def test_a_package_that_an_engine_lacks_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("needy.py").write_text("import absent_weights\nclass X: ...\n")
    monkeypatch.syspath_prepend(".")
    with pytest.raises(
        NotReady, match=r"HOOKLINE_ANALYST=local needs the package absent_weights: pip install 'hookline\[local\]'"
    ):
        module.locate("needy:X", "local", "HOOKLINE_ANALYST")


def test_missing_credentials_region_and_bucket_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReady, match="HOOKLINE_STORE=aws needs AWS credentials"):
        module.build("store", "aws", loaded())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(NotReady, match="needs a region"):
        module.build("store", "aws", loaded())
    with pytest.raises(NotReady, match="HOOKLINE_OUTBOX_BUCKET"):
        module.build("store", "aws", loaded(region="us-east-1"))
    assert module.build("store", "aws", loaded(region="us-east-1", outbox_bucket="b")).bucket == "b"


def test_claude_can_decide_while_everything_else_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    chosen = loaded(model="aws", region="us-east-1")
    assert type(model(chosen)).__name__ == "Editor"
    assert chosen.store == "local"


def test_the_record_is_opened_where_the_settings_say(tmp_path: Path) -> None:
    opened = connect_records(loaded(home=str(tmp_path / "h")))
    opened.migrate()
    assert opened.runs() == []
    assert (tmp_path / "h" / "hookline.sqlite3").exists()


def test_reading_settings_loads_no_engine() -> None:
    heavy = ("langchain", "langchain_core", "boto3", "botocore", "cv2", "numpy", "sqlalchemy")
    code = f"import sys, agent.settings as s; s.load(environ={{}}); print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_setting_is_told_with_its_default() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    told = dict(re.findall(r"^\| `HOOKLINE_(\w+)` \|.*\| (.*?) ?\|$", page, re.MULTILINE))
    assert {name.upper() for name in Settings.model_fields} <= set(told)
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, int | float) or (isinstance(default, str) and default and name != "backend"):
            assert told[name.upper()] == f"`{default}`", name
