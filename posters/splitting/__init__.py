"""Train, validation and test, and cross-validation folds: stratified by genre, without leaks between them."""
