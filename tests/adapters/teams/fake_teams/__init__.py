"""Microsoft Teams on this machine: its OpenID document, its Bot Connector, and people with a client."""
