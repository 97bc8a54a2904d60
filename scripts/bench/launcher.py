"""Run a command and print its seconds, the MiB of its largest process at most, its exit code and its CPU seconds.

In a process of its own and with next to nothing imported: until a new process has become the command, the system counts
the memory of the process that it was copied from as its own.
"""

import os
import sys
import time

null = os.open(os.devnull, os.O_WRONLY)
began = time.perf_counter()
child = os.fork()
if child == 0:
    os.dup2(null, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(
    time.perf_counter() - began,
    usage.ru_maxrss / 1024,
    os.waitstatus_to_exitcode(status),
    usage.ru_utime + usage.ru_stime,
)
