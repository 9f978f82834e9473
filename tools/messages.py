"""The message catalogues in ro, ru and en: update, check, compile."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.exit(0)
