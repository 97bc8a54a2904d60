"""The jobs that people come for, whole: each a function that needs no command line."""
