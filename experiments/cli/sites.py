"""`sites BACKBONE`: list the sites where a timm backbone takes modules."""

from argparse import ArgumentParser, Namespace

from ..config.command_line.exit_codes import DONE
from .options import add_json, print_json

EXAMPLES = """  python -m experiments sites resnet18
  python -m experiments sites vit_tiny_patch16_224 --site skip
  python -m experiments sites convnext_tiny --input-size 64 --json"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's arguments to its parser."""
    parser.add_argument("backbone", metavar="BACKBONE", help="a timm architecture")
    parser.add_argument(
        "--input-size", type=int, default=224, metavar="PIXELS", help="side of the images (default: 224)"
    )
    parser.add_argument(
        "--site", metavar="SITE", help="only these sites, such as stage@3,4, skip, decoder, or 'layer[34].*'"
    )
    add_json(parser)


def execute(arguments: Namespace) -> int:
    """Print each site: module, layout, channels, grid, and whether the output depends on it.

    Raises UserError for a backbone that timm does not have.
    """
    from ..models import site_survey

    survey = site_survey.survey(arguments.backbone, arguments.input_size, arguments.site)
    if arguments.json:
        print_json([row for part in survey for row in part.rows])
        return DONE
    for part in survey:
        for text in part.lines():
            print(text)
    return DONE
