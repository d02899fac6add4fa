"""Who works where: the schools, the policy each has adopted, and people with their roles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, StringConstraints, ValidationError

from bot.errors import BadInput
from policy_kb.model import Frozen, Role, Slug, Text

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Person(Frozen):
    """Somebody who works for a school or trust. roles: those that decide or are told, as the policies name them."""

    id: Slug
    name: Name
    job: Name
    roles: tuple[Role, ...] = ()


class School(Frozen):
    """A school or a trust's central team, with the policy that binds its people."""

    id: Slug
    name: Name
    policy: Slug
    people: tuple[Person, ...] = Field(min_length=1)

    def holders(self, role: Role) -> list[Person]:
        """People who hold the role here."""
        return [person for person in self.people if role in person.roles]


class Organisation(Frozen):
    """All schools served. sample: marked so on every page."""

    title: Text
    sample: bool = False
    schools: tuple[School, ...] = Field(min_length=1)

    def school(self, school_id: str) -> School | None:
        """The school by id."""
        return next((school for school in self.schools if school.id == school_id), None)


def load_organisation(path: Path) -> Organisation:
    """Read an organisation file. Raises BadInput with the file, the key and the cure."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Organisation.model_validate(data)
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read ({error.strerror}); check the path") from error
    except yaml.YAMLError as error:
        raise BadInput(f"{path.name}: not YAML; {str(error).splitlines()[-1].strip()}") from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise BadInput(f"{path.name}: {place}: {fault['msg'].lower()}; correct the value") from error
