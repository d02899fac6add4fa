"""A small sound organisation file, for the tests to spoil."""

from __future__ import annotations

GOOD = """\
title: "Test schools"
trusts:
- {id: hills, name: "Hills Trust"}
schools:
- id: hill
  name: "Hill School"
  policy: small
  trust: hills
  lado: "Ring the county."
  terms:
  - {starts: 2026-09-01, ends: 2026-12-18}
  people:
  - {id: ann, name: "Ann Bee", job: "Teacher", manager: ced, email: "ann@hill.example"}  # joined in May
  # The head.
  - id: ced
    name: "Ced Dee"
    job: "Head"
    roles:
    - headteacher
    deputies: [dot]
    email: "ced@hill.example"
    slack: {team: T1, user: U1}
  - {id: dot, name: "Dot Eff", job: "Deputy", email: "dot@hill.example"}

- id: dale
  name: "Dale School"
  policy: small
  people:
  - {id: eve, name: "Eve Gee", job: "Head", roles: [headteacher]}
"""
