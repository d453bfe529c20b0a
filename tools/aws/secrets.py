"""A secret of Secrets Manager as text."""

from __future__ import annotations

from typing import Any

from tools.aws.clients import client, code
from tools.troubles import NotReady

UNREADABLE = ("AccessDeniedException", "ResourceNotFoundException", "DecryptionFailure")


def read_secret(secret: str, setting: str, region: str | None = None, api: Any = None) -> str:
    """The text of the secret that ``setting`` names.  Raises ``NotReady`` saying what to change; never with its value."""
    from botocore.exceptions import ClientError

    try:
        found: str = (api or client("secretsmanager", region)).get_secret_value(SecretId=secret)["SecretString"]
    except ClientError as error:
        if code(error) in UNREADABLE:
            raise NotReady(
                f"The secret {secret} can't be read ({code(error)}): {setting} must name it, and this role needs "
                "secretsmanager:GetSecretValue on it and kms:Decrypt on its key."
            ) from error
        raise
    return found
