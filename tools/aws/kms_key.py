"""A key of AWS KMS that signs promos and can't be copied; its certificates lie in a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.aws.clients import client, code
from tools.ports import Signer
from tools.provenance.keys import chain_of
from tools.text import clean
from tools.troubles import Refusal


@dataclass
class KmsKey(Signer):
    """An asymmetric key, ``ECC_NIST_P256`` for ``SIGN_VERIFY``; whoever signs may ``kms:Sign``."""

    key: str
    """Its id, alias or ARN."""
    chain: Path
    """PEM: the certificate of the key first, then those that vouch for it."""
    region: str | None = None
    api: Any = None

    @property
    def engine(self) -> str:
        return "the key of AWS KMS"

    @cached_property
    def kms(self) -> Any:
        return self.api or client("kms", self.region, read=20.0)

    def certificates(self) -> str:
        """The chain in PEM.  Raises ``Refusal`` for one that signs nothing."""
        try:
            pem = self.chain.expanduser().read_bytes()
        except OSError as error:
            raise Refusal(
                "sign", f"{clean(self.chain, 200)} can't be read as certificates: {error.strerror}."
            ) from error
        return chain_of(pem, clean(self.chain.name, 80))

    def check(self) -> None:
        """Raises ``Refusal`` where its certificate can't sign now."""
        self.certificates()

    def sign(self, data: bytes) -> bytes:
        """The signature of ``data`` in DER.  Raises ``Refusal`` where KMS refuses."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self.kms.sign(
                KeyId=self.key,
                Message=hashlib.sha256(data).digest(),
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        except ClientError as error:
            raise Refusal("sign", f"KMS signs nothing with this key: {code(error)}.") from error
        except BotoCoreError as error:
            raise Refusal("sign", f"KMS was not to be reached: {type(error).__name__}.") from error
        return bytes(answer["Signature"])
