"""Benchmarks: rates, latencies and memory of the live path, with the answers checked in the same run.

In: sizes. Out: one table and JSON below `bench/out/`. Modules: `township` the county and the paths, `loading` what is stored before,
`measuring` one size, `stages` the share of each stage, `checking` the answers, `report` the table. Never part of the tests: machines are shared and noisy.
"""
