"""A script of its own, run in a fresh interpreter: import one module, and print what that took.

    python -I -S -B cold_import.py MODULE PATH...

Prints the seconds on the clock, the seconds of processor time, and how many modules were imported.
"""

import sys
import time

module = sys.argv[1]
sys.path[:0] = sys.argv[2:]
modules, wall, cpu = len(sys.modules), time.perf_counter(), time.process_time()
__import__(module)
print(time.perf_counter() - wall, time.process_time() - cpu, len(sys.modules) - modules)
