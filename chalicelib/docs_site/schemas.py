"""The schemas of all bodies and answers, as the components of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]
REF = "#/components/schemas/{model}"


class _Schemas(GenerateJsonSchema):
    """Without what readers need not see: titles that repeat names, and our marks of absence."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the base class asks
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """In an answer a default says "may be left out", and so does None in a request."""
        if self.mode == "serialization":
            return self.generate_inner(schema["schema"])
        found = super().default_schema(schema)
        if found.get("default", ...) is None:
            del found["default"]
        return found


class Components:
    """Schemas by name, and the reference that stands for a model."""

    def __init__(
        self, requests: Iterable[type[BaseModel]], answers: Iterable[type[BaseModel]]
    ) -> None:
        wanted: list[tuple[type[BaseModel], Mode]] = [
            *((model, "validation") for model in dict.fromkeys(requests)),
            *((model, "serialization") for model in dict.fromkeys(answers)),
        ]
        self._references, found = models_json_schema(
            wanted, ref_template=REF, schema_generator=_Schemas
        )
        self.schemas: Json = {
            name: _untitled(schema) for name, schema in sorted(found["$defs"].items())
        }

    def request(self, model: type[BaseModel]) -> Json:
        """The reference to a model that comes in."""
        return dict(self._references[model, "validation"])

    def answer(self, model: type[BaseModel]) -> Json:
        """The reference to a model that goes out."""
        return dict(self._references[model, "serialization"])


def query_properties(model: type[BaseModel]) -> tuple[Json, set[str]]:
    """The parameters of a query as schemas by name, and which of them are required."""
    schema = model.model_json_schema(schema_generator=_Schemas)
    properties = schema.get("properties", {})
    return {name: _bounded(each) for name, each in properties.items()}, set(
        schema.get("required", ())
    )


def _bounded(schema: Json) -> Json:
    """Pydantic writes bounds behind a validator in its own words."""
    words = {"ge": "minimum", "le": "maximum"}
    return {words.get(name, name): value for name, value in schema.items()}


def _untitled(schema: Json) -> Json:
    return {name: value for name, value in schema.items() if name != "title"}
