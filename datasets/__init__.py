"""The data sets that a study can train on (not Hugging Face's package of the same name).

`catalog` lists, prepares and loads them; `sources` reads their files, `preparation` checks and splits them,
`augmentation` changes training images. Nothing here imports another package of this project.
"""
