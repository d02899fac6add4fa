"""The desks as a chat shows them: what people said and pressed in, what they are shown out; no platform in it."""
