"""The record as a stack on AWS meets it: tables of a later release after an update was rolled back."""

import pytest
from sqlalchemy import create_engine, text

import lambda_handler
from agent.database import HEAD
from agent.records import Records
from tests.test_handler import event, formation  # noqa: F401


def moved_on(database, version):
    """The tables as a later release's migration, which only ever adds, left them."""
    Records(database).migrate()
    engine = create_engine(database)
    with engine.begin() as db:
        db.execute(text("CREATE TABLE later (id INTEGER PRIMARY KEY)"))
        db.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


def test_tables_of_a_later_release_are_no_failure_of_an_update_that_is_rolled_back(
    formation, database, monkeypatch, brief  # noqa: F811
):  # fmt: skip
    address, told = formation
    monkeypatch.setenv("HOOKLINE_DATABASE", database)
    moved_on(database, f"{int(HEAD) + 1:04d}")
    lambda_handler._settings.cache_clear()
    lambda_handler.migrate(event("migrate") | {"ResponseURL": address}, None)
    assert told[0]["Status"] == "SUCCESS", told[0]["Reason"]
    records = Records(database)
    assert records.claim(brief).fresh
    records.close()


def test_tables_of_another_program_are_still_a_failure(database):
    moved_on(database, "f00d")
    with pytest.raises(Exception, match="f00d"):
        Records(database).migrate()
