"""A decision of the rulings -> the answer a person reads: names, contacts, quotes, buttons. No platform, no storage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot import texts
from bot.answers import Answer, AnswerPart, Choice, Contact, Offer, Quote
from bot.organisation import School
from policy_kb.by_topics import Decision, clauses_of
from policy_kb.model import Clause, KnowledgeBase, Outcome, Policy, Role, Verdict
from policy_kb.weighing import Weighed

_AT_RISK = (Role.SAFEGUARDING_LEAD,)
"""Who is told first when somebody may be at risk, whatever the policy's clause names (SECURITY section 3)."""


class AnswerWriter:
    """Writes answers for one knowledge base. signpost: the safeguarding words, editable by an administrator."""

    def __init__(self, knowledge: KnowledgeBase, signpost: str = texts.SIGNPOST_DEFAULT) -> None:
        self._kb = knowledge
        self._signpost = signpost

    def write(self, policy: Policy, decision: Decision, school: School | None = None, danger: bool = False) -> Answer:
        """The answer to a decision under a policy, with the school's people named where it is given."""
        view = _View(self._kb, policy, school, decision.facts)
        parts = tuple(view.part(w) for w in decision.answers)
        see_also = tuple(view.part(w) for w in decision.also)
        contacts = view.contacts_of(decision, danger)
        # Where somebody may be at risk, nothing is asked beside what to do now.
        calm = decision.verdict is Verdict.CLARIFY or not danger
        question, choices = self._question(decision) if calm else (None, ())
        return Answer(
            verdict=decision.verdict,
            words=texts.VERDICT_WORDS[decision.verdict],
            parts=parts,
            see_also=see_also,
            notes=(*self._notes(decision, view), *view.for_a_governor(contacts)),
            contacts=contacts,
            question=question,
            choices=choices,
            signpost=self._signpost if danger else None,
        )

    def nearest(
        self,
        policy: Policy,
        clauses: Iterable[Clause],
        facts: Mapping[str, str],
        school: School | None = None,
        danger: bool = False,
    ) -> Answer:
        """The last resort: clauses found by search, quoted for information and never as a permission."""
        view = _View(self._kb, policy, school, facts)
        contacts = view.contacts((*_AT_RISK, *policy.default_contact) if danger else policy.default_contact)
        part = AnswerPart(
            topic="",
            title="",
            verdict=Verdict.INFORMATION,
            words=texts.VERDICT_WORDS[Verdict.INFORMATION],
            say=texts.NEAREST_FOUND,
            quotes=tuple(view.quote(c) for c in clauses),
        )
        return Answer(
            verdict=Verdict.INFORMATION,
            words=part.words,
            parts=(part,),
            notes=(texts.SILENCE, *view.for_a_governor(contacts)),
            contacts=contacts,
            signpost=self._signpost if danger else None,
        )

    def _question(self, decision: Decision) -> tuple[str | None, tuple[Choice, ...]]:
        if decision.choices:
            choices = [Choice(label=self._kb.topics[t].title, kind="topic", value=t) for t in decision.choices]
            question = decision.answers[0].outcome.say if decision.answers else texts.DID_YOU_MEAN
            return question, (*choices, Choice(label=texts.NONE_OF_THESE, kind="none", value=""))
        turning = (w.ruling.turns_on for w in decision.answers)
        for key in filter(None, (decision.asks, *turning)):
            fact = self._kb.facts.get(key) if key not in decision.facts else None
            if fact and fact.question:
                values = fact.values.items()
                return fact.question, tuple(
                    Choice(label=v.label, kind="fact", value=f"{key}={name}") for name, v in values
                )
        return None, ()

    def _notes(self, decision: Decision, view: _View) -> Iterable[str]:
        if decision.verdict is Verdict.NOT_COVERED:
            on_subject = decision.answers or decision.also or decision.unsure
            yield texts.SILENCE if on_subject else texts.OFF_TOPIC
        subject = view.subject
        found = (*decision.answers, *decision.also)
        if subject and found:
            words = view.words(subject)
            yield texts.NOT_THE_SUBJECT.format(subject=words)
            if any(subject in w.outcome.contact for w in found):
                yield texts.ABOUT_SUBJECT_CLAUSE.format(subject=words)
            yield texts.LADO


