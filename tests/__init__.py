"""Tests: a room for each room of the project, ``house`` for what holds over all of them, ``fire`` for what comes from outside."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
