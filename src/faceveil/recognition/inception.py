"""facenet-pytorch's InceptionResnetV1, without the detector that its package brings along.

The package imports torchvision, and that torch's compiler: a quarter of what a stage takes to
start, which neither detects nor compiles.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facenet_pytorch.models.inception_resnet_v1 import (
        BasicConv2d,
        InceptionResnetV1,
        get_torch_home,
    )

PACKAGE, MODULE = "facenet_pytorch", "models.inception_resnet_v1"


def _inception() -> ModuleType:
    """Import the one module, under the name by which the whole package will find it as well."""
    if (name := f"{PACKAGE}.{MODULE}") not in sys.modules:
        spec = importlib.util.find_spec(PACKAGE)
        assert spec is not None, f"{PACKAGE} is not installed"
        bare = ModuleType(f"_{PACKAGE}")  # the package, but for what its __init__ does
        bare.__path__ = list(spec.submodule_search_locations or ())
        sys.modules[bare.__name__] = bare
        sys.modules[name] = importlib.import_module(f"{bare.__name__}.{MODULE}")
    return sys.modules[name]


if not TYPE_CHECKING:
    BasicConv2d = _inception().BasicConv2d
    InceptionResnetV1 = _inception().InceptionResnetV1
    get_torch_home = _inception().get_torch_home

__all__ = ["BasicConv2d", "InceptionResnetV1", "get_torch_home"]
