"""The things that posters show, each drawn on a canvas where and as large as a scene asks for it."""
