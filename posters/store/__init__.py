"""Rows on disk that survive a kill: packed posters, frozen features, embeddings, inspections."""
