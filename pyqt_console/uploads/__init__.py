"""Own files: what is dropped on the window goes the same way as what a scanner sends."""
