"""Microsoft Teams: the front door, two pure converters, what goes out, the app package. No other room knows its SDK."""
