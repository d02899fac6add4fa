"""The one place that knows a database: schema, transactions, records.

SQLite by default, PostgreSQL for several instances.
"""
