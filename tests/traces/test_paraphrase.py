"""Paraphrases: vectors against the sums by hand, the search against the loop, and a small real ONNX model."""

from __future__ import annotations

import json
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.traces import available, choose, embedding
from chorusline.traces.embedding import SCALE
from chorusline.traces.meaning import leaders
from tests.traces.test_traces import log_of

DIMENSIONS = 24
SYNONYMS = [
    ("senator", "lawmaker"), ("voted", "decided"), ("against", "contra"), ("hospital", "clinic"), ("money", "funding"),
    ("again", "anew"), ("yesterday", "lately"), ("everybody", "people"), ("knows", "understands"), ("why", "wherefore"),
    *((f"a{k}", f"b{k}", f"c{k}", f"d{k}") for k in range(60)),
    ("cat",), ("sat",), ("on",), ("the",), ("mat",), ("all",), ("day",), ("long",), ("and",), ("slept",),
]  # fmt: skip
WORDS = ["[UNK]", "[CLS]", "[SEP]", *(word for group in SYNONYMS for word in group)]
ONE = "senator voted against hospital money again yesterday everybody knows why"
OTHER = "lawmaker decided contra clinic funding anew lately people understands wherefore"
CAT = "the cat sat on the mat all day long and slept"


def rows() -> np.ndarray:
    """A vector for each word: equal for words of one meaning."""
    rng = np.random.default_rng(5)
    made = [*rng.normal(size=(3, DIMENSIONS)) * 0.1]
    for group in SYNONYMS:
        made += [rng.normal(size=DIMENSIONS)] * len(group)
    return np.array(made, dtype=np.float32)


