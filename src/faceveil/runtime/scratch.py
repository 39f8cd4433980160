"""Where unfinished work lies, found again by what decides its result."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def project_root() -> Path:
    """Return the main repository, even in the temporary workspace of a queued DVC experiment."""
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


def scratch_folder(stage: str, inputs: Mapping[str, Any]) -> Path:
    """Return ``.scratch/<stage>-<hash of inputs>`` in the main repository; inputs are JSON."""
    key = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]
    return project_root() / ".scratch" / f"{stage}-{key}"
