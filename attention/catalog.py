"""The catalog: every attention module by name, with its kind, paper, start and test reference. An explicit table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from user_error import UserError, nearest

from .branch.pyramid import Pyramid
from .branch.sk import Sk
from .branch.split_attention import SplitAttention
from .channel.cse import Cse
from .channel.eca import Eca
from .channel.ese import Ese
from .channel.fca import Fca
from .channel.gc import GlobalContext
from .channel.gct import Gct
from .channel.gct_gauss import GctGauss
from .channel.ge import GatherExcite
from .channel.grn import Grn
from .channel.lct import Lct
from .channel.se import Se
from .channel.srm import Srm
from .channel_spatial.bam import Bam
from .channel_spatial.cbam import Cbam
from .channel_spatial.coord import Coord
from .channel_spatial.efficient_multi_scale import EfficientMultiScale
from .channel_spatial.ela import Ela
from .channel_spatial.gam import Gam
from .channel_spatial.lka import Lka
from .channel_spatial.mlca import Mlca
from .channel_spatial.multi_scale_scse import MultiScaleScse
from .channel_spatial.nam import Nam
from .channel_spatial.polarized import Polarized
from .channel_spatial.scse import Scse
from .channel_spatial.scse_outputs import ScseOutputs
from .channel_spatial.shuffle import Shuffle
from .channel_spatial.simam import Simam
from .channel_spatial.triplet import Triplet
from .control.constant_gate import ConstantGate
from .control.frozen_gate import FrozenGate
from .control.mean_gate import MeanGate
from .control.parameter_free import ParameterFree, ScaleOnly
from .control.shuffled_gate import ShuffledGate
from .decoder.attention_gate import AttentionGate
from .spatial.direct_conv import DirectConv
from .spatial.hard import Gumbel, TopK
from .spatial.lsk import Lsk
from .spatial.masks import CentreCrop, MaxPoolMask
from .spatial.sge import Sge
from .spatial.spatial_gate import SpatialGate
from .spatial.spatial_transformer import SpatialTransformer
from .spatial.sse import Sse
from .token.bat import Bat
from .token.ccnet import Ccnet
from .token.cross_attention import CrossAttention
from .token.danet import Danet
from .token.double_attention import DoubleAttention
from .token.external_attention import ExternalAttention
from .token.multi_head import MultiHead
from .token.non_local import NonLocal
from .token.self_attention import SelfAttention

BATCH_NORM = "batch norm in training needs more than one value per channel"
DIVIDES = "its groups must divide the channels; other widths are rejected when it is built"
THRESHOLD = "it has a threshold, which rounding can cross and which passes no gradient"
KINDS = ("gate", "residual", "branch", "two_input", "control")
IDENTITIES = ("exact", "approximate", "none")
OWN_NOISE = "its noise comes from a separate generator, which torch cannot trace"
PLACEBO = "a placebo: its gate comes from another sample of the batch on purpose"


@dataclass(frozen=True)
class Entry:
    """One module of the catalog.

    kind: one of KINDS; a two_input module has forward(x, context) with a context of any size and `context_channels`
    channels. identity: how close to the identity a fresh module with default options is, one of IDENTITIES.
    oracle: what the tests compare values and gradients with, a public implementation or its formula.
    exemptions: contract -> why this module need not hold it. source: the text of the user's file that defines it,
    empty for a built-in module.
    """

    name: str
    make: type[nn.Module]
    kind: str
    paper: str
    year: int
    identity: str = "exact"
    oracle: str = "its formula"
    exemptions: Mapping[str, str] = field(default_factory=dict)
    source: str = field(default="", repr=False)


ENTRIES = (
    Entry("se", Se, "gate", "Hu et al., CVPR 2018, arXiv:1709.01507", 2018,
          oracle="timm.layers.SEModule"),
    Entry("eca", Eca, "gate", "Wang et al., CVPR 2020, arXiv:1910.03151", 2020,
          oracle="timm.layers.EcaModule"),
    Entry("ese", Ese, "gate", "Lee and Park, CVPR 2020, arXiv:1911.06667", 2020,
          oracle="timm.layers.EffectiveSEModule"),
    Entry("ge", GatherExcite, "gate", "Hu et al., NeurIPS 2018, arXiv:1810.12348", 2018,
          oracle="timm.layers.gather_excite.GatherExcite", exemptions={"batch_one_training": BATCH_NORM}),
    Entry("gc", GlobalContext, "residual", "Cao et al., ICCVW 2019, arXiv:1904.11492", 2019,
          oracle="timm.layers.global_context.GlobalContext"),
    Entry("srm", Srm, "gate", "Lee et al., ICCV 2019, arXiv:1903.10829", 2019,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("gct", Gct, "gate", "Yang et al., CVPR 2020, arXiv:1909.11519", 2020),
    Entry("gct_gauss", GctGauss, "gate", "Ruan et al., CVPR 2021, Gaussian Context Transformer", 2021, "none"),
    Entry("fca", Fca, "gate", "Qin et al., ICCV 2021, arXiv:2012.11879", 2021,
          exemptions={"narrow": DIVIDES}),
    Entry("grn", Grn, "gate", "Woo et al., CVPR 2023, arXiv:2301.00808", 2023,
          oracle="timm.layers.grn.GlobalResponseNorm"),
    Entry("lct", Lct, "gate", "Ruan et al., AAAI 2020, arXiv:1909.03834", 2020,
          exemptions={"narrow": DIVIDES}),
    Entry("cse", Cse, "gate", "Roy et al., MICCAI 2018, arXiv:1803.02579", 2018),
    Entry("sse", Sse, "gate", "Roy et al., MICCAI 2018, arXiv:1803.02579", 2018),
    Entry("spatial_gate", SpatialGate, "gate", "Woo et al., ECCV 2018, arXiv:1807.06521", 2018,
          oracle="timm.layers.cbam.SpatialAttn", exemptions={"batch_one_training": BATCH_NORM}),
    Entry("direct_conv", DirectConv, "gate", "Roy et al., MICCAI 2018, arXiv:1803.02579 (kernel 1)", 2018),
    Entry("sge", Sge, "gate", "Li et al., 2019, arXiv:1905.09646", 2019, exemptions={"narrow": DIVIDES}),
    Entry("centre_crop", CentreCrop, "gate", "a baseline of this suite", 2026, "none"),
    Entry("max_pool_mask", MaxPoolMask, "gate", "a baseline of this suite", 2026, "none",
          exemptions={"low_precision": THRESHOLD}),
    Entry("top_k", TopK, "gate", "Bengio et al., 2013, arXiv:1308.3432", 2013,
          exemptions={"gradcheck": THRESHOLD, "low_precision": THRESHOLD}),
    Entry("gumbel", Gumbel, "gate", "Jang et al., ICLR 2017, arXiv:1611.01144", 2017, "none",
          exemptions={"compiles_training": OWN_NOISE, "gradcheck": THRESHOLD, "low_precision": THRESHOLD}),
    Entry("spatial_transformer", SpatialTransformer, "residual", "Jaderberg et al., NeurIPS 2015, arXiv:1506.02025",
          2015, "approximate"),
    Entry("cbam", Cbam, "gate", "Woo et al., ECCV 2018, arXiv:1807.06521", 2018,
          oracle="timm.layers.cbam.CbamModule", exemptions={"batch_one_training": BATCH_NORM}),
    Entry("scse", Scse, "gate", "Roy et al., MICCAI 2018, arXiv:1803.02579", 2018,
          oracle="segmentation_models_pytorch.base.modules.SCSEModule"),
    Entry("scse_outputs", ScseOutputs, "gate", "Roy et al., TMI 2019, arXiv:1808.08127", 2019),
    Entry("bam", Bam, "gate", "Park et al., BMVC 2018, arXiv:1807.06514", 2018,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("multi_scale_scse", MultiScaleScse, "gate", "an idea of this suite on Roy et al., arXiv:1803.02579", 2026),
    Entry("coord", Coord, "gate", "Hou et al., CVPR 2021, arXiv:2103.02907", 2021,
          oracle="timm.layers.coord_attn.CoordAttn"),
    Entry("ela", Ela, "gate", "Xu and Wan, 2024, arXiv:2403.01123", 2024,
          oracle="timm.layers.coord_attn.EfficientLocalAttn"),
    Entry("triplet", Triplet, "gate", "Misra et al., WACV 2021, arXiv:2010.03045", 2021,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("simam", Simam, "gate", "Yang et al., ICML 2021, PMLR 139", 2021, "none"),
    Entry("efficient_multi_scale", EfficientMultiScale, "gate", "Ouyang et al., ICASSP 2023, arXiv:2305.13563", 2023,
          exemptions={"narrow": DIVIDES}),
    Entry("shuffle", Shuffle, "gate", "Zhang and Yang, ICASSP 2021, arXiv:2102.00240", 2021,
          exemptions={"narrow": DIVIDES}),
    Entry("nam", Nam, "gate", "Liu et al., 2021, arXiv:2111.12419", 2021,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("gam", Gam, "gate", "Liu et al., 2021, arXiv:2112.05561", 2021,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("mlca", Mlca, "gate", "Wan et al., EAAI 2023, doi:10.1016/j.engappai.2023.106442", 2023),
    Entry("polarized", Polarized, "gate", "Liu et al., 2021, arXiv:2107.00782", 2021),
    Entry("lka", Lka, "gate", "Guo et al., 2022, arXiv:2202.09741", 2022),
    Entry("lsk", Lsk, "gate", "Li et al., ICCV 2023, arXiv:2303.09030", 2023),
    Entry("non_local", NonLocal, "residual", "Wang et al., CVPR 2018, arXiv:1711.07971", 2018,
          oracle="timm.layers.non_local_attn.NonLocalAttn", exemptions={"batch_one_training": BATCH_NORM}),
    Entry("self_attention", SelfAttention, "residual", "Zhang et al., ICML 2019, arXiv:1805.08318", 2019),
    Entry("cross_attention", CrossAttention, "two_input", "Vaswani et al., NeurIPS 2017, arXiv:1706.03762", 2017),
    Entry("danet", Danet, "residual", "Fu et al., CVPR 2019, arXiv:1809.02983", 2019),
    Entry("ccnet", Ccnet, "residual", "Huang et al., ICCV 2019, arXiv:1811.11721", 2019),
    Entry("double_attention", DoubleAttention, "residual", "Chen et al., NeurIPS 2018, arXiv:1810.11579", 2018),
    Entry("external_attention", ExternalAttention, "residual", "Guo et al., 2021, arXiv:2105.02358", 2021,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("bat", Bat, "residual", "Chi et al., CVPR 2020, Bilinear Attentional Transforms", 2020,
          oracle="timm.layers.non_local_attn.BatNonLocalAttn", exemptions={"batch_one_training": BATCH_NORM}),
    Entry("multi_head", MultiHead, "residual", "Vaswani et al., NeurIPS 2017, arXiv:1706.03762", 2017,
          exemptions={"narrow": DIVIDES}),
    Entry("sk", Sk, "branch", "Li et al., CVPR 2019, arXiv:1903.06586", 2019, "none",
          oracle="timm.layers.selective_kernel.SelectiveKernel", exemptions={"batch_one_training": BATCH_NORM}),
    Entry("split_attention", SplitAttention, "branch", "Zhang et al., 2020, arXiv:2004.08955", 2020, "none",
          oracle="timm.layers.split_attn.SplitAttn", exemptions={"batch_one_training": BATCH_NORM, "narrow": DIVIDES}),
    Entry("pyramid", Pyramid, "branch", "Zhang et al., 2021, arXiv:2105.14447", 2021, "none",
          exemptions={"narrow": DIVIDES}),
    Entry("attention_gate", AttentionGate, "two_input", "Oktay et al., MIDL 2018, arXiv:1804.03999", 2018),
    Entry("constant_gate", ConstantGate, "control", "a control of this suite; cf. LayerScale, arXiv:2103.17239", 2026),
    Entry("shuffled_gate", ShuffledGate, "control", "a control of this suite", 2026,
          exemptions={"independence": PLACEBO}),
    Entry("frozen_gate", FrozenGate, "control", "a control of this suite", 2026, "none"),
    Entry("mean_gate", MeanGate, "control", "a control of this suite", 2026),
    Entry("parameter_free", ParameterFree, "control", "Hu et al., NeurIPS 2018, arXiv:1810.12348", 2018, "none"),
    Entry("scale_only", ScaleOnly, "control", "a control of this suite; cf. ReZero, arXiv:2003.04887", 2026),
)  # fmt: skip

CATALOG: dict[str, Entry] = {entry.name: entry for entry in ENTRIES}
UNFIT: dict[str, str] = {}
"""Classes of users' own files that cannot be plugged -> the reason, by the name that they would have."""


def register(entry: Entry) -> None:
    """Add an entry to the catalog. Raises UserError if another module has its name."""
    if entry.name == "none":
        raise UserError("the name 'none' is reserved for no module: choose another name")
    if entry.name in CATALOG and CATALOG[entry.name] != entry:
        raise UserError(f"the catalog already has a module {entry.name!r}: choose another name")
    CATALOG[entry.name] = entry


def find(name: str) -> Entry:
    """Return the entry of this name. Raises UserError with the nearest name."""
    if name not in CATALOG and name in UNFIT:
        raise UserError(UNFIT[name])
    if name not in CATALOG:
        raise UserError(f"no attention module {name!r}{nearest(name, CATALOG)}")
    return CATALOG[name]
