"""Tests over stand-ins of AWS have no network but loopback, in this process and in those that they start."""

import os
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from botocore.exceptions import HTTPClientError
from pytest_socket import SocketConnectBlockedError

from tests.fakes.buckets import account
from tests.fakes.functions import LOOPBACK

pytestmark = pytest.mark.aws

BEYOND = ("192.0.2.1", 443)
"""An address that is for documentation, so that nobody is asked even where the guard is broken."""


def test_an_address_beyond_this_machine_is_refused_at_once():
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(BEYOND, 1)


def test_this_machine_is_reached():
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        socket.create_connection(("127.0.0.1", server.server_port), 1).close()


def test_what_no_stand_in_answers_does_not_go_to_aws():
    with account(), pytest.raises(HTTPClientError, match="A test tried to use"):
        boto3.client("rekognition", endpoint_url="http://192.0.2.1").detect_labels(Image={"Bytes": b"x"})


@pytest.mark.parametrize(
    ("address", "told"), [(BEYOND, "PermissionError"), (("127.0.0.1", 9), "ConnectionRefusedError")]
)
def test_a_process_of_the_tests_is_as_shut(address, told):
    code = f"import socket; s = socket.socket(); s.settimeout(1); s.connect({address!r})"
    environ = {**os.environ, "PYTHONPATH": str(LOOPBACK)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=60)
    assert told in done.stderr
