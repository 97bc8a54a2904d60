"""What reading catalogues costs those who read none."""

import subprocess
import sys


def test_pandas_is_loaded_when_a_table_is_read_and_not_before():
    code = "import sys, posters.catalogue; print({'pandas', 'tensorflow', 'sklearn'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
