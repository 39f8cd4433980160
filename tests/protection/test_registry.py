"""Methods are found by their file's name; an entry that is wrong is one line."""

import subprocess
import sys

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.params.protections import PROTECTIONS
from faceveil.protection.registry import build, check_protections, method_names


def test_every_file_is_a_method():
    assert {"plain", "flat", "blur", "design"} <= set(method_names())


def test_the_default_entries_are_valid():
    check_protections({name: entry.model_dump() for name, entry in PROTECTIONS.items()})


def test_checking_the_entries_opens_neither_torchvision_nor_torchs_compiler():
    # Every stage checks params.yaml when it starts, and these are seconds.
    code = (
        "import sys; from faceveil.protection.registry import method, method_names\n"
        "for name in method_names(): method(name)\n"
        "print({'torchvision', 'torch._dynamo'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == "set()\n"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"method": "blurr"}, "protections.x.method: no method 'blurr'; there are blur, design"),
        ({"method": "../blur"}, "protections.x.method: no method '../blur'"),
        ({}, "protections.x.method: no method ''"),
        ({"method": "blur", "sigma_share": 2}, "protections.x: sigma_share: input should be less"),
        ({"method": "blur", "sigma_share": 0}, "protections.x: sigma_share: input should be great"),
        ({"method": "blur"}, "protections.x: missing key 'sigma_share'"),
        ({"method": "flat", "value": 1.5}, "protections.x: value: input should be less than"),
        ({"method": "flat", "valeu": 1}, "unknown key 'valeu'; did you mean 'value'"),
        ({"method": "noise", "patterns": 0}, "protections.x: patterns: input should be greater"),
        ({"method": "other_face", "faces": 0}, "protections.x: faces: input should be greater"),
        ({"method": "design", "designs": 0}, "protections.x: designs: input should be greater"),
    ],
)
def test_an_entry_that_is_wrong_is_one_line(entry, problem):
    with pytest.raises(FaceveilError) as raised:
        check_protections({"x": entry})
    assert problem.lower() in str(raised.value).lower()
    assert "\n" not in str(raised.value)


def test_settings_reach_the_method():
    assert build({"method": "flat", "value": 0.5}, "here").settings.value == 0.5
