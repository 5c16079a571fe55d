"""Small models that the plugging tests share, and plugs for them."""

from typing import Any

from torch import Tensor, nn

from attention import Site, build
from attention.contracts.example_inputs import fixed_seed, images, randomize

from ..oracles import reference


def backbone(name: str = "test_resnet", **arguments: Any) -> nn.Module:
    """Build a timm model in evaluation mode and randomize its batch norms, since some start at zero."""
    with fixed_seed(0):
        model: nn.Module = reference("timm").create_model(name, num_classes=5, **arguments)
    return randomize_norms(model).eval()


def unet(encoder: str = "tu-test_resnet") -> nn.Module:
    """Build a U-Net of SMP in evaluation mode and randomize its batch norms."""
    with fixed_seed(0):
        model: nn.Module = reference("segmentation_models_pytorch").Unet(encoder, encoder_weights=None)
    return randomize_norms(model).eval()


def randomize_norms(model: nn.Module) -> nn.Module:
    """Randomize all batch norms of the model; return it."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            randomize(module)
    return model


def cbam(site: Site) -> nn.Module:
    """Build a fresh CBAM for the site."""
    return build("cbam", site.channels)


def photo(size: int = 64) -> Tensor:
    """Draw one random image, (1, 3, size, size)."""
    return images(1, 3, (size, size))
