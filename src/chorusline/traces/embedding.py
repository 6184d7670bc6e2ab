"""Sentences as vectors, by a model that the user has on disk (extra `embeddings`). Nothing is ever fetched.

The folder is what sentence-transformers and Hugging Face export to ONNX: `model.onnx` (or `onnx/model.onnx`) and
`tokenizer.json`. A sentence's vector is the mean over its tokens, the attention mask applied (Reimers & Gurevych 2019),
brought to length 1, and rounded to integers of 1/4000: so products of two vectors are whole numbers below 2^24,
which single precision adds up exactly, in whatever order.
"""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.errors import UsageError
from chorusline.traces.base import cores

Vectors = npt.NDArray[np.int16]

SCALE = 4000
"""Length of a vector. Rounded, with 9,000 dimensions or fewer, it stays below 4096: products below 2^24."""
LONGEST = 128
"""Tokens of a text that are read; what comes after them doesn't count."""
_BATCH = 64
"""Texts that go through the model together."""
_RUN = 1 << 14
"""Texts cut into tokens at a time."""
_KNOWN = ("input_ids", "attention_mask", "token_type_ids", "position_ids")


@dataclass(frozen=True)
class Model:
    """A sentence model. session : of onnxruntime. tokenizer : of tokenizers. inputs : names of what it takes.
    output : name of what it gives. first : whether the first token stands for the text, as its folder says, and
    not the mean. digest : SHA-256 of its files, shortened."""

    session: Any
    tokenizer: Any
    inputs: tuple[str, ...]
    output: str
    first: bool
    digest: str


def load(folder: str) -> Model:
    """Return the model of a folder, opened once. Raises UsageError where it isn't there or can't be used."""
    place = Path(folder).expanduser()
    network = next((p for p in (place / "model.onnx", place / "onnx" / "model.onnx") if p.is_file()), None)
    tokens = next(
        (p for p in (place / "tokenizer.json", place / "onnx" / "tokenizer.json") if p.is_file()), None
    )
    if network is None or tokens is None:
        missing = " and ".join(
            name for name, path in (("model.onnx", network), ("tokenizer.json", tokens)) if path is None
        )
        raise UsageError(
            f"There is no {missing} in {folder}: embedding_model must be the folder of a sentence model exported to "
            "ONNX."
        )
    stamp = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in (network, tokens))
    return _opened(place, network, tokens, stamp)


@lru_cache(maxsize=1)
def _opened(place: Path, network: Path, tokens: Path, stamp: tuple[Any, ...]) -> Model:
    """stamp : changes with the files, so that a model that was replaced is read anew."""
    try:
        # One thread for each batch and several batches at once: so the result doesn't hang on the number of cores.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError:
        raise UsageError(
            "Trace paraphrase needs the extra embeddings: pip install 'chorusline[embeddings]'."
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(tokens))
    except Exception as fault:  # both libraries raise kinds of their own
        raise UsageError(f"The model in {place} can't be opened ({_first_line(fault)}).") from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    inputs = tuple(given.name for given in session.get_inputs())
    if unknown := [name for name in inputs if name not in _KNOWN]:
        raise UsageError(
            f"The model in {place} wants {', '.join(unknown)}, which no text has: it isn't a sentence model."
        )
    output = next((found.name for found in session.get_outputs() if len(found.shape) == 3), None)
    if output is None:
        raise UsageError(
            f"The model in {place} gives no vector for each token (an output of three dimensions, such as "
            "last_hidden_state)."
        )
    if "Dense" in _text(place / "modules.json"):
        raise UsageError(
            f"The model in {place} has a dense layer after its tokens, which isn't read here; use another."
        )
    pooling = json.loads(_text(place / "1_Pooling" / "config.json") or "{}")
    first = bool(pooling.get("pooling_mode_cls_token")) and not pooling.get("pooling_mode_mean_tokens")
    digest = hashlib.sha256()
    for path in (network, tokens):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return Model(session, tokenizer, inputs, output, first, digest.hexdigest()[:16])


def vectors(texts: pa.StringArray, folder: str, prefix: str = "") -> tuple[Vectors, npt.NDArray[np.int32]]:
    """Return the vectors of distinct texts [m, d], of length SCALE, and their tokens [m], special ones counted.

    prefix : put before each text, where a model wants that ("query: " of E5). The result hangs on the model and the
    set of texts, not on their order or the number of cores. Texts with equally many tokens go through the model
    together: nothing has to be padded.
    """
    model = load(folder)
    key = hashlib.blake2b(f"{model.digest}\0{prefix}\0".encode())
    for text in texts.to_pylist():
        key.update(text.encode() + b"\0")
    if _last.get("key") != key.digest():
        found = _vectors(texts, model, prefix)
        _last.clear()
        _last.update(key=key.digest(), found=found)
    return _last["found"]  # type: ignore[no-any-return]


_last: dict[str, Any] = {}
"""The last result: variants of one case (sensitivity) ask for the same again and again."""


def _vectors(texts: pa.StringArray, model: Model, prefix: str) -> tuple[Vectors, npt.NDArray[np.int32]]:
    m = len(texts)
    length = np.zeros(m, dtype=np.int32)
    tokens: list[npt.NDArray[np.int32]] = []
    for start in range(0, m, _RUN):
        written = [prefix + text for text in texts.slice(start, _RUN).to_pylist()]
        for k, encoding in enumerate(model.tokenizer.encode_batch(written)):
            tokens.append(np.array(encoding.ids, dtype=np.int32))
            length[start + k] = len(tokens[-1])
    place = np.empty(m, dtype=np.int64)
    place[pc.array_sort_indices(texts).to_numpy()] = np.arange(m)
    order = np.lexsort((place, length))
    order = order[length[order] > 0]
    breaks = np.flatnonzero(np.diff(length[order])) + 1
    batches = [
        alike[start : start + _BATCH]
        for alike in np.split(order, breaks)
        for start in range(0, len(alike), _BATCH)
    ]
    result: Vectors | None = None
    with ThreadPoolExecutor(cores()) as pool:
        for batch, found in zip(
            batches, pool.map(lambda b: _run(model, np.stack([tokens[k] for k in b])), batches), strict=True
        ):
            if result is None:
                result = np.zeros((m, found.shape[1]), dtype=np.int16)
            result[batch] = found
    return np.zeros((m, 1), np.int16) if result is None else result, length


def _run(model: Model, ids: npt.NDArray[np.int32]) -> Vectors:
    """Vectors [b, d] of texts with equally many tokens [b, t]."""
    ones = np.ones(ids.shape, dtype=np.int64)
    given = {
        "input_ids": ids.astype(np.int64), "attention_mask": ones, "token_type_ids": 0 * ones,
        "position_ids": np.cumsum(ones, axis=1) - 1,
    }  # fmt: skip
    try:
        (states,) = model.session.run([model.output], {name: given[name] for name in model.inputs})
    except Exception as fault:  # onnxruntime raises kinds of its own
        raise UsageError(
            f"The model of embedding_model can't read these texts ({_first_line(fault)})."
        ) from None
    states = np.asarray(states, dtype=np.float64)
    pooled = states[:, 0] if model.first else states.mean(axis=1)
    if not np.isfinite(pooled).all():
        raise UsageError("The model of embedding_model gives no finite numbers; use another.")
    norm = np.linalg.norm(pooled, axis=1, keepdims=True)
    return np.asarray(np.rint(SCALE * pooled / np.maximum(norm, 1e-12)), dtype=np.int16)


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace") if path.is_file() else ""


def _first_line(fault: Exception) -> str:
    return next(iter(str(fault).strip().splitlines()), type(fault).__name__)[:200]
