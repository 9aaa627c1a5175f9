"""The parts of the demo model's runtime: tokenizer, layers, files, vocabulary."""

import json
import math
import re
import struct

import numpy as np
import pytest

from common import texts
from worker.demo_model import layers, phrasebook, vocabulary
from worker.demo_model.runtime import WEIGHTS
from worker.demo_model.tensors import read_tensors
from worker.demo_model.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load(WEIGHTS / "tokenizer")


def words(tokenizer, text):
    names = {number: piece for piece, number in tokenizer._vocabulary.items()}
    return [names[number] for number in tokenizer.encode(text) if names[number][:2] != "<|"]


class TestTokenizer:
    def test_always_32_tokens_from_start_to_end(self, tokenizer):
        vocabulary = tokenizer._vocabulary
        for text in ("", "a cat", "cat " * 99):
            ids = tokenizer.encode(text)
            assert len(ids) == 32
            assert ids[0] == vocabulary["<|startoftext|>"]
            assert ids[-1] == vocabulary["<|endoftext|>"]

    def test_known_words_stay_whole(self, tokenizer):
        assert words(tokenizer, "A CAT  on\na blue\tbackground,") == [
            *("a</w>", "cat</w>", "on</w>", "a</w>", "blue</w>", "background</w>", ",</w>")
        ]

    def test_every_name_is_made_of_whole_words(self, tokenizer):
        names = [name for subject in vocabulary.SUBJECTS for name in subject.names]
        torn = {
            name
            for name in (*names, *vocabulary.COLOURS)
            if any(not piece.endswith("</w>") for piece in words(tokenizer, name))
        }
        assert torn == set()

    def test_unknown_words_fall_into_pieces_and_lose_nothing(self, tokenizer):
        assert "".join(words(tokenizer, "zxqvk")) == "zxqvk</w>"

    def test_letters_of_other_scripts_become_bytes(self, tokenizer):
        assert len(words(tokenizer, "熊")) == len("熊".encode())


class TestLayers:
    def rng(self):
        return np.random.default_rng(0)

    @pytest.mark.parametrize(("size", "stride"), [((6, 8), 1), ((6, 8), 2), ((5, 7), 2)])
    def test_convolution_is_the_sum_it_should_be(self, size, stride):
        rng = self.rng()
        weight = rng.standard_normal((4, 3, 3, 3), dtype=np.float32)
        bias = rng.standard_normal(4, dtype=np.float32)
        x = rng.standard_normal((2, *size, 3), dtype=np.float32)
        y = layers.Layers({"c.weight": weight, "c.bias": bias}).convolve("c", x, stride)
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        assert y.shape == (2, math.ceil(size[0] / stride), math.ceil(size[1] / stride), 4)
        row, column = 2, 1
        patch = padded[1, row * stride : row * stride + 3, column * stride : column * stride + 3]
        wanted = np.einsum("hwi,oihw->o", patch, weight) + bias
        assert np.allclose(y[1, row, column], wanted, atol=1e-5)

    def test_group_norm_centres_each_group(self):
        x = self.rng().standard_normal((2, 4, 4, 6)).astype(np.float32) * 9 + 5
        ones = {"n.weight": np.ones(6, np.float32), "n.bias": np.zeros(6, np.float32)}
        groups = layers.Layers(ones).group_norm("n", x, 3, 1e-5).reshape(2, 16, 3, 2)
        assert np.allclose(groups.mean((1, 3)), 0, atol=1e-5)
        assert np.allclose(groups.std((1, 3)), 1, atol=1e-3)

    def test_gelu_is_exact(self):
        x = np.linspace(-6, 6, 101, dtype=np.float32)
        wanted = [value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x.tolist()]
        assert np.allclose(layers.gelu(x), wanted, atol=1e-6)

    def test_attention_with_a_mask_looks_only_where_it_may(self):
        rng = self.rng()
        query, key, value = rng.standard_normal((3, 1, 5, 8), dtype=np.float32)
        future = np.triu(np.full((5, 5), -1e9, np.float32), 1)
        y = layers.attention(query[None, 0], key[None, 0], value[None, 0], 2, future)
        assert np.allclose(y[0, 0], value[0, 0], atol=1e-6)

    def test_replaced_layers_leave_the_first_ones_alone(self):
        one = layers.Layers({"a.weight": np.eye(2, dtype=np.float32)})
        two = one.replaced({"a.weight": 3 * np.eye(2, dtype=np.float32)})
        x = np.ones((1, 2), np.float32)
        assert one.linear("a", x).tolist() == [[1, 1]]
        assert two.linear("a", x).tolist() == [[3, 3]]


class TestTensorFiles:
    def write(self, path, header, body=b""):
        text = json.dumps(header).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + body)
        return path

    def test_reads_halves_as_floats(self, tmp_path):
        body = np.array([[1.5, -2.0]], np.float16).tobytes()
        entry = {"dtype": "F16", "shape": [1, 2], "data_offsets": [0, 4]}
        path = self.write(tmp_path / "x", {"__metadata__": {"a": "b"}, "x": entry}, body)
        tensors = read_tensors(path)
        assert tensors["x"].dtype == np.float32
        assert tensors["x"].tolist() == [[1.5, -2.0]]

    @pytest.mark.parametrize(
        "header",
        [
            {"x": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}},
            {"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}},
            {"x": {"dtype": "F32", "shape": 3, "data_offsets": [0, 8]}},
            {"x": {"dtype": "F32", "shape": [2], "data_offsets": [0]}},
            {"x": 5},
            [],
        ],
    )
    def test_odd_headers_are_refused(self, tmp_path, header):
        with pytest.raises(ValueError, match="not a whole safetensors file"):
            read_tensors(self.write(tmp_path / "x", header, bytes(8)))

    @pytest.mark.parametrize("content", [b"", b"1234", b"\xff" * 64])
    def test_other_files_are_refused(self, tmp_path, content):
        path = tmp_path / "x"
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not a whole safetensors file"):
            read_tensors(path)


class TestVocabulary:
    def test_names_are_unique(self):
        names = [name for subject in vocabulary.SUBJECTS for name in subject.names]
        assert len(names) == len(set(names))

    def test_strangers_are_strangers(self):
        names = {name for subject in vocabulary.SUBJECTS for name in subject.names}
        assert names.isdisjoint(vocabulary.STRANGERS)

    def test_says_what_it_knows_in_one_line(self):
        line = phrasebook.knows()
        assert "\n" not in line
        assert all(subject.name in line for subject in vocabulary.SUBJECTS)
        assert all(colour in line for colour in vocabulary.COLOURS)
        assert all(scene.alone in line for scene in vocabulary.SCENES.values())
        assert line.endswith("These words may be said in every language that answers are in.")

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("de", ("Katze", "rot", "Wiese", "Stadt")),
            ("es", ("gato", "rojo", "playa")),
            ("fr", ("chat", "rouge", "plage")),
            ("ja", ("猫", "赤", "草原")),
            ("pt", ("gato", "vermelho", "praia")),
        ],
    )
    def test_says_it_in_the_words_of_who_reads_it(self, language, words):
        with texts.speaking(language):
            line = phrasebook.knows()
        assert all(word in line for word in words)
        assert not re.search(r"\b(?:cat|house|meadow|question mark)\b", line)
