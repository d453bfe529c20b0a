"""What a promo says of where it came from: signed, read back, and found where a byte was changed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.fakes.service import SESSION, faults
from tests.tools.provenance.chains import chain
from tests.tools.test_assemble import film
from tools.aws.kms_key import KmsKey
from tools.ports import Signer
from tools.provenance.credentials import MODEL, action, read, sign
from tools.provenance.keys import KeyFile
from tools.troubles import Refusal

DONE = (
    action("c2pa.trimmed", "Clip A: 1.00 to 4.00 s of the source", "hookline-planner"),
    action(
        "c2pa.translated",
        "Captions translated into Spanish",
        "claude",
        model=True,
        parameters={"sourceLanguage": "en", "targetLanguage": "es"},
    ),
)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film"), Fraction(25))


@pytest.fixture
def key(tmp_path: Path) -> KeyFile:
    private, certificates, _ = chain()
    return kept(tmp_path, private + certificates)


def kept(folder: Path, text: str) -> KeyFile:
    (folder / "key.pem").write_text(text)
    return KeyFile(folder / "key.pem")


def signed(folder: Path, video: Path, signer: Signer, source: Path | None = None) -> Path:
    sign(video, folder / "out.mp4", "promo_9x16.mp4", DONE, ("talk.mp4", source), signer, "0.1.0")
    return folder / "out.mp4"


def test_a_reader_lists_who_signed_what_was_done_and_from_what(tmp_path, video, key):
    told = read(signed(tmp_path, video, key, video))
    assert (told.signed_by, told.unchanged, told.trusted) == ("Ledgerleaf", True, False)
    assert [each["action"] for each in told.actions] == ["c2pa.opened", "c2pa.trimmed", "c2pa.translated"]
    assert told.actions[1]["softwareAgent"]["name"] == "hookline-planner"
    assert "digitalSourceType" not in told.actions[1]
    assert told.actions[2]["digitalSourceType"] == MODEL
    assert told.sources == ("talk.mp4",)


@pytest.mark.parametrize("place", [0.3, 0.9])
def test_a_changed_byte_is_found(tmp_path, video, key, place):
    path = signed(tmp_path, video, key)
    data = bytearray(path.read_bytes())
    data[round(place * len(data))] ^= 1
    path.write_bytes(data)
    told = read(path)
    assert not told.unchanged
    assert told.faults


def test_a_source_that_no_manifest_fits_into_is_named_all_the_same(tmp_path, video, key):
    (tmp_path / "talk.mkv").write_bytes(b"\x1aE\xdf\xa3" + bytes(2000))
    assert read(signed(tmp_path, video, key, tmp_path / "talk.mkv")).sources == ("talk.mp4",)


def test_a_file_that_nobody_signed_says_so(video):
    told = read(video)
    assert (told.signed_by, told.unchanged, told.actions) == ("", False, ())


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: "".join(chain(ends=-1)[:2]), "ended on"),
        (lambda: "".join(chain(alone=True)[:2]), "vouches for itself"),
        (lambda: "".join(chain(purpose=x509.oid.ExtendedKeyUsageOID.SERVER_AUTH)[:2]), "is for none of"),
        (lambda: chain()[0] + chain()[1], "does not belong"),
        (lambda: chain()[0], "holds no certificate"),
        (lambda: chain()[1], "no private key"),
        (lambda: "nothing", "holds no"),
    ],
    ids=["expired", "alone", "purpose", "another", "no-certificate", "no-key", "nothing"],
)
def test_a_key_that_signs_nothing_is_one_sentence_and_leaves_no_file(tmp_path, video, make, told):
    with pytest.raises(Refusal, match=told) as no:
        signed(tmp_path, video, kept(tmp_path, make()))
    assert str(no.value).endswith(".")
    assert not (tmp_path / "out.mp4").exists()


def test_a_key_that_is_not_there_is_told_by_its_path(tmp_path, video):
    with pytest.raises(Refusal, match="key.pem can't be read as a key"):
        signed(tmp_path, video, KeyFile(tmp_path / "key.pem"))


class Kms:
    """KMS as botocore's model has it, with a key that never leaves it."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, refuses: str = "") -> None:
        self.key, self.refuses = key, refuses
        self.shape = SESSION.get_service_model("kms").operation_model("Sign").input_shape

    def sign(self, **asked):
        assert list(faults(self.shape, asked)) == []
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses, "Message": "arn:aws:kms:x"}}, "Sign")
        assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
        return {"Signature": self.key.sign(asked["Message"], ec.ECDSA(utils.Prehashed(hashes.SHA256())))}


def test_a_key_of_kms_signs_behind_the_same_port(tmp_path, video):
    _, certificates, key = chain()
    (tmp_path / "chain.pem").write_text(certificates)
    signer = KmsKey("alias/promos", tmp_path / "chain.pem", api=Kms(key))
    assert isinstance(signer, Signer)
    assert read(signed(tmp_path, video, signer)).unchanged


def test_a_key_of_kms_that_may_not_be_used_signs_nothing(tmp_path, video):
    _, certificates, key = chain()
    (tmp_path / "chain.pem").write_text(certificates)
    with pytest.raises(Refusal):
        signed(tmp_path, video, KmsKey("alias/promos", tmp_path / "chain.pem", api=Kms(key, "AccessDeniedException")))
    assert not (tmp_path / "out.mp4").exists()
