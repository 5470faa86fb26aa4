"""What the entry points of services that are not ours have in common.

It is apart from remlab_common so that a change there restarts no database. Only the
standard library: these images hold nothing else.
"""
