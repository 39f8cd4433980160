"""One thin command per stage of the pipeline: file = stage = section of params.yaml."""

import sys
from pathlib import Path

# In a temporary workspace of `dvc queue` the editable install still points at the main checkout.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
