"""Behaviour of the case office, played by people with a clock of their own."""
