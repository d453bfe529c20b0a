"""Keys that sign: a PEM file of a person's own, checked before anything is signed with it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.ports import Signer
from tools.text import clean
from tools.troubles import Refusal

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LARGEST = 100_000
"""Bytes of a file of keys."""
MADE_WITH = "openssl ecparam -name prime256v1 -genkey"
PURPOSES = {
    "1.3.6.1.5.5.7.3.4": "e-mail protection",
    "1.3.6.1.5.5.7.3.36": "document signing",
    "1.3.6.1.4.1.62558.2.1": "C2PA claim signing",
}
"""Uses of a certificate that the standard takes."""


@dataclass(frozen=True)
class KeyFile(Signer):
    """A private key and its certificates, the signer's own first, in one PEM file."""

    path: Path

    @property
    def engine(self) -> str:
        return self.path.name

    def certificates(self) -> str:
        """The chain in PEM.  Raises ``Refusal`` for a file or a certificate that signs nothing."""
        return chain_of(self._read(), clean(self.path.name, 80))

    def sign(self, data: bytes) -> bytes:
        """The signature of ``data`` by ECDSA with SHA-256, in DER.  Raises ``Refusal`` for a key that signs nothing."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        key: Any = self._key()
        return bytes(key.sign(data, ec.ECDSA(hashes.SHA256())))

    def check(self) -> None:
        """Raises ``Refusal`` where the key is none of its certificate, or that can't sign now."""
        from cryptography import x509

        leaf = x509.load_pem_x509_certificates(self.certificates().encode())[0]
        if self._key().public_key().public_numbers() != leaf.public_key().public_numbers():  # type: ignore[union-attr]
            raise Refusal(
                "sign",
                f"The key in {clean(self.path.name, 80)} does not belong to its first certificate; put the signer's own certificate first, and its key beside it.",
            )

    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        name = clean(self.path.name, 80)
        try:
            key = load_pem_private_key(self._read(), None)
        except (ValueError, TypeError) as error:
            raise Refusal(
                "sign",
                f"{name} holds no private key that can be read ({clean(error, 80)}); it must be a PEM without a password: {MADE_WITH}.",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise Refusal(
                "sign", f"The key in {name} is of another kind than P-256, which is what signs here: {MADE_WITH}."
            )
        return key

    def _read(self) -> bytes:
        try:
            with self.path.expanduser().open("rb") as file:
                return file.read(LARGEST)
        except OSError as error:
            raise Refusal("sign", f"{clean(self.path, 200)} can't be read as a key: {error.strerror}.") from error


def chain_of(pem: bytes, name: str) -> str:
    """The certificates in ``pem``.  Raises ``Refusal`` where there are none, or the first can't sign a file now."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Refusal(
            "sign",
            f"{name} holds no certificate; put the signer's own and those that vouch for it behind the key, as PEM.",
        ) from error
    if wrong := _unfit(found[0]):
        raise Refusal("sign", f"The certificate in {name} {wrong}.")
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in found)


def _unfit(leaf: Certificate) -> str:
    """Why a certificate can't sign a file now; empty where it can."""
    from cryptography import x509

    now = datetime.datetime.now(datetime.UTC)
    if leaf.not_valid_after_utc < now:
        return f"ended on {leaf.not_valid_after_utc:%Y-%m-%d}; ask who gave it for a new one"
    if leaf.not_valid_before_utc > now:
        return f"begins on {leaf.not_valid_before_utc:%Y-%m-%d}, which is not yet"
    if leaf.issuer == leaf.subject:
        return "vouches for itself, which no reader takes; sign with one that another certificate vouches for"
    try:
        uses = {use.dotted_string for use in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value}
    except x509.ExtensionNotFound:
        uses = set()
    return "" if uses & set(PURPOSES) else f"is for none of {', '.join(PURPOSES.values())}, one of which it must be for"
