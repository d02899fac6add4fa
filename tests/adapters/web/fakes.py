"""Small schools, a small policy with something of every kind to start, and a bot that answers by rote."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.answers import Answer, AnswerPart, Choice, Contact, Offer, Quote
from bot.core import Turn
from bot.errors import BadInput
from bot.organisation import Organisation, Person, Post, School, Trust
from policy_kb.model import (
    Citation,
    Clause,
    Condition,
    Document,
    Fact,
    FactValue,
    KnowledgeBase,
    Policy,
    Role,
    Ruling,
    Topic,
    Verdict,
)
from policy_kb.procedures import Procedure
from policy_kb.reading import Context

TEXT = "Staff must not add pupils.\nThis holds for:\nfriends\nfollowers"
ORGANISATION = Organisation(
    title="Test schools",
    sample=True,
    trusts=(Trust(id="coast", name="Coast Trust"),),
    schools=(
        School(
            id="hill",
            name="Hill <b>& Dale</b> School",
            policy="small",
            lado="Ring the county.",
            people=(
                Person(id="ann", name="Ann Bee", job="Teacher"),
                Person(id="ced", name="Ced Dee", job="Head", roles=(Role.HEADTEACHER,), email="Ced@hill.example"),
                Person(id="fay", name="Fay Gee", job="Chair of governors", roles=(Role.CHAIR_OF_GOVERNORS,)),
                Person(id="gil", name="Gil Ho", job="Safeguarding lead", roles=(Role.SAFEGUARDING_LEAD,)),
                Person(id="bea", name="Bea Cox", job="Teacher"),
                Person(id="old", name="Old Hand", job="Teacher", left_on=date(2026, 7, 31)),
            ),
        ),
        School(
            id="vale",
            name="Vale School",
            policy="small",
            people=(Person(id="zoe", name="Zoe Else", job="Head", roles=(Role.HEADTEACHER,)),),
        ),
        School(
            id="east",
            name="East School",
            policy="small",
            trust="coast",
            people=(
                Person(id="eve", name="Eve Two", job="Teacher", also_at=(Post(school="west"),)),
                Person(id="ed", name="Ed East", job="Head", roles=(Role.HEADTEACHER,)),
            ),
        ),
        School(
            id="west",
            name="West School",
            policy="small",
            trust="coast",
            people=(Person(id="will", name="Will West", job="Head", roles=(Role.HEADTEACHER,)),),
        ),
    ),
)


def without(person_id: str) -> Organisation:
    """The schools after somebody has left."""
    hill, *others = ORGANISATION.schools
    people = (p.model_copy(update={"left_on": date(2026, 11, 1)} if p.id == person_id else {}) for p in hill.people)
    return ORGANISATION.model_copy(update={"schools": (hill.model_copy(update={"people": tuple(people)}), *others)})


REPORT = Procedure.model_validate(
    {
        "slug": "friend-report",
        "ids": ("X2",),
        "title": "Report a request",
        "kind": "report",
        "say": "It goes to the head.",
        "meanwhile": "Do not reply.",
        "clauses": ("small:1.1",),
        "restricted": True,
        "fields": (
            {"id": "pupil", "label": "Which pupil", "type": "line", "required": True, "help": "Name or account."},
            {"id": "subject", "label": "Who is it about", "type": "subject", "clause": "small:1.1"},
            {"id": "family", "label": "Is it family", "type": "yes_no", "required": True},
            {"id": "tie", "label": "Which tie", "type": "line", "required": True, "when": {"family": "yes"}},
            {"id": "proof", "label": "Screen prints", "type": "evidence", "most": 5},
        ),
        "stages": ({"id": "handling", "title": "Handled by the head", "roles": ("headteacher",)},),
        "walk": (
            {"id": "safe", "title": "See that the pupil is safe", "clause": "small:1.1"},
            {"id": "told", "title": "Tell the family"},
        ),
    }
)
REQUEST = Procedure.model_validate(
    {
        "slug": "press",
        "ids": ("R1",),
        "title": "Answer the press",
        "kind": "request",
        "say": "The head decides.",
        "clauses": ("small:end",),
        "fields": (
            {"id": "question", "label": "Their question", "type": "text", "required": True},
            {"id": "by", "label": "Their deadline", "type": "date"},
        ),
        "stages": ({"id": "decision", "title": "Approval", "roles": ("headteacher",)},),
        "checklist": ("It names nobody.",),
    }
)
SITE = Procedure.model_validate(
    {
        "slug": "new-site",
        "ids": ("R4",),
        "title": "Ask for a site",
        "kind": "request",
        "say": "The head decides.",
        "clauses": ("small:end",),
        "fields": (
            {"id": "name", "label": "Name of the site", "type": "line", "required": True},
            {"id": "administrators", "label": "Administrators", "type": "people", "required": True, "least": 2},
            {"id": "closure", "label": "Closing day", "type": "date", "required": True},
        ),
        "stages": ({"id": "decision", "title": "Approval", "roles": ("headteacher",)},),
        "effects": (
            {"do": "enter", "register": "sites", "title": "name", "until": "closure", "keep": ("administrators",)},
        ),
    }
)
RECORD = Procedure.model_validate(
    {
        "slug": "blog-note",
        "ids": ("H3",),
        "title": "Declare a blog",
        "kind": "record",
        "say": "The head is told.",
        "clauses": ("small:end",),
        "fields": ({"id": "name", "label": "Name of the blog", "type": "line", "required": True},),
        "stages": ({"id": "told", "title": "Told", "roles": ("headteacher",)},),
    }
)
LOOK_UP = Procedure.model_validate(
    {
        "slug": "site-check",
        "ids": ("G4",),
        "title": "Look up the sites",
        "kind": "look_up",
        "say": "These are the sites.",
        "clauses": ("small:end",),
        "look": "sites",
    }
)


def _policy() -> Policy:
    clauses = (
        Clause(id="small:1.1", document="small", printed="1.1", headings=("1 Friends",), text=TEXT),
        Clause(id="small:end", document="small", printed=None, headings=("2 End",), text="Ask the head."),
    )
    friend = Ruling(
        topic="friend-pupil",
        verdict=Verdict.NOT_ALLOWED,
        say="You must not add pupils.",
        cite=(Citation(clause="small:1.1"),),
        contact=(Role.HEADTEACHER,),
        offers=("friend-report",),
        turns_on="family",
        when=(
            Condition(
                verdict=Verdict.ALLOWED_IF,
                say="Only if family.",
                cite=(Citation(clause="small:end"),),
                facts={"family": "yes"},
            ),
        ),
    )
    return Policy(
        id="small",
        name="Small Trust",
        title="Small policy",
        version="of today",
        documents=(Document(id="small", title="Small policy", adopted_by="Small Trust", clauses=clauses),),
        default_contact=(Role.HEADTEACHER,),
        role_names={},
        conflicted={},
        unused={},
        rulings={"friend-pupil": friend},
        procedures={p.slug: p for p in (REPORT, REQUEST, SITE, RECORD, LOOK_UP)},
    )


KNOWLEDGE = KnowledgeBase(
    policies={"small": _policy()},
    topics={
        "friend-pupil": Topic(
            slug="friend-pupil", title="May I add a pupil?", group="connections", phrasings=("a", "b")
        ),
        "blog": Topic(slug="blog", title="May I blog?", group="new-group", phrasings=("a", "b")),
    },
    background={},
    named={},
    facts={
        "family": Fact(
            key="family",
            question="Is it family?",
            values={"yes": FactValue(label="Yes, family"), "no": FactValue(label="No")},
        )
    },
    mentions=(),
    lexicon={},
)

HEAD = Contact(role=Role.HEADTEACHER, words="the headteacher", people=("Ced Dee",))
CHAIR = Contact(role=Role.CHAIR_OF_GOVERNORS, words="the chair of governors")
MUST_NOT = Answer(
    verdict=Verdict.NOT_ALLOWED,
    words="Must not",
    parts=(
        AnswerPart(
            topic="friend-pupil",
            title="May I add a pupil?",
            verdict=Verdict.NOT_ALLOWED,
            words="Must not",
            say="You must not add pupils.",
            quotes=(
                Quote(
                    clause="small:1.1",
                    label="1.1",
                    document="Small policy, Small Trust",
                    heading="1 Friends",
                    lines=tuple(TEXT.split("\n")),
                    quote=" ".join(TEXT.split()),
                ),
            ),
            conflict="1.1 and 1.2 differ.",
            next="Decline it.",
            contacts=(HEAD,),
            offers=(Offer(slug="friend-report", title="Report a request", kind="report", include=("Which pupil",)),),
        ),
    ),
    contacts=(HEAD,),
    question="Is it family?",
    choices=(
        Choice(label="Yes, family", kind="fact", value="family=yes"),
        Choice(label="No", kind="fact", value="family=no"),
    ),
    signpost="Call 999 first.",
    notes=("A note.",),
)
ABOUT_HEAD = MUST_NOT.model_copy(
    update={"parts": (MUST_NOT.parts[0].model_copy(update={"contacts": (CHAIR,)}),), "contacts": (CHAIR,)}
)
LOOKS_UP = MUST_NOT.model_copy(
    update={
        "parts": (
            MUST_NOT.parts[0].model_copy(
                update={"offers": (Offer(slug="site-check", title="Look up the sites", kind="look_up", include=()),)}
            ),
        )
    }
)
CONDITIONAL = Answer(
    verdict=Verdict.ALLOWED_IF,
    words="Only on conditions",
    parts=(
        AnswerPart(
            topic="friend-pupil",
            title="May I add a pupil?",
            verdict=Verdict.ALLOWED_IF,
            words="Only on conditions",
            say="Only if family.",
            stated=("You said that this is family.",),
        ),
    ),
)
NOT_COVERED = Answer(
    verdict=Verdict.NOT_COVERED, words="Not covered", parts=(), notes=("Ask a person.",), contacts=(HEAD,)
)
CLARIFY = Answer(
    verdict=Verdict.CLARIFY,
    words="One question first",
    parts=(),
    question="Did you mean this?",
    choices=(
        Choice(label="May I add a pupil?", kind="topic", value="friend-pupil"),
        Choice(label="None of these", kind="none", value=""),
    ),
)

DECIDING = MUST_NOT.model_copy(update={"verdict": Verdict.CLARIFY, "words": "One question first"})


@dataclass(frozen=True)
class FakeReady:
    """What the pages read of a knowledge base."""

    knowledge: KnowledgeBase = KNOWLEDGE
    health: str = "ready: fake"


@dataclass
class FakeBot:
    """Answers by rote, and remembers in which context it was asked."""

    ready: FakeReady = field(default_factory=FakeReady)
    contexts: list[Context | None] = field(default_factory=list)

    def policy(self, policy_id: str) -> Policy:
        """The small policy alone."""
        if policy_id not in KNOWLEDGE.policies:
            raise BadInput("unknown policy; use small")
        return KNOWLEDGE.policies[policy_id]

    def ask(self, policy_id: str, text: str, before: Context | None = None, school: School | None = None) -> Turn:
        """`boom` breaks, blanks are refused, `vague`, `deciding`, `head` and `silent` have their own answers."""
        self.contexts.append(before)
        if not text.strip():
            raise BadInput("the question is empty; type what you would like to know")
        if "boom" in text:
            raise RuntimeError(f"broke on {text}")
        by_word = {"vague": CLARIFY, "deciding": DECIDING, "head": ABOUT_HEAD, "silent": NOT_COVERED, "site:": LOOKS_UP}
        answer = next((a for word, a in by_word.items() if word in text), MUST_NOT)
        return Turn(answer, Context(text=text, facts={}, topics=("friend-pupil",), weights={}))

    def choose(self, policy_id: str, kind: str, value: str, before: Context, school: School | None = None) -> Turn:
        """Family is conditional, everything else must not."""
        self.contexts.append(before)
        family = value == "family=yes" or before.facts.get("family") == "yes"
        return Turn(CONDITIONAL if family else MUST_NOT, before)
