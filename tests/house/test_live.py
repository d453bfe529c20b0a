"""``--live`` itself: what it runs, against whom, and what it says where there is nobody to run against."""

import os
import re
import subprocess
import sys

import boto3
import pytest

from tests import ROOT
from tests.account import NotUsable, check, stand_ins
from tests.fakes.functions import LOOPBACK

pytestmark = pytest.mark.aws

NOBODY = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHAREDCREDENTIALS_FILE": os.devnull,
}
SUITES = ("tests/tools/test_store_contract.py", "tests/tools/test_engine_contracts.py")


def pytest_of_its_own(*arguments, **environ):
    """A pytest whose every way out but loopback is shut, with no account but what ``environ`` names."""
    plain = {name: text for name, text in os.environ.items() if not name.startswith(("AWS_", "HOOKLINE_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env={**plain, **NOBODY, "PYTHONPATH": str(LOOPBACK), **environ},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def test_without_the_flag_no_test_runs_against_an_account():
    code, told = pytest_of_its_own("--collect-only", "-m", "live", *SUITES)
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED, told


def test_the_flag_without_an_account_is_an_error_and_no_skip():
    code, said = pytest_of_its_own("--live", "--collect-only", *SUITES)
    assert code == pytest.ExitCode.USAGE_ERROR, said
    assert "ERROR: --live: no bucket is named; set HOOKLINE_OUTBOX_BUCKET" in said


KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
PLACE = {"AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "needs AWS credentials and found none: set AWS_PROFILE"),
        (KEYS, "needs a region: set AWS_DEFAULT_REGION"),
        ({**KEYS, **PLACE, "HOOKLINE_EDITOR_MODEL": "claude-sonnet-5-5"}, "editor_model is 'claude-sonnet-5-5'"),
        ({**KEYS, **PLACE, "HOOKLINE_WRITER_MODEL": "gpt-6"}, "writer_model is 'gpt-6'"),
    ],
    ids=["no credentials", "no region", "no such editor", "no such writer"],
)
def test_what_is_wanting_in_the_environment_is_named(environ, told, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("AWS_", "HOOKLINE_"))]:
        monkeypatch.delenv(name)
    for name, text in {**NOBODY, "HOOKLINE_OUTBOX_BUCKET": "mine", **environ}.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(NotUsable, match=re.escape(told)):
        check()


def test_with_the_flag_each_suite_runs_over_the_account_and_leaves_nothing_there():
    with stand_ins():
        mine = {name: text for name, text in os.environ.items() if name.startswith(("AWS_", "HOOKLINE_"))}
        code, told = pytest_of_its_own("--live", "-vv", "-m", "live", "-k", "not no_plain_name", *SUITES, **mine)
        assert code == pytest.ExitCode.OK, told
        passed = re.findall(r"::(\w+)\[[^]]*live[^]]*\] PASSED", told)
        assert len(passed) >= 15, told
        assert "0 skipped" in told
        for suite in ("what_was_put", "words_come", "stills_come", "each_platform", "a_model_calls"):
            assert any(suite in name for name in passed), suite
        s3 = boto3.client("s3", region_name="us-east-1")
        left = s3.list_object_versions(Bucket="outbox")
        assert not [*left.get("Versions", ()), *left.get("DeleteMarkers", ())]
