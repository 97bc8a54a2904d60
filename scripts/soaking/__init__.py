"""Long trials of what docs/reliability.md promises: one module a part."""
