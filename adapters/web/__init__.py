"""The web chat: pages served on this machine alone, usable without JavaScript."""
