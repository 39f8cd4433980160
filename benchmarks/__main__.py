"""Run every benchmark."""

from benchmarks import (
    curate,
    detectors,
    embed,
    render,
    scaling,
    startup,
    texture_step,
    train_step,
    translation_step,
)

STEPS = (train_step, texture_step, translation_step)

for benchmark in (render, curate, detectors, embed, *STEPS, scaling, startup):
    benchmark.main()
