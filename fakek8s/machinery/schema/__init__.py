"""What OpenAPI says about objects, compiled for merging, defaulting and checking.

One record (`Schema`) serves built-in kinds, from the published OpenAPI v3 documents, and custom
resources, from their structural schema. It knows shapes; it refuses to know values.
"""

from fakek8s.machinery.schema.compile import Definitions, compile, merged, structural
from fakek8s.machinery.schema.node import Field, Schema

__all__ = ["Definitions", "Field", "Schema", "compile", "merged", "structural"]
