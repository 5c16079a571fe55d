"""Mistakes in study files: for each, what replaces what in a sound study, and what the one line must say."""

from tests.test_experiments.made import STUDY

from .refusal import Change

PLAIN = STUDY[: STUDY.index("designs:")].replace("seeds: [0, 1]", "seeds: 1")
"""The small study with one seed, without designs and search."""
BACKBONE = "{name: resnet10t, args: {channels: [8, 8, 16, 16], stem_width: 4}}"
DATASET = "{name: cluttered_digits, options: {train: 64, validation: 32, test: 48}}"
UNET = "decoder: {name: unet, args: {decoder_channels: [16, 8, 8, 6, 6]}}"
AS_SEGMENTATION = f"task: segmentation\n    {UNET}"


def recipe(text: str, *says: str) -> Change:
    """A recipe with one more or another key."""
    return Change("epochs: 2, batch_size: 16, learning_rate: 0.05", text, says)


def top(text: str, *says: str) -> Change:
    """One more key at the top of the study."""
    return Change("margin: 1.0", f"{text}\nmargin: 1.0", says)


def arm(text: str, *says: str) -> Change:
    """Another arm instead of `cse`."""
    return Change("cse: {module: cse}", text, says)


SOUND = "epochs: 2, batch_size: 16, learning_rate: 0.05"

