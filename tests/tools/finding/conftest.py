import importlib.util
from types import ModuleType

import pytest

from tests import ROOT


@pytest.fixture(scope="session")
def pack() -> ModuleType:
    """How the training lays windows out: a script's module, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("pack", ROOT / "evals" / "training" / "pack.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found
