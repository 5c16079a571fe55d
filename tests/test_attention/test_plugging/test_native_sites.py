"""A model's own attention, its replaceable convolutions, and models that are rejected."""

import pytest

from attention import sites, strip
from attention.contracts.example_inputs import fixed_seed, images

from ..oracles import reference

timm = reference("timm")


@pytest.mark.parametrize("name", ["repvgg_a0", "repghostnet_050", "efficientvim_m1", "repvit_m0_9"])
def test_a_model_fused_for_inference_is_refused(name: str) -> None:
    with fixed_seed(0):
        model = timm.create_model(name, num_classes=5).eval()
    fused = timm.utils.reparameterize_model(model)
    with pytest.raises(ValueError, match="is fused for inference, which merges the branches"):
        sites(fused, "block", example=images(1, 3, (224, 224)))


def test_own_attention_can_be_stripped() -> None:
    model = timm.create_model("seresnext26d_32x4d", num_classes=5)
    assert len(strip(model)) == 8
    assert strip(model) == []


timm = reference("timm")


def test_a_model_that_drops_tokens_is_rejected() -> None:
    model = timm.create_model("test_vit", patch_drop_rate=0.25)
    with pytest.raises(ValueError, match="patch_drop drops tokens in training"):
        sites(model, "stage", example=images(1, 3, (160, 160)))
