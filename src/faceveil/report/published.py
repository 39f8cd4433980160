"""The published accuracies that ours stand beside.

Source: A. Maynard, "Design of Facemasks to Protect from Facial Recognition using Generative
Adversarial Networks" (2021), and the repository published with it.
"""

NOTE = (
    'Published: A. Maynard, "Design of Facemasks to Protect from Facial Recognition using GANs" '
    "(2021); 200 people of whom 80 % train, FFHQ and MaskedFace-Net at 128 px. Labels were file "
    "numbers and not gallery rows, so that the row of held-out people reads 0. Some rows were "
    "measured against the gallery of one batch. Measured again there for 1,000 people with "
    "labels fixed: designs 18.5 on training and 19.0 on held-out people, plain mask 69.8, "
    "no mask 100."
)

PUBLISHED = {
    "designs, training people": {"exp0": 6.2, "exp1": 15.0, "exp2": 23.8, "exp3": 0.6},
    "designs, held-out people": {"exp0": 0.0, "exp1": 0.0, "exp2": 0.0, "exp3": 0.0},
    "plain mask": {"exp0": 85.0, "exp1": 65.1, "exp2": 73.6, "exp3": 85.4},
    "no mask": {"exp0": 100.0, "exp1": 99.0, "exp2": 100.0, "exp3": 100.0},
}
"""Rank-1 accuracy in percent by row and experiment, the enrolled photo itself probing."""