def write_model(folder, inputs=("input_ids", "attention_mask"), pooled=False):
    """A real model and tokenizer: a vector looked up for each token, times its place in the attention mask."""
    onnx = pytest.importorskip("onnx", reason="the package onnx, which makes the model, isn't installed")
    pytest.importorskip("onnxruntime", reason="the extra embeddings isn't installed")
    tokenizers = pytest.importorskip("tokenizers", reason="the extra embeddings isn't installed")
    from onnx import TensorProto, helper, numpy_helper

    folder.mkdir(parents=True, exist_ok=True)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["looked_up"]),
        helper.make_node("Unsqueeze", ["mask", "axis"], ["wide"]),
        helper.make_node("Mul", ["looked_up", "wide"], ["last_hidden_state"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["last_hidden_state"], ["sentence"], axes=[1], keepdims=0),
    ]
    nodes = [nodes[0], nodes[3], nodes[1], nodes[2], *nodes[4:]]
    shape = ["batch", DIMENSIONS] if pooled else ["batch", "sequence", DIMENSIONS]
    output = helper.make_tensor_value_info(
        "sentence" if pooled else "last_hidden_state", TensorProto.FLOAT, shape
    )
    graph = helper.make_graph(
        nodes if pooled else nodes[:4], "small",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in inputs],
        [output],
        [numpy_helper.from_array(rows(), "table"), numpy_helper.from_array(np.array([2]), "axis")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    words = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: k for k, word in enumerate(WORDS)}, unk_token="[UNK]")
    )
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    words.enable_padding(length=50)  # as many exports have it: it must make no difference
    words.save(str(folder / "tokenizer.json"))
    return str(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return write_model(tmp_path_factory.mktemp("model"))


def by_hand(text: str) -> np.ndarray:
    words = text.split()[: embedding.LONGEST - 2]
    ids = [1, *(WORDS.index(word) if word in WORDS else 0 for word in words), 2]
    mean = rows()[ids].astype(np.float64).mean(axis=0)
    return SCALE * mean / np.linalg.norm(mean)


def clusters(uses) -> list[list[int]]:
    return sorted(sorted(uses.account[uses.object == o].tolist()) for o in np.unique(uses.object))


def test_vectors_are_the_means_of_the_tokens(model):
    texts = [ONE, CAT, "cat", "hospital " * 200, "nothing here is known", ""]
    found, tokens = embedding.vectors(pa.array(texts), model)
    assert np.abs(found - [by_hand(text) for text in texts]).max() <= 0.51
    assert tokens.tolist() == [12, 13, 3, embedding.LONGEST, 6, 2]


def test_vectors_hang_on_the_set_of_texts_alone(model, monkeypatch):
    rng = np.random.default_rng(1)
    texts = pa.array(sorted({" ".join(rng.choice(WORDS[3:], rng.integers(1, 9))) for _ in range(300)}))
    found, tokens = embedding.vectors(texts, model)
    order = rng.permutation(len(texts))
    monkeypatch.setattr(embedding, "cores", lambda: 1)
    moved, moved_tokens = embedding.vectors(texts.take(pa.array(order)), model)
    assert (moved == found[order]).all()
    assert (moved_tokens == tokens[order]).all()


def test_a_prefix_is_put_before_each_text(model):
    found, tokens = embedding.vectors(pa.array(["cat sat"]), model, "the day ")
    assert np.abs(found[0] - by_hand("the day cat sat")).max() <= 0.51
    assert tokens.tolist() == [6]


def loop(vectors, sequence, stays, similarity):
    leader, leading = list(range(len(vectors))), []
    for i in sequence:
        products = [
            (int(vectors[i].astype(int) @ vectors[j].astype(int)), -k, j) for k, j in enumerate(leading)
        ]
        best = max(products, default=None)
        if not stays[i] and best and best[0] >= similarity * SCALE * SCALE and best[0] > 0:
            leader[i] = best[2]
        else:
            leading.append(i)
    return leader


@settings(max_examples=100)
@given(st.data())
def test_the_search_by_blocks_finds_what_the_loop_does(data):
    import chorusline.traces.meaning as module

    m = data.draw(st.integers(1, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    bases = rng.normal(size=(4, 6))
    raw = bases[rng.integers(0, 4, m)] + rng.normal(size=(m, 6)) * rng.choice([0.0, 0.2, 0.5], (m, 1))
    vectors = np.rint(SCALE * raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.int16)
    stays = rng.random(m) < 0.2
    sequence = np.flatnonzero(rng.random(m) < 0.9)
    sequence = sequence[np.lexsort((rng.permutation(len(sequence)), ~stays[sequence]))]
    similarity = data.draw(st.sampled_from([0.3, 0.8, 0.95]))
    before = module._BLOCK, module._LEADERS
    try:
        module._BLOCK, module._LEADERS = data.draw(st.sampled_from([(3, 2), (7, 5), (64, 64)]))
        found = leaders(vectors, sequence, stays, similarity)
    finally:
        module._BLOCK, module._LEADERS = before
    assert found.tolist() == loop(vectors, sequence, stays, similarity)
    assert (found[found] == found).all()


def test_products_of_whole_numbers_are_exact():
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(200, 1024))
    vectors = np.rint(SCALE * raw / np.linalg.norm(raw, axis=1, keepdims=True))
    assert (vectors**2).sum(axis=1).max() < 2**24
    exact = vectors.astype(np.int64) @ vectors.astype(np.int64).T
    single = vectors.astype(np.float32)
    assert (single @ single.T == exact).all()
    assert (single @ single.T[:, ::-1] == exact[:, ::-1]).all()


def test_small_steps_make_no_chain():
    angle = np.arange(0, 1.5, 0.1)
    vectors = np.rint(SCALE * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(np.int16)
    found = leaders(vectors, np.arange(len(angle)), np.zeros(len(angle), bool), 0.95)
    assert len(set(found.tolist())) > 3
    assert (np.cos(angle - angle[found]) >= 0.949).all()
    assert leaders(vectors, np.arange(len(angle)), np.zeros(len(angle), bool), 1.0).tolist() == list(
        range(15)
    )


def test_the_trace_ties_what_means_the_same(model):
    rows = [
        {"text": text}
        for text in (ONE, f"{OTHER} https://x.org/1 @someone #now", CAT, "senator voted against it")
    ]
    config = Config(embedding_model=model)
    found = available()["paraphrase"].extract(log_of(*rows), config)
    assert clusters(found) == [[0, 1], [2], [3]]
    assert clusters(available()["near-text"].extract(log_of(*rows), config)) == [[0], [1], [2], [3]]
    apart = config.model_copy(update={"embedding_similarity": 1.0})
    assert clusters(available()["paraphrase"].extract(log_of(*rows), apart)) == [[0], [1], [2], [3]]


def test_what_several_accounts_wrote_stays_apart(model):
    rows = [{"text": text} for text in (ONE, ONE, OTHER, OTHER, ONE.replace("voted", "decided"))]
    found = available()["paraphrase"].extract(
        log_of(*rows), Config(embedding_model=model, text_similarity=1.0)
    )
    assert clusters(found) in ([[0, 1, 4], [2, 3]], [[0, 1], [2, 3, 4]])


def test_a_turn_of_phrase_ties_nothing(model):
    rows = [
        {"text": "senator voted against hospital money"},
        {"text": "lawmaker decided contra clinic funding"},
    ]
    found = available()["paraphrase"].extract(log_of(*rows), Config(embedding_model=model))
    assert clusters(found) == [[0], [1]]


def test_headlines_are_left_out(model):
    rows = [{"text": text, "links": ["https://news.example/1"]} for text in (ONE, OTHER)]
    assert len(available()["paraphrase"].extract(log_of(*rows), Config(embedding_model=model))) == 0


def test_used_only_where_asked_for_and_then_in_place_of_near_text():
    usual = [trace.name for trace in choose(None)]
    assert "paraphrase" not in usual
    asked = [trace.name for trace in choose(("default", "paraphrase"))]
    assert sorted(asked) == sorted({*usual, "paraphrase"} - set(available()["paraphrase"].covers))
    both = [trace.name for trace in choose(("default", "paraphrase", "near-text"))]
    assert {"near-text", "paraphrase"} <= set(both)


def test_the_case_says_which_model_it_was(model):
    (note,) = available()["paraphrase"].notes(log_of({"text": ONE}), Config(embedding_model=model))
    assert model in note
    assert embedding.load(model).digest in note


def test_the_first_token_stands_for_the_text_where_the_model_says_so(tmp_path):
    folder = write_model(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    found, _ = embedding.vectors(pa.array([ONE, CAT]), folder)
    assert (found[0] == found[1]).all()


def test_a_model_that_is_missing_or_of_another_kind_ends_in_a_sentence(tmp_path, monkeypatch):
    extract, log = available()["paraphrase"].extract, log_of({"text": ONE})
    with pytest.raises(UsageError, match="set embedding_model"):
        extract(log, Config())
    with pytest.raises(UsageError, match=r"no model\.onnx and tokenizer.json"):
        extract(log, Config(embedding_model=str(tmp_path)))
    pooled = write_model(tmp_path / "pooled", pooled=True)
    with pytest.raises(UsageError, match="no vector for each token"):
        extract(log, Config(embedding_model=pooled))
    images = write_model(tmp_path / "images", inputs=("input_ids", "attention_mask", "pixel_values"))
    with pytest.raises(UsageError, match="pixel_values"):
        extract(log, Config(embedding_model=images))
    dense = write_model(tmp_path / "dense")
    (tmp_path / "dense" / "modules.json").write_text('[{"type": "sentence_transformers.models.Dense"}]')
    with pytest.raises(UsageError, match="dense layer"):
        extract(log, Config(embedding_model=dense))
    (tmp_path / "dense" / "tokenizer.json").write_text("{")
    with pytest.raises(UsageError, match="can't be opened"):
        extract(log, Config(embedding_model=dense))
    (tmp_path / "dense" / "model.onnx").write_bytes(b"no model")
    with pytest.raises(UsageError, match="can't be opened"):
        extract(log, Config(embedding_model=dense))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    (tmp_path / "pooled" / "model.onnx").touch()
    with pytest.raises(UsageError, match=r"chorusline\[embeddings\]"):
        extract(log, Config(embedding_model=pooled))


def test_a_circle_that_says_the_same_in_other_words_is_seen_by_it_alone(model, tmp_path):
    """Four accounts put one message a day each in words of their own, among sixty that write what they like."""
    from chorusline.investigation import investigate

    day, rng = 86_400_000_000, np.random.default_rng(3)
    made = []

    def write(account: str, message: np.ndarray, words: int, on: int) -> None:
        text = " ".join("abcd"[words] + str(k) for k in rng.permutation(message))
        time = 1_700_000_000_000_000 + on * day + int(rng.integers(0, day // 3))
        made.append({"account": account, "text": text, "time": time})

    for on in range(40):
        message = rng.choice(60, 9, replace=False)
        for hand in range(4):
            write(f"hand{hand}", message, hand, on)
        for other in rng.choice(60, 12, replace=False):
            write(f"other{other}", rng.choice(60, 9, replace=False), int(rng.integers(0, 4)), on)
    config = Config(embedding_model=model, traces=("paraphrase",))
    case = investigate(log_of(*made), tmp_path / "case", config=config)
    named = case.table("accounts").to_pylist()
    assert {row["account"] for row in named if row["status"] == "named"} == {f"hand{k}" for k in range(4)}
    assert any("sentence model" in note for note in case.manifest["warnings"])
    before = investigate(log_of(*made), tmp_path / "near", config=Config(traces=("near-text",)))
    assert not any(row["status"] == "named" for row in before.table("accounts").to_pylist())
