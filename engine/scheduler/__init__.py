"""Scheduler: when work is done that nobody asked for just now: due matters, feeds, messages, upkeep.

In: an open installation and its clock. Out: effects, each in one transaction, each told in the log. Not here: what the work means (the rooms
below), how often the process wakes (`cli`, which has the ticker).
"""
