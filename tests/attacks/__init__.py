"""Attacks: what somebody who means harm could hand in, generated, and each tried on the real parts.

In: a scale and a seed. Out: `Outcome`: trials and violations in words. Not here: the table and its figures (`tests/acceptance/test_attacks.py`).
"""
