"""``python -m understudy.mockserver`` is ``understudy``."""

from understudy.mockserver.cli import main

main()