class _View:
    """One policy seen by one asker: names, contacts, quotes."""

    def __init__(
        self, knowledge: KnowledgeBase, policy: Policy, school: School | None, facts: Mapping[str, str]
    ) -> None:
        self._kb = knowledge
        self._policy = policy
        self._school = school
        self._facts = facts
        about = facts.get("about")
        self.subject = Role(about) if about in {role.value for role in Role} else None
        self._titles = {d.id: f"{d.title}, {d.adopted_by}" for d in policy.documents}

    def words(self, role: Role) -> str:
        return self._policy.role_names.get(role, texts.ROLE_WORDS[role])

    def contacts(self, roles: Iterable[Role]) -> tuple[Contact, ...]:
        """Each role once; whoever the question is about is replaced by those the policy's `conflicted` names."""
        wanted = list(roles)
        if self.subject in wanted:
            wanted = [r for r in wanted if r is not self.subject]
            wanted += self._policy.conflicted.get(self.subject, ())
        return tuple(
            Contact(
                role=role,
                words=self.words(role),
                people=tuple(p.name for p in self._school.holders(role)) if self._school else (),
            )
            for role in dict.fromkeys(wanted)
        )

    def contacts_of(self, decision: Decision, danger: bool) -> tuple[Contact, ...]:
        """Everyone named by the answer, else the policy's default; of somebody at risk the lead hears first."""
        roles = [role for w in decision.answers for role in w.outcome.contact]
        if not roles or decision.verdict is Verdict.NOT_COVERED:
            roles += self._policy.default_contact
        return self.contacts((*_AT_RISK, *roles) if danger else roles)

    def for_a_governor(self, contacts: Iterable[Contact]) -> Iterable[str]:
        """A governor has no line manager, and no policy says who stands in that place: they answer to the chair."""
        managed = any(contact.role is Role.LINE_MANAGER for contact in contacts)
        if managed and self._facts.get("asker") == "governor" and self.subject is not Role.CHAIR_OF_GOVERNORS:
            yield texts.AS_A_GOVERNOR.format(manager=self.words(Role.LINE_MANAGER))

    def quote(self, clause: Clause) -> Quote:
        return Quote(
            clause=clause.id,
            label=clause.label,
            document=self._titles[clause.document],
            heading=clause.headings[-1] if clause.headings else "",
            lines=clause.lines,
            quote=clause.quote,
        )

    def part(self, weighed: Weighed) -> AnswerPart:
        outcome = weighed.outcome
        return AnswerPart(
            topic=weighed.topic,
            title=self._kb.topics[weighed.topic].title,
            verdict=outcome.verdict,
            words=texts.VERDICT_WORDS[outcome.verdict],
            say=outcome.say,
            stated=self._stated(weighed),
            quotes=tuple(self.quote(c) for c in clauses_of(self._policy, [outcome])),
            conflict=outcome.conflict or weighed.ruling.conflict,
            next=self._next(outcome),
            contacts=self.contacts(outcome.contact),
            offers=self._offers(outcome),
        )

    def _next(self, outcome: Outcome) -> str | None:
        """The next step; nobody is sent to the person whom the matter is about."""
        if self.subject not in outcome.contact:
            return outcome.next
        return texts.INSTEAD.format(people=texts.any_of_roles([str(c) for c in self.contacts(outcome.contact)]))

    def _stated(self, weighed: Weighed) -> tuple[str, ...]:
        """The facts on which the outcome rests, as far as the asker stated them."""
        if not weighed.conditional:
            return ()
        used = next((c.facts for c in weighed.ruling.when if c is weighed.outcome), {})
        heard = ((key, value) for key, value in used.items() if self._facts.get(key) == value)
        values = (self._kb.facts[key].values[value] for key, value in heard)
        return tuple(value.stated for value in values if value.stated)

    def _offers(self, outcome: Outcome) -> tuple[Offer, ...]:
        named = (self._policy.procedures[slug] for slug in outcome.offers)
        return tuple(Offer(slug=p.slug, title=p.title, kind=p.kind, include=p.include) for p in named)
