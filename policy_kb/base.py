"""The small values that every other part of the knowledge base is made of."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Frozen(BaseModel):
    """A value that does not change and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """Whom a policy names to ask or to tell."""

    CEO = "ceo"
    HEADTEACHER = "headteacher"
    LINE_MANAGER = "line_manager"
    CHAIR_OF_GOVERNORS = "chair_of_governors"
    GOVERNING_BOARD = "governing_board"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    TRUST_BUSINESS_DIRECTOR = "trust_business_director"
    SLT = "slt"
    IT_SUPPORT = "it_support"
    NETWORK_MANAGER = "network_manager"
    HEAD_OF_MARKETING = "head_of_marketing"
    GCC_DATA_MANAGEMENT = "gcc_data_management"
    POLICE = "police"
    ESAFETY_OFFICER = "esafety_officer"
    DEPUTY_HEADTEACHER = "deputy_headteacher"
    ASSISTANT_HEADTEACHER = "assistant_headteacher"
    CHAIR_OF_TRUSTEES = "chair_of_trustees"
    ANTI_BULLYING_LEAD = "anti_bullying_lead"
