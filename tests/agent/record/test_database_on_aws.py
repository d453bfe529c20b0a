"""The record as a stack on AWS meets it: tables of a later release after an update was rolled back, a password that has rotated."""

import json

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import create_engine, make_url, text

import lambda_handler
from agent.record.database import HEAD
from agent.record.records import Records, RecordsDown
from tests.doors.upload.test_handler import event, formation  # noqa: F401
from tests.fakes.buckets import account
from tools.aws.rds import Secret


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


@pytest.fixture
def rotating(mariadb):
    """The address of a database whose user's password is ``one``, and how to change it."""
    url = mariadb.create()
    mariadb.run(
        "CREATE OR REPLACE USER rotating@'127.0.0.1' IDENTIFIED BY 'one'",
        f"GRANT ALL ON {make_url(url).database}.* TO rotating@'127.0.0.1'",
    )
    return str(make_url(url).set(username="rotating")), lambda word: mariadb.run(
        f"ALTER USER rotating@'127.0.0.1' IDENTIFIED BY '{word}'"
    )


@pytest.mark.aws
def test_a_password_that_has_rotated_is_read_again_once_and_at_once(rotating):
    url, change = rotating
    with account(), mock_aws():
        vault = boto3.client("secretsmanager", region_name="us-east-1")
        arn = vault.create_secret(Name="record", SecretString=json.dumps({"password": "one"}))["ARN"]
        records = Records(url, password=Secret(arn, "us-east-1", clock=lambda: 0.0))
        records.migrate()
        change("two")
        vault.put_secret_value(SecretId=arn, SecretString=json.dumps({"password": "two"}))
        records.close()
        assert records.runs() == []
        change("three")
        records.close()
        with pytest.raises(RecordsDown, match="refused the user or the password"):
            records.runs()
        records.close()
