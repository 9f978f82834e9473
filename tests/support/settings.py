"""Settings of the test suite: the product's own, on a data folder that disappears."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_DATA = tempfile.mkdtemp(prefix="msign-tests-")
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
os.environ["MSIGN_DATA"] = _DATA
os.environ.pop("MSIGN_CONFIG", None)

from tools import messages  # noqa: E402  (the suite speaks three languages: their catalogues are compiled first)

messages.compile_all()

from msign.config.settings import *  # noqa: E402, F403  (settings modules are made of names)

# A file, not memory: threads and processes of concurrency tests meet in it as they do in an installation.
if "sqlite3" in str(DATABASES["default"]["ENGINE"]):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{_DATA}/test.sqlite3"}  # noqa: F405
