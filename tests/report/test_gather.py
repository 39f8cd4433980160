"""What the page says that its numbers come from."""

import json

from faceveil.report.gather import _weights


def test_weights_are_named_by_digest_as_far_as_stages_have_written_it(tmp_path):
    (tmp_path / "facenet.json").write_text(json.dumps({"check": {}, "sha256": "0a"}))
    (tmp_path / "dlib.json").write_text(json.dumps({"check": {}}))
    names = ["facenet", "dlib", "nobody"]
    assert _weights(tmp_path, names) == {"facenet": "0a", "dlib": "not known"}
