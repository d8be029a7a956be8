"""Which results go where: rules that are data, decided by functions without I/O."""
