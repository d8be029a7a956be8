"""For all tests: before anything imports torch, compute threads learn to wait politely."""

from inference.threads import wait_passively

wait_passively()
