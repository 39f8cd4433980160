"""A face embedder in an ONNX file, run by onnxruntime."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError
from faceveil.recognition.network import View

FLOAT = "tensor(float)"
FATAL_ONLY = 4
"""Severity of what onnxruntime prints by itself; errors come as exceptions too."""

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""Wanted providers, the fastest first; the CPU's is everywhere."""


class OnnxModel:
    """One session; photos in, embeddings out, whatever the graph calls them.

    The graph has one float32 input ``[B, 3, S, S]`` and one float32 output ``[B, E]``; B is free,
    or 1.
    """

    def __init__(self, path: Path, view: View) -> None:
        """Open a file.

        Raises:
            FaceveilError: if it is missing, damaged, or has other inputs or outputs.
        """
        self._path, self._view = path, view
        self._session = _session(path)
        self._input = _only_input(path, self._session, view.input_size)
        self._one_by_one = self._session.get_inputs()[0].shape[0] == 1

    def __call__(self, crops: torch.Tensor) -> NDArray[np.float32]:
        """Turn crops ``[B, 3, S, S]`` in [0, 1], RGB, into embeddings ``[B, E]``.

        Raises:
            FaceveilError: if the graph cannot take them, whatever it declares; says what it takes.
        """
        pixels = self._view.normalized(crops).cpu().contiguous().numpy().astype(np.float32)
        parts = np.split(pixels, len(pixels)) if self._one_by_one and len(pixels) else [pixels]
        return np.concatenate([self._embeddings(part) for part in parts]).astype(np.float32)

    def _embeddings(self, photos: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the graph; a size that it declares to be free may still not fit inside."""
        found, reason = self._found(photos)
        if found is not None:
            return found
        cause = "mend input_size, or export the file anew"
        if self._found(photos.transpose(0, 2, 3, 1))[0] is not None:
            cause = "it takes [B, S, S, 3], channels last; export it anew for [B, 3, S, S]"
        elif len(photos) > 1 and self._found(photos[:1])[0] is not None:
            cause = "it takes one photo alone; export it anew with a free batch"
        raise FaceveilError(
            f"{self._path}: cannot take photos {list(photos.shape)} ({reason}); {cause}"
        )

    def _found(self, photos: NDArray[np.float32]) -> tuple[NDArray[np.float32] | None, str]:
        """Return embeddings ``[B, E]``, or None and why there are none."""
        try:
            found = np.asarray(self._session.run(None, {self._input: photos})[0])
        except Exception as error:  # onnxruntime's exceptions have no common class of their own
            return None, _reason(error)
        if found.ndim != 2 or len(found) != len(photos):
            return None, f"it answers with {list(found.shape)}, not [{len(photos)}, E]"
        return found, ""


def _session(path: Path) -> onnxruntime.InferenceSession:
    """Open a session that computes the same each time and warns of nothing."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    options.use_deterministic_compute = True
    # Threads that wait busily cost everybody else on the machine many times what they gain.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    there = onnxruntime.get_available_providers()
    chosen = [provider for provider in PROVIDERS if provider in there]
    try:
        # From bytes, so that a file can name no other files to be read.
        return onnxruntime.InferenceSession(
            path.read_bytes(),
            options,
            providers=chosen,
            enable_fallback=len(chosen) > 1,  # to the CPU alone, which it tells on the terminal
        )
    except FileNotFoundError:
        raise FaceveilError(f"{path}: no such file; put the .onnx file there") from None
    except Exception as error:  # onnxruntime's exceptions have no common class of their own
        if "external data" in str(error).lower():
            raise FaceveilError(
                f"{path}: its weights are in a second file, which is not read; put all into one: "
                "`torch.onnx.export(..., external_data=False)`, or `onnx.save(onnx.load(...), ...)`"
            ) from None
        raise FaceveilError(f"{path}: not an ONNX file that runs here ({_reason(error)})") from None


def _reason(error: Exception) -> str:
    """Return an exception of onnxruntime's in one line, without the codes that it begins with."""
    return " ".join(str(error).split()).rpartition("Status Message: ")[2][:200]


def _only_input(path: Path, session: onnxruntime.InferenceSession, size: int) -> str:
    """Return the input's name.

    Raises:
        FaceveilError: if the graph does not take photos of ``size``, or gives no embeddings.
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    takes = [f"{node.name} {node.type} {node.shape}" for node in (*inputs, *outputs)]
    fits = len(inputs) == len(outputs) == 1
    fits = fits and inputs[0].type == outputs[0].type == FLOAT
    fits = fits and len(inputs[0].shape) == 4 and len(outputs[0].shape) == 2
    if not fits or not _agrees(inputs[0].shape, size):
        raise FaceveilError(
            f"{path}: has {', '.join(takes)}; needed: one float input [B, 3, {size}, {size}] and "
            f"one float output [B, E]; {_advice(inputs[0].shape)}"
        )
    return str(inputs[0].name)


def _advice(shape: list[object]) -> str:
    """Return what to do about an input of another shape."""
    match shape:
        case [int(batch), *_] if batch != 1:
            return f"its batch is fixed at {batch}; export the file anew with a free one"
        case [_, _, _, 3]:
            return "it has channels last; export the file anew"
        case [_, 3, int(height), int(width)] if height == width:
            return f"set input_size to {height} or export the file anew"
    return "mend input_size or export the file anew"


def _agrees(shape: list[object], size: int) -> bool:
    """Return whether numbers among the dimensions are the wanted ones; words fit anything."""
    batch, *rest = shape
    wanted = zip(rest, (3, size, size), strict=True)
    return all(not isinstance(found, int) or found == number for found, number in wanted) and (
        not isinstance(batch, int) or batch == 1
    )
