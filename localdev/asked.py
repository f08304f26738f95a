"""What somebody asked of a local world by environment variables, all faults told at once."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, Field, FilePath, ValidationError

from chalicelib.settings import Settings, SettingsInvalid
from localdev.processes import BUNDLED_WORLD


class Refused(ValueError):
    """What cannot be had; a line for each fault."""


class Asked(BaseModel):
    """`make dev PORT=8080 WORLD=people.jsonl RESET=1 SPEED=900`: each field is one variable."""

    port: int | None = Field(None, ge=1, le=65535)
    """None takes the usual one if it is free, else any."""
    world: FilePath = BUNDLED_WORLD
    reset: bool = False
    speed: float = Field(1, gt=0, allow_inf_nan=False)

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Asked:
        """Read the variables; an empty one is as good as none. Raises Refused."""
        faults = []
        try:
            Settings.load(environ)
        except SettingsInvalid as error:
            faults.append(str(error))
        given = {name: environ.get(name.upper()) for name in cls.model_fields}
        try:
            asked = cls.model_validate({name: value for name, value in given.items() if value})
        except ValidationError as error:
            faults += [f"{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()]
        if faults:
            raise Refused("\n".join(faults))
        return asked
