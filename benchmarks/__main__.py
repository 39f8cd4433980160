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
)

for benchmark in (render, curate, detectors, embed, train_step, texture_step, scaling, startup):
    benchmark.main()
