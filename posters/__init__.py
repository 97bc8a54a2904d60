"""Movie posters to genres."""
