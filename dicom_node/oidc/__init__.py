"""Signing in at an OpenID Connect provider: the way there and back, and whom we then let in."""
