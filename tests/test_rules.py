"""Rules that a reader could forget: one file for each outside service, nothing that runs foreign bytes."""

import ast
from collections.abc import Iterator

import pytest

from tests.sources import OURS, ROOT, imports, tree

# What may be named where: a file, or a folder with a slash at its end.
NAMED_IN = {
    "wandb": ("experiments/tracking/tracker.py",),
    "optuna": (
        "experiments/search/search.py",
        "experiments/search/optuna_adapter.py",
        "experiments/search/trials.py",
    ),
    "segmentation_models_pytorch": ("experiments/models/decoders.py", "experiments/orchestration/preload.py"),
    "timm": (
        "experiments/models/build.py",
        "experiments/models/checkpoint_file.py",
        "experiments/models/image_size.py",
        "experiments/training/optimizer.py",
        "experiments/models/pretrained.py",
        "experiments/models/timm_hub.py",
        "experiments/models/width.py",
        "experiments/orchestration/preload.py",
    ),
}
FORBIDDEN_CALLS = {"eval", "exec", "pickle.load", "pickle.loads", "yaml.load", "os.system", "marshal.loads"}
ALLOWED = {"attention.own_code": ["exec()"]}  # runs the user's own module, from the file that the user names
FORBIDDEN_ARGUMENTS = {("weights_only", False), ("shell", True), ("allow_pickle", True)}


def dangers(module: ast.AST) -> Iterator[str]:
    """Each call that could run what a file or a string from elsewhere says."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if called in FORBIDDEN_CALLS:
            yield f"line {node.lineno}: {called}()"
        if called == "torch.load" and "weights_only" not in given:
            yield f"line {node.lineno}: torch.load() without weights_only"
        if "trust_remote_code" in given:
            yield f"line {node.lineno}: trust_remote_code"
        for name, value in given.items():
            if isinstance(value, ast.Constant) and (name, value.value) in FORBIDDEN_ARGUMENTS:
                yield f"line {node.lineno}: {name}={value.value!r}"


@pytest.mark.parametrize("name", OURS)
def test_nothing_that_was_read_is_ever_executed(name: str) -> None:
    assert [danger.split(": ")[1] for danger in dangers(tree(OURS[name]))] == ALLOWED.get(name, [])


@pytest.mark.parametrize(
    "code",
    [
        "eval('1')",
        "pickle.load(file)",
        "yaml.load(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "subprocess.run(line, shell=True)",
        "load(name, trust_remote_code=flag)",
    ],
)
def test_each_danger_is_seen(code: str) -> None:
    assert len(list(dangers(ast.parse(code)))) == 1


@pytest.mark.parametrize("code", ["model.eval()", "ast.literal_eval(x)", "torch.load(p, weights_only=True)"])
def test_the_harmless_is_left_alone(code: str) -> None:
    assert list(dangers(ast.parse(code))) == []


@pytest.mark.parametrize("library", NAMED_IN)
def test_an_outside_service_is_imported_in_its_own_file_alone(library: str) -> None:
    importing = {
        OURS[name].relative_to(ROOT).as_posix()
        for name in OURS
        for target in imports(name)
        if target.split(".")[0] == library
    }
    assert [path for path in sorted(importing) if not path.startswith(NAMED_IN[library])] == []
