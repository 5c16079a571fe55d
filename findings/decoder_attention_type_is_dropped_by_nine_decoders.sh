#!/usr/bin/env bash
# segmentation-models-pytorch 0.6.0: decoder_attention_type="scse" changes nothing in nine of eleven decoders.
#
# Behavior:  create_model passes decoder_attention_type to each decoder's class. Unet and UnetPlusPlus build the attention.
#            The other nine have no such argument, but take **kwargs and drop them: the network is the same, tensor by
#            tensor, without an error or a warning. A misspelled argument of any decoder goes the same way.
# A guess:   TypeError where a decoder has no attention, as for any unknown keyword; or attention in every decoder. An
#            ablation of scSE over decoders would compare nine networks with themselves and report "no effect".
# What to do: compare the names of the state dicts of both arms before training.
# Source:    **kwargs in the __init__ of segmentation_models_pytorch/decoders/*/model.py (read in 0.6.0)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv -q "$folder/venv"
uv pip install -q --python "$folder/venv/bin/python" segmentation-models-pytorch==0.6.0 timm==1.0.31 torch==2.13.0 torchvision==0.28.0 numpy==2.4.6

cat >"$folder/expected" <<'TEXT'
unet: 60 tensors of attention
unetplusplus: 132 tensors of attention
manet: the same network
linknet: the same network
fpn: the same network
pspnet: the same network
deeplabv3: the same network
deeplabv3plus: the same network
pan: the same network
upernet: the same network
segformer: the same network
misspelled: the same network
TEXT
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
import segmentation_models_pytorch as smp


def shapes(decoder, **arguments):
    network = smp.create_model(decoder, "resnet18", encoder_weights=None, **arguments)
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


for decoder in smp.MODEL_ARCHITECTURES_MAPPING:
    if decoder == "dpt":  # reads vision transformers only
        continue
    plain, attended = shapes(decoder), shapes(decoder, decoder_attention_type="scse")
    print(f"{decoder}: {len(attended) - len(plain)} tensors of attention" if plain != attended
          else f"{decoder}: the same network")
print("misspelled:", "the same network" if shapes("unet") == shapes("unet", decoder_atention_type="scse") else "another")
PYTHON
diff "$folder/expected" "$folder/seen" && echo "as recorded"
