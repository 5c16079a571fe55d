"""The data sets of this suite (not Hugging Face's package of that name): what a study can train on.

Floor 0: torch, numpy and scikit-learn, nothing of ours. `catalog` lists and loads them, `batching` feeds
them.
"""
