"""Run every benchmark."""

from benchmarks import curate, embed, render, scaling, startup, train_step

for benchmark in (render, curate, embed, train_step, scaling, startup):
    benchmark.main()
