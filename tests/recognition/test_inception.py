"""One network, whoever imports it first, and no detector with it."""

import subprocess
import sys

import pytest

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
    subprocess.run([sys.executable, "-c", "; ".join([*order, SAME])], check=True)


def test_neither_the_recognizer_nor_partners_bring_torchs_compiler():
    code = (
        "import sys, faceveil.recognition.partner, faceveil.recognition.black_box; "
        "print({'torchvision', 'torch._dynamo'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
