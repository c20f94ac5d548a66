"""A bag's `.yaml`, as demucs writes it, with its checkpoints beside it."""

import pytest

from export.bag import by_stem, read_bag

FT = """models: ['f7e0c4bc', 'd12395a8']
weights: [
  [1., 0.],
  [0., 1.],
]"""


def bag(folder, text, *files):
    for file in files:
        (folder / file).touch()
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_checkpoints_are_found_beside_it(tmp_path):
    found = read_bag(bag(tmp_path, FT, "f7e0c4bc-ba3fe64a.th", "d12395a8.safetensors", "d12395a8.th", "README"))
    assert [path.name for path in found.files] == ["f7e0c4bc-ba3fe64a.th", "d12395a8.safetensors"]
    assert found.rows == ((1.0, 0.0), (0.0, 1.0))
    assert found.segment_s is None


def test_model_files_go_before_checkpoints(tmp_path):
    found = read_bag(bag(tmp_path, "models: [ft, ft-a]", "ft.th", "ft.onnx", "ft-a.onnx", "ft-a.safetensors"))
    assert [path.name for path in found.files] == ["ft.onnx", "ft-a.onnx"]


def test_weights_and_segment_may_be_left_out_or_said(tmp_path):
    found = read_bag(bag(tmp_path, "models: [a-b]\nsegment: 5", "a-b.th"))
    assert (found.rows, found.segment_s) == ((), 5.0)


def test_weights_go_by_the_names_of_the_stems():
    assert by_stem(((1.0, 0.5), (0.0, 2.0)), ["x", "y"]) == ({"x": 1.0, "y": 0.5}, {"x": 0.0, "y": 2.0})
    with pytest.raises(ValueError, match="a bag's weights must be 3 for x, y, z, not 2"):
        by_stem(((1.0, 0.5),), ["x", "y", "z"])


@pytest.mark.parametrize(
    ("text", "files", "reason"),
    [
        ("models: [a", (), "is no YAML"),
        ("\x00", (), "is no YAML"),
        ("", (), "a list `models` of signatures is wanted, None found"),
        ("- a", (), "a list `models` of signatures is wanted"),
        ("models: []", (), r"is wanted, \[\] found"),
        ("models: [1, 2]", (), r"is wanted, \[1, 2\] found"),
        ("models: [a, b]\nweights: [[1]]", (), "must be a row of numbers from 0 on for each of 2 models"),
        ("models: [a]\nweights: [[-1]]", (), "row of numbers from 0 on"),
        ("models: [a]\nweights: [[x]]", (), "row of numbers from 0 on"),
        ("models: [a]\nsegment: long", (), "`segment` must be seconds, more than 0, not 'long'"),
        ("models: [a]\nsegment: 0", (), "`segment` must be seconds, more than 0, not 0"),
        ("models: [a]", (), r"no file of signature a \(.onnx, .safetensors, .th\) in"),
        ("models: [../a]", ("a.th",), "no file of signature ../a "),
        ("models: [a]", ("a-1.th", "a-2.th"), r"more than one file \(a-1.th, a-2.th\) of signature a"),
        ("models: !!python/object/apply:os.system ['true']", (), "is no YAML"),
    ],
    ids=["cut short", "binary", "empty", "a list", "no models", "numbers", "too few weights", "negative", "letters",
         "no seconds", "no length", "absent", "elsewhere", "twice", "code"],
)
def test_what_is_no_bag_is_refused_in_one_line(tmp_path, text, files, reason):
    path = bag(tmp_path, text, *files)
    with pytest.raises(ValueError, match=reason) as refused:
        read_bag(path)
    assert "\n" not in str(refused.value)
    assert "mine.yaml" in str(refused.value)
