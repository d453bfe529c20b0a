"""Where presigned links and upload forms lead: a signature holds for one host."""

from urllib.parse import urlsplit

import pytest

from tests.fakes.buckets import account
from tools.aws.s3 import S3

pytestmark = pytest.mark.aws


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-5"])
def test_a_link_and_a_form_lead_to_the_bucket_in_its_own_region(region):
    with account():
        bucket = S3("hookline-outbox", region=region)
        for url in (bucket.link("talk/run", "promo.mp4"), bucket.form("talk.mp4", {})["url"]):
            assert urlsplit(url).hostname == f"hookline-outbox.s3.{region}.amazonaws.com"


def test_a_stand_in_of_s3_is_asked_by_path(monkeypatch):
    """Names of buckets before ``localhost`` are known to no one."""
    with account():
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://localhost:9000")
        link = S3("hookline-outbox", region="us-east-1").link("talk/run", "promo.mp4")
        assert link.startswith("http://localhost:9000/hookline-outbox/talk/run/promo.mp4")
