"""The schema's history, applied at the start by bot/store/migrate.py and recorded in `alembic_version`.

A change of schema.py is one new file in `versions`: `op.batch_alter_table` for changes, so that SQLite can follow.
"""
