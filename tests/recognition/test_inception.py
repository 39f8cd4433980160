"""One network, whoever imports it first, and no detector with it."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

OURS = "from faceveil.recognition.inception import BasicConv2d, InceptionResnetV1 as ours"
WHOLE = (
    "from facenet_pytorch import MTCNN, InceptionResnetV1 as theirs; "
    "from facenet_pytorch.models.inception_resnet_v1 import BasicConv2d as block"
)
SAME = "assert ours is theirs and BasicConv2d is block"


@pytest.mark.parametrize(
    "order", [(OURS, WHOLE), (WHOLE, OURS)], ids=["alone first", "whole first"]
)
def test_it_is_the_same_class_in_either_order(order):
    code = "; ".join(["import sys; sys.path.insert(0, 'src')", *order, SAME])
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_recognizer_does_not_bring_torchs_compiler():
    code = (
        "import sys; sys.path.insert(0, 'src'); import faceveil.recognition.recognizer; "
        "print({'torchvision', 'torch._dynamo'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) == "set()\n"
