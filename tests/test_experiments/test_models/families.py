"""One small architecture of every family (module) of timm, cut down where an argument allows it."""

from typing import NamedTuple

from pydantic import JsonValue


class Member(NamedTuple):
    """An architecture, the arguments it is created with, and the side of images that it takes (0: its own)."""

    name: str
    args: dict[str, JsonValue]
    side: int = 0


FAMILIES: dict[str, Member] = {
    "beit": Member("beit_base_patch16_224", {"embed_dim": 48, "depth": 2, "num_heads": 3}, 0),
    "byoanet": Member("halonet_h1", {}, 256),
    "byobnet": Member("test_byobnet", {}, 128),
    "cait": Member("cait_xxs24_224", {"depth": 2}, 0),
    "coat": Member("coat_tiny", {}, 0),
    "convit": Member("convit_tiny", {"depth": 12}, 0),
    "convmixer": Member("convmixer_768_32", {}, 128),
    "convnext": Member("test_convnext", {}, 128),
    "cpubone": Member("cpubone_nano", {}, 128),
    "crossvit": Member("crossvit_tiny_240", {"depth": [[1, 1, 0], [1, 1, 0]]}, 0),
    "csatv2": Member("csatv2", {}, 128),
    "cspnet": Member("cs3darknet_focus_s", {}, 128),
    "cspnext": Member("cspnext_tiny", {}, 128),
    "davit": Member("davit_tiny", {"depths": [1, 1, 1, 1], "embed_dims": [24, 48, 96, 192]}, 128),
    "deepseek_vit": Member("deepseek_vit_412m", {"embed_dim": 64, "depth": 2, "num_heads": 2}, 126),
    "deit": Member("deit_tiny_distilled_patch16_224", {"depth": 2}, 0),
    "densenet": Member("densenet121", {"growth_rate": 8, "block_config": [2, 2, 2, 2]}, 128),
    "dla": Member("dla46x_c", {}, 128),
    "dpn": Member("dpn48b", {}, 128),
    "edgenext": Member("edgenext_xx_small", {}, 128),
    "efficientformer": Member("efficientformer_l1", {}, 0),
    "efficientformer_v2": Member("efficientformerv2_s0", {}, 0),
    "efficientnet": Member("test_efficientnet", {}, 128),
    "efficientvim": Member("efficientvim_m1", {}, 128),
    "efficientvit_mit": Member("efficientvit_b0", {}, 128),
    "efficientvit_msra": Member("efficientvit_m0", {}, 0),
    "eva": Member("eva02_tiny_patch14_224", {"depth": 2}, 0),
    "fasternet": Member("fasternet_t0", {}, 128),
    "fastvit": Member("fastvit_t8", {}, 128),
    "focalnet": Member("focalnet_tiny_srf", {}, 128),
    "gcvit": Member("gcvit_xxtiny", {}, 0),
    "gemma4_vit": Member("gemma4_vit_167m", {"embed_dim": 64, "depth": 2, "num_heads": 2}, 128),
    "ghostnet": Member("ghostnet_050", {}, 128),
    "hardcorenas": Member("hardcorenas_b", {}, 128),
    "hgnet": Member("hgnetv2_b0", {}, 128),
    "hiera": Member("hiera_tiny_224", {"embed_dim": 24, "num_heads": 1, "stages": [1, 1, 1, 1]}, 0),
    "hieradet_sam2": Member("sam2_hiera_tiny", {"embed_dim": 48}, 224),
    "hrnet": Member("hrnet_w18_small", {}, 128),
    "iformer": Member("iformer_t", {}, 128),
    "inception_next": Member("inception_next_atto", {}, 128),
    "inception_resnet_v2": Member("inception_resnet_v2", {}, 128),
    "inception_v3": Member("inception_v3", {}, 128),
    "inception_v4": Member("inception_v4", {}, 128),
    "lcnetv2": Member("lcnetv2_small", {}, 128),
    "levit": Member("levit_128s", {}, 0),
    "lowformer": Member("lowformer_b0", {}, 128),
    "mambaout": Member("test_mambaout", {}, 128),
    "maxxvit": Member("test_coatnet", {}, 0),
    "metaformer": Member("poolformerv2_s12", {}, 128),
    "mlp_mixer": Member("gmlp_ti16_224", {}, 0),
    "mobilenetv3": Member("mobilenetv3_small_050", {}, 128),
    "mobilenetv5": Member("mobilenetv5_base", {}, 128),
    "mobilevit": Member("mobilevit_xxs", {}, 128),
    "mvitv2": Member("mvitv2_tiny", {}, 0),
    "naflexvit": Member("naflexvit_base_patch16_gap", {"embed_dim": 48, "depth": 2, "num_heads": 3}, 128),
    "nasnet": Member("nasnetalarge", {"num_features": 384, "stem_size": 16}, 128),
    "nest": Member("nest_tiny", {}, 0),
    "nextvit": Member("nextvit_small", {}, 128),
    "nfnet": Member("test_nfnet", {}, 128),
    "pit": Member("pit_ti_224", {}, 0),
    "pnasnet": Member("pnasnet5large", {}, 128),
    "pvt_v2": Member("pvt_v2_b0", {}, 128),
    "qwen3_vit": Member("qwen3_vit_88m", {"embed_dim": 64, "depth": 2, "num_heads": 2}, 128),
    "rdnet": Member("rdnet_tiny", {}, 128),
    "regnet": Member("regnetx_002", {}, 128),
    "repghost": Member("repghostnet_050", {}, 128),
    "repvit": Member("repvit_m1", {}, 128),
    "res2net": Member("res2net50_14w_8s", {"layers": [1, 1, 1, 1]}, 128),
    "resnest": Member("resnest14d", {"channels": [16, 32, 64, 128]}, 128),
    "resnet": Member("test_resnet", {}, 128),
    "resnetv2": Member("resnetv2_18", {"channels": [16, 32, 64, 128]}, 128),
    "rexnet": Member("rexnet_100", {}, 128),
    "selecsls": Member("selecsls42", {}, 128),
    "senet": Member("legacy_seresnet18", {"layers": [1, 1, 1, 1]}, 128),
    "sequencer": Member("sequencer2d_s", {"layers": [1, 1, 1, 1]}, 0),
    "shvit": Member("shvit_s1", {}, 128),
    "sknet": Member("skresnet18", {"channels": [16, 32, 64, 128]}, 128),
    "starnet": Member("starnet_s050", {}, 128),
    "swiftformer": Member("swiftformer_xs", {}, 0),
    "swin_transformer": Member(
        "swin_tiny_patch4_window7_224",
        {"embed_dim": 24, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 4, 8]},
        0,
    ),
    "swin_transformer_v2": Member(
        "swinv2_tiny_window8_256", {"embed_dim": 24, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 4, 8]}, 0
    ),
    "swin_transformer_v2_cr": Member(
        "swinv2_cr_tiny_224", {"embed_dim": 24, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 4, 8]}, 0
    ),
    "tiny_vit": Member("tiny_vit_5m_224", {}, 128),
    "tnt": Member("tnt_s_patch16_224", {"depth": 2}, 0),
    "tresnet": Member("tresnet_m", {"width_factor": 0.25}, 128),
    "twins": Member(
        "twins_svt_small",
        {"embed_dims": [16, 32, 64, 128], "depths": [1, 1, 1, 1], "num_heads": [1, 1, 2, 4]},
        0,
    ),
    "vgg": Member("vgg11", {"mlp_ratio": 0.01}, 128),
    "visformer": Member("visformer_tiny", {"embed_dim": 48, "depth": [1, 1, 1]}, 0),
    "vision_transformer": Member("test_vit", {}, 0),
    "vision_transformer_hybrid": Member("vit_tiny_r_s16_p8_224", {"depth": 2}, 0),
    "vision_transformer_relpos": Member("test_vit_relpos", {}, 0),
    "vision_transformer_sam": Member(
        "samvit_base_patch16_224", {"embed_dim": 48, "depth": 2, "num_heads": 3}, 0
    ),
    "vitamin": Member("vitamin_small_224", {}, 0),
    "volo": Member("volo_d1_224", {}, 0),
    "vovnet": Member("ese_vovnet19b_slim_dw", {}, 128),
    "xception": Member("legacy_xception", {}, 128),
    "xception_aligned": Member("xception41p", {}, 128),
    "xcit": Member("xcit_nano_12_p8_224", {"depth": 2}, 0),
}
"""timm's module -> its member."""
