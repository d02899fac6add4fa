"""Cards and views of any shape and any text, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.chat.messages import (
    Button,
    Buttons,
    Card,
    Choice,
    Clause,
    Entry,
    Facts,
    Heading,
    Input,
    Link,
    Rule,
    Tone,
    View,
    Words,
)
from bot.chat.press import Press
from policy_kb.procedures import FieldType

BAITS = (
    "<!everyone>", "<!here|here>", "<@U1>", "<@U1|boss>", "<#C1>", "<!subteam^S1>", "<!date^1^x|y>",
    "&lt;!channel&gt;",
    "<https://evil.example|click>", "[x](javascript:alert(1))", "https://evil.example", "*bold*", "_it_", "~no~",
    "`code`",
    "```", ":smile:", ":no_entry:", "&amp;", "&", "<", ">", "a" * 160, "word " * 700, "x" * 10_000, "\n", "\n\n",
    "\u202eback", "\u2066iso", "\u200bzero", "\x00nul", "\x1b[31m", "é", "👩‍👩‍👧", "שלום", "\ud800", " ", "",
)  # fmt: skip
text = st.one_of(
    st.sampled_from(BAITS), st.text(max_size=40), st.lists(st.sampled_from(BAITS), max_size=4).map("".join)
)
press = st.builds(
    Press,
    do=st.sampled_from(["open", "act", "do", "topic"]),
    case=st.sampled_from(["", "0" * 32]),
    value=st.from_regex(r"[A-Za-z0-9_.:=@/-]{0,60}", fullmatch=True),
    number=st.integers(0, 999),
)
button = st.builds(Button, label=text, press=press, main=st.booleans(), danger=st.booleans())
link = st.builds(
    Link, label=text, url=st.sampled_from(["https://askfirst.hill.example/case/1", "javascript:x", "http://h"])
)
part = st.one_of(
    st.builds(Heading, text=text),
    st.builds(Words, text=text, tone=st.sampled_from(Tone)),
    st.builds(Clause, label=text, lines=st.lists(text, max_size=5).map(tuple)),
    st.builds(Facts, rows=st.lists(st.tuples(text, text), max_size=5).map(tuple)),
    st.builds(Entry, when=text, who=text, what=text, words=text, conditions=text),
    st.builds(Buttons, items=st.lists(st.one_of(button, link), max_size=30).map(tuple)),
    st.just(Rule()),
)
parts = st.lists(part, max_size=8).map(tuple)
card = st.builds(Card, parts=parts, summary=text, feedback=st.one_of(st.none(), press))
long_card = st.builds(Card, parts=st.lists(part, min_size=20, max_size=70).map(tuple), summary=text)
choice = st.builds(
    Choice, value=st.text("abc123", min_size=1, max_size=9), label=text, group=st.sampled_from(["", "Hill", "<b>"])
)


def crowd(number: int, groups: int = 1) -> tuple[Choice, ...]:
    """Many people in some schools."""
    return tuple(Choice(f"p{i}", f"Person {i:05d}", f"School {i % groups}") for i in range(number))


choices = st.one_of(
    st.lists(choice, max_size=30).map(tuple), st.sampled_from([crowd(10), crowd(101), crowd(250, 3), crowd(700, 2)])
)
field = st.builds(
    Input,
    id=st.uuids().map(lambda u: f"f{u.hex[:8]}"),
    label=text,
    kind=st.sampled_from(FieldType),
    required=st.booleans(),
    help=text,
    choices=choices,
    values=st.lists(st.one_of(text, st.sampled_from(["12", "2026-11-23", "2026-11-23T15:30", "p5"])), max_size=2).map(
        tuple
    ),
    error=text,
)
view = st.builds(
    View,
    title=text,
    parts=parts,
    inputs=st.lists(field, max_size=8, unique_by=lambda each: each.id).map(tuple),
    press=st.one_of(st.none(), press),
    submit=text,
)


def words_in(parts: tuple[object, ...]) -> list[str]:
    """Everything that a person must be able to read of parts."""
    found: list[str] = []
    for each in parts:
        match each:
            case Heading(text=text) | Words(text=text):
                found.append(text)
            case Clause(label=label, lines=lines):
                found += [label, "".join(lines)]
            case Facts(rows=rows):
                found += [text for row in rows for text in row]
            case Entry():
                found += [each.when, each.who, each.what, each.words, each.conditions]
            case Buttons(items=items):
                found += [item.label for item in items]
    return found