SYNTAX = {
    "an empty file": Change(PLAIN, "", ["must be a mapping"]),
    "a list": Change(PLAIN, "- a\n- b\n", ["must be a mapping"]),
    "a text": Change(PLAIN, "hello\n", ["must be a mapping"]),
    "a tab for spaces": Change("  none: {}", "\tnone: {}", ["not valid YAML", "line"]),
    "a bracket that never ends": Change("none: {}", "none: {", ["not valid YAML"]),
    "a python tag": Change(
        "title: A small study", "title: !!python/object/apply:os.system ['x']", ["not valid YAML"]
    ),
    "two documents": Change("margin: 1.0", "---\nmargin: 1.0", ["not valid YAML"]),
    "a key twice": Change("margin: 1.0", "margin: 1.0\nmargin: 2.0", ["`margin` is given twice"]),
    "an arm twice": Change("  none: {}", "  none: {}\n  none: {module: se}", ["`none` is given twice"]),
    "an alias of nothing": Change("title: A small study", "title: *nothing", ["not valid YAML", "nothing"]),
    "an alias of itself": Change("  none: {}", "  none: &loop {options: *loop}", ["small.yaml"]),
    "a date": Change("title: A small study", "title: 2026-01-01", ["2026-01-01", "quotes", "line 1"]),
    "nested a thousand deep": Change(
        "title: A small study", "title: " + "[" * 1500 + "]" * 1500, ["small.yaml"]
    ),
}
KEYS = {
    "an unknown key": Change("margin:", "margn:", ["margn", "unknown key", "did you mean 'margin'"]),
    "an unknown key of a recipe": recipe(SOUND + ", weight_decy: 0", "recipe.weight_decy", "weight_decay"),
    "an unknown key of a setting": Change(
        "task: classification", "tsk: classification", ["settings.classification.tsk", "task"]
    ),
    "an unknown key of an arm": arm("cse: {modul: cse}", "arms.cse.modul", "module"),
    "an unknown key of the limits": top("limits: {run_minuts: 5}", "did you mean 'run_minutes'"),
    "no margin": Change("margin: 1.0\n", "", ["margin: is missing"]),
    "no seeds": Change("seeds: 1\n", "", ["seeds: is missing"]),
    "no arms": Change(PLAIN[PLAIN.index("arms:") :], "", ["arms: is missing"]),
    "no settings": Change(
        PLAIN[PLAIN.index("settings:") : PLAIN.index("arms:")], "", ["settings: is missing"]
    ),
    "arms without any": Change(PLAIN[PLAIN.index("arms:") :], "arms: {}\n", ["no arm 'none'"]),
    "settings without any": Change(
        PLAIN[PLAIN.index("settings:") : PLAIN.index("arms:")], "settings: {}\n", ["settings"]
    ),
    "a list of arms": Change(PLAIN[PLAIN.index("arms:") :], "arms: [none, cse]\n", ["arms"]),
    "an arm in one word": Change("cse: {module: cse}", "cse: cse", ["arms.cse"]),
    "an arm named no": Change("cse: {module: cse}", "no: {module: cse}", ["no", "quotes"]),
    "an arm named null": Change("cse: {module: cse}", "null: {module: cse}", ["null", "quotes"]),
    "an arm named by a number": Change("cse: {module: cse}", "1: {module: cse}", ["1", "quotes"]),
    "an arm that pandas reads as missing": Change("cse: {module: cse}", "nan: {module: cse}", ["nan"]),
    "an arm named NA": Change("cse: {module: cse}", "NA: {module: cse}", ["NA"]),
    "an arm without a name": Change("cse: {module: cse}", "'': {module: cse}", ["arms"]),
    "an arm's name on two lines": Change("cse: {module: cse}", '"c\\nse": {module: cse}', ["arms"]),
    "a setting with a slash": Change("  classification:\n", "  a/b:\n", ["settings", "a/b"]),
    "a baseline that is no arm": top("baseline: nonne", "baseline", "did you mean 'none'"),
    "a study with a name of capitals": top("name: Small", "name"),
    "a study with a path for a name": top("name: ../small", "name"),
    "something else to keep": top("keep: everything", "keep"),
    "an alpha above a half": top("alpha: 0.9", "alpha", "less than 0.5"),
    "settings twice": top("settings_of: quick", "settings_of"),
}
NUMBERS = {
    "a margin of nothing": Change("margin: 1.0", "margin: 0", ["margin", "greater than 0"]),
    "a negative margin": Change("margin: 1.0", "margin: -1", ["margin", "greater than 0"]),
    "a margin in words": Change("margin: 1.0", "margin: one point", ["margin", "one point"]),
    "a margin of true": Change("margin: 1.0", "margin: true", ["margin"]),
    "a rate that is no number": recipe(
        "epochs: 2, batch_size: 16, learning_rate: .nan", "learning_rate", "finite"
    ),
    "an infinite rate": recipe("epochs: 2, batch_size: 16, learning_rate: .inf", "learning_rate", "finite"),
    "a negative rate": recipe(
        "epochs: 2, batch_size: 16, learning_rate: -0.1", "learning_rate", "greater than 0"
    ),
    "a rate of nothing": recipe(
        "epochs: 2, batch_size: 16, learning_rate: 0", "learning_rate", "greater than 0"
    ),
    "a rate in words": recipe("epochs: 2, batch_size: 16, learning_rate: fast", "learning_rate", "fast"),
    "no epochs": recipe("epochs: 0, batch_size: 16", "recipe.epochs"),
    "half an epoch": recipe("epochs: 0.5, batch_size: 16", "recipe.epochs"),
    "epochs in words": recipe("epochs: two, batch_size: 16", "recipe.epochs"),
    "an empty batch": recipe("epochs: 2, batch_size: 0", "recipe.batch_size"),
    "fewer samples than a batch": recipe("epochs: 2, batch_size: 65", "recipe.batch_size", "64"),
    "a momentum of one": recipe(SOUND + ", momentum: 1", "recipe.momentum", "less than 1"),
    "a negative weight decay": recipe(SOUND + ", weight_decay: -1", "recipe.weight_decay"),
    "a warmup above one": recipe(SOUND + ", warmup: 3", "recipe.warmup", "less than 1"),
    "a smoothing of one": recipe(SOUND + ", label_smoothing: 1", "recipe.label_smoothing"),
    "a moving average of one": recipe(SOUND + ", ema: 1", "recipe.ema"),
    "a crop above one": recipe(SOUND + ", crop: 2", "recipe.crop"),
    "a RandAugment of 31": recipe(SOUND + ", randaugment: 31", "recipe.randaugment"),
    "a mixup of nothing": recipe(SOUND + ", mixup: 0", "recipe.mixup"),
    "a negative shift": recipe(SOUND + ", shift: -1", "recipe.shift"),
    "a flip in words": recipe(SOUND + ", flip: horizontal", "recipe.flip"),
    "another schedule": recipe(SOUND + ", schedule: linear", "recipe.schedule", "cosine"),
    "another optimizer": recipe(SOUND + ", optimizer: adamww", "recipe.optimizer", "adamw"),
    "another dtype": recipe(SOUND + ", dtype: float16", "recipe.dtype"),
    "another selection": recipe(SOUND + ", select: best", "recipe.select", "best_val"),
    "a Dice loss for classes": recipe(SOUND + ", dice: 1", "dice"),
    "an optimizer that needs a graph of its gradient": recipe(
        SOUND + ", optimizer: adahessian", "adahessian"
    ),
    "an optimizer that needs a card": recipe(SOUND + ", optimizer: fusedadam", "fusedadam"),
    "a negative seed": Change("seeds: 1", "seeds: [-1]", ["seeds", "greater than or equal to 0"]),
    "a seed of 33 bits": Change("seeds: 1", "seeds: [4294967296]", ["seeds", "less than 4294967296"]),
    "a seed twice": Change("seeds: 1", "seeds: [3, 3]", ["seeds", "each once"]),
    "no seed": Change("seeds: 1", "seeds: []", ["seeds", "at least one"]),
    "zero seeds": Change("seeds: 1", "seeds: 0", ["seeds", "at least one"]),
    "fewer than no seeds": Change("seeds: 1", "seeds: -3", ["seeds"]),
    "a million seeds": Change("seeds: 1", "seeds: 1000000", ["1,000,000"]),
    "half a seed": Change("seeds: 1", "seeds: 1.5", ["seeds"]),
    "a limit of nothing": top("limits: {run_minutes: 0}", "limits.run_minutes"),
    "an infinite limit": top("limits: {run_memory_mb: .inf}", "limits.run_memory_mb"),
}
NETWORKS = {
    "an unknown backbone": Change(
        "resnet10t", "resnet10tt", ["settings.classification", "did you mean 'resnet10t'"]
    ),
    "a tag that is not there": Change("resnet10t", "resnet10t.c4_in1k", ["resnet10t", "c3_in1k"]),
    "an argument that it has not": Change("stem_width: 4", "stem_wdth: 4", ["stem_wdth"]),
    "images that it does not take": Change(
        BACKBONE, "{name: vit_tiny_patch16_224}", ["vit_tiny_patch16_224", "img_size"]
    ),
    "arguments that cannot be": Change(
        BACKBONE, "{name: test_vit, args: {img_size: 64, patch_size: 0}}", ["backbone.args", "test_vit"]
    ),
    "channels in words": Change("channels: [8, 8, 16, 16]", "channels: many", ["backbone"]),
    "weights that are not there": Change(
        "stem_width: 4}}", "stem_width: 4}, pretrained: nothing.safetensors}", ["nothing.safetensors"]
    ),
    "a decoder for classes": Change(
        "task: classification", f"task: classification\n    {UNET}", ["settings.classification", "decoder"]
    ),
    "masks without a decoder": Change(
        "task: classification", "task: segmentation", ["settings.classification", "decoder"]
    ),
    "an unknown decoder": Change(
        "task: classification", AS_SEGMENTATION.replace("unet", "unett"), ["decoder", "unet"]
    ),
    "a misspelt argument of a decoder": Change(
        "task: classification",
        AS_SEGMENTATION.replace("decoder_channels", "decoder_chanels"),
        ["decoder", "decoder_chanels"],
    ),
    "another task": Change("task: classification", "task: detecting", ["settings.classification.task"]),
    "an unknown module": Change("module: cse}", "module: cbma}", ["arms.cse", "did you mean 'cbam'"]),
    "an even kernel": Change("kernel_size: 3", "kernel_size: 4", ["arms.scse", "kernel_size"]),
    "an option that it has not": Change("kernel_size: 3", "kernel_sise: 3", ["arms.scse", "kernel_size"]),
    "a module with options twice": arm(
        "cse: {module: 'scse:kernel_size=3', options: {kernel_size: 3}}", "arms.cse", "twice"
    ),
    "a module's options cut short": arm("cse: {module: 'scse:kernel_size'}", "arms.cse"),
    "a site that is nowhere": Change("module: sse}", "module: sse, site: block@9}", ["arms.sse", "block"]),
    "a site that no one knows": Change("module: sse}", "module: sse, site: blok}", ["arms.sse", "blok"]),
    "a pattern that is none": Change("module: sse}", "module: sse, site: 'layer[1'}", ["arms.sse"]),
    "skips without a decoder": Change("module: sse}", "module: sse, site: skip}", ["arms.sse", "skip"]),
    "a width of nothing": arm("cse: {width: 0}", "arms.cse.width"),
    "a matched arm of no arm": arm("cse: {matched: params, of: nobody}", "nobody"),
    "a matched arm of itself": arm("cse: {matched: params, of: cse}", "arms.cse"),
    "matched without of": arm("cse: {matched: params}", "arms.cse", "of"),
    "an unknown role": arm("cse: {module: cse, role: placebo}", "arms.cse.role"),
    "the baseline's other seeds without a role": arm("cse: {seed_shift: 5}", "arms.cse", "role: aa"),
    "other seeds that are the same": arm("cse: {role: aa, seed_shift: 1}\nx: 0", "small.yaml"),
    "a positive control without an expectation": arm(
        "cse: {module: cse, role: positive_control}", "arms.cse", "expect"
    ),
}
DATA = {
    "an unknown data set": Change("cluttered_digits", "clutered_digits", ["did you mean 'cluttered_digits'"]),
    "an unknown option": Change("train: 64", "trian: 64", ["trian", "train"]),
    "an option of no pictures": Change("train: 64", "train: 0", ["train"]),
    "an option in words": Change("train: 64", "train: many", ["train"]),
    "an option of a list": Change("train: 64", "train: [64]", ["train"]),
    "a folder that is not there": Change(
        DATASET, "{name: image_folder, options: {root: nowhere}}", ["nowhere"]
    ),
    "a folder without a root": Change(DATASET, "{name: image_folder}", ["root"]),
    "a root that is a file": Change(
        DATASET, "{name: image_folder, options: {root: small.yaml}}", ["small.yaml"]
    ),
    "a variable that is not set": Change(
        DATASET, "{name: image_folder, options: {root: $NOWHERE_AT_ALL/x}}", ["NOWHERE_AT_ALL"]
    ),
    "masks for classes": Change(
        DATASET, "{name: mask_folder, options: {root: .}}", ["mask_folder", "segmentation"]
    ),
}
DESIGNS = {
    "a design of no kind": Change(
        "kind: leave_one_out", "kind: leave_two_out", ["designs.0", "leave_one_out"]
    ),
    "a design without a kind": Change("kind: leave_one_out, ", "", ["designs.0"]),
    "a full arm that is none": Change("full: scse", "full: scsee", ["designs.0", "did you mean 'scse'"]),
    "a part that is none": Change("spatial gate: cse", "spatial gate: csee", ["designs.0", "csee"]),
    "a design that removes nothing": Change(
        "{spatial gate: cse, channel gate: sse}", "{}", ["designs.0", "removed"]
    ),
    "a grid without factors": Change(
        "kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}",
        "kind: grid, module: scse, factors: {}",
        ["designs.0", "factors"],
    ),
    "a factor without values": Change(
        "kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}",
        "kind: grid, module: scse, factors: {kernel_size: []}",
        ["designs.0", "kernel_size"],
    ),
    "a factor that is none": Change(
        "kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}",
        "kind: grid, module: scse, factors: {kernel: [3]}",
        ["designs.0", "kernel"],
    ),
    "a search without the baseline": Change("arms: {none: {}, scse", "arms: {scse", ["search.arms", "none"]),
    "a search of no arm": Change(
        "{none: {}, scse: {", "{none: {}, scsee: {", ["search.arms", "did you mean 'scse'"]
    ),
    "a search over nothing": Change("kernel_size: [1, 3]", "kernel_size: []", ["kernel_size"]),
    "a search over what is no option": Change("kernel_size: [1, 3]", "kernel: [1, 3]", ["scse", "kernel"]),
    "a search over a value that cannot be": Change(
        "kernel_size: [1, 3]", "kernel_size: [2, 3]", ["kernel_size"]
    ),
    "a range that is upside down": Change(
        "low: 0.01, high: 0.3", "low: 0.3, high: 0.01", ["learning_rates", "below"]
    ),
    "a range for no setting": Change(
        "learning_rates: {classification:",
        "learning_rates: {clasification:",
        ["learning_rates", "did you mean 'classification'"],
    ),
    "no trial": Change("trials: 4", "trials: 0", ["search.trials"]),
    "trials with the study's seeds": Change("trials: 4", "trials: 4\n  seed: 1", ["search.seed", "winners"]),
    "pruning after no epoch": Change("trials: 4", "trials: 4\n  prune_after: [0]", ["prune_after"]),
    "pruning after the last epoch": Change("trials: 4", "trials: 4\n  prune_after: [7]", ["prune_after"]),
    "half a million arms": Change(
        "kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}",
        "kind: grid, module: scse, factors: {kernel_size: [1, 3, 5, 7], fusion: [add, max, mul, concat],"
        f" reduction: {list(range(1, 31251))}}}",
        ["500,004 arms"],
    ),
}
PLAIN_MISTAKES = {**SYNTAX, **KEYS, **NUMBERS, **NETWORKS, **DATA}
