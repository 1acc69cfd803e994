"""A process that has done its work is not killed by a signal that comes late."""

import signal
import subprocess
import sys

import pytest
from django.conf import settings

LATE = """
import os, queue, sys
from jobs import stop_signals

class AtTheVeryEnd:
    "Told while Python throws its modules away: handlers are the default ones again by then."
    def __del__(self, kill=os.kill, pid=os.getpid(), number=int(sys.argv[1])):
        kill(pid, number)

told = queue.SimpleQueue()
stop_signals.listen(told.put)
os.kill(os.getpid(), int(sys.argv[1]))
told.get()
stop_signals.ignore()
last = AtTheVeryEnd()
sys.exit(7)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_the_very_end_leaves_the_exit_code(number: signal.Signals) -> None:
    ended = subprocess.run([sys.executable, "-c", LATE, str(int(number))], cwd=settings.BASE_DIR, check=False)
    assert ended.returncode == 7
