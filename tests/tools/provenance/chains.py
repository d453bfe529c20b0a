"""Keys and certificates for tests: a signer whom another certificate vouches for."""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

USAGE = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]


def chain(
    ends: int = 365, purpose: Any = ExtendedKeyUsageOID.EMAIL_PROTECTION, alone: bool = False
) -> tuple[str, str, Any]:
    """Key and certificates in PEM, and the key; they end in so many days, and are no chain where ``alone``."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _signed("Authority", "Authority", authority.public_key(), authority, 3650, None)
    leaf = _signed(
        "Promos", "Promos" if alone else "Authority", key.public_key(), key if alone else authority, ends, purpose
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return pem, "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in (leaf, root)), key


def _signed(subject: str, issuer: str, public: Any, by: Any, ends: int, purpose: Any) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=ends))
        .add_extension(x509.BasicConstraints(purpose is None, None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), False)
    )
    granted = {"key_cert_sign", "crl_sign"} if purpose is None else {"digital_signature"}
    made = made.add_extension(x509.KeyUsage(**{name: name in granted for name in USAGE}), True)
    if purpose is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), False)
    return made.sign(by, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ledgerleaf"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
