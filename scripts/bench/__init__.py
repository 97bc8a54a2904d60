"""Speed and memory, always as a ratio to a named peer that took turns with ours in the same run.

A section is a module with a function `contests(bench)`; its docstring stands on the page. Each runs in a process of its
own. What was measured is kept as JSON, of which the page is made, so that sections can be measured anew one by one.
"""
