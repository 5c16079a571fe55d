"""The list of a backbone's sites, against timm's own description of its stages."""

import pytest
import timm

from experiments.models.site_survey import SiteGroup, survey


def rows(groups: list[SiteGroup], kind: str) -> list[dict[str, object]]:
    return [row for group in groups for row in group.rows if row["kind"] == kind]


@pytest.fixture(scope="module")
def resnet() -> list[SiteGroup]:
    return list(survey("resnet18", 64, None))


def test_stages_are_those_that_timm_describes(resnet: list[SiteGroup]) -> None:
    info = timm.create_model("resnet18", features_only=True).feature_info
    assert isinstance(info, timm.models.FeatureInfo)
    stages = rows(resnet, "stage")
    assert [row["channels"] for row in stages] == info.channels()[1:]
    assert [row["grid"] for row in stages] == [[64 // stride] * 2 for stride in info.reduction()[1:]]


def test_every_kind_has_its_sites_or_a_note(resnet: list[SiteGroup]) -> None:
    assert [len(rows(resnet, kind)) for kind in ("block", "stage", "skip", "decoder")] == [
        8,
        4,
        len((2, 4, 8, 16, 32)),
        5,
    ]
    notes = [group.note for group in resnet if group.note]
    assert notes == ["native  none", "in a U-Net:"]


def test_a_backbone_that_smp_rejects_is_listed_with_a_neck() -> None:
    notes = [group.note for group in survey("test_vit", 160, None)]
    assert any(note.startswith("in a U-Net with a neck") for note in notes)


def test_attention_that_has_one_position_to_weigh_is_told_first() -> None:
    first = next(iter(survey("pvt_v2_b0", 32, "stage")))
    assert first.rows == []
    assert first.note.startswith("warning: 8 of 8 attention layers of pvt_v2_b0")
    assert next(iter(survey("pvt_v2_b0", 64, "stage"))).note == ""


def test_one_kind_or_stage_can_be_selected() -> None:
    assert [row["name"] for group in survey("resnet18", 64, "stage") for row in group.rows] == [
        f"layer{number}" for number in (1, 2, 3, 4)
    ]
    selected = [row for group in survey("resnet18", 64, "skip@1") for row in group.rows]
    assert [(row["kind"], row["stage"]) for row in selected] == [("skip", 1)]


def test_a_site_is_one_line_of_text(resnet: list[SiteGroup]) -> None:
    (first, *_), (stages, *_) = zip(*((g.rows, list(g.lines())) for g in resnet if g.rows), strict=True)
    assert len(first) == len(stages)
    assert all("\n" not in line and "channels" in line for line in stages)


@pytest.mark.parametrize(
    ("backbone", "size", "site", "says"),
    [
        ("resnet188", 64, None, "timm has no 'resnet188'"),
        ("resnet18", 0, None, "--input-size: at least 1, not 0"),
        ("test_vit", 33, "block", "--input-size: test_vit does not take 33 pixels"),
        ("resnet18", 64, "native", "it has none"),
    ],
)
def test_what_cannot_be_listed_is_named(backbone: str, size: int, site: str | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        list(survey(backbone, size, site))
