"""The scheduler's tests use the controllers' world: a cluster whose nodes tests make up."""

from tests.controllers.conftest import world

__all__ = ["world"]
