"""Delivery: what happens without anybody asking.

Owns: the worker's loop, and housekeeping: rows that are past their use, keys that are past their life.
Does not own: what the rows mean, which their rooms say by their tables; pages and requests.
"""
