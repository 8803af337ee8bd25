"""Training: typed run configuration, targets and losses, the Accelerate loop, checkpoints.

Enters: a YAML file and corpora. Leaves: a model folder. Knows all layers but the front door.
"""
