"""Errors whose message a person reads: what is wrong and what to do."""


class BadInput(ValueError):
    """Input that cannot be used; the message says why and names the cure."""
