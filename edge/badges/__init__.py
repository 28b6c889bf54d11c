"""Signed proofs of what somebody learned: Open Badges 3.0, made and checked without a network."""
