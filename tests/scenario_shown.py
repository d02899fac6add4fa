"""Reading the cards and views of a chat as a person does, and filling in their inputs."""

from __future__ import annotations

from collections.abc import Iterator

from bot import desk_texts
from bot.chat import chat_texts as texts
from bot.chat.messages import (
    Button,
    Buttons,
    Clause,
    Entry,
    Facts,
    Heading,
    Input,
    Link,
    Part,
    Reaction,
    View,
    Words,
)
from tests.scenario_world import Extra, Typed


def readable(parts: tuple[Part, ...]) -> str:
    """Everything that can be read."""
    return "\n".join(line for part in parts for line in _read(part))


def _read(part: Part) -> Iterator[str]:
    match part:
        case Heading() | Words():
            yield part.text
        case Clause():
            yield part.label
            yield " ".join(part.lines)
        case Facts():
            yield from (f"{label}: {value}" for label, value in part.rows)
        case Entry():
            yield line_of(part)
        case Buttons():
            yield from (item.label for item in part.items)


def buttons(parts: tuple[Part, ...]) -> list[Button]:
    """Every button."""
    return [i for part in parts if isinstance(part, Buttons) for i in part.items if isinstance(i, Button)]


def line_of(entry: Entry) -> str:
    """A line of a thread."""
    return " ".join(filter(None, (entry.who, entry.what, entry.words, entry.conditions)))


def lines_of(parts: tuple[Part, ...]) -> list[str]:
    """Every line."""
    return [line_of(part) for part in parts if isinstance(part, Entry)]


def thread_of(view: View) -> list[str]:
    """The lines of a case's thread as its view shows them."""
    begins = next(i for i, part in enumerate(view.parts) if part == Heading(texts.THREAD))
    return lines_of(view.parts[begins:])


def has_letter(view: View) -> bool:
    """True where the decision letter can be opened."""
    links = [i for part in view.parts if isinstance(part, Buttons) for i in part.items if isinstance(i, Link)]
    return any(link.url.endswith("/letter") for link in links)


def button_labelled(view: View, label: str) -> Button | None:
    """The button that says so."""
    return next((b for b in buttons(view.parts) if b.label == label), None)


def shown_by(reaction: Reaction) -> View:
    """The view that a reaction opens."""
    assert reaction.view is not None, reaction
    return reaction.view


def refusal_in(view: View) -> str | None:
    """Why nothing was changed, as the person reads it."""
    if view.title == texts.STRANGER_TITLE:
        # Whoever left learns no more than a stranger does.
        return desk_texts.REFUSALS["no_access"]
    if view.title == texts.NOTHING_CHANGED:
        return readable(view.parts)
    # A dialog that comes back with a reason over its words.
    said = [part.text for part in view.parts if isinstance(part, Words)]
    changed = desk_texts.REFUSALS["changed"]
    return changed if changed in said else None


# Filling in what is asked.


def filled(view: View, typed: Typed) -> dict[str, tuple[str, ...]]:
    """What stands in the inputs, and what is typed over it."""
    return {each.id: chosen_in(each, typed) for each in view.inputs}


def chosen_in(each: Input, typed: Typed) -> tuple[str, ...]:
    """Choices by their value or by what they say; sites by their name without the school."""
    given = typed.get(each.id)
    if given is None:
        return each.values
    named = {c.label.rpartition(", ")[0]: c.value for c in each.choices} | {c.label: c.value for c in each.choices}
    values = {c.value for c in each.choices}
    return tuple(value if value in values else named.get(value, value) for value in given)


def gate_answer(extra: Extra) -> dict[str, tuple[str, ...]]:
    """The answer to the gate: only who has files says that none could show a nude child."""
    return {"gate": ("yes" if extra.held_back else "no" if extra.files else "none",)}
