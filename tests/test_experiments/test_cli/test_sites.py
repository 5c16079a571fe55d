"""`sites`: the sites of a backbone, and those behind a neck."""

import json

from .commands import Call


def test_sites_lists_every_block_and_stage(call: Call) -> None:
    code, out, _ = call("sites", "resnet10t", "--input-size", "64")
    assert code == 0
    assert [line.split()[0] for line in out].count("stage") == 4
    assert [line.split()[0] for line in out].count("block") == 4
    assert [line.split()[0] for line in out].count("skip") == 5
    assert [line.split()[0] for line in out].count("decoder") == 5
    assert "in a U-Net:" in out
    assert [line.partition("second input ")[2] for line in out if line.startswith("stage")] == [
        "",
        "layer1",
        "layer2",
        "layer3",
    ]
    code, _, err = call("sites", "resnet10tt")
    assert code == 2
    assert "did you mean 'resnet10t'" in err[0]


def test_sites_of_a_backbone_that_smp_refuses_are_those_behind_a_neck(call: Call) -> None:
    code, out, _ = call("sites", "test_vit", "--input-size", "160")
    assert code == 0
    assert "in a U-Net with a neck (decoder: {name: unet, neck: 128}):" in out
    assert [line.split()[3:7] for line in out if line.startswith("skip")] == [
        [f"encoder[{at}]", "NCHW", "128", "channels"] for at in (2, 3, 4, 5)
    ]
    assert call("sites", "test_vit", "--input-size", "160", "--site", "skip")[1] == [
        line for line in out if line.startswith(("skip", "in a U-Net"))
    ]


def test_sites_as_json_have_the_channels_of_each_stage(call: Call) -> None:
    rows = json.loads(call("sites", "resnet18", "--input-size", "64", "--site", "stage", "--json").text)
    assert [row["channels"] for row in rows] == [64, 128, 256, 512]
