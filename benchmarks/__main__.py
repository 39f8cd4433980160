"""Run every benchmark."""

from benchmarks import embed, train_step

for benchmark in (embed, train_step):
    benchmark.main()
