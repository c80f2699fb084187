"""What tests can do to accounts, measured: each part is a module, and `place` has what they share."""
